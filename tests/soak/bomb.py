"""A gzip bomb among the answers: it does not reach the memory."""

from __future__ import annotations

import os
from typing import Any

from tests.flow import local
from tests.llm_server import LLMServer
from tests.soak.runs import IN_FLIGHT, Options, place
from tests.soak.table import Case

CHUNKS = 40
MEGABYTES = 512
MOST_MORE_MB = 32
"""For each bomb at a time: twice what the client reads of an answer at most."""
BOMBS = (0, 1, IN_FLIGHT)


def run(options: Options) -> list[Case]:
    cases = [_case(bombs, options) for bombs in BOMBS]
    without = cases[0].figures["peak MB"]
    for case, bombs in zip(cases, BOMBS, strict=True):
        more = float(case.figures["peak MB"]) - float(without)
        case.figures["more MB"] = more
        case.promise(more <= MOST_MORE_MB * bombs, f"{more:.0f} MB more than without a bomb")
    return cases


def _case(bombs: int, options: Options) -> Case:
    faults: list[dict[str, Any]] = [
        {"fault": "gzip_bomb", "megabytes": MEGABYTES, "when": {"nth": [*range(20, 20 + bombs)]}}
    ]
    with place(options.count or CHUNKS) as corpus, LLMServer(latency_ms=30, faults=faults) as server:
        process = corpus.start(*local(server, "--max-concurrent", str(IN_FLIGHT)))
        _, status, usage = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        settled, failed, said = len(corpus.settled()), corpus.failed(), corpus.said
    figures: dict[str, int | float | str] = {
        "chunks": len(corpus.marks),
        "settled": settled,
        "failed": failed,
        "exit code": code,
        "peak MB": usage.ru_maxrss / 1024,
    }
    case = Case(f"{bombs} bombs", figures)
    case.promise(code in {0, 1}, f"it ended with {code}: {said}")
    case.promise(settled + failed == len(corpus.marks), "chunks are missing")
    return case
