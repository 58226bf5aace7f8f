"""The exact bytes that go to each host, whole, for one fixed chunk and the real prompt: equal to tests/llm/golden.

A change of prompt, schema or dialect changes them. Look at it, then write them anew:

    UPDATE_GOLDEN=1 .venv/bin/pytest tests/llm/test_golden_requests.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from qagen import prompts
from qagen.formats import Chunk, DocumentInfo
from qagen.llm.client import Client
from qagen.llm.providers import PROVIDERS, Endpoint, default_effort
from qagen.llm.schemas import strict
from qagen.llm.types import Attempts, ChatRequest
from tests.llm.routed import routed

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "golden"
NOT_OURS = {"host", "user-agent", "content-length"}
KEY = "the-key-of-the-user"
TEXT = (
    "The pump rests after 12 hours.\n"
    "The pressure relief valve opens at 12 bar and closes at 10 bar. „Größe“ means size; 圧力 means pressure.\n"
)
CHUNK = Chunk(
    chunk_index=3,
    chunk_id="pump-3",
    text=TEXT,
    start_char=100,
    end_char=100 + len(TEXT),
    core_start=131,
    section="Manual > Valves",
)
DOCUMENT = DocumentInfo(file_name="pump.md", source_file="docs/pump.md", title="Pump P-7", language="en")

CHAT: dict[str, Any] = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
CASES: dict[str, tuple[str, str | None, str, dict[str, Any]]] = {
    "openai": ("gpt-6-luna", KEY, "https://api.openai.com/v1/chat/completions", CHAT),
    "claude": (
        "claude-sonnet-5-5",
        KEY,
        "https://api.anthropic.com/v1/messages",
        {"content": [{"type": "text", "text": "{}"}], "stop_reason": "end_turn"},
    ),
    "gemini": (
        "gemini-3.8-flash",
        KEY,
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent",
        {"candidates": [{"content": {"parts": [{"text": "{}"}]}, "finishReason": "STOP"}]},
    ),
    "local": (
        "gemma4",
        None,
        "http://127.0.0.1:11434/api/chat",
        {"message": {"content": "{}"}, "done_reason": "stop"},
    ),
    "compatible": ("my-model", None, "http://model.example:8000/v1/chat/completions", CHAT),
    "deepseek": ("deepseek-chat", KEY, "https://api.deepseek.com/chat/completions", CHAT),
}
"""Model, key, address and the least answer, for each provider."""


def asked(name: str) -> ChatRequest:
    """What a run with nothing but defaults asks."""
    row = PROVIDERS[name]
    order = prompts.Order(
        model=CASES[name][0],
        questions_per_chunk=5,
        max_tokens=row.max_tokens,
        effort=default_effort(row, CASES[name][0]),
        context_tokens=8192 if name == "local" else None,
    )
    return prompts.ask(prompts.load(), order, CHUNK, "0123456789abcdef", DOCUMENT)


async def sent_by(name: str) -> httpx.Request:
    """The one request that the client sends."""
    row = PROVIDERS[name]
    model, key, url, reply = CASES[name]
    base_url = row.base_url or "http://model.example:8000/v1"
    with routed() as mock:
        route = mock.route().mock(httpx.Response(200, json=reply))
        async with Client(Endpoint(row, model, base_url, SecretStr(key) if key else None), 1) as client:
            assert (await client.send(asked(name), Attempts())).text == "{}"
    assert route.call_count == 1
    request: httpx.Request = route.calls.last.request
    assert str(request.url) == url
    return request


def as_bytes(request: httpx.Request) -> bytes:
    """Method and URL, sorted headers, an empty line, and the body as it is."""
    headers = sorted((name, value) for name, value in request.headers.items() if name not in NOT_OURS)
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\n".join(head).encode() + request.content


@pytest.mark.parametrize("name", CASES)
async def test_the_bytes_that_are_sent_are_the_golden_ones(name: str) -> None:
    sent = as_bytes(await sent_by(name))
    path = GOLDEN / f"{name}.http"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sent)
    assert sent == path.read_bytes()


def test_there_is_no_golden_file_without_its_test() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(f"{name}.http" for name in CASES)


@pytest.mark.parametrize("name", CASES)
async def test_the_same_request_is_the_same_bytes_again(name: str) -> None:
    assert as_bytes(await sent_by(name)) == as_bytes(await sent_by(name))


@pytest.mark.parametrize("name", CASES)
async def test_the_key_stands_in_one_header_and_nowhere_else(name: str) -> None:
    request = await sent_by(name)
    carriers = [header for header, value in request.headers.items() if KEY in value]
    assert carriers == (
        []
        if CASES[name][1] is None
        else [{"claude": "x-api-key", "gemini": "x-goog-api-key"}.get(name, "authorization")]
    )
    assert KEY not in str(request.url)
    assert KEY.encode() not in request.content


@pytest.mark.parametrize("name", CASES)
async def test_no_request_of_the_defaults_carries_sampling(name: str) -> None:
    body = orjson.loads((await sent_by(name)).content)
    settings = {**body, **body.get("generationConfig", {}), **body.get("options", {})}
    assert not {"temperature", "top_p", "topP", "top_k", "topK", "seed"} & set(settings)
    assert body.get("stream", False) is False


async def test_the_parts_that_differ_are_where_each_host_wants_them() -> None:
    bodies = {name: orjson.loads((await sent_by(name)).content) for name in CASES}
    schema = strict(prompts.REPLY_SCHEMA)
    wrapped = {
        "type": "json_schema",
        "json_schema": {"name": "qa_pairs", "strict": True, "schema": schema},
    }
    assert bodies["openai"]["response_format"] == bodies["compatible"]["response_format"] == wrapped
    assert bodies["deepseek"]["response_format"] == {"type": "json_object"}
    assert bodies["claude"]["output_config"]["format"] == {"type": "json_schema", "schema": prompts.REPLY_SCHEMA}
    assert bodies["gemini"]["generationConfig"]["responseJsonSchema"] == prompts.REPLY_SCHEMA
    assert bodies["local"]["format"] == prompts.REPLY_SCHEMA
    caps = {
        "openai": bodies["openai"]["max_completion_tokens"],
        "claude": bodies["claude"]["max_tokens"],
        "gemini": bodies["gemini"]["generationConfig"]["maxOutputTokens"],
        "local": bodies["local"]["options"]["num_predict"],
        "compatible": bodies["compatible"]["max_tokens"],
        "deepseek": bodies["deepseek"]["max_tokens"],
    }
    assert caps == {name: PROVIDERS[name].max_tokens for name in CASES}
    assert bodies["local"]["options"]["num_ctx"] == 8192


def test_where_no_schema_is_sent_the_words_describe_the_form() -> None:
    """JSON mode is refused where the messages do not speak of JSON."""
    text = asked("deepseek").system + asked("deepseek").user
    item = prompts.REPLY_SCHEMA["properties"]["pairs"]["items"]
    for word in ("JSON", *prompts.REPLY_SCHEMA["properties"], *item["properties"], *prompts.QUESTION_TYPES):
        assert word in text
