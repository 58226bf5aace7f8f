"""HTTP/1.1 over asyncio streams, as little as the server needs: requests in, responses out, connections kept."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

_MOST_HEADERS = 256 * 1024
_MOST_BODY = 256 * 1024 * 1024


class Malformed(Exception):
    """What came is no request that we can read; the connection is closed."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """Without the query, percent signs decoded."""
    target: str
    """As it came."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the target; of a name that comes twice the last value."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def key(self) -> str:
        """The key that came with it, in whichever header; empty where there was none."""
        bearer = self.headers.get("authorization", "").partition(" ")[2]
        return self.headers.get("x-api-key") or self.headers.get("x-goog-api-key") or bearer

    def json(self) -> Any:
        """The body's value. Raises ValueError where it is none."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    pieces: tuple[bytes, ...] | None = None
    """Sent in place of the body, chunk by chunk."""

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Self:
        return cls(status, orjson.dumps(value), {"content-type": "application/json"} | (headers or {}))

    @classmethod
    def text(cls, text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Self:
        return cls(status, text.encode(), {"content-type": content_type})

    def with_headers(self, **headers: str) -> Response:
        """A copy with more headers; `_` in a name stands for `-`."""
        return replace(self, headers=self.headers | {name.replace("_", "-"): text for name, text in headers.items()})

    def head(self, *, length: int | None, close: bool = False) -> bytes:
        """Status line and headers. No length: the body comes chunked."""
        framing = {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        all_headers = framing | self.headers | ({"connection": "close"} if close else {})
        lines += [f"{name}: {text}" for name, text in all_headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("utf-8")


class Connection:
    """One client's connection. It keeps its own buffer, so that a leaving client can be noticed while we answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        writer.transport.set_write_buffer_limits(high=0)  # drain() then means: all is with the kernel

    async def request(self) -> Request | None:
        """The next request; None when the client is done.

        Raises:
            Malformed: it cannot be read.
        """
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MOST_HEADERS:
                raise Malformed("headers too long")
            if not await self._fill():
                return None
        method, target, headers = _parse_head(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        length = _body_length(headers)
        while len(self._buffer) < length:
            if not await self._fill():
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return Request(method, unquote(urlsplit(target).path), target, headers, body)

    async def gone(self) -> None:
        """Returns when the client has closed its side. What it sends meanwhile is kept for the next request."""
        while await self._fill():
            pass

    async def send(self, response: Response, *, close: bool = False) -> None:
        if response.pieces is None:
            await self.write(response.head(length=len(response.body), close=close) + response.body)
            return
        await self.write(response.head(length=None, close=close))
        for piece in response.pieces:
            await self.write_chunk(piece)
        await self.write_chunk(b"")

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def write_chunk(self, data: bytes) -> None:
        """One chunk of a chunked body; an empty one ends it."""
        await self.write(b"%x\r\n%b\r\n" % (len(data), data))

    def reset(self) -> None:
        """Close with an RST: to the client it is "connection reset by peer"."""
        if self._writer.is_closing():
            return
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()

    async def _fill(self) -> bool:
        data = await self._reader.read(65536)
        self._buffer += data
        return bool(data)


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Malformed(f"no request line: {first[:80]!r}")
    named = (line.partition(":") for line in lines)
    return words[0], words[1], {name.strip().lower(): text.strip() for name, _, text in named}


def _body_length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise Malformed("chunked requests are not read here")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _MOST_BODY:
        raise Malformed(f"content-length {length[:20]!r}")
    return int(length)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"  # 529 and its like
