"""An outage of a minute in the middle of a run: the run goes on by itself, and no chunk has failed."""

from __future__ import annotations

import time

from tests.flow import local
from tests.llm_server import LLMServer
from tests.llm_server.outages import KINDS, NOTE
from tests.soak.runs import Options, bought_twice, note, place, texts_of
from tests.soak.table import Case

CHUNKS = 400


def run(options: Options) -> list[Case]:
    return [_case(kind, options) for kind in KINDS if options.chosen(kind)]


def _case(kind: str, options: Options) -> Case:
    note(f"outage: {kind}")
    count = options.count or CHUNKS
    with place(count) as corpus, LLMServer(latency_ms=30, jitter_ms=40, record_bodies=False) as server:
        server.configure(outage={"kind": kind, "seconds": options.seconds, "after_requests": count // 2})
        began = time.monotonic()
        code = corpus.run(*local(server, "--max-concurrent", str(options.in_flight)))
        took_s = time.monotonic() - began
        entries = texts_of(server)
        missing, failed, said = len(corpus.marks - corpus.settled()), corpus.failed(), corpus.said
    figures: dict[str, int | float | str] = {
        "chunks": len(corpus.marks),
        "missing": missing,
        "failed": failed,
        "met it": sum(entry.note == NOTE for entry in entries),
        "twice": bought_twice(entries),
        "outage s": options.seconds,
        "run s": took_s,
        "exit code": code,
    }
    case = Case(kind, figures)
    case.promise(code == 0 and not missing, f"it ended with {code}, and {missing} chunks are missing: {said}")
    case.promise(failed == 0, f"{failed} chunks have failed")
    return case
