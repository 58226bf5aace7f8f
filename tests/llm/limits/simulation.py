"""A host with a limit, and workers that send to it as the client does, on a clock of their own. Pure.

Ten minutes pass in a moment. The host counts as one of `llm_server.meters`, and tells of its limit in real headers,
which are read by `hints` and `faults`; the workers wait at a gate of which `Traffic` decides.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from qagen.errors import TransientError
from qagen.llm.faults import classify
from qagen.llm.hints import quotas
from qagen.llm.limits import MOST_WAITING_S, Ticket, Traffic, backoff_s
from qagen.llm.providers import PROVIDERS, Endpoint
from tests.llm_server.limits import duration
from tests.llm_server.meters import Bucket, Meter, Sliding, Taken, Window

BEGIN = 1000.0
"""A clock of this kind never shows zero."""
TRAVEL_S = 0.02
_ENDPOINT = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1")


@dataclass(frozen=True, slots=True)
class Host:
    """What answers."""

    kind: str = "bucket"
    """bucket, window, sliding, or places: so many at a time."""
    per_minute: float = 600
    burst: float = 10
    """Of a bucket."""
    says: frozenset[str] = frozenset()
    """`retry_after`: whole seconds, rounded up; `headers`: x-ratelimit-*. Those of a bucket tell of the whole minute,
    while less may pass at once, as vendors have it."""
    latency_s: float = 0.2
    places: int = 4
    refuses: tuple[float, float] = (0, 0)
    """From when to when it refuses everything, in seconds from the beginning."""
    sporadic: float = 0.0
    """About so much of the requests is refused by chance, however fast they come."""
    sporadic_wait_s: int = 1
    refusal_s: float = 0.05
    """How long a refusal takes."""

    def meter(self) -> Meter:
        match self.kind:
            case "none":
                return Sliding(math.inf, 60)
            case "places":
                return Places(self.places)
            case "window":
                return Window(self.per_minute, 60, BEGIN - 25)
            case "sliding":
                return Sliding(self.per_minute, 60)
        return Bucket(self.per_minute, self.burst, BEGIN)


class Places:
    """As many as there are places; `correct` is what gives one back."""

    def __init__(self, places: int) -> None:
        self.per_minute = math.inf
        self._free = places

    def wait_s(self, amount: float, now: float) -> float:
        return 0.0 if self._free else 1.0

    def take(self, amount: float, now: float) -> Taken:
        self._free -= 1
        return Taken(now, amount)

    def correct(self, taken: Taken, amount: float, now: float) -> None:
        self._free += 1

    def left(self, now: float) -> int:
        return self._free

    def full_s(self, now: float) -> float:
        return 0.0


@dataclass(slots=True)
class Result:
    """What became of it."""

    passed: int = 0
    refused: int = 0
    too_early: int = 0
    """Sent before a time that an answer had named and that had reached us."""
    given_up: int = 0
    replies: list[float] = field(default_factory=list)
    """When the replies came."""
    most_in_flight: int = 0
    waits_cut_short: int = 0
    """Requests that came back before the time that they had been told themselves."""

    @property
    def share_refused(self) -> float:
        return self.refused / max(1, self.passed + self.refused)


class Simulation:
    """`run` once."""

    def __init__(self, host: Host, traffic: Traffic, *, workers: int = 32, seed: int = 1) -> None:
        self.host = host
        self.traffic = traffic
        self.now = BEGIN
        self.result = Result()
        self._workers = workers
        self._meter = host.meter()
        self._shown: Meter = Bucket(host.per_minute, host.per_minute, BEGIN) if host.kind == "bucket" else self._meter
        """What the headers tell of."""
        self._random = random.Random(seed)
        self._chance = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._queue: deque[_Job] = deque()
        self._wake_at = math.inf
        self._not_before = 0.0

    def run(self, seconds: float) -> Result:
        for _ in range(self._workers):
            self._queue.append(_Job())
        self._open_gate()
        while self._events and self._events[0][0] <= BEGIN + seconds:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
            self._open_gate()
        return self.result

    def _at(self, time: float, happens: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (time, self._count, happens))

    # The workers

    def _open_gate(self) -> None:
        while self._queue:
            delay = self.traffic.delay_s(self.now, 1000)
            if not delay:
                job = self._queue.popleft()
                if job.not_before > self.now:  # it steps aside, as at the gate
                    self._at(job.not_before, partial(self._queue.append, job))
                else:
                    self._send(job)
                continue
            wake_at = self.now + max(delay, 1e-6)
            if wake_at < self._wake_at - 1e-6:
                self._wake_at = wake_at
                self._at(wake_at, self._wake)
            return

    def _wake(self) -> None:
        if self.now >= self._wake_at:
            self._wake_at = math.inf

    def _send(self, job: _Job) -> None:
        self.result.waits_cut_short += self.now < job.not_before - 1e-6
        self.result.too_early += self.now < self._not_before - 1e-6
        ticket = self.traffic.enter(self.now, 1000, retry=False)
        self.result.most_in_flight = max(self.result.most_in_flight, self.traffic.in_flight)
        travel = min(self.host.latency_s / 4, TRAVEL_S) * self._random.uniform(0.8, 1.2)
        self._at(self.now + travel, lambda: self._arrive(job, ticket))

    def _reply(self, ticket: Ticket, taken: Taken, headers: dict[str, str]) -> None:
        if isinstance(self._meter, Places):
            self._meter.correct(taken, 0, self.now)
        self.traffic.left(ticket)
        self.traffic.answered(self.now, quotas(headers))
        self.traffic.succeeded(ticket, None)
        self.result.replies.append(self.now)
        self._queue.append(_Job())

    def _refusal(self, job: _Job, ticket: Ticket, headers: dict[str, str]) -> None:
        self.traffic.left(ticket)
        self.traffic.answered(self.now, quotas(headers))
        if "retry-after" in headers:
            self._not_before = max(self._not_before, self.now + float(headers["retry-after"]))
        error = classify(429, headers, None, _ENDPOINT)
        assert isinstance(error, TransientError)
        wait = backoff_s(error, self.traffic.limits_in_a_row + 1, self._random.random())
        if job.slept_s > MOST_WAITING_S:
            self.result.given_up += 1
            self._queue.append(_Job())
            return
        job.slept_s += wait
        job.not_before = self.now + wait
        self.traffic.limited(self.now, ticket, wait)
        self._queue.append(job)

    # The host

    def _arrive(self, job: _Job, ticket: Ticket) -> None:
        begins, ends = (BEGIN + at for at in self.host.refuses)
        wait = min(60, ends - self.now) if begins < self.now < ends else self._meter.wait_s(1, self.now)
        if not wait and self._chance.random() < self.host.sporadic:
            wait = self.host.sporadic_wait_s
        if wait:
            self.result.refused += 1
            refusal = self._headers(wait)
            self._at(
                self.now + min(self.host.latency_s, self.host.refusal_s), lambda: self._refusal(job, ticket, refusal)
            )
            return
        self.result.passed += 1
        taken = self._meter.take(1, self.now)
        if self._shown is not self._meter:
            self._shown.take(1, self.now)
        takes = self.host.latency_s * self._random.uniform(0.75, 1.25)
        headers = self._headers(0)
        self._at(self.now + takes, lambda: self._reply(ticket, taken, headers))

    def _headers(self, wait: float) -> dict[str, str]:
        headers = {}
        if wait and "retry_after" in self.host.says:
            headers["retry-after"] = str(math.ceil(wait))
        if "headers" in self.host.says:
            headers["x-ratelimit-limit-requests"] = f"{self.host.per_minute:.0f}"
            headers["x-ratelimit-remaining-requests"] = str(self._shown.left(self.now))
            headers["x-ratelimit-reset-requests"] = duration(self._shown.full_s(self.now))
        return headers


@dataclass(slots=True)
class _Job:
    slept_s: float = 0.0
    not_before: float = 0.0
