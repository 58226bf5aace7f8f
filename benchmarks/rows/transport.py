"""P3: requests a second of the HTTP clients alone, beside aiohttp."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks import corpus
from benchmarks.bench import PEER_MISSING, TRANSPORTS, Bench, folder, missing_transport, peer
from benchmarks.findings import PERCENT, Finding, Goal, not_run
from benchmarks.measuring import TOP, run
from benchmarks.mock_llm import serving
from qagen import prompts
from qagen.formats import Chunk, DocumentInfo
from qagen.llm.openai_chat import build_request
from qagen.llm.providers import PROVIDERS, Endpoint

_LIMITS = {"httpx": 0.15, "aiohttp": 0.33}
_AT = (64, 256)
_PEER = TOP / "benchmarks" / "peers" / "aiohttp_loop.py"


def measure(bench: Bench) -> Iterator[Finding]:
    """The server answers at once, so that only the client's own work counts."""
    python = peer("aiohttp")
    requests = bench.size(3000, least=300)
    with folder() as place, serving() as server:
        body = place / "body.json"
        body.write_bytes(request_body())
        for in_flight in _AT:
            for transport in TRANSPORTS:
                what = f"requests/s of the transport alone, {in_flight} in flight, {TRANSPORTS[transport]}"
                why = missing_transport(transport) or (None if python else f"aiohttp {PEER_MISSING}")
                if why or python is None:
                    yield not_run("P3", what, why or "")
                    continue
                sizes = (str(in_flight), str(requests))
                theirs: list[str | Path] = [python, _PEER, f"{server.openai_url}/chat/completions", body, *sizes]
                ours: list[str | Path] = [
                    sys.executable,
                    "-m",
                    "benchmarks.transport_alone",
                    server.openai_url,
                    body,
                    *sizes,
                    transport,
                ]
                rates = [(_rate(theirs, place), _rate(ours, place)) for _ in range(bench.runs)]
                yield _finding(what, transport, *(median(of_one) for of_one in zip(*rates, strict=True)))


def request_body() -> bytes:
    """What the program sends for one chunk."""
    text = corpus.text(0)
    chunk = Chunk(chunk_index=0, chunk_id="d-0", text=text, section="4 Maintenance")
    document = DocumentInfo(file_name="d.md", source_file="docs/d.md", file_type=".md", title="Service manual")
    order = prompts.Order(model="mock", questions_per_chunk=5, max_tokens=4000)
    request = prompts.ask(prompts.load(), order, chunk, "0" * 64, document)
    return build_request(request, Endpoint(PROVIDERS["compatible"], "mock", "http://127.0.0.1/v1")).body


def _rate(command: Sequence[str | Path], place: Path) -> float:
    told = json.loads(run(command, place).out)
    return float(told["requests"] / told["seconds"])


def _finding(what: str, transport: str, theirs: float, ours: float) -> Finding:
    goal = Goal(_LIMITS[transport], at_least=True)
    return Finding("P3", what, ours / theirs, PERCENT, goal, f"aiohttp {theirs:,.0f}/s", f"{ours:,.0f}/s")
