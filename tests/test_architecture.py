"""Imports point one way, the map names every room, and the project knows only its own folder."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import qagen

PACKAGE = Path(qagen.__file__).parent
TOP = PACKAGE.parent

RANKS: list[list[str]] = [
    ["errors", "redaction", "formats", "llm.providers", "llm.types", "llm.prices"],
    [
        "settings",
        "extras",
        "files",
        "llm.limits",
        "llm.hints",
        "llm.faults",
        "llm.schemas",
        "llm.openai_chat",
        "llm.anthropic",
        "llm.gemini",
        "llm.ollama",
        "llm.vectors",
        "llm.openai_embeddings",
        "llm.gemini_embeddings",
        "llm.ollama_embeddings",
        "llm.rules",
        "llm.fast",
        "llm.route",
        "llm.transport",
        "llm.exchange",
        "llm.meter",
        "llm.gate",
        "llm.tries",
        "llm.client",
    ],
    [
        *(
            "documents",
            "cutting",
            "corpus",
            "spending",
            "prompts",
            "pairs",
            "checks",
            "state",
            "search",
            "negatives",
            "dataset",
        ),
        "exports",
    ],
    ["intake", "overview", "diagnosis", "inspection", "pump", "embedding", "runs", "generate", "mine", "doctor"],
    ["workers"],
    ["cli"],
]
"""Rooms from the ground up. A room may import rooms of a lower rank, and those before it in its own."""

PLACE = {room: place for place, room in enumerate(room for rank in RANKS for room in rank)}
WITHOUT_RANK = {"", "__main__", "llm"}
"""The package's own docstring and version, the starter, and an empty folder mark."""


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    """`llm.rules.cloze` -> `llm.rules`; `pairs.reply` -> `pairs`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "llm" else parts[0]


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every import of the package in a module, those inside functions and for types included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "qagen":
                    yield alias.name.removeprefix("qagen").lstrip("."), node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "qagen":
            base = node.module.removeprefix("qagen").lstrip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".lstrip(".")
                yield (whole if _is_module(whole) else base), node.lineno


def _is_module(name: str) -> bool:
    path = PACKAGE.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_every_module_has_a_rank() -> None:
    homeless = {_name(path) for path in _modules() if _room(_name(path)) not in PLACE} - WITHOUT_RANK
    assert homeless == set()


@pytest.mark.parametrize("path", _modules(), ids=lambda path: _name(path) or "qagen")
def test_imports_point_down(path: Path) -> None:
    room = _room(_name(path))
    if room in WITHOUT_RANK:
        return
    for imported, line in _imports(path):
        target = _room(imported)
        if target in WITHOUT_RANK or target == room:
            continue
        assert PLACE[target] < PLACE[room], f"{path}:{line}: {room} must not import {target}"


def test_llm_is_an_empty_room() -> None:
    assert (PACKAGE / "llm" / "__init__.py").read_text(encoding="utf-8").strip() == ""


def test_imports_are_absolute() -> None:
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}:{node.lineno}"


def test_the_map_names_every_room() -> None:
    text = qagen.__doc__ or ""
    missing = [room for room in PLACE if not re.search(rf"\b{re.escape(room.removeprefix('llm.'))}\b", text)]
    assert missing == []


@pytest.mark.parametrize(
    ("call", "rooms"),
    [
        ("asyncio.Runner", {"workers"}),
        ("TaskGroup", {"pump"}),
        ("add_signal_handler", {"workers"}),
        ("os.environ", {"settings"}),
    ],
)
def test_what_must_stand_in_one_place_stands_there(call: str, rooms: set[str]) -> None:
    found = set()
    for path in _modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if any(name == call or name.endswith(f".{call}") for name in names):
            found.add(_room(_name(path)))
    assert found == rooms


def test_httpx_is_known_to_those_alone_who_carry_requests() -> None:
    users = {
        _room(_name(path))
        for path in _modules()
        if re.search(r"^\s*(import|from) httpx", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert users == {"llm.exchange", "llm.fast", "llm.rules", "llm.transport"}


def test_nothing_prints_but_the_command_line() -> None:
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            assert not called, f"{path}: print outside the command line"
