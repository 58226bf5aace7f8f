"""P10: what `chunk` makes of Markdown, by the megabyte."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import chunking
from benchmarks.bench import Bench
from benchmarks.findings import Finding, Goal, Unit

_RATE = Unit(lambda figure: f"{figure:.1f} MB/s")


def measure(bench: Bench) -> Iterator[Finding]:
    """In files of 0.3 MB and of 10 MB."""
    megabytes = bench.size(100 if bench.largest else 50, least=10)
    small, large = chunking.sizes(megabytes)
    for cut in (small, large):
        what = f"wall of chunk, {megabytes} MB of Markdown in files of {cut.file_mb:g} MB"
        note = f"{cut.cost.cpu_s:.1f} s of CPU, peak {cut.cost.peak_mb:.0f} MB{bench.smaller}"
        reading = f"cat {cut.read_s:.2f} s"
        yield Finding(
            "P10", what, cut.megabytes / cut.cost.wall_s, _RATE, None, reading, f"{cut.cost.wall_s:.1f} s", note
        )
    what = "CPU a MB of a large file"
    texts = tuple(f"{1000 * cut.cpu_s_per_mb:.0f} ms" for cut in (small, large))
    ratio = large.cpu_s_per_mb / small.cpu_s_per_mb
    yield Finding("P10", what, ratio, goal=Goal(1.3), reference=f"of a small one {texts[0]}", subject=texts[1])
