"""How long a part of a text is."""

from __future__ import annotations

from bisect import bisect_left
from typing import Protocol

from qagen.cutting.tokens import TokenRuler


class Ruler(Protocol):
    """Measures parts of one text. Sizes of neighbouring parts add up."""

    def size(self, start: int, end: int) -> int:
        """Of text[start:end]."""

    def reach(self, start: int, budget: int) -> int:
        """The largest end within the text so that text[start:end] is not larger than the budget."""


class CharacterRuler:
    """Counts characters."""

    def __init__(self, text: str) -> None:
        self._length = len(text)

    def size(self, start: int, end: int) -> int:
        """Of text[start:end]."""
        return end - start

    def reach(self, start: int, budget: int) -> int:
        """The largest end within the text so that text[start:end] is not larger than the budget."""
        return min(start + budget, self._length)


def reach_back(ruler: Ruler, end: int, budget: int) -> int:
    """The smallest start so that text[start:end] is not larger than the budget."""
    return bisect_left(range(end), -budget, key=lambda start: -ruler.size(start, end))


def ruler_of(text: str, unit: str) -> Ruler:
    """Counts `characters` or (estimated) `tokens`."""
    return TokenRuler(text) if unit == "tokens" else CharacterRuler(text)
