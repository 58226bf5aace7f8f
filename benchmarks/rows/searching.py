"""P11: what it takes to find chunks by words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from benchmarks.bench import Bench, folder
from benchmarks.findings import MEGABYTES, MILLISECONDS, SECONDS, Finding, Goal
from benchmarks.measuring import run


def measure(bench: Bench) -> Iterator[Finding]:
    """In a process of its own, whose memory is that of the index and little else."""
    chunks = bench.size(100_000, least=1000)
    with folder() as place:
        command = [sys.executable, "-m", "benchmarks.indexing", "--chunks", str(chunks)]
        cost = run(command, place)
    told = json.loads(cost.out)
    what = f"BM25 over {chunks:,} chunks of 1 kB"
    yield Finding("P11", f"{what}: index", told["index_s"], SECONDS, Goal(5))
    yield Finding("P11", f"{what}: query, median of {told['queries']}", told["query_s"], MILLISECONDS, Goal(0.003))
    yield Finding("P11", f"{what}: memory", cost.peak_mb, MEGABYTES)
