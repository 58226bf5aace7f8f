"""How many requests and tokens a minute: set by the user, told by the server, or found out."""

from __future__ import annotations

from dataclasses import dataclass

_DROP = 0.08
_PLATEAU_S = 30.0
_BURST_S = 0.5
_ENOUGH = 10
_TRUST = 1.15
"""What passed is up to so much less than what could have passed, where our own rate held it back."""


@dataclass(slots=True)
class Bucket:
    """`per_s` units a second, and up to `burst` more of them after a rest (the generic cell rate algorithm).

    What is taken may be more than there is: the debt is waited for by the next one. So a request larger than the whole
    bucket passes, too, and what was reserved can be corrected later in either direction.
    """

    per_s: float
    burst: float = 0.0
    _full_at: float = 0.0
    """When all that was taken will have flowed in again."""

    def delay_s(self, now: float) -> float:
        """How long until there is something in it."""
        return max(0.0, self._full_at - self.burst / self.per_s - now)

    def take(self, now: float, units: float) -> None:
        """Take out, into debt if need be."""
        self._full_at = max(now, self._full_at) + units / self.per_s

    def give_back(self, units: float) -> None:
        """Less was used than taken; a negative number: more."""
        self._full_at -= units / self.per_s

    def set_level(self, now: float, left: float) -> None:
        """The server says how much is left of `burst`."""
        self._full_at = now + (self.burst - left) / self.per_s


@dataclass(frozen=True, slots=True)
class Quota:
    """What a server's headers say of one of its limits."""

    limit: float
    remaining: float
    reset_s: float = 0.0
    """When it will be full again; 0 where that is not said."""

    @property
    def per_s(self) -> float:
        """How fast it fills: by what was used and when that is back, else as if the limit were one for a minute."""
        used = self.limit - self.remaining
        return used / self.reset_s if used > 0 and self.reset_s > 0 else self.limit / 60


class LearntRate:
    """The rate that a server lets through, found out from what it let through when it refused.

    After a refusal a little less than that; back to it within half a minute, slowly past it, then faster and faster
    (the curve of TCP's CUBIC): few requests are spent on finding the limit again, and a limit that was lifted is found.
    """

    def __init__(self) -> None:
        self._peak: float | None = None
        self._since = 0.0
        self._passed = 0
        self._bucket = Bucket(1.0)

    def per_s(self, now: float) -> float | None:
        """Requests a second that may go out now; None while no limit was met."""
        if self._peak is None:
            return None
        part = (now - self._since) / _PLATEAU_S
        return self._peak * (1 - _DROP * (1 - max(0.0, part)) ** 3)

    def passed(self, now: float) -> None:
        """A request got its answer."""
        if not self._since:
            self._since = now
        self._passed += 1

    def refused(self, now: float, free_at: float) -> None:
        """A request did not pass; the next one may at `free_at`."""
        current, passed, began = self.per_s(now), self._passed, self._since or now
        self._since, self._passed = free_at, 0
        if passed < _ENOUGH:
            # Too few to tell a rate from; the wait that was asked for has to do.
            self._peak = current and current / 2
            return
        through = passed / max(free_at - began, 0.001)
        # Our own rate may have held back more than the server: then ours is the better guess.
        self._peak = through if current is None else min(current, through * _TRUST)

    def delay_s(self, now: float) -> float:
        """How long until the next one may go out."""
        return 0.0 if self._adjusted(now) is None else self._bucket.delay_s(now)

    def take(self, now: float) -> None:
        """One goes out."""
        if self._adjusted(now) is not None:
            self._bucket.take(now, 1)

    def _adjusted(self, now: float) -> float | None:
        rate = self.per_s(now)
        if rate is not None:
            self._bucket.per_s, self._bucket.burst = rate, _BURST_S * rate
        return rate
