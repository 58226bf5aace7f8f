"""The HTTP clients, and what their exceptions mean in our words.

Stock httpx clients have at most `PER_CLIENT` connections each: httpx's pool is quadratic in what it holds, so one large
pool would cost more CPU than everything else together. They share one TLS context, which is dear to build. Where
`qagen[fast]` is installed and no proxy applies, one client has all connections, and aiohttp carries its requests.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import httpx

from qagen.errors import AccessError, ProviderError, TransientError, UsageError
from qagen.llm.providers import Endpoint, is_near
from qagen.llm.route import choose
from qagen.llm.types import TransportChoice

PER_CLIENT = 8
"""Most connections of one httpx client."""
CONNECT_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 60.0
_HEADERS = {"Accept-Encoding": "gzip", "User-Agent": "qagen"}


def make_clients(
    endpoint: Endpoint, concurrency: int, ca_bundle: Path | None = None, wanted: TransportChoice = "httpx"
) -> list[httpx.AsyncClient]:
    """The HTTP clients for `concurrency` requests at a time.

    Redirects are never followed: on a change of host httpx takes off `Authorization`, and no other key header.
    A host that is near is never reached through a proxy: the documents would leave the house.

    Raises:
        UsageError: what the environment says of proxies or certificates cannot be used.
    """
    timeout = httpx.Timeout(
        connect=CONNECT_TIMEOUT_S, write=WRITE_TIMEOUT_S, read=endpoint.provider.read_timeout_s, pool=None
    )
    if endpoint.provider.in_process:
        from qagen.llm.rules import RulesTransport

        return [httpx.AsyncClient(transport=RulesTransport(), timeout=timeout)]
    try:
        transport = choose(wanted, endpoint)
        return _network_clients(endpoint, concurrency, timeout, ca_bundle, transport)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise UsageError(
            f"the proxy or certificate settings of the environment cannot be used: {error}. Look at HTTPS_PROXY, "
            "ALL_PROXY, SSL_CERT_FILE and --ca-bundle."
        ) from error


def _network_clients(
    endpoint: Endpoint, concurrency: int, timeout: httpx.Timeout, ca_bundle: Path | None, transport: str
) -> list[httpx.AsyncClient]:
    near = is_near(endpoint.base_url)
    context = (
        _tls_context(ca_bundle) if endpoint.base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    if transport == "aiohttp":
        from qagen.llm.fast import FastTransport

        fast = FastTransport(context, concurrency)
        return [httpx.AsyncClient(transport=fast, timeout=timeout, headers=_HEADERS, follow_redirects=False)]
    return [
        httpx.AsyncClient(
            verify=context,
            timeout=timeout,
            limits=httpx.Limits(max_connections=PER_CLIENT, max_keepalive_connections=PER_CLIENT),
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=not near,
        )
        for _ in range(-(-concurrency // PER_CLIENT))
    ]


def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    return httpx.create_ssl_context() if ca_bundle is None else ssl.create_default_context(cafile=ca_bundle)


def translate(error: Exception, endpoint: Endpoint, *, answered: bool) -> ProviderError:
    """A foreign exception in our words. `answered`: the headers had come."""
    where = f"{endpoint.provider.name} at {endpoint.host}"
    causes = _chain(error)
    if any(isinstance(cause, ssl.SSLError) for cause in causes) and isinstance(error, httpx.ConnectError):
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
