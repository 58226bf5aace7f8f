"""P4: how much longer a run takes than the model does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks import corpus
from benchmarks.bench import TRANSPORTS, Bench, folder, generate, missing_transport
from benchmarks.findings import Finding, Goal, not_run
from benchmarks.measuring import in_turn
from benchmarks.mock_llm import serving
from benchmarks.rows.cpu_per_chunk import IN_FLIGHT, PER_DOCUMENT

LATENCY_MS = 200
_GOAL = Goal(1.15)


def measure(bench: Bench) -> Iterator[Finding]:
    """Wall time of the whole process; ideal is chunks x latency / in flight."""
    documents = bench.size(20)
    chunks = documents * PER_DOCUMENT
    ideal = chunks * LATENCY_MS / 1000 / IN_FLIGHT
    with folder() as place, serving(LATENCY_MS) as server:
        corpus.write_chunks(place / "chunks", documents, PER_DOCUMENT)
        for transport, name in TRANSPORTS.items():
            what = f"wall of {chunks:,} chunks at {LATENCY_MS} ms, {IN_FLIGHT} in flight, {name}"
            why = missing_transport(transport)
            if why:
                yield not_run("P4", what, why)
                continue
            [cost] = in_turn(partial(generate, place, server, chunks, IN_FLIGHT, transport), runs=bench.runs_of_long)
            wall, note = cost.wall_s, f"{cost.cpu_s:.1f} s of CPU"
            yield Finding(
                "P4",
                what,
                wall / ideal,
                goal=_GOAL,
                reference=f"ideal {ideal:.2f} s",
                subject=f"{wall:.2f} s",
                note=note,
            )
