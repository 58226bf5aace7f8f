"""P7: what `combine` takes, beside copying the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import duplicates
from benchmarks.bench import Bench, folder
from benchmarks.findings import MEGABYTES, SECONDS, Finding, Goal
from benchmarks.measuring import in_turn

_PAIRS = 500_000
_SLACK_MB = 80


def measure(bench: Bench) -> Iterator[Finding]:
    """1,000 files of 500 pairs."""
    count = bench.size(_PAIRS, least=duplicates.PER_FILE)
    with folder() as place:
        duplicates.write(place / "qa", count)
        sizes = [path.stat().st_size for path in (place / "qa").iterdir()]
        bench.say(f"  {len(sizes)} files, {sum(sizes) / 1e6:.0f} MB")
        copied, combined = in_turn(
            lambda: duplicates.copy(place),
            lambda: duplicates.measure(place, "-o", "out.jsonl", "--no-checks"),
            runs=bench.runs,
        )
        checked = duplicates.measure(place, "-o", "out.jsonl", "--checks")
    what = f"{len(sizes):,} files, {count:,} pairs, {sum(sizes) / 1e6:.0f} MB"
    texts = (f"cat {copied.wall_s:.2f} s", f"{combined.wall_s:.2f} s")
    ratio = combined.wall_s / copied.wall_s
    yield Finding(
        "P7", f"wall of combine --no-checks, {what}", ratio, goal=Goal(6), reference=texts[0], subject=texts[1]
    )
    goal = Goal(_SLACK_MB + 3 * max(sizes) / 2**20)
    yield Finding("P7", "peak memory, the same runs", combined.peak_mb, MEGABYTES, goal)
    each = f"{1e6 * checked.wall_s / count:.0f} us a pair"
    note = f"one run; {checked.cpu_s:.1f} s of CPU, peak {checked.peak_mb:.0f} MB, {each}"
    yield Finding("P7", "with checks, duplicates and conflicts", checked.wall_s, SECONDS, note=note)
