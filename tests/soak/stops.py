"""A key, a quota or a model that is gone in the middle of a run: it stops at once, and no chunk has failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.flow import local
from tests.llm_server import LLMServer
from tests.soak.runs import IN_FLIGHT, Options, end_of, openai, place, texts_of
from tests.soak.table import Case

CHUNKS = 1000
GOOD = 50
FAULTS: dict[str, dict[str, Any]] = {
    "401": {"fault": "unauthorized"},
    "402": {"fault": "status", "status": 402},
    "quota": {"fault": "quota"},
    "model gone": {"fault": "model_gone"},
}
WIRES: dict[str, Callable[..., tuple[Any, ...]]] = {"ollama": local, "openai": openai}
LONGEST_S = 120
"""A run that has not ended by then does not stop at all."""


def run(options: Options) -> list[Case]:
    names = [(wire, fault) for wire in WIRES for fault in FAULTS if options.chosen(f"{wire}, {fault}")]
    return [_case(wire, fault, options) for wire, fault in names]


def _case(wire: str, fault: str, options: Options) -> Case:
    rule = {**FAULTS[fault], "when": {"after": GOOD}}
    with (
        place(options.count or CHUNKS) as corpus,
        LLMServer(latency_ms=30, jitter_ms=40, faults=[rule], record_bodies=False) as server,
    ):
        code = end_of(corpus.start(*WIRES[wire](server, "--max-concurrent", str(IN_FLIGHT))), LONGEST_S)
        more = len(texts_of(server)) - GOOD - 1
        completed, failed, said = len(corpus.settled()), corpus.failed(), corpus.said
    figures: dict[str, int | float | str] = {
        "chunks": len(corpus.marks),
        "more requests": more,
        "completed": completed,
        "failed": failed,
        "exit code": code,
    }
    case = Case(f"{wire}, {fault}", figures)
    case.promise(more <= IN_FLIGHT - 1, f"{more} more requests after the first refusal")
    case.promise(failed == 0, f"{failed} chunks have failed")
    case.promise(completed == GOOD, f"{GOOD} answers came and {completed} were saved")
    case.promise(code == 4, f"it ended with {code}: {said}")
    return case
