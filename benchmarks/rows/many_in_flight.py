"""P5: what a request costs when a thousand are in flight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import TRANSPORTS, Bench, folder, generate, missing_transport
from benchmarks.findings import COUNT, Finding, Goal, not_run
from benchmarks.measuring import Cost, middle
from benchmarks.mock_llm import Stats, serving
from benchmarks.rows.cpu_per_chunk import PER_DOCUMENT

FEW, MANY = 64, 1024
_LATENCY_MS = {FEW: 100, MANY: 4000}
"""Were they answered sooner, there would never be so many under way."""


def measure(bench: Bench) -> Iterator[Finding]:
    """The same chunks both times, so that start-up weighs the same."""
    documents = bench.size(20, least=2)
    chunks = documents * PER_DOCUMENT
    for transport, name in TRANSPORTS.items():
        what = f"CPU a request at {MANY:,} in flight, {chunks:,} chunks, {name}"
        why = missing_transport(transport)
        if why:
            yield not_run("P5", what, why)
            continue
        with folder() as place:
            corpus.write_chunks(place / "chunks", documents, PER_DOCUMENT)
            few, many = [], []
            for _ in range(bench.runs_of_long):
                few.append(_run(place, chunks, FEW, transport)[0])
                many.append(_run(place, chunks, MANY, transport))
        slow, fast = middle([cost for cost, _ in many]).cpu_s / chunks, middle(few).cpu_s / chunks
        texts = (f"at {FEW}: {1000 * fast:.2f} ms", f"{1000 * slow:.2f} ms")
        yield Finding("P5", what, slow / fast, goal=Goal(2), reference=texts[0], subject=texts[1])
        stats = max((seen for _, seen in many), key=lambda seen: seen.connections)
        goal, most = Goal(MANY + 1), f"most open at a time: {stats.most_open:,}"
        yield Finding(
            "P5", f"connections opened, {MANY:,} in flight, {name}", stats.connections, COUNT, goal, note=most
        )


def _run(place: Path, chunks: int, in_flight: int, transport: str) -> tuple[Cost, Stats]:
    """With a server of its own, whose connections are counted from none."""
    with serving(_LATENCY_MS[in_flight]) as server:
        cost = generate(place, server, chunks, in_flight, transport)
        return cost, server.stats()
