"""P12: what it takes to find duplicates among many questions."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import duplicates
from benchmarks.bench import Bench
from benchmarks.findings import SECONDS, Finding, Goal

_LINEAR = Goal(1.3)


def measure(bench: Bench) -> Iterator[Finding]:
    """Two sizes, ten times apart; with duplicates, near duplicates and contradictions planted."""
    most = bench.size(1_000_000 if bench.largest else 200_000, least=2000)
    few, many = (duplicates.combined(count, "--checks") for count in (most // 10, most))
    note = f"{many.cost.cpu_s:.1f} s of CPU, peak {many.cost.peak_mb:.0f} MB"
    texts = tuple(f"{one.us_per_pair:.0f} us" for one in (few, many))
    yield Finding("P12", f"wall of deduplicating {most:,} questions", many.cost.wall_s, SECONDS, note=note)
    what = f"time a question, {few.pairs:,} -> {many.pairs:,}"
    yield Finding("P12", what, many.us_per_pair / few.us_per_pair, goal=_LINEAR, reference=texts[0], subject=texts[1])
