"""Which way requests go: what carries them, on which event loop, through which proxy; known without an HTTP client."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from qagen.errors import UsageError
from qagen.extras import how_to_install
from qagen.llm.providers import Endpoint, is_near
from qagen.llm.types import TransportChoice

if TYPE_CHECKING:
    import asyncio


def choose(wanted: TransportChoice, endpoint: Endpoint) -> Literal["httpx", "aiohttp"]:
    """Who carries the requests.

    Raises:
        UsageError: aiohttp is wanted, and it is not there or cannot.
    """
    if wanted == "httpx" or endpoint.provider.in_process:
        return "httpx"
    is_there = find_spec("httpx_aiohttp") is not None
    proxy = proxy_of(endpoint)
    if wanted == "aiohttp" and not is_there:
        raise UsageError(f"--transport aiohttp: it is not installed. Install it with: {how_to_install('fast')}")
    if wanted == "aiohttp" and proxy:
        raise UsageError(f"--transport aiohttp: it cannot go through the proxy {proxy}. Leave the option out.")
    return "aiohttp" if is_there and not proxy else "httpx"


def loop_factory(transport: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The event loop that goes with it; None for the standard one."""
    if transport == "httpx" or find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


def proxy_of(endpoint: Endpoint) -> str | None:
    """The proxy that requests go through, by the environment, without its credentials; None where there is none."""
    if endpoint.provider.in_process or is_near(endpoint.base_url):
        return None
    from urllib.request import getproxies, proxy_bypass

    address = urlsplit(endpoint.base_url)
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(address.hostname or ""):
        return None
    return urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc.rpartition("@")[2]
