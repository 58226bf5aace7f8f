"""A vendor's name stands in its wire, in the rows, in the prices and in documentation, and nowhere else in the program.

So a host is one row and a dialect one module. Names of variables, functions and modules are looked at, and texts that
are no docstrings; comments and docstrings are documentation.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import qagen
from qagen.llm.providers import PROVIDERS

PACKAGE = Path(qagen.__file__).parent
VENDORS = {
    *("openai", "anthropic", "claude", "gemini", "google", "ollama", "deepseek", "mistral", "groq", "together"),
    *("openrouter", "xai"),
}
ROWS = "llm/providers.py"
PRICES = "llm/prices.toml"
WIRES = {
    "llm/openai_chat.py": {"openai"},
    "llm/anthropic.py": {"anthropic", "claude"},
    "llm/gemini.py": {"gemini", "google"},
    "llm/ollama.py": {"ollama"},
    "llm/openai_embeddings.py": {"openai"},
    "llm/gemini_embeddings.py": {"gemini", "google"},
    "llm/ollama_embeddings.py": {"ollama"},
}
"""Each dialect, and whose it is."""
DIALECT = "openai_chat"
"""The dialect that many hosts speak is called after the one that began it."""


def words(text: str) -> set[str]:
    """The vendors in a text. `ask_claude`, `OLLAMA_HOST` and `OpenAIClient` name one, `geminis` does not."""
    acronyms = re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", text)  # OpenAIClient: OpenAI_Client
    humps = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", acronyms)  # AskClaude: Ask_Claude
    every = " ".join((text, acronyms, humps)).lower()
    return {vendor for vendor in VENDORS if re.search(rf"(?<![a-z]){vendor}(?![a-z])", every)}


def _docstrings(tree: ast.Module) -> set[int]:
    """The ids of the string constants that are documentation: bare strings, under a module, function or field."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def named(source: str) -> Iterator[tuple[int, str]]:
    """Every name and every text in a module's code, with its line."""
    tree = ast.parse(source)
    documentation = _docstrings(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str() as text) if id(node) not in documentation:
                yield line, text
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield line, name
            case ast.keyword(arg=str() as name):
                yield line, name
            case ast.alias(name=name, asname=other):
                yield line, name
                yield line, other or ""
            case ast.ImportFrom(module=str() as name):
                yield line, name


def found_in(source: str) -> list[tuple[int, str]]:
    """Where a vendor is named. `together` is a vendor only where the whole text or name is that word."""
    found = []
    for line, text in named(source):
        for vendor in words(text.replace(DIALECT, "")):
            if vendor == "together" and not re.fullmatch(r"(?i)together([ _].*)?", text):
                continue
            found.append((line, vendor))
    return sorted(set(found))


def _modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", [module for module in _modules() if module != ROWS])
def test_a_vendor_is_named_in_its_own_wire_alone(module: str) -> None:
    allowed = WIRES.get(module, set())
    found = found_in((PACKAGE / module).read_text(encoding="utf-8"))
    assert [f"qagen/{module}:{line}: {vendor}" for line, vendor in found if vendor not in allowed] == []


def test_no_other_file_of_the_package_names_a_vendor() -> None:
    for path in PACKAGE.rglob("*"):
        name = path.relative_to(PACKAGE).as_posix()
        if path.is_file() and path.suffix not in {".py", ".pyc", ".pyi"} and name != PRICES:
            found = words(path.read_text(encoding="utf-8", errors="replace")) - {"together"}
            assert found == set(), f"qagen/{name}"


def test_the_rows_name_all_of_them() -> None:
    found = {vendor for _, vendor in found_in((PACKAGE / ROWS).read_text(encoding="utf-8"))}
    assert found == VENDORS


def test_every_row_that_is_a_vendor_is_looked_for() -> None:
    assert set(PROVIDERS) - VENDORS == {"local", "compatible", "rules"}


@pytest.mark.parametrize(
    ("source", "vendors"),
    [
        ("OLLAMA_HOST = 1", ["ollama"]),
        ("def ask_claude(): pass", ["claude"]),
        ("x = call(gemini=1)", ["gemini"]),
        ("from qagen.llm import anthropic as wire", ["anthropic"]),
        ("class OpenAIClient: pass", ["openai"]),
        ("class AskClaude: pass", ["claude"]),
        ("x = f'see {y} at xAI and Groq'", ["groq", "xai"]),
        ("x = 'DeepSeek, OpenRouter'", ["deepseek", "openrouter"]),
        ("x.mistral", ["mistral"]),
        ("provider == 'together'", ["together"]),
        ("text = 'all of it together'", []),
        ("wire = 'openai_chat'", []),
        ('"""How Claude does it."""', []),
        ("x = 1  # as OpenAI does", []),
        ("class A:\n    x: int\n    '''As Ollama has it.'''", []),
        ("grok = clauded = 'geminis'", []),
    ],
)
def test_the_search_finds_names_and_texts_and_leaves_documentation(source: str, vendors: list[str]) -> None:
    assert [vendor for _, vendor in found_in(source)] == vendors
