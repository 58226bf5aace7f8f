"""How many requests and tokens a minute: set by the user, told by the server, or found out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_DROP = 0.08
"""After a refusal, so much less than what passed before it ..."""
_PLATEAU_S = 30.0
"""... and back to that in this time, where what passed is known well."""
_LEAST_TRUST = 0.15
"""Where it is known badly, in so much of that time."""
_A_FEW = 3
_ENOUGH_FOR_SURE = 100
"""Requests from which a rate is known at all, and well."""
_WINDOW_S = 60.0
"""Most limits are for a minute, so that long is looked back."""
_TOO_FEW = 8
"""Fewer requests than that lower the rate by half at most."""
_BURST_S = 0.1
_MOST_WAIT_S = 60.0
"""What headers imply is never waited for longer: a reset may be one of a day."""
_DOUBLES_S = 0.5
"""Where what was met was no limit, the rate doubles in this time ..."""
_DOUBLINGS = 10
"""... and is none any more after so many."""
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
    _free_by: float = float("inf")
    """Nobody waits longer than that, whatever is in it."""

    def delay_s(self, now: float, units: float) -> float:
        """How long until so much is in it, or until it is full."""
        return max(0.0, min(self._full_at - max(0.0, self.burst - units) / self.per_s, self._free_by) - now)

    def take(self, now: float, units: float) -> None:
        """Take out, into debt if need be."""
        self._full_at = max(now, self._full_at) + units / self.per_s
        if self._free_by <= now:  # what was told is old: one of them finds out
            self._free_by = now + _MOST_WAIT_S

    def give_back(self, units: float) -> None:
        """Less was used than taken; a negative number: more."""
        self._full_at -= units / self.per_s

    def set_level(self, now: float, left: float) -> None:
        """The server says how much is left of `burst`. It is never believed for more than a minute."""
        self._full_at = now + (self.burst - left) / self.per_s
        self._free_by = now + _MOST_WAIT_S


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
    What counts is what was sent and not refused, so that it does not matter how long replies take.
    """

    def __init__(self) -> None:
        self._peak: float | None = None
        self._since = 0.0
        self._plateau_s = _PLATEAU_S
        self._sent: deque[float] = deque()
        """When requests went out that were not refused, of the last minute at most."""
        self._began: float | None = None
        """What is counted began then."""
        self._refused = False
        self._lifted_at: float | None = None
        self._bucket = Bucket(1.0)

    def per_s(self, now: float) -> float | None:
        """Requests a second that may go out now; None while no limit was met."""
        if self._peak is None:
            return None
        if self._lifted_at is not None:
            return self._peak * 2 ** ((now - self._lifted_at) / _DOUBLES_S)
        part = (now - self._since) / self._plateau_s
        return self._peak * (1 - _DROP * (1 - max(0.0, part)) ** 3)

    def refused(self, now: float) -> None:
        """A request did not pass. Which one does not matter: one less has passed."""
        if self._sent:
            self._sent.pop()
        self._forget(now)
        self._refused = True

    def forgive(self) -> None:
        """The refusal tells nothing of the rate."""
        self._refused = False

    def lift(self, now: float) -> None:
        """What was met was no limit: the rate doubles and doubles, until there is none."""
        self.forgive()
        if self._peak is not None and self._lifted_at is None:
            self._peak, self._lifted_at = self.per_s(now), now

    def delay_s(self, now: float) -> float:
        """How long until the next one may go out."""
        return 0.0 if self._adjusted(now) is None else self._bucket.delay_s(now, 1)

    def take(self, now: float) -> None:
        """One goes out. After refusals, only now is it known how long nothing passed."""
        if self._refused:
            self._learn(now)
        if self._lifted_at is not None and now - self._lifted_at > _DOUBLINGS * _DOUBLES_S:
            self._peak = self._lifted_at = None
        if self._began is None:
            self._began = now
        self._forget(now)
        self._sent.append(now)
        if self._adjusted(now) is not None:
            self._bucket.take(now, 1)

    def _learn(self, now: float) -> None:
        self._refused = False
        began = self._began if self._began is not None else now
        if not self._sent:
            if now - began > _WINDOW_S:
                self._began = now  # the host is closed: that says nothing of the rate at which it opens again
            return
        through = len(self._sent) / max(now - began, 0.001)
        current = self.per_s(now)
        # Our own rate may have held back more than the server: then ours is the better guess.
        least = current / 2 if current is not None and len(self._sent) < _TOO_FEW else 0.0
        self._peak = through if current is None else max(least, min(current, through * _TRUST))
        # What was told from a few requests and seconds is doubted soon.
        sure = len(self._sent) / _ENOUGH_FOR_SURE
        if len(self._sent) >= _A_FEW:
            sure = max(sure, (now - began) / _WINDOW_S)
        self._plateau_s = _PLATEAU_S * max(_LEAST_TRUST, min(1.0, sure))
        self._since, self._began, self._lifted_at = now, now, None
        self._sent.clear()

    def _forget(self, now: float) -> None:
        """Only the last minute is counted, waits included: most limits are for one. Refusals end the forgetting."""
        while not self._refused and self._sent and self._sent[0] < now - _WINDOW_S:
            self._began = self._sent.popleft()

    def _adjusted(self, now: float) -> float | None:
        rate = self.per_s(now)
        if rate is not None:
            self._bucket.per_s, self._bucket.burst = rate, _BURST_S * rate
        return rate
