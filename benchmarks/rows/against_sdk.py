"""P2: what a chunk costs in CPU, beside `synthetic-data-kit create`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import PEER_MISSING, Bench, folder, generate, peer
from benchmarks.findings import PART, Finding, Goal, not_run
from benchmarks.measuring import CommandFailed, Cost, in_turn, run
from benchmarks.mock_llm import Server, serving
from benchmarks.rows.cpu_per_chunk import IN_FLIGHT, PER_DOCUMENT

_GOAL = Goal(1 / 25)


def measure(bench: Bench) -> Iterator[Finding]:
    """The kit is slow, so it gets fewer chunks: two runs of different size tell what one more chunk costs it."""
    documents = bench.size(20)
    chunks = documents * PER_DOCUMENT
    what = f"CPU a chunk, {chunks:,} chunks, default transport"
    python = peer("sdk")
    if python is None:
        yield not_run("P2", what, f"synthetic-data-kit {PEER_MISSING}")
        return
    few, many = bench.size(24, least=8), bench.size(96, least=24)
    with folder() as place, serving() as server:
        corpus.write_chunks(place / "chunks", documents, PER_DOCUMENT)
        kit = python.with_name("synthetic-data-kit")
        first, second, ours = in_turn(
            partial(_kit, kit, place, server, few),
            partial(_kit, kit, place, server, many),
            partial(generate, place, server, chunks, IN_FLIGHT),
            runs=bench.runs,
        )
    more = (second.cpu_s - first.cpu_s) / (many - few)
    start = max(0.0, first.cpu_s - few * more)
    theirs = more + start / chunks
    note = f"the kit's from runs of {few} and {many} chunks: {1000 * more:.1f} ms each and {start:.1f} s to start"
    finding = Finding("P2", what, ours.cpu_s / chunks / theirs, PART, _GOAL, f"{1000 * theirs:.1f} ms", note=note)
    yield replace(finding, subject=f"{1000 * ours.cpu_s / chunks:.2f} ms")


def _kit(kit: Path, place: Path, server: Server, chunks: int) -> Cost:
    """It cuts a text at blank lines; so each of our chunks becomes one of its own."""
    text = place / "kit.txt"
    text.write_text("\n\n".join(corpus.text(number) for number in range(chunks)))
    before = server.stats().requests
    asking = ("--api-base", server.openai_url, "--model", "mock")  # its own configuration says api-endpoint
    # As many pairs as come: at its default of 25 it would stop after a few chunks.
    target = ("--output-dir", place / "kit", "--num-pairs", str(10 * chunks))
    command: list[str | Path] = [
        kit,
        "-c",
        _configuration(kit, place),
        "create",
        text,
        "--type",
        "qa",
        *target,
        *asking,
    ]
    cost = run(command, place)
    asked = server.stats().requests - before
    if not chunks <= asked <= 1.1 * chunks + 2:  # and a summary; it says 0 whatever happened
        raise CommandFailed(f"synthetic-data-kit asked {asked} times about {chunks} chunks:\n{cost.out[-2000:]}")
    return cost


def _configuration(kit: Path, place: Path) -> Path:
    """Its own, with chunks of our size: version 0.0.5 does not act on --chunk-size."""
    [shipped] = kit.parent.parent.glob("lib/python*/site-packages/synthetic_data_kit/config.yaml")
    text = re.sub(r"chunk_size: \d+", f"chunk_size: {len(corpus.text(0))}", shipped.read_text(encoding="utf-8"))
    path = place / "kit.yaml"
    path.write_text(text, encoding="utf-8")
    return path
