from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from qagen.llm.rules import RulesTransport

URL = "http://rules.invalid/v1/chat/completions"


def post(content: bytes, url: str = URL) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=RulesTransport()) as client:
            return await client.post(url, content=content)

    return asyncio.run(send())


def body(**fields: Any) -> bytes:
    passage = "The pressure in the closed circuit must never exceed 10 bar."
    return orjson.dumps({"model": "rules-cloze-1", "messages": [], "passage": passage} | fields)


def test_a_request_is_answered_as_a_chat_completion() -> None:
    reply = post(body(title="KP manual", section=None, language="en", questions=2))
    assert reply.status_code == 200
    value = reply.json()
    assert (value["object"], value["model"]) == ("chat.completion", "rules-cloze-1")
    assert value["usage"]["prompt_tokens"] == value["usage"]["completion_tokens"] == 0
    choice = value["choices"][0]
    assert (choice["finish_reason"], choice["message"]["refusal"]) == ("stop", None)
    assert orjson.loads(choice["message"]["content"]) == {
        "skip_reason": None,
        "pairs": [
            {
                "question_type": "cloze",
                "evidence": ["The pressure in the closed circuit must never exceed 10 bar."],
                "question": 'Fill in the blank (from "KP manual"): '
                "The pressure in the closed circuit must never exceed ____ bar.",
                "answer": "10 bar",
            }
        ],
    }


def test_the_same_request_gets_the_same_bytes() -> None:
    assert post(body()).content == post(body()).content


@pytest.mark.parametrize(
    "content",
    [b"not json", b"[]", b'{"model": "m"}', body(passage=3), body(title=3), body(questions=True), body(questions=-1)],
)
def test_a_body_that_cannot_be_used_gets_an_error_like_openais(content: bytes) -> None:
    reply = post(content)
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_another_endpoint_is_not_found() -> None:
    assert post(body(), URL.replace("chat/completions", "embeddings")).status_code == 404
