"""Faults of the line: how the bytes of an answer come, or do not come."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from tests.llm_server.http1 import Connection, Response

Params = Mapping[str, Any]
Delivery = Callable[[Connection, Response, Params], Awaitable[bool]]
"""Sends an answer. True: the connection can be used again."""

_MEGABYTE = 1024 * 1024


async def whole(connection: Connection, response: Response, params: Params) -> bool:
    """As it should be."""
    await connection.send(response)
    return True


async def _reset_before(connection: Connection, response: Response, params: Params) -> bool:
    connection.reset()
    return False


async def _reset_mid_body(connection: Connection, response: Response, params: Params) -> bool:
    """Half of the body, then an RST; or a plain close with `rst: false`. `chunked: true` cuts a chunked body."""
    half = response.body[: len(response.body) // 2]
    if params.get("chunked"):
        await connection.write(response.head(length=None))
        await connection.write_chunk(half)
    else:
        await connection.write(response.head(length=len(response.body)) + half)
    if params.get("rst", True):
        # An RST makes the other side forget what it has not read yet: give it the time to read the half.
        await asyncio.sleep(0.05)
        connection.reset()
    return False


async def _hang(connection: Connection, response: Response, params: Params) -> bool:
    """Silence until the client leaves, which cancels us; after the headers with `headers: true`."""
    if params.get("headers"):
        await connection.write(response.head(length=len(response.body)))
    await asyncio.Event().wait()
    return False


async def _slow_body(connection: Connection, response: Response, params: Params) -> bool:
    """The headers at once, then `bytes` bytes every `interval_ms`."""
    await connection.write(response.head(length=len(response.body)))
    step = params.get("bytes", 1)
    for start in range(0, len(response.body), step):
        await asyncio.sleep(params.get("interval_ms", 100) / 1000)
        await connection.write(response.body[start : start + step])
    return True


async def _gzip_bomb(connection: Connection, response: Response, params: Params) -> bool:
    """A body that is small on the line and `megabytes` large when inflated; made while it is sent."""
    await connection.write(response.with_headers(content_encoding="gzip").head(length=None))
    squeeze = zlib.compressobj(6, zlib.DEFLATED, 31)
    for block in _padded(response.body, params.get("megabytes", 64)):
        if data := squeeze.compress(block):
            await connection.write_chunk(data)
        await asyncio.sleep(0)  # the other connections go on
    await connection.write_chunk(squeeze.flush())
    await connection.write_chunk(b"")
    return True


async def _big_body(connection: Connection, response: Response, params: Params) -> bool:
    """`megabytes` of valid JSON, its length said beforehand; with `chunked: true` it is not said."""
    megabytes = params.get("megabytes", 64)
    chunked = bool(params.get("chunked"))
    length = megabytes * _MEGABYTE + len(response.body)
    await connection.write(response.head(length=None if chunked else length))
    send = connection.write_chunk if chunked else connection.write
    for block in _padded(response.body, megabytes):
        await send(block)
    if chunked:
        await connection.write_chunk(b"")
    return True


def _padded(body: bytes, megabytes: int) -> Iterator[bytes]:
    """Blanks and then the body: valid JSON that only whoever reads all of it can use."""
    for _ in range(megabytes):
        yield b" " * _MEGABYTE
    yield body


DELIVERIES: dict[str, Delivery] = {
    "reset_before": _reset_before,
    "reset_mid_body": _reset_mid_body,
    "hang": _hang,
    "slow_body": _slow_body,
    "gzip_bomb": _gzip_bomb,
    "big_body": _big_body,
}

PARAMS: dict[str, set[str]] = {
    "reset_mid_body": {"rst", "chunked"},
    "hang": {"headers"},
    "slow_body": {"bytes", "interval_ms"},
    "gzip_bomb": {"megabytes"},
    "big_body": {"megabytes", "chunked"},
}
