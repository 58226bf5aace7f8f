"""aiohttp at its best: one session, as many connections as requests in flight, no cookies, bytes in and bytes out.

`python aiohttp_loop.py URL BODY_FILE IN_FLIGHT REQUESTS` prints the seconds of the requests alone, as JSON.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import aiohttp


async def main(url: str, body: bytes, in_flight: int, requests: int) -> None:
    """Workers that share a count."""
    left = iter(range(requests))
    connector = aiohttp.TCPConnector(limit=in_flight, keepalive_timeout=60)
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def work() -> None:
            for _ in left:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        began, cpu_began = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    print(json.dumps({"requests": requests, "seconds": seconds, "cpu_s": cpu_s}))


if __name__ == "__main__":
    url, path, in_flight, requests = sys.argv[1:]
    asyncio.run(main(url, Path(path).read_bytes(), int(in_flight), int(requests)))
