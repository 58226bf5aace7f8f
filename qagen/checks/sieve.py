"""Many patterns at once: only those are tried of which the text has a word that every match would have.

Python's `re` tries each alternative of a pattern at each place of a text, which is most of what checks would cost. What
a match must hold, one of a few words, stands in the pattern itself, and to look for a word takes a thousandth. Even
that is seldom done: most words of a text were met before, and are part of nothing that is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from re import _constants as opcodes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_MOST_WORDS = 80
"""Of a set; a larger one says too little."""
_LEAST_LETTERS = 2
_MOST_REMEMBERED = 20_000
"""Words of texts."""
_LONGEST_REMEMBERED = 40


class Sieve:
    """Patterns as one: `search` finds what a pattern of all of them as alternatives would. Case makes no difference.

    Texts are made of the same words again and again, few of which are part of anything that a match must hold. So a
    sieve remembers of each word which patterns it may belong to, and for most texts it does no more than look that up.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._groups: dict[frozenset[str], list[tuple[int, str]]] = {}
        self._all_needs = {pattern: all_needs(pattern) for pattern in patterns}
        for place, pattern in enumerate(patterns):
            self._groups.setdefault(_first(self._all_needs[pattern]), []).append((place, pattern))
        self._pieces = {needed: frozenset(map(_piece, needed)) for needed in self._groups}
        self._always = [needed for needed, pieces in self._pieces.items() if not pieces or "" in pieces]
        every = set[str]().union(*self._pieces.values()) - {""}
        self._any_piece = re.compile("|".join(map(re.escape, sorted(every))) or r"(?!)")
        self._harmless: set[str] = set()
        """Words that have no piece of anything."""
        self._telling: dict[str, tuple[frozenset[str], ...]] = {}
        """Of other words the groups that they have pieces of."""

    def search(self, text: str) -> re.Match[str] | None:
        """The first match; of those at the same place, that of the first pattern."""
        folded, words = _read(text)
        if words <= self._harmless and not self._always:
            return None
        told = set(self._always)
        for word in words - self._harmless:
            told.update(self._told_by(word))
        if not told:
            return None
        holds = folded.__contains__
        found: list[tuple[int, int, re.Match[str]]] = []
        for needed in told:
            if needed and not any(map(holds, needed)):
                continue
            for place, pattern in self._groups[needed]:
                likely = all(any(map(holds, one)) for one in self._all_needs[pattern])
                match = _searching(pattern)(text) if likely else None
                if match:
                    found.append((match.start(), place, match))
        return min(found)[2] if found else None

    def _told_by(self, word: str) -> tuple[frozenset[str], ...]:
        """The groups of which a text with the word may have what they need."""
        known = self._telling.get(word)
        if known is not None:
            return known
        if len(self._harmless) + len(self._telling) > _MOST_REMEMBERED:
            self._harmless.clear()
            self._telling.clear()
        spaced = f" {word} "
        if not self._any_piece.search(spaced):
            if len(word) <= _LONGEST_REMEMBERED:
                self._harmless.add(word)
            return ()
        told = tuple(needed for needed, pieces in self._pieces.items() if any(piece in spaced for piece in pieces))
        if len(word) <= _LONGEST_REMEMBERED:
            self._telling[word] = told
        return told


def _piece(needed: str) -> str:
    """The longest part without white space in it, which must stand in a word; a space is where the word must end."""
    parts = needed.split()
    lead, trail = needed[:1].isspace(), needed[-1:].isspace()
    last = len(parts) - 1
    spaced = [f"{' ' * (n > 0 or lead)}{part}{' ' * (n < last or trail)}" for n, part in enumerate(parts)]
    return max(spaced, key=len, default="")


@lru_cache(maxsize=64)
def _read(text: str) -> tuple[str, frozenset[str]]:
    """The text without case, and what stands between white space in it."""
    folded = fold(text)
    return folded, frozenset(folded.split())


@cache
def _searching(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """Most are never needed, and to compile them all takes longer than to check a hundred pairs."""
    compiled = re.compile(pattern, re.IGNORECASE)
    # Told to search, `re` would look for the beginning of the text at each of its places.
    begins = list(parser.parse(pattern))[:1] == [(opcodes.AT, opcodes.AT_BEGINNING)]
    return compiled.match if begins else compiled.search


def fold(text: str) -> str:
    """The text without case, as far as `re.IGNORECASE` takes letters for the same: that holds for a dotless i, too."""
    return text.lower() if text.isascii() else text.casefold().replace("ı", "i")


def needs(pattern: str) -> frozenset[str]:
    """Texts, without case, of which every match holds at least one; empty where no such set can be told."""
    return _first(all_needs(pattern))


def all_needs(pattern: str) -> list[frozenset[str]]:
    """All such sets, first that which fewest texts hold one of."""
    return _best_first(_of_sequence(parser.parse(pattern, re.IGNORECASE)))


def _first(found: Sequence[frozenset[str]]) -> frozenset[str]:
    return found[0] if found else frozenset()


def _best_first(candidates: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Sets whose shortest word is longest come first; of " of the" that is three letters."""
    usable = [one for one in candidates if one and min(map(len, one)) >= _LEAST_LETTERS and len(one) <= _MOST_WORDS]
    return sorted(usable, key=lambda one: (-min(map(_letters, one)), -min(map(len, one)), len(one)))


def _letters(needed: str) -> int:
    """Of the longest part between white space."""
    return max(map(len, needed.split()), default=0)


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
        branches = [_first(_best_first(_of_sequence(branch))) for branch in value[1]]
        return [frozenset().union(*branches)] if all(branches) else []
    if operation in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    return _of_sequence(value) if operation is opcodes.ATOMIC_GROUP else []
