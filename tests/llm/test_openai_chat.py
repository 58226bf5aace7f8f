"""The Chat Completions dialect: what is sent, and what answers and errors mean."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from qagen.llm import openai_chat
from qagen.llm.providers import PROVIDERS, Endpoint, default_effort, resolve_base_url
from qagen.llm.types import ChatRequest, ErrorDetails, Usage
from qagen.prompts import REPLY_SCHEMA

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {"pairs": {"type": "array", "items": {"type": "string"}}},
}
REQUEST = ChatRequest(system="You write JSON.", user="Ask about pumps.", model="gpt-6-luna", max_tokens=2000)
OPENAI = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret"))
COMPATIBLE = Endpoint(PROVIDERS["compatible"], "my-model", "http://127.0.0.1:8000/v1")
RULES = Endpoint(PROVIDERS["rules"], "rules-cloze-1", "http://rules.invalid/v1")


def body_of(endpoint: Endpoint = OPENAI, **changes: Any) -> dict[str, Any]:
    call = openai_chat.build_request(dataclasses.replace(REQUEST, **changes), endpoint)
    body: dict[str, Any] = json.loads(call.body)
    return body


def answer(message: dict[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1795300000,
        "model": "gpt-6-luna",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        **more,
    }


# The request


def test_a_request_is_exactly_this() -> None:
    request = dataclasses.replace(
        REQUEST,
        schema=SCHEMA,
        schema_name="qa_pairs",
        temperature=0.3,
        top_p=0.9,
        seed=7,
        effort="none",
        options={"stop": ["###"]},
    )
    call = openai_chat.build_request(request, OPENAI)
    assert call.url == "https://api.openai.com/v1/chat/completions"
    assert call.headers == {"Content-Type": "application/json", "Authorization": "Bearer sk-secret"}
    assert json.loads(call.body) == {
        "model": "gpt-6-luna",
        "messages": [
            {"role": "system", "content": "You write JSON."},
            {"role": "user", "content": "Ask about pumps."},
        ],
        "max_completion_tokens": 2000,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "qa_pairs",
                "strict": True,
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["pairs"],
                    "properties": {"pairs": {"type": "array", "items": {"type": "string"}}},
                },
            },
        },
        "reasoning_effort": "none",
        "temperature": 0.3,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["###"],
    }


def test_the_stable_part_stands_before_the_passage() -> None:
    call = openai_chat.build_request(REQUEST, OPENAI)
    assert call.body.index(b"You write JSON.") < call.body.index(b"Ask about pumps.")


def test_sampling_is_sent_only_when_asked_for() -> None:
    assert not {"temperature", "top_p", "seed"} & set(body_of())
    assert body_of(temperature=0.0)["temperature"] == 0.0
    assert body_of(top_p=0.5)["top_p"] == 0.5
    assert body_of(seed=0)["seed"] == 0


def test_openai_gets_max_completion_tokens_and_never_max_tokens() -> None:
    body = body_of(max_tokens=1234)
    assert body["max_completion_tokens"] == 1234
    assert "max_tokens" not in body


def test_compatible_servers_get_max_tokens_and_never_max_completion_tokens() -> None:
    body = body_of(COMPATIBLE, model="my-model", max_tokens=1234)
    assert body["max_tokens"] == 1234
    assert "max_completion_tokens" not in body


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-6-sol", "gpt-6-luna-2026-09-01"])
def test_models_that_can_do_without_reasoning_are_told_to(model: str) -> None:
    assert default_effort(PROVIDERS["openai"], model) == "none"
    assert body_of(model=model, effort="none")["reasoning_effort"] == "none"


@pytest.mark.parametrize("model", ["gpt-6.1-sol", "gpt-4.1-mini", "gpt-6-astra"])
def test_models_that_do_not_take_effort_none_are_not_sent_it(model: str) -> None:
    assert "reasoning_effort" not in body_of(model=model)


def test_compatible_servers_get_no_field_of_openai_alone() -> None:
    assert set(body_of(COMPATIBLE, model="gpt-6-luna")) == {"model", "messages", "max_tokens"}


def test_model_options_land_at_the_top_level_under_their_own_names() -> None:
    body = body_of(COMPATIBLE, options={"top_k": 40, "chat_template_kwargs": {"enable_thinking": False}})
    assert body["top_k"] == 40
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_model_option_beats_our_own_choice() -> None:
    assert body_of(options={"reasoning_effort": "low"})["reasoning_effort"] == "low"


def test_without_a_key_there_is_no_authorization_header() -> None:
    call = openai_chat.build_request(REQUEST, COMPATIBLE)
    assert call.headers == {"Content-Type": "application/json"}


def test_without_a_schema_no_format_is_asked_for() -> None:
    assert "response_format" not in body_of()


def test_only_the_provider_that_is_no_model_gets_the_material() -> None:
    material = {"passage": "A pump moves water.", "questions": 2}
    assert body_of(RULES, material=material)["passage"] == "A pump moves water."
    assert "passage" not in body_of(material=material)
    assert "passage" not in body_of(COMPATIBLE, material=material)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1/chat/completions"),
        ("https://gateway.example/openai/v1", "https://gateway.example/openai/v1/chat/completions"),
    ],
)
def test_the_v1_of_the_base_url_is_there_once(given: str, url: str) -> None:
    base_url = resolve_base_url(PROVIDERS["compatible"], given)
    assert base_url is not None
    assert openai_chat.build_request(REQUEST, dataclasses.replace(COMPATIBLE, base_url=base_url)).url == url


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_in(value)


def test_every_object_of_our_schema_requires_all_its_properties_and_allows_no_others() -> None:
    found = list(objects_in(REPLY_SCHEMA))
    assert len(found) == 2
    for schema in found:
        assert schema["required"] == list(schema["properties"])
        assert schema["additionalProperties"] is False


def test_our_schema_has_no_keyword_that_a_provider_refuses() -> None:
    text = json.dumps(REPLY_SCHEMA)
    refused = ["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern", "default", "oneOf"]
    assert [keyword for keyword in refused if f'"{keyword}"' in text] == []


# The reply


def test_a_reply_is_read_with_its_text_end_model_and_tokens() -> None:
    usage = {
        "prompt_tokens": 1320,
        "completion_tokens": 41,
        "total_tokens": 1361,
        "prompt_tokens_details": {"cached_tokens": 1024},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    reply = openai_chat.parse_reply(answer({"content": '{"pairs":[]}', "refusal": None}, usage=usage))
    assert (reply.text, reply.finish, reply.model, reply.refusal) == ('{"pairs":[]}', "stop", "gpt-6-luna", None)
    assert reply.usage == Usage(input_tokens=1320, cached_input_tokens=1024, output_tokens=41)


def test_cached_tokens_are_counted_inside_the_prompt_and_not_on_top() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 90}}
    counted = openai_chat.parse_reply(answer({"content": "x"}, usage=usage)).usage
    assert counted.input_tokens == 100
    assert counted.cached_input_tokens == 90


@pytest.mark.parametrize("details", [{}, {"prompt_tokens_details": None}, {"prompt_tokens_details": {}}])
def test_missing_details_of_the_usage_count_as_none_cached(details: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, **details}
    assert openai_chat.parse_reply(answer({"content": "x"}, usage=usage)).usage == Usage(10, 0, 2)


@pytest.mark.parametrize("more", [{}, {"usage": None}])
def test_a_reply_without_usage_says_that_nothing_was_reported(more: dict[str, Any]) -> None:
    assert openai_chat.parse_reply(answer({"content": "x"}, **more)).usage == Usage(0, 0, 0, reported=False)


def test_a_refusal_is_seen_although_it_finishes_with_stop() -> None:
    reply = openai_chat.parse_reply(answer({"content": None, "refusal": "I can't help with that."}, "stop"))
    assert (reply.finish, reply.refusal, reply.text) == ("refused", "I can't help with that.", "")


def test_a_content_filter_is_a_refusal_that_keeps_what_was_written() -> None:
    reply = openai_chat.parse_reply(answer({"content": '{"pai'}, "content_filter"))
    assert (reply.finish, reply.text) == ("refused", '{"pai')


@pytest.mark.parametrize("content", ["", None])
def test_no_text_at_the_token_limit_is_truncation_and_not_an_empty_reply(content: str | None) -> None:
    reply = openai_chat.parse_reply(answer({"content": content, "refusal": None}, "length"))
    assert (reply.finish, reply.text) == ("length", "")


def test_an_unknown_end_is_neither_done_nor_cut() -> None:
    assert openai_chat.parse_reply(answer({"content": "x"}, "tool_calls")).finish == "other"


def test_the_reasoning_of_a_compatible_server_is_no_part_of_the_text() -> None:
    assert openai_chat.parse_reply(answer({"content": "[]", "reasoning_content": "Hmm"})).text == "[]"


def test_a_list_of_text_parts_is_one_text() -> None:
    parts = [{"type": "text", "text": '{"a":'}, {"type": "text", "text": "1}"}]
    assert openai_chat.parse_reply(answer({"content": parts})).text == '{"a":1}'


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": [{}]}, {"choices": None}, {"choices": [None]}])
def test_another_shape_raises_what_the_client_expects_of_a_wire(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError)):
        openai_chat.parse_reply(body)


# Errors


def error(message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, error(code="invalid_api_key"), "auth"),
        (401, {"error": {"message": "no", "type": "authentication_error", "code": 401}}, "auth"),
        (404, error(code="model_not_found"), "model"),
        (400, error(code="context_length_exceeded"), "context_length"),
        (400, {"error": {"code": 400, "message": "no", "type": "exceed_context_size_error"}}, "context_length"),
        (429, error(code="rate_limit_exceeded", type="requests"), None),
        (429, error(code="slow_down", type="rate_limit_error"), None),
        (400, error(), None),
    ],
)
def test_errors_are_told_apart_by_code_and_type(status: int, body: Any, kind: str | None) -> None:
    details = openai_chat.parse_error(status, body)
    assert details is not None
    assert details.message == "no"
    # A rate limit is told by its status already; saying so twice does no harm.
    assert details.kind == kind or (kind is None and status == 429 and details.kind == "rate_limited")


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "insufficient_quota", "code": None},
        {"type": "insufficient_quota", "code": "insufficient_quota"},
        {"code": "credit_balance_exhausted"},
        {"code": "organization_spend_limit_exceeded"},
        {"code": "project_spend_limit_exceeded"},
        {"code": "organization_usage_limit_exceeded"},
    ],
)
def test_a_429_about_money_is_no_rate_limit(fields: dict[str, Any]) -> None:
    details = openai_chat.parse_error(429, error(**fields))
    assert details is not None
    assert details.kind == "quota"


def test_a_429_that_only_speaks_of_quota_is_a_rate_limit() -> None:
    details = openai_chat.parse_error(429, error("insufficient quota, please retry later", type="error", code="429"))
    assert details is not None
    assert details.kind in {None, "rate_limited"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "plain words"}, "plain words"),
        ([{"error": {"message": "in an array"}}], "in an array"),
        ({"object": "error", "message": "old vLLM", "type": "BadRequestError", "code": 400}, "old vLLM"),
        ({"error": {"message": "new vLLM", "type": "BadRequestError", "param": None, "code": 400}}, "new vLLM"),
        ({"detail": "Not Found"}, "Not Found"),
        ({"error": {"code": 500, "message": "integer code", "type": "server_error"}}, "integer code"),
    ],
)
def test_every_form_of_an_error_gives_its_message(body: Any, message: str) -> None:
    details = openai_chat.parse_error(400, body)
    assert details is not None
    assert details.message == message


@pytest.mark.parametrize("body", [None, "text", 7, [], {}, {"error": None}, ["x"], {"error": []}, {"choices": []}])
def test_a_body_that_is_no_error_says_nothing(body: Any) -> None:
    assert openai_chat.parse_error(500, body) is None


def test_a_context_overflow_without_a_code_is_told_by_its_words() -> None:
    text = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
    assert openai_chat.parse_error(400, {"object": "error", "message": text, "code": 400}) == ErrorDetails(
        text, "context_length"
    )


def test_a_404_about_a_model_is_told_by_its_words() -> None:
    text = "The model `x` does not exist."
    assert openai_chat.parse_error(404, {"error": {"message": text, "code": 404}}) == ErrorDetails(text, "model")
