"""Google's SDK and the tests' server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from qagen.llm.schemas import without_text_bounds
from qagen.prompts import REPLY_SCHEMA
from tests.llm_server import LLMServer
from tests.sdks.exchange import KEY, SYSTEM, USER, check_pairs, our_body, ours, question, reading, same_headers

pytestmark = pytest.mark.sdks

MODEL = "gemini-3.8-flash"


class _Entry(BaseModel):
    question_type: Literal["factual", "definition"]
    evidence: list[str]
    question: str
    answer: str


class _Reply(BaseModel):
    skip_reason: str | None
    pairs: list[_Entry]


@pytest.fixture
def genai() -> Any:
    return pytest.importorskip("google.genai", reason="google-genai is not installed; `make test-sdks` installs it")


@pytest.fixture
def client(genai: Any, server: LLMServer) -> Iterator[Any]:
    with connected(genai, server) as open_client:
        yield open_client


def connected(genai: Any, server: LLMServer, key: str = KEY, attempts: int = 1) -> Any:
    """It calls `v1` by itself, where structured output came late; we call `v1beta`."""
    options = {"base_url": server.url, "api_version": "v1beta", "retry_options": {"attempts": attempts}}
    return genai.Client(api_key=key, http_options=options)


def ask(client: Any, model: str = MODEL, **config: Any) -> Any:
    """Our question, in the SDK's words."""
    standard = {
        "system_instruction": SYSTEM,
        "max_output_tokens": 4000,
        "response_mime_type": "application/json",
        "response_json_schema": without_text_bounds(REPLY_SCHEMA),
    }
    return client.models.generate_content(model=model, contents=USER, config={**standard, **config})


def test_it_sends_what_we_send_and_takes_the_reply(client: Any, server: LLMServer) -> None:
    request = question(MODEL, effort="low", temperature=0.3, top_p=0.9, seed=7)
    reply = ask(client, temperature=0.3, top_p=0.9, seed=7, thinking_config={"thinking_level": "low"})
    check_pairs(reply.text)
    assert len(reply.parsed["pairs"]) == 2
    assert reply.candidates[0].finish_reason.value == "STOP"
    (entry,) = server.ledger()
    assert entry.path == f"/v1beta/models/{MODEL}:generateContent"
    assert same_headers(entry, ours("gemini", request))
    theirs, mine = entry.body, our_body("gemini", request)
    assert theirs["systemInstruction"].pop("role") == "user"  # it says one where none is needed
    # The one field that it does not write in camel case; any case of the value is taken.
    level = theirs["generationConfig"].pop("thinkingConfig")["thinking_level"]
    assert mine["generationConfig"].pop("thinkingConfig")["thinkingLevel"] == level.lower()
    assert theirs == mine


def test_it_and_we_read_the_same(client: Any, server: LLMServer) -> None:
    server.configure(cached_tokens=20, reasoning_tokens=30)
    thoughts = {"thinking_level": "low", "include_thoughts": True}
    theirs = ask(client, thinking_config=thoughts)
    raw = ask(client, thinking_config=thoughts, should_return_http_response=True)
    usage, mine = theirs.usage_metadata, reading("gemini", raw.sdk_http_response.body)
    assert theirs.candidates[0].content.parts[0].thought
    assert mine.text == theirs.text
    assert mine.model == theirs.model_version == MODEL
    assert usage.thoughts_token_count == 30
    assert mine.usage.input_tokens == usage.prompt_token_count > 20
    assert mine.usage.cached_input_tokens == usage.cached_content_token_count == 20
    assert mine.usage.output_tokens == usage.candidates_token_count + 30
    assert usage.total_token_count == mine.usage.input_tokens + mine.usage.output_tokens


def test_its_own_schema_of_a_class_is_taken(client: Any, server: LLMServer) -> None:
    reply = ask(client, response_json_schema=None, response_schema=_Reply)
    assert len(reply.parsed.pairs) == 2


def test_unusual_ends(client: Any, server: LLMServer) -> None:
    server.configure(
        faults=[
            {"fault": "truncated_text", "when": {"nth": [1]}},
            {"fault": "refusal", "when": {"nth": [2]}},
            {"fault": "blocked_prompt", "when": {"nth": [3]}},
            {"fault": "no_parts", "when": {"nth": [4]}},
        ]
    )
    cut, refused, blocked, empty = (ask(client) for _ in range(4))
    assert cut.candidates[0].finish_reason.value == "MAX_TOKENS"
    assert refused.candidates[0].finish_reason.value == "SAFETY"
    assert blocked.candidates is None
    assert blocked.prompt_feedback.block_reason.value == "SAFETY"
    assert empty.text is None


def test_the_models_come_in_pages(client: Any, server: LLMServer) -> None:
    listed = list(client.models.list(config={"page_size": 2}))
    assert f"models/{MODEL}" in [model.name for model in listed]
    assert len(server.ledger()) > 1
    assert "generateContent" in listed[0].supported_actions
    assert client.models.get(model=MODEL).input_token_limit > 0


def test_counting_tokens(client: Any, server: LLMServer) -> None:
    assert client.models.count_tokens(model=MODEL, contents=USER).total_tokens > 10


@pytest.mark.parametrize(
    ("fault", "error", "code", "status"),
    [
        ({"fault": "context_length"}, "ClientError", 400, "INVALID_ARGUMENT"),
        ({"fault": "unauthorized"}, "ClientError", 400, "INVALID_ARGUMENT"),
        ({"fault": "forbidden"}, "ClientError", 403, "PERMISSION_DENIED"),
        ({"fault": "model_gone"}, "ClientError", 404, "NOT_FOUND"),
        ({"fault": "rate_limit"}, "ClientError", 429, "RESOURCE_EXHAUSTED"),
        ({"fault": "rate_limit", "array": True}, "ClientError", 429, "RESOURCE_EXHAUSTED"),
        ({"fault": "status", "status": 500}, "ServerError", 500, "INTERNAL"),
        ({"fault": "status", "status": 503}, "ServerError", 503, "UNAVAILABLE"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else None,
)
def test_errors_become_its_own_exceptions(
    fault: dict[str, Any], error: str, code: int, status: str, genai: Any, client: Any, server: LLMServer
) -> None:
    server.configure(faults=[fault])
    with pytest.raises(getattr(genai.errors, error)) as caught:
        ask(client)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.message


def test_a_wrong_key_and_an_unknown_model(genai: Any, client: Any, server: LLMServer) -> None:
    with connected(genai, server, "wrong") as other:
        with pytest.raises(genai.errors.ClientError, match="API key not valid") as caught:
            ask(other)
        assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"
        with pytest.raises(genai.errors.ClientError, match="API key not valid"):
            list(other.models.list())
    with pytest.raises(genai.errors.ClientError, match="no-such-model is not found"):
        ask(client, model="no-such-model")


def test_the_delay_of_a_rate_limit_is_where_it_looks(genai: Any, client: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "retry_delay": "38.5s"}])
    with pytest.raises(genai.errors.ClientError) as caught:
        ask(client)
    delays = [item.get("retryDelay") for item in caught.value.details["error"]["details"]]
    assert "38.5s" in delays


def test_it_tries_again(genai: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": "status", "status": 503, "when": {"nth": [1]}}])
    with connected(genai, server, attempts=2) as patient:
        check_pairs(ask(patient).text)
    assert [entry.status for entry in server.ledger()] == [503, 200]
