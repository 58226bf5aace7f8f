"""Many patterns at once: only those are tried of which the text has a word that every match would have.

Python's `re` tries each alternative of a pattern at each place of a text, which is most of what checks would cost. What
a match must hold, one of a few words, stands in the pattern itself, and to look for a word takes a thousandth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from re import _constants as opcodes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_MOST_WORDS = 80
"""Of a set; a larger one says too little."""
_LEAST_LETTERS = 2


class Sieve:
    """Patterns as one: `search` finds what a pattern of all of them as alternatives would. Case makes no difference."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._groups: dict[frozenset[str], list[tuple[int, str]]] = {}
        for place, pattern in enumerate(patterns):
            self._groups.setdefault(needs(pattern), []).append((place, pattern))

    def search(self, text: str) -> re.Match[str] | None:
        """The first match; of those at the same place, that of the first pattern."""
        found: list[tuple[int, int, re.Match[str]]] = []
        holds = fold(text).__contains__
        for needed, patterns in self._groups.items():
            if needed and not any(map(holds, needed)):
                continue
            for place, pattern in patterns:
                match = _compiled(pattern).search(text)
                if match:
                    found.append((match.start(), place, match))
        return min(found)[2] if found else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Most are never needed, and to compile them all takes longer than to check a hundred pairs."""
    return re.compile(pattern, re.IGNORECASE)


def fold(text: str) -> str:
    """The text without case, as far as `re.IGNORECASE` takes letters for the same: that holds for a dotless i, too."""
    return text.lower() if text.isascii() else text.casefold().replace("ı", "i")


def needs(pattern: str) -> frozenset[str]:
    """Texts, without case, of which every match holds at least one; empty where no such set can be told."""
    return _best(_of_sequence(parser.parse(pattern, re.IGNORECASE)))


def _best(candidates: Iterable[frozenset[str]]) -> frozenset[str]:
    """The set that fewest texts hold one of: that whose shortest word is longest."""
    usable = [one for one in candidates if one and min(map(len, one)) >= _LEAST_LETTERS and len(one) <= _MOST_WORDS]
    return max(usable, key=lambda one: (min(map(len, one)), -len(one)), default=frozenset())


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    """A set for each part of a sequence that must be there."""
    found: list[frozenset[str]] = []
    letters = ""
    for operation, value in items:
        if operation is opcodes.LITERAL:
            letters += chr(value)
            continue
        found += [frozenset({fold(letters)})] if letters else []
        letters = ""
        found += _of_item(operation, value)
    return [*found, frozenset({fold(letters)})] if letters else found


def _of_item(operation: Any, value: Any) -> list[frozenset[str]]:
    if operation is opcodes.SUBPATTERN:
        return _of_sequence(value[-1])
    if operation is opcodes.BRANCH:
        branches = [_best(_of_sequence(branch)) for branch in value[1]]
        return [frozenset().union(*branches)] if all(branches) else []
    if operation in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    return _of_sequence(value) if operation is opcodes.ATOMIC_GROUP else []
