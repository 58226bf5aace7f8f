"""How long to wait and when to give up. It decides and does no I/O; all times are seconds of one monotonic clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qagen.errors import ProviderError, RejectedError, TransientError

NOBODY_THERE = frozenset({"dns", "connect"})
"""Codes of faults that, before the first answer of a run, mean a wrong address rather than a passing fault."""
_NO_ANSWER = NOBODY_THERE | {"reset", "read_timeout", "deadline"}
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

    A chunk that seems to have failed is held back as a suspect. When others succeed afterwards, the fault was its own;
    when suspects pile up and nothing succeeds, the provider is down, or our request is wrong, and none of them failed.
    """

    most_suspects: int = 3
    suspects: list[Suspect] = field(default_factory=list)
    successes: int = 0

    def succeeded(self) -> list[Suspect]:
        """A request succeeded. Gives the suspects, about whom can be decided now."""
        self.successes += 1
        return self.release()

    def suspect(self, suspect: Suspect) -> bool:
        """Hold one back. True: nothing succeeds any more, stop."""
        self.suspects.append(suspect)
        return len(self.suspects) >= self.most_suspects

    def release(self) -> list[Suspect]:
        """Give up all suspects."""
        released, self.suspects = self.suspects, []
        return released

    def is_doubtful(self, error: RejectedError) -> bool:
        """Whether a refusal may mean our parameters rather than this chunk: nothing has succeeded yet."""
        return error.code == "bad_request" and not self.successes

    def is_down(self, error: ProviderError) -> bool:
        """Whether the fault means that the provider is down, where nothing succeeded after it."""
        return isinstance(error, TransientError) and (error.code in _NO_ANSWER or not self.successes)
