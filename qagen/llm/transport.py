"""The HTTP clients, and what their exceptions mean in our words.

httpx's pool is quadratic in what it holds: one for all requests would cost more CPU than everything else together. So
each connection has a transport of its own, and the pool in it holds no other; or, where a proxy stands in between, a
client of httpx has a few. They share one TLS context, which is dear to build. Where `qagen[fast]` is installed and no
proxy applies, one client has all connections, and aiohttp carries its requests.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.request import getproxies

import httpx

from qagen.errors import AccessError, ProviderError, TransientError, UsageError
from qagen.llm.providers import Endpoint, is_near
from qagen.llm.route import choose
from qagen.llm.types import HttpCall, TransportChoice

_THROUGH_PROXY = 8
"""Most connections of one httpx client where a proxy may stand in between: clients with proxies are dear to make."""
_OPEN_ENDED = httpx.Limits(max_connections=None, max_keepalive_connections=None)
"""Nobody is given more requests at a time than it has connections for. One that is cancelled in the wrong moment leaves
its connection in the pool as one in use: where that is all that the pool may hold, every later request waits for it."""
_CONNECT_TIMEOUT_S = 10.0
_WRITE_TIMEOUT_S = 60.0
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ssl.SSLWantReadError)
"""What is left of a handshake that did not come to its end: nothing was wrong with it, and it may pass."""
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "keep-alive", "User-Agent": "qagen"}


class Carrier(Protocol):
    """Sends a request and gives the answer, of which the body is still to be read."""

    async def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """As `httpx.AsyncClient.send`."""

    async def aclose(self) -> None:
        """Close the connections."""


class Direct:
    """A transport of httpx without its client, whose cookies, redirects and hooks we do not want.

    They would cost as much CPU as all that aiohttp does.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:  # noqa: ARG002 - always
        """Send the request as it is."""
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class Clients:
    """The HTTP clients of one endpoint, for up to `concurrency` requests at a time.

    What was used last is used next: as few connections as possible are opened, and none is left lying until the server
    closes it.
    """

    def __init__(self, clients: Sequence[Carrier], concurrency: int) -> None:
        self._clients = clients
        self._free = [clients[number * len(clients) // concurrency] for number in reversed(range(concurrency))]

    @contextmanager
    def one(self) -> Iterator[Carrier]:
        """A client that has room for the request of the block."""
        client = self._free.pop()
        try:
            yield client
        finally:
            self._free.append(client)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients:
            await client.aclose()


def make_clients(
    endpoint: Endpoint, concurrency: int, ca_bundle: Path | None = None, wanted: TransportChoice = "httpx"
) -> Sequence[Carrier]:
    """The HTTP clients for `concurrency` requests at a time.

    Redirects are never followed: on a change of host httpx takes off `Authorization`, and no other key header.
    A host that is near is never reached through a proxy: the documents would leave the house.

    Raises:
        UsageError: what the environment says of proxies or certificates cannot be used.
    """
    if endpoint.provider.in_process:
        from qagen.llm.rules import RulesTransport

        return [Direct(RulesTransport())]
    try:
        transport = choose(wanted, endpoint)
        return _network_clients(endpoint, concurrency, ca_bundle, transport)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise UsageError(
            f"the proxy or certificate settings of the environment cannot be used: {error}. Look at HTTPS_PROXY, "
            "ALL_PROXY, SSL_CERT_FILE and --ca-bundle."
        ) from error


def _network_clients(endpoint: Endpoint, concurrency: int, ca_bundle: Path | None, transport: str) -> Sequence[Carrier]:
    context = (
        _tls_context(ca_bundle) if endpoint.base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    if transport == "aiohttp":
        from qagen.llm.fast import FastTransport

        return [Direct(FastTransport(context, concurrency))]
    if is_near(endpoint.base_url) or not getproxies():
        return [Direct(httpx.AsyncHTTPTransport(verify=context, limits=_OPEN_ENDED)) for _ in range(concurrency)]
    # Which hosts go through which proxy is httpx's own knowledge.
    clients = range(-(-concurrency // _THROUGH_PROXY))
    return [httpx.AsyncClient(verify=context, limits=_OPEN_ENDED, follow_redirects=False) for _ in clients]


def as_request(call: HttpCall, endpoint: Endpoint) -> httpx.Request:
    """The call as httpx takes it, with the headers and timeouts of all our requests."""
    timeout = {
        "connect": _CONNECT_TIMEOUT_S,
        "read": endpoint.provider.read_timeout_s,
        "write": _WRITE_TIMEOUT_S,
        "pool": None,
    }
    headers = {**_HEADERS, **call.headers}
    return httpx.Request(
        call.method, _parsed(call.url), headers=headers, content=call.body, extensions={"timeout": timeout}
    )


@lru_cache(maxsize=16)
def _parsed(url: str) -> httpx.URL:
    """All requests of a run go to one or two addresses."""
    return httpx.URL(url)


def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    return httpx.create_ssl_context() if ca_bundle is None else ssl.create_default_context(cafile=ca_bundle)


def translate(error: Exception, endpoint: Endpoint, *, answered: bool) -> ProviderError:
    """A foreign exception in our words. `answered`: the headers had come."""
    where = f"{endpoint.provider.name} at {endpoint.host}"
    causes = _chain(error)
    refused = any(isinstance(cause, ssl.SSLError) and not isinstance(cause, _BROKEN_OFF) for cause in causes)
    if refused and isinstance(error, httpx.ConnectError):
        return AccessError(
            f"{where}: no secure connection: {error}. Check the address, the certificates (--ca-bundle) and "
            "this machine's clock.",
            code="tls",
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return TransientError(
                f"{where}: the host name is not known. Check the address and the network.", code="dns"
            )
        return TransientError(f"{where}: nobody answers. {endpoint.provider.when_refused}", code="connect")
    if isinstance(error, httpx.ReadTimeout):
        seconds = endpoint.provider.read_timeout_s
        return TransientError(f"{where}: no answer in {seconds:.0f} s", code="read_timeout", most_tries=3)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError | ValueError):
        return AccessError(f"{where}: the request cannot be sent to this address", code="address")
    if answered:
        return TransientError(f"{where}: the answer broke off", code="truncated_body", most_tries=3)
    return TransientError(f"{where}: the connection was lost ({type(error).__name__})", code="reset")


def _chain(error: BaseException | None) -> list[BaseException]:
    """The exception and all that caused it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
