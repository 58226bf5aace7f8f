"""Anthropic's SDK and the tests' server."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from tests.llm_server import LLMServer
from tests.sdks.exchange import KEY, USER, check_pairs, our_body, ours, question, reading, same_headers

pytestmark = pytest.mark.sdks

MODEL = "claude-sonnet-5-5"


class _Entry(BaseModel):
    question_type: Literal["factual", "definition"]
    evidence: list[str]
    question: str
    answer: str


class _Reply(BaseModel):
    skip_reason: str | None
    pairs: list[_Entry]


@pytest.fixture
def anthropic() -> Any:
    return pytest.importorskip("anthropic", reason="anthropic is not installed; `make test-sdks` installs it")


def client(anthropic: Any, server: LLMServer, key: str = KEY, retries: int = 0) -> Any:
    """Strict: by itself the SDK takes any JSON for a reply."""
    return anthropic.Anthropic(api_key=key, base_url=server.url, max_retries=retries, _strict_response_validation=True)


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_it_sends_what_we_send_and_takes_the_reply(anthropic: Any, server: LLMServer) -> None:
    request = question(MODEL, effort="low")
    message = client(anthropic, server).messages.create(**our_body("claude", request))
    check_pairs(text_of(message))
    assert message.content[0].type == "thinking"
    assert message.stop_reason == "end_turn"
    (entry,) = server.ledger()
    assert entry.path == "/v1/messages"
    assert entry.body == our_body("claude", request)
    assert same_headers(entry, ours("claude", request))


def test_the_key_may_stand_in_our_header(anthropic: Any, server: LLMServer) -> None:
    """This SDK sends its key as a bearer token; `x-api-key`, which we send, is the other way."""
    headers = {"x-api-key": KEY, "Authorization": anthropic.Omit()}
    other = anthropic.Anthropic(base_url=server.url, max_retries=0, default_headers=headers)
    check_pairs(text_of(other.messages.create(**our_body("claude", question(MODEL)))))
    assert "authorization" not in server.ledger()[0].headers
    assert "x-api-key" in server.ledger()[0].headers


def test_it_and_we_read_the_same(anthropic: Any, server: LLMServer) -> None:
    server.configure(cached_tokens=20, cache_write_tokens=5, reasoning_tokens=30)
    raw = client(anthropic, server).messages.with_raw_response.create(**our_body("claude", question(MODEL)))
    theirs, mine = raw.parse(), reading("claude", raw.read())
    usage = theirs.usage
    assert mine.text == text_of(theirs)
    assert mine.model == theirs.model == MODEL
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (20, 5)
    assert mine.usage.input_tokens == usage.input_tokens + 25
    assert (mine.usage.cached_input_tokens, mine.usage.cache_write_tokens) == (20, 5)
    assert mine.usage.output_tokens == usage.output_tokens > 30
    assert usage.output_tokens_details.thinking_tokens == 30
    assert theirs._request_id == "req_1"


def test_its_own_schema_of_a_class_is_taken(anthropic: Any, server: LLMServer) -> None:
    messages = [{"role": "user", "content": USER}]
    message = client(anthropic, server).messages.parse(
        model=MODEL, max_tokens=4000, messages=messages, output_format=_Reply
    )
    assert len(message.parsed_output.pairs) == 2


@pytest.mark.filterwarnings("ignore:The model:DeprecationWarning")
def test_old_models_are_made_to_call_a_tool(anthropic: Any, server: LLMServer) -> None:
    raw = client(anthropic, server).messages.with_raw_response.create(
        **our_body("claude", question("claude-3-5-haiku-20241022"))
    )
    message = raw.parse()
    (block,) = [block for block in message.content if block.type == "tool_use"]
    assert (block.name, message.stop_reason) == ("emit_reply", "tool_use")
    assert len(block.input["pairs"]) == 2
    check_pairs(reading("claude", raw.read()).text)


@pytest.mark.parametrize(("fault", "reason"), [("truncated_text", "max_tokens"), ("refusal", "refusal")])
def test_unusual_ends(fault: str, reason: str, anthropic: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": fault}])
    message = client(anthropic, server).messages.create(**our_body("claude", question(MODEL)))
    assert message.stop_reason == reason
    assert (message.stop_details is not None) == (reason == "refusal")


def test_the_models_come_in_pages(anthropic: Any, server: LLMServer) -> None:
    models = client(anthropic, server).models
    listed = list(models.list(limit=2))
    assert MODEL in [model.id for model in listed]
    assert len(server.ledger()) > 1
    assert all(model.max_input_tokens and model.created_at for model in listed)
    assert models.retrieve(MODEL).capabilities.structured_outputs.supported


def test_counting_tokens(anthropic: Any, server: LLMServer) -> None:
    messages = [{"role": "user", "content": USER}]
    assert client(anthropic, server).messages.count_tokens(model=MODEL, messages=messages).input_tokens > 10


@pytest.mark.parametrize(
    ("fault", "error", "status", "kind"),
    [
        ({"fault": "context_length"}, "BadRequestError", 400, "invalid_request_error"),
        ({"fault": "quota", "variant": "balance"}, "BadRequestError", 400, "invalid_request_error"),
        ({"fault": "unauthorized"}, "AuthenticationError", 401, "authentication_error"),
        ({"fault": "quota"}, "PaymentRequiredError", 402, "billing_error"),
        ({"fault": "forbidden"}, "PermissionDeniedError", 403, "permission_error"),
        ({"fault": "model_gone"}, "NotFoundError", 404, "not_found_error"),
        ({"fault": "status", "status": 413}, "ContentTooLargeError", 413, "request_too_large"),
        ({"fault": "rate_limit"}, "RateLimitError", 429, "rate_limit_error"),
        ({"fault": "quota", "variant": "spend_limit"}, "RateLimitError", 429, "rate_limit_error"),
        ({"fault": "status", "status": 500}, "InternalServerError", 500, "api_error"),
        ({"fault": "status", "status": 529}, "OverloadedError", 529, "overloaded_error"),
    ],
    ids=lambda value: value["fault"] if isinstance(value, dict) else None,
)
def test_errors_become_its_own_exceptions(
    fault: dict[str, Any], error: str, status: int, kind: str, anthropic: Any, server: LLMServer
) -> None:
    classes = import_module("anthropic._exceptions")  # not all of them stand in the package itself
    server.configure(faults=[fault])
    with pytest.raises(getattr(classes, error)) as caught:
        client(anthropic, server).messages.create(**our_body("claude", question(MODEL)))
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.request_id == caught.value.body["request_id"] == "req_1"


def test_a_wrong_key_an_unknown_model_and_a_refused_parameter(anthropic: Any, server: LLMServer) -> None:
    body = our_body("claude", question(MODEL))
    with pytest.raises(anthropic.AuthenticationError):
        client(anthropic, server, "sk-wrong").messages.create(**body)
    with pytest.raises(anthropic.AuthenticationError):
        list(client(anthropic, server, "sk-wrong").models.list())
    with pytest.raises(anthropic.NotFoundError, match="no-such-model"):
        client(anthropic, server).messages.create(**{**body, "model": "no-such-model"})
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        client(anthropic, server).messages.create(**body, extra_body={"temperature": 0.3})


def test_it_obeys_the_wait_and_tries_again(anthropic: Any, server: LLMServer) -> None:
    server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after_ms": 1}])
    message = client(anthropic, server, retries=1).messages.create(**our_body("claude", question(MODEL)))
    check_pairs(text_of(message))
    assert [entry.status for entry in server.ledger()] == [429, 200]
