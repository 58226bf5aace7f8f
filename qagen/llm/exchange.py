"""One HTTP request and its whole answer, within a deadline and a bound, or why not in our words."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from typing import Any

import httpx

from qagen.errors import RejectedError, TransientError
from qagen.formats import decode
from qagen.llm.providers import Endpoint
from qagen.llm.transport import Carrier, as_request, translate
from qagen.llm.types import HttpCall
from qagen.redaction import harmless, redact, without_key

_EXCERPT = 200
_SUSPICIOUS_BYTES = 4 * 2**20
_SUSPICIOUS_RATIO = 100
"""Text packs to a tenth, rarely to a thirtieth. What packs better than this is a bomb."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: httpx.Headers
    body: bytes


async def exchange(client: Carrier, call: HttpCall, endpoint: Endpoint, largest_body: int) -> Answer:
    """Send, and read the whole answer.

    Raises:
        ProviderError: nothing came, or not all of it, or too much.
    """
    answered = False
    try:
        async with asyncio.timeout(endpoint.provider.deadline_s):
            response = await client.send(as_request(call, endpoint), stream=True)
            answered = True
            try:
                body = await _read(response, endpoint, largest_body)
            finally:
                await response.aclose()
            return Answer(response.status_code, response.headers, without_key(body, endpoint.key))
    except TimeoutError as error:
        seconds = endpoint.provider.deadline_s
        raise TransientError(
            f"{where(endpoint)}: no complete answer in {seconds:.0f} s", code="deadline", most_tries=3
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise translate(error, endpoint, answered=answered) from error


async def _read(response: httpx.Response, endpoint: Endpoint, largest: int) -> bytes:
    """The body, decompressed by ourselves: httpx would inflate a small bomb into all memory there is."""
    if response.is_stream_consumed:
        return response.content  # a transport without a socket has made it whole
    encoding = response.headers.get("content-encoding", "identity").lower()
    inflate = zlib.decompressobj(47) if encoding in {"gzip", "x-gzip", "deflate"} else None
    if inflate is None and encoding not in {"identity", ""}:
        raise TransientError(f"{where(endpoint)}: unknown encoding {encoding!r}", code="bad_body", most_tries=3)
    body, received = bytearray(), 0
    async for piece in response.aiter_raw():
        try:
            body += inflate.decompress(piece, largest + 1 - len(body)) if inflate else piece
        except zlib.error as error:
            raise TransientError(f"{where(endpoint)}: damaged gzip", code="bad_body", most_tries=3) from error
        received += len(piece)
        swollen = len(body) > _SUSPICIOUS_BYTES and len(body) > _SUSPICIOUS_RATIO * received
        if len(body) > largest or swollen:
            what = "unpacks to far more than it is" if swollen else f"is larger than {largest / 2**20:.0f} MB"
            raise RejectedError(f"{where(endpoint)}: the answer {what} (--max-response-mb)", code="response_too_large")
    return bytes(body)


def parse_json(answer: Answer, endpoint: Endpoint) -> Any:
    """The value of a body; None for an error status whose body is no JSON.

    Raises:
        TransientError: HTTP 200 with a body that is no JSON: something in between answered, or it was damaged.
    """
    try:
        return decode(answer.body)
    except ValueError as error:
        if answer.status != 200:
            return None
        if not answer.body.strip():
            raise TransientError(f"{where(endpoint)}: the answer is empty", code="empty_body", most_tries=3) from error
        if answer.body.lstrip()[:1] == b"<":
            text = f"{where(endpoint)}: a web page came instead of an answer; a proxy or portal may stand in between. "
            raise TransientError(
                f"{text}It begins: {_excerpt(answer.body)}", code="bad_gateway_body", most_tries=2
            ) from error
        text = f"{where(endpoint)}: the answer is no JSON ({error})"
        raise TransientError(text, code="bad_body", most_tries=3) from error


def _excerpt(body: bytes) -> str:
    """The beginning of a body, on one line and harmless."""
    return " ".join(harmless(redact(body[: 4 * _EXCERPT].decode("utf-8", "replace"))).split())[:_EXCERPT]


def where(endpoint: Endpoint) -> str:
    """Who answered, for messages."""
    return f"{endpoint.provider.name} at {endpoint.host}"
