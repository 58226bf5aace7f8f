"""Anthropic's Messages dialect: what is sent, and what answers and errors mean."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from pydantic import SecretStr

from qagen.llm import anthropic
from qagen.llm.providers import PROVIDERS, Endpoint, default_effort, resolve_base_url
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Usage
from qagen.prompts import REPLY_SCHEMA

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {"pairs": {"type": "array", "maxItems": 5, "items": {"type": "string"}}},
}
ADAPTED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {"pairs": {"type": "array", "items": {"type": "string"}, "description": "{maxItems: 5}"}},
}
REQUEST = ChatRequest(system="You write JSON.", user="Ask about pumps.", model="claude-sonnet-5-5", max_tokens=8000)
CLAUDE = Endpoint(PROVIDERS["claude"], "claude-sonnet-5-5", "https://api.anthropic.com", SecretStr("sk-ant-secret"))
OLD_MODELS = [
    "claude-3-haiku-20240307",
    "claude-3-5-sonnet-20241022",
    "claude-3-7-sonnet-20250219",
    "claude-sonnet-4-0",
    "claude-sonnet-4-20250514",
    "claude-opus-4-0",
    "claude-opus-4-20250514",
    "claude-opus-4-1-20250805",
]
"""From before Claude 4.5, the first to follow a schema."""
NEW_MODELS = [
    "claude-sonnet-4-5",
    "claude-haiku-4-5-20251001",
    "claude-opus-4-5",
    "claude-sonnet-4-6",
    "claude-opus-4-7",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-opus-5-5",
    "claude-fable-5-1",
]


def body_of(**changes: Any) -> dict[str, Any]:
    call = anthropic.build_request(dataclasses.replace(REQUEST, **changes), CLAUDE)
    body: dict[str, Any] = json.loads(call.body)
    return body


def version_of(**changes: Any) -> str:
    return anthropic.build_request(dataclasses.replace(REQUEST, **changes), CLAUDE).headers["anthropic-version"]


def answer(*blocks: dict[str, Any], stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_01Example",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": list(blocks),
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": {"input_tokens": 25, "output_tokens": 96},
        **more,
    }


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


THINKING = {"type": "thinking", "thinking": "Hmm.", "signature": "EqQBexample"}


# The request


def test_a_request_is_exactly_this() -> None:
    request = dataclasses.replace(REQUEST, schema=SCHEMA, effort="low", options={"stop_sequences": ["###"]})
    call = anthropic.build_request(request, CLAUDE)
    assert (call.method, call.url) == ("POST", "https://api.anthropic.com/v1/messages")
    assert call.headers == {
        "Content-Type": "application/json",
        "anthropic-version": "2026-10-21",
        "x-api-key": "sk-ant-secret",
    }
    assert json.loads(call.body) == {
        "model": "claude-sonnet-5-5",
        "max_tokens": 8000,
        "system": [{"type": "text", "text": "You write JSON.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Ask about pumps."}],
        "stop_sequences": ["###"],
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": ADAPTED}},
    }


def test_a_plain_request_has_nothing_but_what_is_required() -> None:
    assert set(body_of()) == {"model", "max_tokens", "system", "messages"}


def test_there_is_no_system_role_and_no_prefill_among_the_messages() -> None:
    assert [message["role"] for message in body_of(schema=SCHEMA, effort="none")["messages"]] == ["user"]


def test_the_stable_part_stands_before_the_passage() -> None:
    body = anthropic.build_request(REQUEST, CLAUDE).body
    assert body.index(b"You write JSON.") < body.index(b"Ask about pumps.")


def test_the_key_goes_into_one_header_and_nowhere_else() -> None:
    call = anthropic.build_request(REQUEST, CLAUDE)
    assert [name for name, said in call.headers.items() if "sk-ant-secret" in said] == ["x-api-key"]
    assert "sk-ant-secret" not in call.url
    assert b"sk-ant-secret" not in call.body


def test_without_a_key_the_version_is_still_named() -> None:
    call = anthropic.build_request(REQUEST, dataclasses.replace(CLAUDE, api_key=None))
    assert call.headers == {"Content-Type": "application/json", "anthropic-version": "2026-10-21"}


def test_listing_the_models_takes_the_same_headers() -> None:
    assert anthropic.headers(CLAUDE) == anthropic.build_request(REQUEST, CLAUDE).headers


def test_sampling_is_sent_only_when_asked_for() -> None:
    assert not {"temperature", "top_p", "top_k", "seed"} & set(body_of())
    assert version_of() == "2026-10-21"


@pytest.mark.parametrize(
    "asked", [{"temperature": 0.0}, {"top_p": 0.5}, {"options": {"top_k": 40}}, {"options": {"temperature": 0.2}}]
)
def test_whoever_insists_on_sampling_gets_the_version_that_knows_it(asked: dict[str, Any]) -> None:
    assert version_of(model="claude-haiku-4-5", **asked) == "2023-06-01"
    sampling = asked.get("options", asked)
    assert {name: body_of(**asked)[name] for name in sampling} == sampling


def test_sampling_that_was_refused_is_left_out_and_the_version_is_the_new_one_again() -> None:
    asked = {"temperature": 0.3, "top_p": 0.9, "without": frozenset({"temperature", "top_p"})}
    assert not {"temperature", "top_p"} & set(body_of(**asked))
    assert version_of(**asked) == "2026-10-21"
    half = {**asked, "without": frozenset({"temperature"})}
    assert "temperature" not in body_of(**half)
    assert body_of(**half)["top_p"] == 0.9
    assert version_of(**half) == "2023-06-01"


def test_there_is_no_seed_to_send() -> None:
    assert "seed" not in body_of(seed=7)


@pytest.mark.parametrize("model", NEW_MODELS)
def test_models_that_follow_a_schema_get_it_as_output_format_and_are_not_made_to_call_a_tool(model: str) -> None:
    body = body_of(model=model, schema=SCHEMA)
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": ADAPTED}}
    assert not {"tools", "tool_choice", "output_format"} & set(body)


@pytest.mark.parametrize("model", OLD_MODELS)
def test_older_models_are_made_to_call_the_one_tool(model: str) -> None:
    body = body_of(model=model, schema=SCHEMA)
    assert "output_config" not in body
    (tool,) = body["tools"]
    assert tool["input_schema"] == ADAPTED
    assert body["tool_choice"] == {"type": "tool", "name": tool["name"]}


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-sonnet-4-0"])
def test_a_schema_that_was_refused_is_left_out(model: str) -> None:
    body = body_of(model=model, schema=SCHEMA, without=frozenset({"schema"}))
    assert not {"output_config", "tools", "tool_choice"} & set(body)


def test_our_own_schema_is_sent_as_it_is_and_not_changed() -> None:
    before = copy.deepcopy(REPLY_SCHEMA)
    assert body_of(schema=REPLY_SCHEMA)["output_config"]["format"]["schema"] == REPLY_SCHEMA
    assert before == REPLY_SCHEMA


REFUSED_KEYWORDS = [
    {"type": "integer", "minimum": 1},
    {"type": "integer", "maximum": 5},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.1},
    {"type": "string", "minLength": 3},
    {"type": "string", "maxLength": 30},
    {"type": "array", "items": {"type": "string"}, "minItems": 2},
    {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
]


@pytest.mark.parametrize("node", REFUSED_KEYWORDS, ids=lambda node: list(node)[-1])
def test_a_keyword_that_would_be_a_400_is_said_in_words(node: dict[str, Any]) -> None:
    schema = {"type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": node}}
    sent = body_of(schema=schema)["output_config"]["format"]["schema"]["properties"]["a"]
    assert set(sent) <= {"type", "items", "description"}
    for keyword in set(node) - {"type", "items"}:
        assert f"{keyword}: {json.dumps(node[keyword])}" in sent["description"]


@pytest.mark.parametrize("count", [0, 1])
def test_the_two_least_numbers_of_items_that_are_understood_stay(count: int) -> None:
    node = {"type": "array", "items": {"type": "string"}, "minItems": count}
    schema = {"type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": node}}
    assert body_of(schema=schema)["output_config"]["format"]["schema"]["properties"]["a"] == node


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
def test_an_effort_is_sent_as_it_is_and_thinking_is_left_to_it(effort: str) -> None:
    body = body_of(effort=effort)
    assert body["output_config"] == {"effort": effort}
    assert "thinking" not in body


def test_the_least_effort_that_there_is_is_low() -> None:
    assert body_of(effort="minimal")["output_config"] == {"effort": "low"}


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-haiku-5-5", "disabled"),
        ("claude-sonnet-4-6", "disabled"),
        ("claude-sonnet-5-5", "between_tools"),
        ("claude-opus-5-5", "between_tools"),
        ("claude-fable-5-1", "between_tools"),
    ],
)
def test_no_effort_turns_thinking_off_as_far_as_the_model_lets_it(model: str, thinking: str) -> None:
    body = body_of(model=model, effort="none")
    assert body["thinking"] == {"type": thinking}
    assert body["output_config"] == {"effort": "low"}


def test_a_budget_of_thinking_is_never_sent() -> None:
    for model in NEW_MODELS:
        for effort in ("none", "low", "max", None):
            assert (
                b"budget_tokens"
                not in anthropic.build_request(dataclasses.replace(REQUEST, model=model, effort=effort), CLAUDE).body
            )


def test_effort_and_schema_stand_side_by_side() -> None:
    assert set(body_of(effort="none", schema=SCHEMA)["output_config"]) == {"effort", "format"}


@pytest.mark.parametrize("effort", ["none", "low"])
def test_an_effort_that_was_refused_leaves_the_schema_alone(effort: str) -> None:
    body = body_of(effort=effort, schema=SCHEMA, without=frozenset({"effort"}))
    assert set(body["output_config"]) == {"format"}
    assert "thinking" not in body


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("claude-sonnet-5-5", "low"),
        ("claude-opus-5-5", "low"),
        ("claude-fable-5-1", "low"),
        ("claude-haiku-5-5", "none"),
        ("claude-haiku-4-5", None),
        ("claude-sonnet-4-6", None),
    ],
)
def test_models_that_think_unless_told_otherwise_are_told_to_think_little(model: str, effort: str | None) -> None:
    assert default_effort(PROVIDERS["claude"], model) == effort


@pytest.mark.parametrize("model", NEW_MODELS)
def test_with_the_defaults_of_the_row_no_model_is_sent_what_it_refuses(model: str) -> None:
    body = body_of(model=model, schema=SCHEMA, effort=default_effort(PROVIDERS["claude"], model))
    assert set(body) <= {"model", "max_tokens", "system", "messages", "output_config", "thinking"}
    if model.startswith(("claude-sonnet-5-5", "claude-opus-5-5", "claude-fable")):
        assert "thinking" not in body


def test_a_model_option_beats_our_own_choice() -> None:
    assert body_of(options={"max_tokens": 99})["max_tokens"] == 99


@pytest.mark.parametrize(
    "given",
    [
        None,
        "https://api.anthropic.com",
        "https://api.anthropic.com/",
        "https://api.anthropic.com/v1",
        "https://api.anthropic.com/v1/",
    ],
)
def test_the_v1_of_the_address_is_there_once(given: str | None) -> None:
    base_url = resolve_base_url(PROVIDERS["claude"], given)
    assert base_url == "https://api.anthropic.com"
    call = anthropic.build_request(REQUEST, dataclasses.replace(CLAUDE, base_url=base_url))
    assert call.url == "https://api.anthropic.com/v1/messages"


def test_a_gateway_keeps_its_path() -> None:
    assert resolve_base_url(PROVIDERS["claude"], "https://gateway.example/team/v1") == "https://gateway.example/team"


# The reply


def test_a_reply_is_read_with_its_text_end_model_and_tokens() -> None:
    usage = {
        "input_tokens": 25,
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 1800,
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 96,
        "output_tokens_details": {"thinking_tokens": 60},
        "service_tier": "standard",
    }
    assert anthropic.parse_reply(answer(THINKING, text('{"pairs":[]}'), usage=usage)) == ChatReply(
        text='{"pairs":[]}',
        finish="stop",
        usage=Usage(input_tokens=1925, cached_input_tokens=1800, cache_write_tokens=100, output_tokens=96),
        model="claude-sonnet-5-5",
        refusal=None,
    )


@pytest.mark.parametrize(
    "first", [THINKING, {"type": "redacted_thinking", "data": "EmwKexample"}, {"type": "something_new", "text": "no"}]
)
def test_what_is_no_text_block_is_no_text(first: dict[str, Any]) -> None:
    assert anthropic.parse_reply(answer(first, text("[]"))).text == "[]"


def test_all_text_blocks_are_one_text() -> None:
    assert anthropic.parse_reply(answer(text('{"a":'), THINKING, text("1}"))).text == '{"a":1}'


@pytest.mark.parametrize(
    ("stop", "finish"), [("end_turn", "stop"), ("max_tokens", "length"), ("refusal", "refused"), (None, "other")]
)
def test_content_may_be_empty(stop: str | None, finish: str) -> None:
    reply = anthropic.parse_reply(answer(stop=stop))
    assert (reply.text, reply.finish) == ("", finish)


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "other"),
        ("something_new", "other"),
        (None, "other"),
    ],
)
def test_why_it_ended_is_told_apart(stop: str | None, finish: str) -> None:
    reply = anthropic.parse_reply(answer(text('{"pai'), stop=stop))
    assert (reply.text, reply.finish, reply.refusal) == ('{"pai', finish, None)


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded"])
def test_thoughts_that_ate_the_whole_budget_are_truncation_and_billed(stop: str) -> None:
    usage = {"input_tokens": 25, "output_tokens": 8000, "output_tokens_details": {"thinking_tokens": 8000}}
    reply = anthropic.parse_reply(answer(THINKING, stop=stop, usage=usage))
    assert (reply.text, reply.finish, reply.usage.output_tokens) == ("", "length", 8000)


def test_thinking_is_inside_the_output_tokens_and_not_counted_twice() -> None:
    usage = {"input_tokens": 1, "output_tokens": 96, "output_tokens_details": {"thinking_tokens": 60}}
    assert anthropic.parse_reply(answer(text("x"), usage=usage)).usage.output_tokens == 96


@pytest.mark.parametrize(
    ("details", "words"),
    [
        (
            {"type": "refusal", "category": "bio", "explanation": "This touches on pathogens."},
            "This touches on pathogens.",
        ),
        ({"type": "refusal", "category": "cyber", "explanation": None}, "cyber"),
        ({"type": "refusal", "category": None, "explanation": None}, "declined"),
        (None, "declined"),
    ],
)
def test_a_refusal_is_seen_inside_http_200(details: dict[str, Any] | None, words: str) -> None:
    reply = anthropic.parse_reply(answer(text("I can"), stop="refusal", stop_details=details))
    assert (reply.finish, reply.refusal) == ("refused", words)


def test_the_input_of_the_tool_is_the_text() -> None:
    call = {"type": "tool_use", "id": "toolu_01", "name": anthropic.TOOL, "input": {"pairs": []}}
    reply = anthropic.parse_reply(answer(text("Here they are:"), call, stop="tool_use"))
    assert (reply.text, reply.finish) == ('{"pairs":[]}', "stop")


def test_a_tool_call_that_was_cut_is_truncation() -> None:
    call = {"type": "tool_use", "id": "toolu_01", "name": anthropic.TOOL, "input": {}}
    assert anthropic.parse_reply(answer(call, stop="max_tokens")).finish == "length"


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"input_tokens": 10, "output_tokens": 2}, Usage(10, 0, 2)),
        (
            {
                "input_tokens": 10,
                "output_tokens": 2,
                "cache_creation_input_tokens": None,
                "cache_read_input_tokens": None,
            },
            Usage(10, 0, 2),
        ),
        ({"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 90}, Usage(100, 90, 2)),
        ({"input_tokens": 10, "output_tokens": 2, "cache_creation_input_tokens": 90}, Usage(100, 0, 2, 90)),
        ({"input_tokens": 0, "output_tokens": None}, Usage(0, 0, 0)),
        (None, Usage(0, 0, 0, reported=False)),
    ],
)
def test_cached_tokens_are_counted_on_top_of_the_input_and_may_be_null(usage: Any, counted: Usage) -> None:
    assert anthropic.parse_reply(answer(text("x"), usage=usage)).usage == counted


@pytest.mark.parametrize(
    "body", [{}, {"content": None}, {"content": [{}]}, {"content": [None]}, {"content": [{"type": "text"}]}]
)
def test_another_shape_raises_what_the_client_expects_of_a_wire(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError)):
        anthropic.parse_reply(body)


# Errors


def error(kind: str, message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **fields}, "request_id": "req_01Example"}


@pytest.mark.parametrize(
    ("status", "kind", "meaning"),
    [
        (400, "invalid_request_error", None),
        (401, "authentication_error", "auth"),
        (402, "billing_error", "quota"),
        (403, "permission_error", "auth"),
        (404, "not_found_error", "model"),
        (409, "conflict_error", None),
        (413, "request_too_large", None),
        (429, "rate_limit_error", "rate_limited"),
        (500, "api_error", "server"),
        (504, "timeout_error", "server"),
        (529, "overloaded_error", "server"),
        (400, "something_new", None),
    ],
)
def test_errors_are_told_apart_by_type(status: int, kind: str, meaning: str | None) -> None:
    details = anthropic.parse_error(status, error(kind, "model: no-such"))
    assert details is not None
    assert (details.message, details.kind, details.retry_after_s) == ("model: no-such", meaning, None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, error("billing_error")),
        (429, error("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"})),
        (400, error("invalid_request_error", "Your credit balance is too low to access the Anthropic API.")),
        (400, error("invalid_request_error", "This workspace has reached its monthly spend limit.")),
        # The words of https://github.com/anthropics/claude-code/issues/38038
        (
            400,
            error(
                "invalid_request_error",
                "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
            ),
        ),
    ],
    ids=["402", "enforced", "balance", "own limit", "own limit, other words"],
)
def test_money_is_told_in_every_form(status: int, body: Any) -> None:
    details = anthropic.parse_error(status, body)
    assert details is not None
    assert details.kind == "quota"


@pytest.mark.parametrize("details", [None, {}, {"error_code": "other"}, "text", ["list"]])
def test_a_429_with_other_details_is_a_rate_limit(details: Any) -> None:
    found = anthropic.parse_error(429, error("rate_limit_error", details=details))
    assert found is not None
    assert found.kind == "rate_limited"


@pytest.mark.parametrize(
    "words",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 197202 + 8000 > 200000, decrease input length or "
        "`max_tokens` and try again",
    ],
)
def test_a_prompt_that_is_too_long_is_told_by_its_words(words: str) -> None:
    found = anthropic.parse_error(400, error("invalid_request_error", words))
    assert found == ErrorDetails(words, "context_length")


def test_a_local_server_with_this_dialect_answers_errors_in_another() -> None:
    body = {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}
    assert anthropic.parse_error(401, body) == ErrorDetails("Invalid API Key", "auth")
    assert anthropic.parse_error(500, {"error": "plain words"}) == ErrorDetails("plain words")


@pytest.mark.parametrize("body", [None, "text", 7, [], {}, {"error": None}, ["x"], {"error": []}, {"type": "message"}])
def test_a_body_that_is_no_error_says_nothing(body: Any) -> None:
    assert anthropic.parse_error(500, body) is None
