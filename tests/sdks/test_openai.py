"""OpenAI's SDK and the tests' server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from tests.llm_server import LLMServer
from tests.sdks.exchange import KEY, USER, check_pairs, our_body, ours, question, reading, same_headers

pytestmark = pytest.mark.sdks


class _Entry(BaseModel):
    question_type: Literal["factual", "definition"]
    evidence: list[str]
    question: str
    answer: str


class _Reply(BaseModel):
    skip_reason: str | None
    pairs: list[_Entry]


_OPEN: list[Any] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No client of a test keeps its connections."""
    yield
    while _OPEN:
        _OPEN.pop().close()


@pytest.fixture
def openai() -> Any:
    return pytest.importorskip("openai", reason="openai is not installed; `make test-sdks` installs it")


def client(openai: Any, server: LLMServer, key: str = KEY, retries: int = 0) -> Any:
    """Strict: by itself the SDK takes any JSON for a reply."""
    one = openai.OpenAI(api_key=key, base_url=server.openai_url, max_retries=retries, _strict_response_validation=True)
    _OPEN.append(one)
    return one


def test_it_sends_what_we_send_and_takes_the_reply(openai: Any, server: LLMServer) -> None:
    server.configure(cached_tokens=20)
    request = question("gpt-6-luna", effort="none", temperature=0.3, seed=7)
    reply = client(openai, server).chat.completions.create(**our_body("openai", request))
    check_pairs(reply.choices[0].message.content)
    assert reply.choices[0].finish_reason == "stop"
    assert reply.choices[0].message.refusal is None
    (entry,) = server.ledger()
    assert entry.path == "/v1/chat/completions"
    assert entry.body == our_body("openai", request)
    assert same_headers(entry, ours("openai", request))


def test_it_and_we_read_the_same(openai: Any, server: LLMServer) -> None:
    server.configure(cached_tokens=20, reasoning_tokens=30)
    request = question("gpt-6-luna", effort="low")
    raw = client(openai, server).chat.completions.with_raw_response.create(**our_body("openai", request))
    theirs, mine = raw.parse(), reading("openai", raw.content)
    assert mine.text == theirs.choices[0].message.content
    assert mine.model == theirs.model == "gpt-6-luna"
    assert mine.usage.input_tokens == theirs.usage.prompt_tokens > 20
    assert mine.usage.cached_input_tokens == theirs.usage.prompt_tokens_details.cached_tokens == 20
    assert mine.usage.output_tokens == theirs.usage.completion_tokens > 30
    assert theirs.usage.completion_tokens_details.reasoning_tokens == 30
    assert theirs.usage.total_tokens == theirs.usage.prompt_tokens + theirs.usage.completion_tokens
    assert theirs._request_id == "req_1"


def test_its_own_schema_of_a_class_is_taken(openai: Any, server: LLMServer) -> None:
    messages = [{"role": "user", "content": USER}]
    reply = client(openai, server).chat.completions.parse(model="gpt-6-luna", messages=messages, response_format=_Reply)
    assert len(reply.choices[0].message.parsed.pairs) == 2


@pytest.mark.parametrize(("fault", "finish"), [("truncated_text", "length"), ("content_filter", "content_filter")])
def test_unusual_ends(fault: str, finish: str, openai: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": fault}])
    reply = client(openai, server).chat.completions.create(**our_body("openai", question("gpt-6-luna")))
    assert reply.choices[0].finish_reason == finish


def test_a_refusal(openai: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": "refusal"}])
    raw = client(openai, server).chat.completions.with_raw_response.create(**our_body("openai", question("gpt-6-luna")))
    message = raw.parse().choices[0].message
    assert message.content is None
    assert reading("openai", raw.content).refusal == message.refusal


def test_the_models(openai: Any, server: LLMServer) -> None:
    models = client(openai, server).models
    assert "gpt-6-luna" in [model.id for model in models.list()]
    assert models.retrieve("gpt-6-luna").id == "gpt-6-luna"


@pytest.mark.parametrize(
    ("fault", "error", "status", "code"),
    [
        ({"fault": "context_length"}, "BadRequestError", 400, "context_length_exceeded"),
        ({"fault": "unauthorized"}, "AuthenticationError", 401, "invalid_api_key"),
        ({"fault": "forbidden"}, "PermissionDeniedError", 403, "unsupported_country_region_territory"),
        ({"fault": "model_gone"}, "NotFoundError", 404, "model_not_found"),
        ({"fault": "status", "status": 409}, "ConflictError", 409, None),
        ({"fault": "status", "status": 422}, "UnprocessableEntityError", 422, None),
        ({"fault": "rate_limit"}, "RateLimitError", 429, "rate_limit_exceeded"),
        ({"fault": "quota"}, "RateLimitError", 429, "insufficient_quota"),
        ({"fault": "status", "status": 500}, "InternalServerError", 500, None),
        ({"fault": "status", "status": 503}, "InternalServerError", 503, "server_is_overloaded"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else None,
)
def test_errors_become_its_own_exceptions(
    fault: dict[str, Any], error: str, status: int, code: str | None, openai: Any, server: LLMServer
) -> None:
    server.configure(faults=[fault])
    with pytest.raises(getattr(openai, error)) as caught:
        client(openai, server).chat.completions.create(**our_body("openai", question("gpt-6-luna")))
    assert caught.value.status_code == status
    assert caught.value.code == code
    assert caught.value.body["message"]
    assert caught.value.request_id == "req_1"


def test_a_wrong_key_an_unknown_model_and_a_refused_parameter(openai: Any, server: LLMServer) -> None:
    body = our_body("openai", question("gpt-6-luna"))
    with pytest.raises(openai.AuthenticationError):
        client(openai, server, "sk-wrong").chat.completions.create(**body)
    with pytest.raises(openai.AuthenticationError):
        list(client(openai, server, "sk-wrong").models.list())
    with pytest.raises(openai.NotFoundError, match="no-such-model"):
        client(openai, server).chat.completions.create(**{**body, "model": "no-such-model"})
    with pytest.raises(openai.BadRequestError) as caught:
        client(openai, server).chat.completions.create(**body, temperature=0.3)
    assert (caught.value.param, caught.value.code) == ("temperature", "unsupported_value")


def test_it_obeys_the_wait_and_tries_again(openai: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after_ms": 1}])
    reply = client(openai, server, retries=1).chat.completions.create(**our_body("openai", question("gpt-6-luna")))
    assert json.loads(reply.choices[0].message.content)["pairs"]
    assert [entry.status for entry in server.ledger()] == [429, 200]
