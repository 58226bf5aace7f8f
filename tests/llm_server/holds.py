"""Answers that wait for a word of the test, and not for the clock."""

from __future__ import annotations

import asyncio


class Hold:
    """Lets so many pass; the others wait until it is let go. None: it holds nothing.

    Raises:
        ValueError: no such number.
    """

    def __init__(self, after: int | None) -> None:
        if after is not None and (not isinstance(after, int) or after < 0):
            raise ValueError(f"holds_after has the wrong type or is negative: {after!r}")
        self._left = after
        self._over = asyncio.Event()

    def count(self) -> asyncio.Event | None:
        """Count a request for text. What comes back is what its answer has to wait for."""
        if self._left is None:
            return None
        self._left -= 1
        return self._over if self._left < 0 else None

    def let_go(self) -> None:
        """Nobody waits any longer."""
        self._over.set()
