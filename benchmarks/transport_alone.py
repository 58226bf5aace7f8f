"""`python -m benchmarks.transport_alone URL BODY_FILE IN_FLIGHT REQUESTS TRANSPORT`: our HTTP clients and nothing else.

The clients are made as the program makes them, and each request goes through `exchange`, with its deadline and bounds.
It prints the seconds of the requests alone, as JSON.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from qagen.llm.exchange import exchange
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.transport import PER_CLIENT, make_clients
from qagen.llm.types import Bounds, HttpCall


async def ask(url: str, body: bytes, in_flight: int, requests: int, transport: str) -> dict[str, float]:
    """Workers that share a count, each with its client, as in the pump."""
    endpoint = Endpoint(PROVIDERS["compatible"], "mock", url)
    call = HttpCall(f"{url}/chat/completions", {"Content-Type": "application/json"}, body)
    # Until make_clients takes it, there is one transport.
    options: dict[str, Any] = {"transport": transport}
    if "transport" not in inspect.signature(make_clients).parameters:
        options.clear()
    clients = make_clients(endpoint, in_flight, **options)
    largest = Bounds().largest_body
    left = iter(range(requests))

    async def work(slot: int) -> None:
        client = clients[slot // PER_CLIENT % len(clients)]
        for _ in left:
            answer = await exchange(client, call, endpoint, largest)
            assert answer.status == 200

    began, cpu_began = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for slot in range(in_flight):
            group.create_task(work(slot))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    for client in clients:
        await client.aclose()
    return {"requests": requests, "seconds": seconds, "cpu_s": cpu_s}


def main(url: str, path: str, in_flight: str, requests: str, transport: str) -> None:
    """Run it on the loop that the program would take."""
    work = ask(url, Path(path).read_bytes(), int(in_flight), int(requests), transport)
    print(json.dumps(_run(work, transport)))


def _run(work: Coroutine[Any, Any, dict[str, float]], transport: str) -> dict[str, float]:
    if transport != "aiohttp":
        return asyncio.run(work)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as uvloop.run does
        return runner.run(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
