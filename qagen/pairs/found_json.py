"""JSON in what a model wrote: between prose, behind its thinking, or damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_MOST_STARTS = 50
_DEEPEST = 64
_THOUGHT_BEGIN = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_DECODER = json.JSONDecoder(strict=False)


def embedded(text: str, *, objects_only: bool = False) -> Iterator[Any]:
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


def repair(text: str) -> Any:
    """The value that the text was meant to be, from its first bracket on; None where it is beyond repair."""
    start = min((position for position in (text.find("{"), text.find("[")) if position >= 0), default=-1)
    # The repairer's time grows with the square of the depth.
    if start < 0 or _depth(text) > _DEEPEST:
        return None
    import json_repair

    try:
        return json_repair.loads(text[start:])
    except (ValueError, RecursionError, IndexError, TypeError, AttributeError):
        # The repairer guesses at broken text; where it stumbles itself, the text is beyond repair.
        return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if mark in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def without_thoughts(text: str, *, cut: bool) -> str:
    """The text after the model's thinking, closed or only ended. A reply that is cut in its thinking has no other."""
    ends = list(_THOUGHT_END.finditer(text))
    text = text[ends[-1].end() :] if ends else text
    begin = _THOUGHT_BEGIN.search(text) if cut else None
    return text[: begin.start()] if begin else text
