"""What more of everything costs: chunks in a document, documents, requests in flight, pairs to combine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks import corpus, duplicates
from benchmarks.bench import TRANSPORTS, Bench, folder, missing_transport
from benchmarks.mock_llm import serving
from benchmarks.rows.large_document import watch

_IN_FLIGHT = 64
_CHUNKS_OF_DOCUMENT = 20
_LATENCY_MS = 10
_LINEAR = 1.25
"""What is below is noise."""


@dataclass(frozen=True, slots=True)
class Point:
    """One run."""

    size: int
    units: int
    """Of work: chunks, or pairs."""
    wall_s: float
    cpu_s: float
    peak_mb: float
    written: float
    """Bytes written a unit."""

    @property
    def cpu_s_per_unit(self) -> float:
        return self.cpu_s / self.units


@dataclass(frozen=True, slots=True)
class Curve:
    """Cost against one size."""

    name: str
    """Of its picture."""
    axis: str
    """What grows."""
    unit: str
    """Of work: what one more of them costs is what counts."""
    points: tuple[Point, ...]

    @property
    def ratio(self) -> float:
        """What a unit costs at the largest size, by what it costs at the smallest (CPU)."""
        return self.points[-1].cpu_s_per_unit / self.points[0].cpu_s_per_unit

    @property
    def further(self) -> float | None:
        """What one more unit costs between the two largest sizes, by what it costs between the two smallest.

        Start-up, which makes small sizes dear, is in neither: 1 is linear. None where all sizes are the same work, or
        two are all there are.
        """
        if len(self.points) < 3 or self.points[0].units == self.points[-1].units:
            return None
        slopes = [(b.cpu_s - a.cpu_s) / (b.units - a.units) for a, b in (self.points[:2], self.points[-2:])]
        return slopes[1] / slopes[0]

    def verdict(self) -> str:
        """In words, with the figures."""
        last, first = self.points[-1].size, self.points[0].size
        text = f"With start-up, a {self.unit} at {last:,} costs {self.ratio:.2f} times as much CPU as at {first:,}"
        if self.further is None:
            return f"{text}."
        kind = "superlinear" if self.further > _LINEAR else "linear"
        return f"{text}; without, one more {self.unit} costs {self.further:.2f} times as much: {kind}."


HEADINGS = ("", "", "wall", "CPU", "CPU a unit", "peak memory", "written a unit")


def rows(curve: Curve) -> Iterator[Sequence[str]]:
    """A line for each point."""
    for point in curve.points:
        yield (
            curve.axis,
            f"{point.size:,}",
            f"{point.wall_s:.2f} s",
            f"{point.cpu_s:.2f} s",
            f"{1e6 * point.cpu_s_per_unit:,.0f} us a {curve.unit}",
            f"{point.peak_mb:.0f} MB",
            f"{point.written:,.0f} B a {curve.unit}",
        )


def curves(bench: Bench) -> Iterator[Curve]:
    """All four, one after the other."""
    transport = next((name for name in reversed(TRANSPORTS) if missing_transport(name) is None), "httpx")

    def chunks(count: int) -> Point:
        return _generated(count, 1, count, _IN_FLIGHT, 0, transport)

    def documents(count: int) -> Point:
        return _generated(count, count, _CHUNKS_OF_DOCUMENT, _IN_FLIGHT, 0, transport)

    def in_flight(count: int) -> Point:
        return _generated(count, bench.size(20 if bench.largest else 12), 100, count, _LATENCY_MS, transport)

    largest = bench.largest
    most = 10_000 if largest else 3000
    yield _curve(bench, "chunks", "chunks in a document", "chunk", (100, 1000, most), chunks)
    yield _curve(bench, "documents", "documents", "chunk", (10, 100, 1000 if largest else 200), documents)
    yield _curve(bench, "in_flight", "requests in flight", "chunk", (8, 64, 256, 1024), in_flight, scaled=False)
    pairs = (10_000, 100_000, 1_000_000) if largest else (10_000, 30_000, 100_000)
    yield _curve(bench, "pairs", "pairs to combine", "pair", pairs, _combined)


def _curve(
    bench: Bench,
    name: str,
    axis: str,
    unit: str,
    sizes: Sequence[int],
    point: Callable[[int], Point],
    *,
    scaled: bool = True,
) -> Curve:
    points = []
    for size in dict.fromkeys(bench.size(size, least=10) if scaled else size for size in sizes):
        bench.say(f"growth: {size:,} {axis}")
        points.append(point(size))
    return Curve(name, axis, unit, tuple(points))


def _generated(size: int, documents: int, chunks: int, in_flight: int, latency_ms: float, transport: str) -> Point:
    """`generate-qa`, watched from inside for the bytes that it writes."""
    with folder() as place, serving(latency_ms) as server:
        corpus.write_chunks(place / "chunks", documents, chunks)
        units = documents * chunks
        seen = watch(place, server, units, in_flight, transport)
    cost, written = seen.cost, seen.figures.written_bytes / units
    return Point(size, units, cost.wall_s, cost.cpu_s, cost.peak_mb, written)


def _combined(count: int) -> Point:
    """`combine` with all its checks; written is its output."""
    with folder() as place:
        duplicates.write(place / "qa", count)
        cost = duplicates.measure(place, "-o", "out.jsonl", "--checks")
        written = (place / "out.jsonl").stat().st_size / count
    return Point(count, count, cost.wall_s, cost.cpu_s, cost.peak_mb, written)
