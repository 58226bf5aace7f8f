"""P12: what it takes to find duplicates among many questions."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import duplicates
from benchmarks.bench import Bench
from benchmarks.findings import SECONDS, Finding, Goal

_LINEAR = Goal(1.3)
_NEXT_TO_NONE = 100


def measure(bench: Bench) -> Iterator[Finding]:
    """Two sizes, ten times apart; with duplicates, near duplicates and contradictions planted."""
    most = bench.size(1_000_000 if bench.largest else 200_000, least=4000)
    start, few, many = (duplicates.combined(count, "--checks") for count in (_NEXT_TO_NONE, most // 10, most))
    note = f"{many.cost.cpu_s:.1f} s of CPU, peak {many.cost.peak_mb:.0f} MB{bench.smaller}"
    yield Finding("P12", f"wall of deduplicating {most:,} questions", many.cost.wall_s, SECONDS, note=note)
    # Without start-up, which would make the few look dear.
    small, large = (1e6 * (one.cost.cpu_s - start.cost.cpu_s) / one.pairs for one in (few, many))
    what = f"CPU a question, {few.pairs:,} -> {many.pairs:,}, without start-up"
    yield Finding("P12", what, large / small, goal=_LINEAR, reference=f"{small:.0f} us", subject=f"{large:.0f} us")
