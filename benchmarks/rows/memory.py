"""P9: whether memory grows with the number of documents."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import corpus
from benchmarks.bench import TRANSPORTS, Bench, folder, generate, missing_transport
from benchmarks.findings import MEGABYTES, Finding, Goal
from benchmarks.measuring import Cost
from benchmarks.mock_llm import serving
from benchmarks.rows.cpu_per_chunk import IN_FLIGHT, PER_DOCUMENT

_FEW, _MANY, _EVERY_DAY = 10, 1000, 60


def measure(bench: Bench) -> Iterator[Finding]:
    """One run of each: it is long, and memory does not vary."""
    # With the transport that is faster: the row is about documents.
    transport = next((name for name in reversed(TRANSPORTS) if missing_transport(name) is None), "httpx")
    many = bench.size(_MANY if bench.largest else _EVERY_DAY, least=2 * _FEW)
    low, high = _run(_FEW, transport), _run(many, transport)
    what = f"peak memory of generate-qa, {_FEW} -> {many:,} documents of {PER_DOCUMENT} chunks"
    texts = (f"{low.peak_mb:.0f} MB", f"{high.peak_mb:.0f} MB")
    note = f"one run each, {TRANSPORTS[transport]}; {high.cpu_s:.0f} s of CPU{bench.smaller}"
    yield Finding(
        "P9", what, high.peak_mb / low.peak_mb, goal=Goal(1.2), reference=texts[0], subject=texts[1], note=note
    )
    yield Finding("P9", f"the same at {many:,} documents", high.peak_mb, MEGABYTES, Goal(120))


def _run(documents: int, transport: str) -> Cost:
    with folder() as place, serving() as server:
        corpus.write_chunks(place / "chunks", documents, PER_DOCUMENT)
        return generate(place, server, documents * PER_DOCUMENT, IN_FLIGHT, transport)
