"""What a model wrote -> drafts of pairs. A ladder: as it is, then unwrapped, then repaired.

A draft that lacks a question or an answer is dropped alone; its siblings stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from qagen.formats import without_surrogates
from qagen.pairs.found_json import embedded, repair, without_thoughts

MOST_CHARACTERS = 256 * 1024
"""More is no reply to what we ask."""


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
    text = without_thoughts(text, cut=cut)
    if not text.strip():
        raise Unreadable("it was empty")
    whole = [value for value in embedded(text) if _entries(value) is not None]
    # A single entry may be one of many in a damaged list.
    lists = [value for value in whole if isinstance(value, list) or "question" not in value]
    yield from (value for value in lists if _entries(value))
    complete = [value for value in embedded(text, objects_only=True) if _draft(value) is not None]
    # The last entry may be cut in the middle of a sentence: a repaired one would look complete and be wrong.
    ends = text.rstrip("` \n").endswith(("}", "]"))
    repaired = repair(text) if ends and not cut else None
    drafts = [entry for entry in _entries(repaired) or [] if _draft(entry) is not None]
    if len(drafts) > len(complete) or (not complete and _entries(repaired)):
        yield repaired
    if complete:
        yield complete
    yield from lists


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
        question=without_surrogates(question).strip(),
        answer=without_surrogates(answer).strip(),
        question_type=kind.strip().lower() or None if isinstance(kind, str) else None,
        evidence=tuple(
            without_surrogates(quote).strip() for quote in quotes if isinstance(quote, str) and quote.strip()
        ),
    )


def _skip_reason(value: Any) -> str | None:
    reason = value.get("skip_reason") if isinstance(value, dict) else None
    return reason.strip() or None if isinstance(reason, str) else None
