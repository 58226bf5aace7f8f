"""aiohttp under httpx, where `qagen[fast]` is installed: a fraction of the CPU at many requests at a time.

The package httpx-aiohttp joins the two. What goes wrong is named here once more: it calls a connection that was lost in
the middle of an answer one that could not be made, and lets some errors of aiohttp through as they are.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_LONGEST_HEADER = 64 * 1024
"""Bytes; as many as the stock transport takes."""
_KEPT_S = 5.0
"""How long a connection is kept that nobody uses; as long as the stock transport keeps one."""
_NAMES: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientConnectionError, httpx.ReadError),
    (aiohttp.ClientPayloadError, httpx.ReadError),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)
"""The first that fits, so the narrower ones stand first."""


class FastTransport(AiohttpTransport):
    """One session of up to `most` connections for all requests: its pool does not get slower with their number."""

    def __init__(self, context: ssl.SSLContext, most: int) -> None:
        super().__init__(verify=context, client=lambda: _session(context, most))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the answer's body is still to be read."""
        with _named():
            response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Body(response.stream)
        return response


class _Body(httpx.AsyncByteStream):
    """What comes, as it comes."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named():
            async for piece in self._stream:
                yield piece

    async def aclose(self) -> None:
        with _named():
            await self._stream.aclose()


@contextmanager
def _named() -> Iterator[None]:
    """Errors of aiohttp as those of httpx that say the same."""
    try:
        yield
    except (httpx.HTTPError, aiohttp.ClientError) as error:
        cause = error.__cause__ if isinstance(error, httpx.HTTPError) else error
        kind = next((name for known, name in _NAMES if isinstance(cause, known)), None)
        if kind is None:
            raise
        raise kind(str(cause)) from cause


def _session(context: ssl.SSLContext, most: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=most, ssl=context, keepalive_timeout=_KEPT_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
    )
