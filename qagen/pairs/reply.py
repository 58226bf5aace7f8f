"""What a model wrote -> drafts of pairs. A ladder: as it is, then unwrapped, then repaired.

A draft that lacks a question or an answer is dropped alone; its siblings stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import json_repair
import orjson

MOST_CHARACTERS = 256 * 1024
"""More is no reply to what we ask."""
_MOST_STARTS = 50
_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)


class Unreadable(ValueError):
    """No pairs can be read from the reply. The text completes "Your last reply could not be used: ..."."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A pair as the model wrote it."""

    question: str
    answer: str
    question_type: str | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a reply holds."""

    drafts: tuple[Draft, ...]
    skip_reason: str | None = None
    """Why the model asked nothing."""
    malformed: int = 0
    """Entries that were dropped because they have no question or no answer."""


def read(text: str, *, cut: bool = False) -> Reading:
    """The drafts of a reply. `cut`: the reply ended at the token limit, so only its complete entries count.

    Raises:
        Unreadable: there is no JSON in it, or none with pairs.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"it was longer than {MOST_CHARACTERS:,} characters")
    text = _without_thoughts(text)
    if not text.strip():
        raise Unreadable("it was empty")
    for value in _values(text, cut=cut):
        entries = _entries(value)
        if entries is not None:
            drafts = [draft for entry in entries if (draft := _draft(entry)) is not None]
            if not drafts and entries:
                raise Unreadable("no entry of it has both a question and an answer")
            return Reading(tuple(drafts), _skip_reason(value), len(entries) - len(drafts))
    raise Unreadable("there was no JSON object with pairs in it")


def _values(text: str, *, cut: bool) -> Iterator[Any]:
    """What the text may mean, the surest reading first."""
    try:
        yield orjson.loads(text)
        return
    except orjson.JSONDecodeError:
        pass
    yield from _embedded(text)
    complete = [value for value in _embedded(text, objects_only=True) if _draft(value) is not None]
    if cut:
        # The last entry may be cut in the middle of a sentence: a repaired one would look complete and be wrong.
        if complete:
            yield complete
        return
    start = min((position for position in (text.find("{"), text.find("[")) if position >= 0), default=-1)
    if start >= 0:
        repaired = _repair(text[start:])
        if repaired is not None and _entries(repaired):
            yield repaired
    if complete:
        yield complete


def _embedded(text: str, *, objects_only: bool = False) -> Iterator[Any]:
    """Each whole JSON value that begins somewhere in the text, nested ones only where the outer one is damaged."""
    position, starts = 0, 0
    opening = re.compile(r"\{" if objects_only else r"[\[{]")
    while (match := opening.search(text, position)) and starts < _MOST_STARTS:
        starts += 1
        try:
            value, position = _DECODER.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            position = match.end()
            continue
        starts = 0
        yield value


def _repair(text: str) -> Any:
    try:
        return json_repair.loads(text)
    except (ValueError, RecursionError, IndexError, TypeError, AttributeError):
        # The repairer guesses at broken text; where it stumbles itself, the text is beyond repair.
        return None


def _without_thoughts(text: str) -> str:
    """The text after the model's thinking, closed or only ended."""
    text = _THOUGHT.sub("", text)
    ends = list(_THOUGHT_END.finditer(text))
    return text[ends[-1].end() :] if ends else text


def _entries(value: Any) -> list[Any] | None:
    """The list of pairs in a value; None where it is something else."""
    if isinstance(value, list):
        return value if all(isinstance(item, dict) for item in value) else None
    if not isinstance(value, dict):
        return None
    if "question" in value:
        return [value]
    for name in ("pairs", "qa_pairs", "questions", "items", "data"):
        if isinstance(value.get(name), list):
            return list(value[name])
    return [] if _skip_reason(value) else None


def _draft(entry: Any) -> Draft | None:
    if not isinstance(entry, dict):
        return None
    question, answer = entry.get("question"), entry.get("answer")
    if not isinstance(question, str) or not isinstance(answer, str) or not question.strip() or not answer.strip():
        return None
    kind, quotes = entry.get("question_type"), entry.get("evidence")
    quotes = [quotes] if isinstance(quotes, str) else quotes if isinstance(quotes, list) else []
    return Draft(
        question=question.strip(),
        answer=answer.strip(),
        question_type=kind.strip().lower() or None if isinstance(kind, str) else None,
        evidence=tuple(quote.strip() for quote in quotes if isinstance(quote, str) and quote.strip()),
    )


def _skip_reason(value: Any) -> str | None:
    reason = value.get("skip_reason") if isinstance(value, dict) else None
    return reason.strip() or None if isinstance(reason, str) else None
