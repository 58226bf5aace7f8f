"""Text -> how many tokens it has, estimated. (Under construction: four characters each.)"""

from __future__ import annotations


def count(text: str) -> int:
    """Estimated tokens."""
    return -(-len(text) // 4)


class TokenRuler:
    """Estimated tokens between two offsets."""

    def __init__(self, text: str) -> None:
        self._length = len(text)

    def size(self, start: int, end: int) -> int:
        """Tokens of text[start:end]."""
        return -(-end // 4) - -(-start // 4)

    def reach(self, start: int, budget: int) -> int:
        """The largest end that the budget allows."""
        return max(start, min(self._length, 4 * (-(-start // 4) + budget)))
