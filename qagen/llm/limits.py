"""How long to wait and when to give up. It decides and does no I/O; all times are seconds of one monotonic clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qagen.errors import RejectedError, TransientError

NOBODY_THERE = frozenset({"dns", "connect"})
"""Codes of faults that, before the first answer of a run, mean a wrong address rather than a passing fault."""
MOST_WAITING_S = 900.0
"""How long one request may be tried in all, rate limits included."""
_BASE_S = 1.0
_CAP_S = 60.0
_RATE_LIMIT_FLOOR_S = 2.0


def backoff_s(error: TransientError, tries: int, chance: float | None = None) -> float:
    """The wait before the next try, after `tries` failed ones.

    Capped exponential with full jitter; a rate limit has a floor, so that tries do not fall into the same window. What
    the server asked for is a minimum, with up to a tenth added so that not all come back at once.
    """
    chance = random.random() if chance is None else chance  # noqa: S311 - spreads load, protects nothing
    if error.retry_after_s is not None:
        return error.retry_after_s * (1 + 0.1 * chance)
    ceiling = min(_CAP_S, _BASE_S * 2.0 ** (tries - 1))
    if error.is_rate_limit:
        return max(_RATE_LIMIT_FLOOR_S, ceiling / 2 + ceiling / 2 * chance)
    return ceiling * chance


@dataclass(slots=True)
class Pace:
    """When the next request may go out. One for all that share a rate limit."""

    not_before: float = 0.0

    def hold(self, until: float) -> None:
        """Nobody sends before `until`."""
        self.not_before = max(self.not_before, until)

    def delay_s(self, now: float) -> float:
        """How long to wait before sending."""
        return max(0.0, self.not_before - now)


Suspect = TypeVar("Suspect")


@dataclass(slots=True)
class Breaker(Generic[Suspect]):
    """Tells a chunk's own fault from a fault of the world.

    A chunk whose tries are exhausted is held back as a suspect: when another chunk succeeds afterwards, the fault was
    its own; when suspects pile up and nothing succeeds, the provider is down and none of them has failed.
    """

    most_suspects: int = 3
    suspects: list[Suspect] = field(default_factory=list)
    successes: int = 0
    refusals: int = 0

    def succeeded(self) -> list[Suspect]:
        """A request succeeded. Gives the suspects that have failed by that."""
        self.successes += 1
        cleared, self.suspects = self.suspects, []
        return cleared

    def exhausted(self, suspect: Suspect) -> bool:
        """A chunk used up its tries. True: nothing succeeds any more, stop."""
        self.suspects.append(suspect)
        return len(self.suspects) >= self.most_suspects

    def rejected(self, error: RejectedError) -> bool:
        """The provider refused a request for good. True: it has refused all so far, so it is our parameters; stop."""
        self.refusals += error.code == "bad_request"
        return self.successes == 0 and self.refusals >= self.most_suspects
