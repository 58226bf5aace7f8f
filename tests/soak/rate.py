"""A hard limit of 600 requests a minute and 32 workers: who obeys what was told, and how much of the limit is used."""

from __future__ import annotations

import heapq
import time
from typing import Any

from tests.llm_server import LLMServer, violations
from tests.llm_server.meters import Bucket, Meter, Sliding, Window
from tests.soak.runs import Options, Process, note, openai, place, texts_of
from tests.soak.table import Case

CHUNKS = 900
WORKERS = 32
LATENCY_S = 0.2
PER_MINUTE = 600
KINDS: dict[str, dict[str, Any]] = {
    "bucket of 10": {"kind": "bucket", "burst": 10},
    "bucket of 600": {"kind": "bucket", "burst": 600},
    "window": {"kind": "window"},
    "sliding": {"kind": "sliding"},
}
SAYS: list[str] = ["retry_after", "headers", "nothing"]


def run(options: Options) -> list[Case]:
    names = [(kind, say) for kind in KINDS for say in SAYS if options.chosen(f"{kind}, {say}")]
    return [_case(kind, say, options) for kind, say in names]


def _case(kind: str, say: str, options: Options) -> Case:
    name = f"{kind}, {say}"
    limits = {"requests_per_minute": PER_MINUTE, "say": [] if say == "nothing" else [say], **KINDS[kind]}
    with (
        place(options.count or CHUNKS) as corpus,
        LLMServer(latency_ms=LATENCY_S * 1000, record_bodies=False) as server,
    ):
        server.configure(limits=limits)
        began = time.monotonic()
        process = corpus.start(*openai(server, "--max-concurrent", str(WORKERS)))
        code = _watched(process, server, name)
        entries = texts_of(server)
        good = [entry for entry in entries if entry.status == 200]
        broken = violations(entries)
        failed = corpus.failed()
        said = corpus.said
    first = min((entry.t for entry in entries), default=began)
    took_s = max((entry.t_done or 0 for entry in good), default=first) - first
    least_s = _least_s(kind, len(good), first - began)
    figures: dict[str, int | float | str] = {
        "requests": len(entries),
        "violations": len(broken),
        "429s %": 100 * sum(entry.rate_limited for entry in entries) / max(1, len(entries)),
        "seconds": took_s,
        "at least": least_s,
        "throughput %": 100 * least_s / took_s if took_s else 0.0,
        "failed": failed,
        "exit code": code,
    }
    case = Case(name, figures)
    case.promise(not broken, f"{len(broken)} requests came while an answer was telling to wait")
    case.promise(failed == 0, f"{failed} chunks have failed")
    case.promise(code == 0 and len(good) == len(corpus.marks), f"it ended with {code}, {len(good)} answers: {said}")
    return case


def _watched(process: Process, server: LLMServer, name: str, timeout_s: float = 900) -> int:
    """Wait for the end, and tell of the progress."""
    end, told = time.monotonic() + timeout_s, time.monotonic()
    while process.poll() is None:
        now = time.monotonic()
        if now > end:
            process.kill()
        if now > told + 20:
            told = now
            note(f"rate, {name}: {server.status()['requests']} requests")
        time.sleep(0.2)
    return process.wait()


def _least_s(kind: str, count: int, late_s: float) -> float:
    """How long so many requests take a client that knows the limit and never waits too long."""
    meters: dict[str, Meter] = {
        "bucket of 10": Bucket(PER_MINUTE, 10, 0),
        "bucket of 600": Bucket(PER_MINUTE, 600, 0),
        "window": Window(PER_MINUTE, 60, -late_s),
        "sliding": Sliding(PER_MINUTE, 60),
    }
    meter, free = meters[kind], [0.0] * WORKERS
    for _ in range(count):
        t = heapq.heappop(free)
        while wait := meter.wait_s(1, t):
            t += wait + 1e-6
        meter.take(1, t)
        heapq.heappush(free, t + LATENCY_S)
    return max(free)
