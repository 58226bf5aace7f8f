"""Whether the replies are worth their money: a model that brings nothing must not be asked about every chunk."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

AT_FIRST = 20
"""Chunks in a row that brought nothing of use, as long as nothing else did: more of them would bring no more."""
_LATER = 5
"""So many times as many, once something was of use: a small model may have long bad runs."""


@dataclass(slots=True)
class Worth:
    """Chunks that were asked about, as they come in."""

    most: int = AT_FIRST
    """0: whatever comes, go on."""
    in_vain: int = 0
    """Chunks since the last one that brought something."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why those brought nothing."""
    _useful: int = 0

    def useful(self) -> None:
        """A chunk brought something."""
        self._useful += 1
        self.in_vain = 0
        self.reasons.clear()

    def vain(self, reason: str) -> bool:
        """A chunk was paid for and brought nothing. True: no more of this."""
        self.in_vain += 1
        self.reasons[reason] += 1
        return 0 < self.most <= self.in_vain // (_LATER if self._useful else 1)

    @property
    def listed(self) -> str:
        """The reasons, the most frequent first."""
        return ", ".join(f"{number:,} {reason}" for reason, number in self.reasons.most_common())
