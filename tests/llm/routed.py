"""Requests of our clients answered by respx, without a socket, on whatever transport."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import httpx
import respx

from qagen.llm import client
from qagen.llm.transport import Direct


@contextmanager
def routed() -> Iterator[respx.MockRouter]:
    """A router that answers every request of the block; one that it has no route for is an error."""
    router = respx.MockRouter()
    transport = httpx.MockTransport(router.async_handler)
    with patch.object(client, "make_clients", lambda *_: [Direct(transport)]):
        yield router
    router.assert_all_called()
