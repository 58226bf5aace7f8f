"""Chunk -> ChatRequest. The templates lie beside the code as text files.

A request is a function of the chunk and of the run's order alone: the fence around the passage is derived from the
passage, and the types that are preferred from the chunk's key. The system text is the same bytes for the whole run and
stands first, so that the provider's prefix cache can serve it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from qagen.errors import UsageError
from qagen.formats import Chunk, DocumentInfo
from qagen.llm.types import ChatRequest
from qagen.prompts.schema import QUESTION_TYPES, REPLY_SCHEMA, reply_schema

__all__ = [
    "QUESTION_TYPES",
    "REPLY_SCHEMA",
    "Order",
    "Prompt",
    "ask",
    "ask_again",
    "ask_for_more",
    "fence",
    "load",
    "questions_for",
    "styles",
]

PLACEHOLDERS = (
    *("document", "title", "section", "language", "context_before", "passage", "question_count", "question_types"),
)
"""Names that a template may use. `passage` and `context_before` come with their tags; `document` is title, section and
language, each on a line of its own where it is known."""
_LONGEST_LABEL = 200
_LONGEST_SECTION = 500
"""The header of a table may stand in it."""
_CHARACTERS_PER_QUESTION = 480
"""Of a passage that carry one question, about 120 tokens (`Order.content_cap`)."""
_MOST_AVOIDED = 15
"""Questions of earlier rounds that are shown again."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts that every request of a run is made of."""

    system: str
    template: str

    @property
    def sha256(self) -> str:
        """One hash over all that decides what is sent, besides the chunk and the order."""
        parts = (self.system, self.template, _text("again.txt"), _text("more.txt"), repr(REPLY_SCHEMA))
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
    question_types: tuple[str, ...] = QUESTION_TYPES
    content_cap: bool = False
    """Ask short passages for fewer."""


def styles() -> dict[str, str]:
    """What each named style adds to the instructions."""
    return tomllib.loads(_text("styles.toml"))


def load(
    system_message: str | None = None,
    extra_instructions: str | None = None,
    template: str | None = None,
    template_name: str = "the prompt template",
    *,
    style: str | None = None,
    language: str | None = None,
) -> Prompt:
    """The prompt of a run: our texts, where the user gave none. `language` is written whatever the passage's is.

    Raises:
        UsageError: a template with an unknown placeholder, a `$` that is none, or without the passage.
    """
    if template is not None:
        _check_template(template, template_name)
    system = (system_message or _text("system.txt")).strip()
    further = [styles()[style]] if style else []
    further += [Template(_text("language.txt").strip()).substitute(language=language)] if language else []
    further += [extra_instructions.strip()] if extra_instructions else []
    if further:
        system += "\n\nFurther instructions:\n" + "\n".join(further)
    return Prompt(system, template if template is not None else _text("user.txt"))


def ask(prompt: Prompt, order: Order, chunk: Chunk, chunk_key: str, document: DocumentInfo) -> ChatRequest:
    """The first request for a chunk."""
    title = _label(document.title or document.file_name)
    section = _label(chunk.section, _LONGEST_SECTION)
    language = _label(document.language)
    count = questions_for(chunk, order)
    named = {"Document": title, "Section": section, "Language": language}
    values = {
        "document": "\n".join(f"{name}: {text}" for name, text in named.items() if text),
        "title": title or "unknown",
        "section": section or "unknown",
        "language": language or "the language of the passage",
        "context_before": fence("context", chunk.context_before, of=chunk.text) if chunk.context_before.strip() else "",
        "passage": fence("passage", chunk.core, of=chunk.text),
        "question_count": str(count),
        "question_types": _preferred_types(order.question_types, chunk_key, count, order.seed),
    }
    return ChatRequest(
        system=prompt.system,
        user=Template(prompt.template).substitute(values).strip(),
        model=order.model,
        max_tokens=order.max_tokens,
        schema=reply_schema(order.question_types),
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
            "questions": count,
        },
    )


def questions_for(chunk: Chunk, order: Order) -> int:
    """How many pairs are asked for: the user's number, lowered only with `content_cap`."""
    if not order.content_cap:
        return order.questions_per_chunk
    return min(order.questions_per_chunk, max(1, -(-len(chunk.core.strip()) // _CHARACTERS_PER_QUESTION)))


def ask_for_more(request: ChatRequest, problems: Sequence[str], questions: Sequence[str], count: int) -> ChatRequest:
    """The same request after a reply of which too little could be kept: what was wrong, and what there is already."""
    values = {
        "count": str(count),
        "problems": "\n".join(f"- {problem}" for problem in problems),
        "questions": "\n".join(f"- {_label(question)}" for question in questions[-_MOST_AVOIDED:]) or "- (none)",
    }
    return dataclasses.replace(
        request, user=request.user + "\n\n" + Template(_text("more.txt")).substitute(values).strip()
    )


def ask_again(request: ChatRequest, problem: str) -> ChatRequest:
    """The same request, saying what was wrong with the last reply."""
    return dataclasses.replace(request, user=request.user + Template(_text("again.txt")).substitute(problem=problem))


def fence(name: str, text: str, *, of: str | None = None) -> str:
    """The text between tags that it cannot contain, because they carry a hash of it (or of `of`, a longer text)."""
    digest = hashlib.sha256(f"qagen {name}\0{text if of is None else of}".encode("utf-8", "replace")).hexdigest()[:16]
    return f"<{name}-{digest}>\n{text.strip()}\n</{name}-{digest}>"


def _label(text: str | None, longest: int = _LONGEST_LABEL) -> str:
    """A title or heading on one line, so that it cannot pass for more than that."""
    return " ".join((text or "").split())[:longest]


def _preferred_types(types: Sequence[str], chunk_key: str, count: int, seed: int | None) -> str:
    """A quota drawn by the chunk's key: "be diverse" alone collapses to "What is ..."."""
    digest = hashlib.sha256(f"{seed}|{chunk_key}".encode()).digest()
    order = sorted(types, key=lambda name: hashlib.sha256(digest + name.encode()).digest())
    each, more = divmod(count, len(order))
    quota = {name: each + (position < more) for position, name in enumerate(order)}
    return ", ".join(f"{number} {name}" for name, number in quota.items() if number)


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
