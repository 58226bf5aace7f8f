"""P11: what it takes to find chunks by words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from benchmarks.bench import Bench, folder
from benchmarks.findings import MEGABYTES, MILLISECONDS, SECONDS, Finding, Goal, not_run
from benchmarks.indexing import ENGINES
from benchmarks.measuring import run

_GOALS = {"tantivy": (Goal(5), Goal(0.003))}
"""Most for the index, and for a query. SQLite serves where tantivy is not installed, and is reported."""


def measure(bench: Bench) -> Iterator[Finding]:
    """Each engine in a process of its own, whose memory is that of the index and little else."""
    chunks = bench.size(100_000, least=1000)
    for engine in ENGINES:
        what = f"BM25 by {engine} over {chunks:,} chunks of 1 kB"
        if engine == "tantivy" and find_spec("tantivy") is None:
            yield not_run("P11", what, "tantivy not installed: make bench")
            continue
        with folder() as place:
            command = [sys.executable, "-m", "benchmarks.indexing", "--engine", engine, "--chunks", str(chunks)]
            cost = run(command, place)
        told = json.loads(cost.out)
        to_index, to_ask = _GOALS.get(engine, (None, None))
        yield Finding("P11", f"{what}: index", told["index_s"], SECONDS, to_index)
        yield Finding("P11", f"{what}: query, median of {told['queries']:,}", told["query_s"], MILLISECONDS, to_ask)
        yield Finding("P11", f"{what}: memory", cost.peak_mb, MEGABYTES)
