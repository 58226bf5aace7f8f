"""Whether the host is there at all."""

from __future__ import annotations

from dataclasses import dataclass, field

FAILURES = 10
REQUESTS = 3
PAUSE_S = 30.0
PROBES = 5
_BUDGET_S = 300
_BUDGET_STEP_S = 10


@dataclass(slots=True)
class RetryBudget:
    """Retries are at most 10 + 20 % of the requests of the last five minutes: a struggling host is not pushed over."""

    _counts: dict[int, list[int]] = field(default_factory=dict)
    """By steps of ten seconds: requests, and how many of them were retries."""

    def count(self, now: float, *, retry: bool) -> bool:
        """A request goes out. False: too many of them are retries; the count begins anew."""
        step = int(now // _BUDGET_STEP_S)
        for old in [one for one in self._counts if one <= step - _BUDGET_S // _BUDGET_STEP_S]:
            del self._counts[old]
        counts = self._counts.setdefault(step, [0, 0])
        counts[0] += 1
        counts[1] += retry
        requests, retries = (sum(one[at] for one in self._counts.values()) for at in (0, 1))
        if retries <= 10 + requests / 5:
            return True
        self._counts.clear()
        return False


@dataclass(slots=True)
class Breaker:
    """After ten failures in a row, of at least three requests, everybody pauses, then one request goes first.

    While it is open, failures say nothing about the requests that met them. After five such probes the host is given
    up.
    """

    pause_s: float = field(default_factory=lambda: PAUSE_S)
    failures: int = 0
    """In a row."""
    probes: int = 0
    """Failed ones since it opened."""
    is_open: bool = False
    is_outage: bool = False
    """Open because the host is gone, and not because too much was tried again."""
    _who: set[int] = field(default_factory=set)
    _until: float = 0.0
    _probing: bool = False

    def delay_s(self, now: float) -> float:
        """How long nobody may send; infinite while a probe is under way."""
        if not self.is_open:
            return 0.0
        return float("inf") if self._probing else max(0.0, self._until - now)

    def enter(self) -> bool:
        """A request goes out. True: it is a probe."""
        self._probing = self.is_open
        return self._probing

    def succeeded(self, *, probe: bool = False) -> None:
        """An answer came, of whatever kind: the host is there. Too many retries are made good by a probe alone."""
        if self.is_open and not self.is_outage and not probe:
            return
        self.failures, self.probes, self.is_open, self.is_outage, self._probing = 0, 0, False, False, False
        self._who.clear()

    def failed(self, now: float, who: int, *, probe: bool) -> bool:
        """A request failed. False: the host is given up."""
        if self.is_open and not probe:
            return True  # sent before it opened
        self.failures += 1
        self._who.add(who)
        if self.is_open:
            self.probes += 1
            self.open(now, outage=self.is_outage)
            return self.probes < PROBES
        if self.failures >= FAILURES and len(self._who) >= REQUESTS:
            self.open(now)
        return True

    def open(self, now: float, *, outage: bool = True) -> None:
        """Everybody pauses from now on."""
        self.is_open, self.is_outage = True, outage
        self._probing, self._until = False, now + self.pause_s

    def left(self) -> None:
        """The probe was given up without a result."""
        self._probing = False
