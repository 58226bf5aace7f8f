"""Chunk -> ChatRequest. The templates lie beside the code as text files.

A request is a function of the chunk and of the run's order alone: the fence around the passage is derived from the
passage, and the types that are preferred from the chunk's key. The system text is the same bytes for the whole run and
stands first, so that the provider's prefix cache can serve it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from qagen.errors import UsageError
from qagen.formats import Chunk, DocumentInfo
from qagen.llm.types import ChatRequest
from qagen.prompts.schema import QUESTION_TYPES, REPLY_SCHEMA

__all__ = ["QUESTION_TYPES", "REPLY_SCHEMA", "Order", "Prompt", "ask", "ask_again", "fence", "load"]

PLACEHOLDERS = (
    *("document", "title", "section", "language", "context_before", "passage", "question_count", "question_types"),
)
"""Names that a template may use. `passage` and `context_before` come with their tags; `document` is title, section and
language, each on a line of its own where it is known."""
_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts that every request of a run is made of."""

    system: str
    template: str

    @property
    def sha256(self) -> str:
        """One hash over all that decides what is sent, besides the chunk and the order."""
        parts = (self.system, self.template, _text("again.txt"), repr(REPLY_SCHEMA))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the model for each chunk."""

    model: str
    questions_per_chunk: int
    max_tokens: int
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    effort: str | None = None
    model_options: Mapping[str, Any] = field(default_factory=dict)
    context_tokens: int | None = None


def load(
    system_message: str | None = None,
    extra_instructions: str | None = None,
    template: str | None = None,
    template_name: str = "the prompt template",
) -> Prompt:
    """The prompt of a run: our texts, where the user gave none.

    Raises:
        UsageError: a template with an unknown placeholder, a `$` that is none, or without the passage.
    """
    if template is not None:
        _check_template(template, template_name)
    system = (system_message or _text("system.txt")).strip()
    if extra_instructions:
        system += f"\n\nFurther instructions:\n{extra_instructions.strip()}"
    return Prompt(system, template if template is not None else _text("user.txt"))


def ask(prompt: Prompt, order: Order, chunk: Chunk, chunk_key: str, document: DocumentInfo) -> ChatRequest:
    """The first request for a chunk."""
    title = _label(document.title or document.file_name)
    section = _label(chunk.section)
    language = _label(document.language)
    named = {"Document": title, "Section": section, "Language": language}
    values = {
        "document": "\n".join(f"{name}: {text}" for name, text in named.items() if text),
        "title": title or "unknown",
        "section": section or "unknown",
        "language": language or "the language of the passage",
        "context_before": fence("context", chunk.context_before, of=chunk.text) if chunk.context_before.strip() else "",
        "passage": fence("passage", chunk.core, of=chunk.text),
        "question_count": str(order.questions_per_chunk),
        "question_types": _preferred_types(chunk_key, order.questions_per_chunk, order.seed),
    }
    return ChatRequest(
        system=prompt.system,
        user=Template(prompt.template).substitute(values).strip(),
        model=order.model,
        max_tokens=order.max_tokens,
        schema=REPLY_SCHEMA,
        schema_name="qa_pairs",
        temperature=order.temperature,
        top_p=order.top_p,
        seed=order.seed,
        effort=order.effort,
        options=order.model_options,
        context_tokens=order.context_tokens,
        material={
            "passage": chunk.core,
            "title": title or None,
            "section": chunk.section,
            "language": document.language,
            "questions": order.questions_per_chunk,
        },
    )


def ask_again(request: ChatRequest, problem: str) -> ChatRequest:
    """The same request, saying what was wrong with the last reply."""
    return dataclasses.replace(request, user=request.user + Template(_text("again.txt")).substitute(problem=problem))


def fence(name: str, text: str, *, of: str | None = None) -> str:
    """The text between tags that it cannot contain, because they carry a hash of it (or of `of`, a longer text)."""
    digest = hashlib.sha256(f"qagen {name}\0{text if of is None else of}".encode("utf-8", "replace")).hexdigest()[:16]
    return f"<{name}-{digest}>\n{text.strip()}\n</{name}-{digest}>"


def _label(text: str | None) -> str:
    """A title or heading on one line, so that it cannot pass for more than that."""
    return " ".join((text or "").split())[:_LONGEST_LABEL]


def _preferred_types(chunk_key: str, count: int, seed: int | None) -> str:
    """A quota drawn by the chunk's key: "be diverse" alone collapses to "What is ..."."""
    digest = hashlib.sha256(f"{seed}|{chunk_key}".encode()).digest()
    order = sorted(QUESTION_TYPES, key=lambda name: hashlib.sha256(digest + name.encode()).digest())
    quota = Counter(order[position % len(order)] for position in range(count))
    return ", ".join(f"{number} {name}" for name, number in quota.items())


def _check_template(template: str, name: str) -> None:
    known = "Known placeholders: " + ", ".join(f"${placeholder}" for placeholder in PLACEHOLDERS)
    if not Template(template).is_valid():
        raise UsageError(f"{name}: a $ in it begins no placeholder; write $$ for a dollar sign. {known}.")
    used = Template(template).get_identifiers()
    for placeholder in used:
        if placeholder not in PLACEHOLDERS:
            raise UsageError(f"{name}: there is no placeholder ${placeholder}. {known}.")
    if "passage" not in used:
        raise UsageError(f"{name}: it has no $passage, so the model would see no text. {known}.")


def _text(name: str) -> str:
    return files("qagen.prompts").joinpath(name).read_text(encoding="utf-8")
