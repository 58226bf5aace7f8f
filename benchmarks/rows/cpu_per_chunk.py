"""P1: what a chunk costs in CPU, beside a loop that was written by hand with the openai SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks import corpus
from benchmarks.bench import PEER_MISSING, TRANSPORTS, Bench, check_requests, folder, generate, missing_transport, peer
from benchmarks.findings import PART, Finding, Goal, not_run
from benchmarks.measuring import TOP, Cost, in_turn, run
from benchmarks.mock_llm import Server, serving
from qagen.prompts import REPLY_SCHEMA

IN_FLIGHT = 64
PER_DOCUMENT = 100
_LIMITS = {"httpx": 1 / 3, "aiohttp": 1 / 5}


def measure(bench: Bench) -> Iterator[Finding]:
    """The whole process, start-up and saving included."""
    python = peer("openai")
    documents = bench.size(20)
    chunks = documents * PER_DOCUMENT
    reasons = {name: missing_transport(name) for name in TRANSPORTS}
    names = [name for name, why in reasons.items() if why is None]
    with folder() as place, serving() as server:
        corpus.write_chunks(place / "chunks", documents, PER_DOCUMENT)
        subjects = [partial(generate, place, server, chunks, IN_FLIGHT, name) for name in names]
        peers = [partial(_openai, python, place, server, chunks)] if python else []
        costs = in_turn(*peers, *subjects, runs=bench.runs)
    reference = costs[0].cpu_s / chunks if python else None
    for name, cost in zip(names, costs[len(peers) :], strict=True):
        yield _finding(name, chunks, reference, cost.cpu_s / chunks)
    for name, why in reasons.items():
        if why is not None:
            yield not_run("P1", _what(name, chunks), why)


def _what(transport: str, chunks: int) -> str:
    return f"CPU a chunk, {chunks:,} chunks at {IN_FLIGHT} in flight, {TRANSPORTS[transport]}"


def _finding(transport: str, chunks: int, reference: float | None, subject: float) -> Finding:
    ours = f"{1000 * subject:.2f} ms"
    if reference is None:
        return not_run("P1", _what(transport, chunks), f"openai SDK {PEER_MISSING} (qagen: {ours})")
    theirs = f"openai SDK {1000 * reference:.2f} ms"
    goal = Goal(_LIMITS[transport])
    return Finding("P1", _what(transport, chunks), subject / reference, PART, goal, theirs, ours)


def _openai(python: Path, place: Path, server: Server, chunks: int) -> Cost:
    before = server.stats().requests
    schema = place / "schema.json"
    schema.write_text(json.dumps(REPLY_SCHEMA))
    script = TOP / "benchmarks" / "peers" / "openai_loop.py"
    asking = ("--base-url", server.openai_url, "--in-flight", str(IN_FLIGHT))
    texts = ("--system", TOP / "qagen" / "prompts" / "system.txt", "--schema", schema)
    command = [str(part) for part in (python, script, place / "chunks", place / "out.json", *asking, *texts)]
    cost = run(command, place)
    check_requests(command, server, before + chunks)
    return cost
