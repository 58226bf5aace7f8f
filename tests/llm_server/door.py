"""A listening socket that can be closed and opened again on the same port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Door:
    """While it is closed the port stays bound, so that nobody else gets it, and whoever connects is refused."""

    def __init__(self, connected: Connected) -> None:
        self._connected = connected
        self._socket: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._is_open = False
        self.port = 0

    async def open(self, port: int = 0) -> None:
        """Listen: on this port at first, on the same one later."""
        if self._is_open:
            return
        self._is_open = True
        bound, self._socket = self._socket or _bound(port), None
        self.port = bound.getsockname()[1]
        self._listener = await asyncio.start_server(self._connected, sock=bound, backlog=1024)

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener, self._is_open = None, False
            self._socket = _bound(self.port)


def _bound(port: int) -> socket.socket:
    """Not listening yet."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound
