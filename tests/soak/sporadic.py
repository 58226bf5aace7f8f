"""Refusals by chance (HTTP 429), however fast or slowly we send: how much of the throughput remains.

Beside each case stands the same run without refusals, and what the refused requests waited themselves is no excuse:
they wait alone. `mixed` is a gateway on a bad day: refusals, errors, web pages and broken connections.
"""

from __future__ import annotations

import time
from typing import Any

from tests.llm_server import LLMServer
from tests.soak.runs import Options, end_of, note, openai, place, texts_of
from tests.soak.table import Case

CHUNKS = 1000
WORKERS = 16
LATENCY_S = 0.5
LEAST = 60
"""Percent of the throughput without refusals."""
_MOST_FAILED = 2
_SAYS: dict[str, dict[str, Any]] = {"retry-after": {"retry_after": 1}, "ms": {"retry_after_ms": 1000}, "nothing": {}}
_SHARES = (0.08, 0.12)


def run(options: Options) -> list[Case]:
    cases = {f"{share:.0%} 429, {name}": [_refused(share, says)] for name, says in _SAYS.items() for share in _SHARES}
    cases["mixed"] = [
        _refused(0.08, {"retry_after": 1}),
        {"fault": "status", "status": 500, "when": {"share": 0.08}},
        {"fault": "html", "when": {"share": 0.04}},
        {"fault": "reset_before", "when": {"share": 0.03}},
    ]
    chosen = {name: faults for name, faults in cases.items() if options.chosen(name)}
    undisturbed = _measured([], options)["chunks/s"] if chosen else 0
    return [_case(name, faults, undisturbed, options) for name, faults in chosen.items()]


def _refused(share: float, says: dict[str, Any]) -> dict[str, Any]:
    return {"fault": "rate_limit", "when": {"share": share}, **says}


def _case(name: str, faults: list[dict[str, Any]], undisturbed: float, options: Options) -> Case:
    figures = _measured(faults, options)
    figures["without"] = undisturbed
    figures["%"] = 100 * figures["chunks/s"] / undisturbed
    case = Case(name, dict(figures))
    case.promise(figures["%"] >= LEAST, f"less than {LEAST} % of the throughput remains")
    # Of a request that fails by chance at the very end, nobody succeeds afterwards: it is left to the next run.
    case.promise(figures["exit code"] in {0, 1} and figures["failed"] <= _MOST_FAILED, "it did not end well")
    return case


def _measured(faults: list[dict[str, Any]], options: Options) -> dict[str, float]:
    """One run. Its seconds are those from the first request to the last answer."""
    note(f"sporadic: {faults}")
    with (
        place(options.count or CHUNKS) as corpus,
        LLMServer(latency_ms=LATENCY_S * 1000, record_bodies=False) as server,
    ):
        server.configure(faults=faults, seed=options.seed)
        began = time.monotonic()
        code = end_of(corpus.start(*openai(server, "--max-concurrent", str(WORKERS))))
        entries = texts_of(server)
        failed = corpus.failed()
        first = min((entry.t for entry in entries), default=began)
        took_s = max((entry.t_done or 0 for entry in entries), default=first) - first
        return {
            "requests": len(entries),
            "429s %": 100 * sum(entry.rate_limited for entry in entries) / max(1, len(entries)),
            "seconds": took_s,
            "chunks/s": len(corpus.marks) / max(took_s, 0.001),
            "failed": failed,
            "exit code": code,
        }
