"""`python -m benchmarks.transport_alone URL BODY_FILE IN_FLIGHT REQUESTS TRANSPORT`: our HTTP clients and nothing else.

The clients are made as the program makes them, and each request goes through `exchange`, with its deadline and bounds.
It prints the seconds of the requests alone, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import cast

from qagen.llm.exchange import exchange
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.transport import Clients, make_clients
from qagen.llm.types import Bounds, HttpCall, TransportChoice
from qagen.workers.loop import run


async def ask(url: str, body: bytes, in_flight: int, requests: int, transport: TransportChoice) -> dict[str, float]:
    """Workers that share a count, as in the pump."""
    endpoint = Endpoint(PROVIDERS["compatible"], "mock", url)
    call = HttpCall(f"{url}/chat/completions", {"Content-Type": "application/json"}, body)
    clients = Clients(make_clients(endpoint, in_flight, None, transport), in_flight)
    largest = Bounds().largest_body
    left = iter(range(requests))

    async def work() -> None:
        for _ in left:
            with clients.one() as client:
                answer = await exchange(client, call, endpoint, largest)
            assert answer.status == 200

    began, cpu_began = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    await clients.close()
    return {"requests": requests, "seconds": seconds, "cpu_s": cpu_s}


def main(url: str, path: str, in_flight: str, requests: str, transport: str) -> None:
    """Run it on the loop that the program takes for this transport."""
    chosen = cast(TransportChoice, transport)
    work = ask(url, Path(path).read_bytes(), int(in_flight), int(requests), chosen)
    print(json.dumps(run(work, chosen)))


if __name__ == "__main__":
    main(*sys.argv[1:])
