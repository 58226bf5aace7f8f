"""The provider's door: a Chat Completions request in, a chat.completion out, without a socket or a model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import httpx
import orjson

from qagen.llm.rules import questions
from qagen.llm.rules.material import Material, Reply

_QUESTIONS = 3
"""How many to write where the request does not say."""


class RulesTransport(httpx.AsyncBaseTransport):
    """Answers `POST .../chat/completions` by rules. The same request gets the same bytes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _error(404, f"no such endpoint: {request.method} {request.url.path}", "not_found")
        try:
            body = orjson.loads(await request.aread())
            material = read_material(body)
        except ValueError as error:
            return _error(400, str(error), "invalid_request_error")
        return _json(200, completion(questions.write(material), str(body.get("model") or "")))


def read_material(body: Any) -> Material:
    """The plain fields that the provider's row adds to the body.

    Raises:
        ValueError: no object, no passage, or a field of another type.
    """
    if not isinstance(body, dict) or not isinstance(body.get("passage"), str):
        raise ValueError("the body needs a field `passage` with the text to ask about")
    for name in ("title", "section", "language"):
        if not isinstance(body.get(name), str | None):
            raise ValueError(f"`{name}` must be a string or null")
    count = body.get("questions", _QUESTIONS)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError("`questions` must be a number of at least 0")
    return Material(body["passage"], body.get("title"), body.get("section"), body.get("language"), count)


def completion(reply: Reply, model: str) -> dict[str, Any]:
    """The reply as a chat.completion. Its id and time are constant: there is no clock in what is made by rules."""
    content = {"skip_reason": reply.skip_reason, "pairs": [asdict(pair) for pair in reply.pairs]}
    message = {"role": "assistant", "content": orjson.dumps(content).decode(), "refusal": None}
    return {
        "id": "chatcmpl-rules",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "total_tokens": 0,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def _error(status: int, message: str, kind: str) -> httpx.Response:
    return _json(status, {"error": {"message": message, "type": kind, "param": None, "code": None}})


def _json(status: int, value: dict[str, Any]) -> httpx.Response:
    return httpx.Response(status, headers={"content-type": "application/json"}, content=orjson.dumps(value))
