"""What making vectors took, in figures."""

from __future__ import annotations

from dataclasses import dataclass, field

from qagen.errors import RejectedError, TransientError
from qagen.llm.prices import Price
from qagen.llm.types import Usage


@dataclass(frozen=True, slots=True)
class Left:
    """A text that has no vector, because the provider makes none of it."""

    text: str
    """Its beginning."""
    error: RejectedError | TransientError


@dataclass(slots=True)
class Account:
    """wanted = reused + made + left + what is still to do. Texts that occur twice count once."""

    wanted: int = 0
    reused: int = 0
    """Known from earlier runs."""
    made: int = 0
    left: list[Left] = field(default_factory=list)
    blank: int = 0
    """Texts without anything in them; nobody is asked about them, and they are not among the wanted ones."""
    cut: int = 0
    """Texts of which only the beginning was sent."""
    damaged: int = 0
    """Vectors of earlier runs that the disk has changed."""
    replies: int = 0
    usage: Usage = field(default_factory=Usage)
    """As reported."""
    uncounted: int = 0
    """Replies without counts ..."""
    estimated: Usage = field(default_factory=Usage)
    """... and what they probably were."""

    @property
    def done(self) -> int:
        """Texts that nobody will be asked about any more, in this run."""
        return self.reused + self.made + len(self.left)

    def count(self, usage: Usage, characters: int) -> Usage:
        """A reply came, for texts of so many characters; gives what it took, estimated where nobody counted."""
        self.replies += 1
        if usage.reported:
            self.usage += usage
            return usage
        estimated = Usage(input_tokens=characters // 4)
        self.uncounted += 1
        self.estimated += estimated
        return estimated

    def cost(self, price: Price | None) -> float | None:
        """US dollars; None where the price is unknown."""
        return None if price is None else price.cost(self.usage + self.estimated)
