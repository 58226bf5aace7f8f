"""Three ways of counting what may pass in a minute. Pure: the time is an argument, in seconds of one clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

_NOTHING = 1e-9
"""What floating point may be off by."""


@dataclass(slots=True)
class Taken:
    """What was counted, and when."""

    t: float
    amount: float


class Meter(Protocol):
    per_minute: float

    def wait_s(self, amount: float, now: float) -> float:
        """Until that much may pass; 0 now, infinite never."""

    def take(self, amount: float, now: float) -> Taken:
        """Count it."""

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        """It was more or less than that."""

    def left(self, now: float) -> int:
        """What may still pass now."""

    def full_s(self, now: float) -> float:
        """Until nothing counts any more."""


class Bucket:
    """Filled evenly, up to its capacity. Where corrections made it a debt, that is filled first."""

    def __init__(self, per_minute: float, capacity: float, now: float) -> None:
        self.per_minute = per_minute
        self._capacity = capacity
        self._level = capacity
        self._filled = now

    def wait_s(self, amount: float, now: float) -> float:
        self._fill(now)
        if amount > self._capacity:
            return float("inf")
        missing = amount - self._level
        return missing * 60 / self.per_minute if missing > _NOTHING else 0.0

    def take(self, amount: float, now: float) -> Taken:
        self._fill(now)
        self._level -= amount
        return Taken(now, amount)

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        self._fill(now)
        self._level = min(self._capacity, self._level + taken.amount - amount)

    def left(self, now: float) -> int:
        self._fill(now)
        return max(0, int(self._level + _NOTHING))

    def full_s(self, now: float) -> float:
        self._fill(now)
        return (self._capacity - self._level) * 60 / self.per_minute

    def _fill(self, now: float) -> None:
        self._level = min(self._capacity, self._level + (now - self._filled) * self.per_minute / 60)
        self._filled = now


class Window:
    """So many in each window; the first one begins when the meter is made."""

    def __init__(self, per_minute: float, window_s: float, now: float) -> None:
        self.per_minute = per_minute
        self._capacity = per_minute * window_s / 60
        self._window_s = window_s
        self._began = now
        self._used = 0.0

    def wait_s(self, amount: float, now: float) -> float:
        self._turn(now)
        if amount > self._capacity:
            return float("inf")
        return self._began + self._window_s - now if self._used + amount > self._capacity + _NOTHING else 0.0

    def take(self, amount: float, now: float) -> Taken:
        self._turn(now)
        self._used += amount
        return Taken(now, amount)

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        self._turn(now)
        if taken.t >= self._began:
            self._used += amount - taken.amount

    def left(self, now: float) -> int:
        self._turn(now)
        return max(0, int(self._capacity - self._used + _NOTHING))

    def full_s(self, now: float) -> float:
        self._turn(now)
        return self._began + self._window_s - now

    def _turn(self, now: float) -> None:
        if windows := int((now - self._began) / self._window_s):
            self._began += windows * self._window_s
            self._used = 0.0


class Sliding:
    """At most so many in any window, wherever it begins."""

    def __init__(self, per_minute: float, window_s: float) -> None:
        self.per_minute = per_minute
        self._capacity = per_minute * window_s / 60
        self._window_s = window_s
        self._taken: deque[Taken] = deque()
        self._used = 0.0

    def wait_s(self, amount: float, now: float) -> float:
        self._forget(now)
        if amount > self._capacity:
            return float("inf")
        free = self._capacity - self._used + _NOTHING
        for taken in self._taken:
            if free >= amount:
                return 0.0
            free += taken.amount
            if free >= amount:
                return taken.t + self._window_s - now
        return 0.0

    def take(self, amount: float, now: float) -> Taken:
        self._taken.append(Taken(now, amount))
        self._used += amount
        return self._taken[-1]

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        self._forget(now)
        if taken.t > now - self._window_s:
            self._used += amount - taken.amount
            taken.amount = amount

    def left(self, now: float) -> int:
        self._forget(now)
        return max(0, int(self._capacity - self._used + _NOTHING))

    def full_s(self, now: float) -> float:
        self._forget(now)
        return self._taken[-1].t + self._window_s - now if self._taken else 0.0

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0].t <= now - self._window_s:
            self._used -= self._taken.popleft().amount
