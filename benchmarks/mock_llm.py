"""`python -m benchmarks.mock_llm [--port 0] [--latency-ms 0]`: a model server that costs next to nothing.

It speaks Chat Completions and Ollama's /api/chat, answers every request after the same time with five good pairs about
the chunk that it was asked about (`corpus`), says its port on stdout, and counts: `GET /_stats`. It ends when its stdin
closes, so that a benchmark that was killed leaves no server behind.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import orjson

from benchmarks import corpus

_TOP = Path(__file__).resolve().parent.parent
_MARK = corpus.MARK.encode()
_NOBODY = b"0" * corpus.DIGITS
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Stats:
    """What a server has seen, connections of those who asked for this left out."""

    requests: int = 0
    connections: int = 0
    """Opened in all."""
    open: int = 0
    most_open: int = 0
    """At a time."""
    cpu_s: float = 0.0
    """Of the server itself."""


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _openai_response() -> bytes:
    message = {"role": "assistant", "content": corpus.reply().decode(), "refusal": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": "mock",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 1300, "completion_tokens": 400, "total_tokens": 1700},
    }
    return _response(orjson.dumps(body))


def _ollama_response() -> bytes:
    body = {
        "model": "mock",
        "created_at": "2026-11-22T05:01:00Z",
        "message": {"role": "assistant", "content": corpus.reply().decode()},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 1300,
        "eval_count": 400,
    }
    return _response(orjson.dumps(body))


_ANSWERS = {
    b"POST /v1/chat/completions": _openai_response(),
    b"POST /api/chat": _ollama_response(),
    b"POST /api/show": _response(b'{"model_info":{},"capabilities":["completion"]}'),
    b"GET /v1/models": _response(b'{"object":"list","data":[{"id":"mock","object":"model"}]}'),
    b"GET /api/tags": _response(b'{"models":[{"name":"mock:latest"}]}'),
}
_CHATS = {b"POST /v1/chat/completions", b"POST /api/chat"}
_UNKNOWN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def answer(route: bytes, received: bytes, start: int, end: int) -> bytes:
    """The whole response: the number of the machine is put into the one that lies ready.

    The body is what was received from `start` to `end`; cutting it out would cost as much as all the rest.
    """
    ready = _ANSWERS.get(route, _UNKNOWN)
    at = received.find(_MARK, start, end)
    if at < 0:
        return ready
    at += len(_MARK)
    return ready.replace(_NOBODY, received[at : at + corpus.DIGITS])


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests on it come one after the other."""

    def __init__(self, stats: Stats, latency_s: float) -> None:
        self._stats = stats
        self._latency_s = latency_s
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._counts = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no asyncio.Transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        self._stats.open -= self._counts

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        while (end := received.find(_HEAD_END)) >= 0:
            head = received[:end]
            start = end + len(_HEAD_END)
            size = _content_length(head)
            if len(received) < start + size:
                return
            self._answer(head[: head.find(b" HTTP/")], received, start, start + size)
            self._received = received = received[start + size :]

    def _answer(self, route: bytes, received: bytes, start: int, end: int) -> None:
        if route == b"GET /_stats":
            self._stats.cpu_s = time.process_time()
            self._transport.write(_response(orjson.dumps(asdict(self._stats))))
            return
        if not self._counts:
            self._count_connection()
        response = answer(route, received, start, end)
        if route not in _CHATS:
            self._transport.write(response)
            return
        self._stats.requests += 1
        if self._latency_s:
            self._loop.call_later(self._latency_s, self._transport.write, response)
        else:
            self._transport.write(response)

    def _count_connection(self) -> None:
        stats, self._counts = self._stats, True
        stats.connections += 1
        stats.open += 1
        stats.most_open = max(stats.most_open, stats.open)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    return int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def serve(port: int, latency_s: float) -> None:
    """Until stdin ends."""
    loop = asyncio.get_running_loop()
    stats, ended = Stats(), asyncio.Event()
    server = await loop.create_server(lambda: Connection(stats, latency_s), "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    with contextlib.suppress(PermissionError):  # /dev/null cannot be waited for: then it runs until it is killed
        loop.add_reader(0, _look_at_stdin, ended)
    await ended.wait()


def _look_at_stdin(ended: asyncio.Event) -> None:
    if not os.read(0, 4096):
        ended.set()


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as a benchmark knows it."""

    url: str

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def stats(self) -> Stats:
        # No proxy of the environment stands between a benchmark and its own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_stats", timeout=10) as response:
            return Stats(**json.loads(response.read()))


@contextlib.contextmanager
def serving(latency_ms: float = 0) -> Iterator[Server]:
    """A server in a process of its own, for the block."""
    command = [sys.executable, "-m", "benchmarks.mock_llm", "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(command, cwd=_TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="mock_llm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    given = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(serve(given.port, given.latency_ms / 1000))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """A cheaper server leaves more of the machine to what is measured; both loops behave alike."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
