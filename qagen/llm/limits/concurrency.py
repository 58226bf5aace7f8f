"""How many requests may be under way at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST = 16
"""A run begins with so many, so that a limit of a host far away is not met with everything at once ..."""
SUCCESSES_FOR_ONE_MORE = 20


@dataclass(slots=True)
class Concurrency:
    """Additive increase, multiplicative decrease, between 1 and `most`."""

    most: int
    limit: int = 0
    _successes: int = 0
    _begun: bool = field(default=False)
    """A limit was met: from now on it grows slowly."""

    def __post_init__(self) -> None:
        self.limit = self.limit or min(self.most, FIRST)

    def succeeded(self) -> None:
        """... and doubles with each round trip until the first limit; after that, one more per twenty successes."""
        self._successes += 1
        if self.limit < self.most and (not self._begun or self._successes >= SUCCESSES_FOR_ONE_MORE):
            self.limit += 1
            self._successes = 0

    def limited(self) -> None:
        """The server had too many: half as many from now on."""
        self._begun = True
        self._successes = 0
        self.limit = max(1, self.limit // 2)

    def forgive(self) -> None:
        """What was met was no limit: it grows as in the beginning."""
        self._begun = False
