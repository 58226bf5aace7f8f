"""P6: one document of 10,000 chunks: time, bytes written, and how soon a reply is safe."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import TRANSPORTS, Bench, check_requests, folder, generation, missing_transport, target_of
from benchmarks.findings import COUNT, PERCENT, SECONDS, TIMES, Finding, Goal, not_run
from benchmarks.measuring import Cost, run
from benchmarks.mock_llm import Server, serving
from benchmarks.rows.cpu_per_chunk import IN_FLIGHT
from benchmarks.rows.waiting import LATENCY_MS
from benchmarks.watched import Figures


@dataclass(frozen=True, slots=True)
class Watched:
    """One watched run."""

    cost: Cost
    figures: Figures


def measure(bench: Bench) -> Iterator[Finding]:
    """Watched from inside (`benchmarks.watched`)."""
    chunks = bench.size(10_000, least=200)
    for transport, name in TRANSPORTS.items():
        why = missing_transport(transport)
        if why:
            yield not_run("P6", f"one document of {chunks:,} chunks, {name}", why)
        else:
            yield from _many_in_flight(chunks, transport, name)
    yield _one_in_flight(bench.size(200, least=20))


def _many_in_flight(chunks: int, transport: str, name: str) -> Iterator[Finding]:
    """One run: it takes half a minute, nearly all of it waiting."""
    with folder() as place, serving(LATENCY_MS) as server:
        corpus.write_chunks(place / "chunks", 1, chunks)
        seen = watch(place, server, chunks, IN_FLIGHT, transport)
    figures, wall_s = seen.figures, seen.cost.wall_s
    ideal = chunks * LATENCY_MS / 1000 / IN_FLIGHT
    at = f"{chunks:,} chunks, {LATENCY_MS} ms, {IN_FLIGHT} in flight, {name}"
    note = f"one run; {seen.cost.cpu_s:.1f} s of CPU, peak {seen.cost.peak_mb:.0f} MB"
    reference = f"ideal {ideal:.2f} s"
    texts = (reference, f"{wall_s:.2f} s", note)
    yield Finding("P6", f"wall of one document, {at}", wall_s / ideal, TIMES, Goal(1.03), *texts)
    asking_s, what = figures.asking_s, "from the first chunk that is taken to the last write, the same run"
    yield Finding("P6", what, asking_s / ideal, TIMES, None, reference, f"{asking_s:.2f} s")
    naive = f"a write a chunk: {figures.naive_bytes / 1e6:,.0f} MB"
    ours = f"{figures.written_bytes / 1e6:,.0f} MB in {figures.writes} writes"
    share = figures.written_bytes / figures.naive_bytes
    yield Finding("P6", "bytes written, the same run", share, PERCENT, Goal(0.05), naive, ours)
    yield Finding("P6", "longest from reply to disk, the same run", figures.longest_wait_s, SECONDS, Goal(1.5))


def _one_in_flight(chunks: int) -> Finding:
    with folder() as place, serving() as server:
        corpus.write_chunks(place / "chunks", 1, chunks)
        figures = watch(place, server, chunks, 1).figures
    what = f"most chunks in one write, {chunks:,} chunks at 1 in flight"
    ours = f"{figures.chunks:,} chunks, {figures.writes:,} writes"
    return Finding("P6", what, figures.most_in_a_write, COUNT, Goal(1), subject=ours)


def watch(place: Path, server: Server, chunks: int, in_flight: int, transport: str = "httpx") -> Watched:
    """Run the watched program."""
    before = server.stats().requests
    command = generation(place, server, in_flight, transport)
    told = place / "figures.json"
    cost = run([sys.executable, "-m", "benchmarks.watched", str(told), *command[3:]], place)
    check_requests(command, server, before + chunks)
    shutil.rmtree(target_of(command))
    return Watched(cost, Figures(**json.loads(told.read_bytes())))
