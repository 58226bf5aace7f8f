"""What was sent so far, counted for the user."""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from dataclasses import dataclass, field

_MOST_LATENCIES = 10_000


@dataclass(slots=True)
class Meter:
    """requests = replies + failures + cancelled + in_flight, at any time."""

    requests: int = 0
    replies: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Requests without a reply, by the code of the fault."""
    cancelled: int = 0
    """Given up by the user while under way."""
    retries: int = 0
    in_flight: int = 0
    answers: int = 0
    """HTTP answers of any status."""
    waited_s: float = 0.0
    """Seconds in which nobody could send because of a limit or an outage."""
    possibly_billed: int = 0
    """Requests that went out whole and whose answer was lost."""
    _latencies: array[float] = field(default_factory=lambda: array("f"))

    @property
    def rate_limits(self) -> int:
        """Answers that said: too many."""
        return self.failures["rate_limited"]

    def note_reply(self, seconds: float) -> None:
        """A reply came, so long after its request. Of very many, a fair sample is kept."""
        self.replies += 1
        if len(self._latencies) < _MOST_LATENCIES:
            self._latencies.append(seconds)
        elif (at := random.randrange(self.replies)) < _MOST_LATENCIES:  # noqa: S311 - a sample, no secret
            self._latencies[at] = seconds

    def latency_s(self, share: float) -> float | None:
        """Seconds within which that share of the replies came; None where there is none."""
        ordered = sorted(self._latencies)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
