"""The server's dialect of Anthropic Messages: what it answers, what it refuses, how it errs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.llm_server import LLMServer, marker
from tests.llm_server_tests.passages import PASSAGE, SPLIT, WHOLE, objects, prompt

NEW, OLD = "2026-10-21", "2023-06-01"
SONNET, OLD_MODEL, ANCIENT = "claude-sonnet-5-5", "claude-sonnet-4-6", "claude-3-5-haiku-20241022"
SCHEMA = objects(pairs={"type": "array", "items": {"type": "string"}})
TOOLS: dict[str, Any] = {"tools": [{"name": "emit", "description": "Give the reply.", "input_schema": SCHEMA}]}
FORCED: dict[str, Any] = TOOLS | {"tool_choice": {"type": "tool", "name": "emit"}}


def body(passage: str = PASSAGE, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": prompt(passage)}]
    whole = {"model": SONNET, "max_tokens": 4000, "system": "Answer in JSON.", "messages": messages} | more
    return {name: value for name, value in whole.items() if value is not ...}


def headers(version: str | None = NEW, **more: str) -> dict[str, str]:
    named = {"anthropic-version": version, "x-api-key": "sk-ant-1"} | more
    return {name.replace("_", "-"): text for name, text in named.items() if text}


def ask(client: httpx.Client, passage: str = PASSAGE, version: str | None = NEW, **more: Any) -> httpx.Response:
    return client.post("/v1/messages", json=body(passage, **more), headers=headers(version))


def faulty(client: httpx.Client, server: LLMServer, fault: str, **params: Any) -> httpx.Response:
    server.configure(faults=[{"fault": fault, **params}])
    return ask(client)


def told(response: httpx.Response) -> tuple[int, str]:
    """Status and type of an error."""
    said = response.json()
    assert said["type"] == "error"
    assert said["request_id"] == response.headers["request-id"]
    return response.status_code, said["error"]["type"]


def why(response: httpx.Response) -> str:
    assert told(response) == (400, "invalid_request_error")
    return str(response.json()["error"]["message"])


def text_of(response: httpx.Response) -> str:
    return "".join(block["text"] for block in response.json()["content"] if block["type"] == "text")


# The answers


def test_claude_answers_with_the_fields_of_the_document(server: LLMServer, client: httpx.Client) -> None:
    server.configure(reasoning_tokens=60)
    response = ask(client, WHOLE, output_config={"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}})
    said = response.json()
    assert response.headers["request-id"] == "req_1"
    assert "x-request-id" not in response.headers
    assert (said["type"], said["role"], said["model"]) == ("message", "assistant", SONNET)
    assert (said["stop_reason"], said["stop_sequence"], said["stop_details"]) == ("end_turn", None, None)
    thoughts, text = said["content"]
    assert (thoughts["type"], thoughts["thinking"]) == ("thinking", "")
    assert thoughts["signature"]
    assert marker(WHOLE) in text["text"]
    assert said["usage"]["output_tokens"] == 60 + -(-len(text["text"]) // 4)
    assert said["usage"]["output_tokens_details"] == {"thinking_tokens": 60}


def test_the_text_may_come_in_two_blocks(server: LLMServer, client: httpx.Client) -> None:
    blocks = ask(client, SPLIT).json()["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "text"]
    assert json.loads(blocks[1]["text"] + blocks[2]["text"])["pairs"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(blocks[1]["text"])


@pytest.mark.parametrize(
    ("model", "thinking", "shown"),
    [
        ("claude-sonnet-5-5", None, True),
        ("claude-sonnet-5", None, True),
        ("claude-opus-5-5", None, True),
        ("claude-opus-5", {"type": "disabled"}, False),
        ("claude-fable-5-1", None, True),
        ("claude-sonnet-5-5", {"type": "adaptive"}, True),
        ("claude-sonnet-5-5", {"type": "between_tools"}, False),
        ("claude-haiku-5-5", None, False),
        ("claude-haiku-5-5", {"type": "adaptive"}, True),
        ("claude-haiku-5-5", {"type": "disabled"}, False),
        ("claude-haiku-4-5", None, False),
        ("claude-haiku-4-5", {"type": "enabled", "budget_tokens": 1024}, True),
    ],
)
def test_models_think_by_default_or_when_asked(
    server: LLMServer, client: httpx.Client, model: str, thinking: dict[str, Any] | None, shown: bool
) -> None:
    server.configure(reasoning_tokens=50)
    said = ask(client, model=model, thinking=... if thinking is None else thinking).json()
    assert [block["type"] for block in said["content"]].count("thinking") == shown
    assert said["usage"]["output_tokens_details"] == ({"thinking_tokens": 50} if shown else None)


def test_what_is_cached_is_not_among_the_input_tokens(server: LLMServer, client: httpx.Client) -> None:
    fresh = ask(client).json()["usage"]
    assert [fresh[f"cache_{name}_input_tokens"] for name in ("read", "creation")] == [None, None]
    server.configure(cached_tokens=10, cache_write_tokens=5)
    usage = ask(client).json()["usage"]
    assert (usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (10, 5)
    assert usage["input_tokens"] == fresh["input_tokens"] - 15
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 0}


def test_thoughts_can_use_up_the_whole_limit(server: LLMServer, client: httpx.Client) -> None:
    server.configure(reasoning_tokens=500)
    said = ask(client, max_tokens=100).json()
    assert [block["type"] for block in said["content"]] == ["thinking"]
    assert (said["stop_reason"], said["usage"]["output_tokens"]) == ("max_tokens", 100)
    cut = ask(client, max_tokens=510)
    assert (cut.json()["stop_reason"], len(text_of(cut))) == ("max_tokens", 40)


def test_an_answer_ends_where_the_context_does(server: LLMServer, client: httpx.Client) -> None:
    used = ask(client).json()["usage"]["input_tokens"]
    server.configure(context_tokens=used + 10)
    cut = ask(client)
    assert (cut.json()["stop_reason"], len(text_of(cut))) == ("model_context_window_exceeded", 40)
    server.configure(context_tokens=used)
    assert why(ask(client)) == f"prompt is too long: {used} tokens > {used} maximum"


def test_text_may_stand_in_blocks_with_marks_for_the_cache(server: LLMServer, client: httpx.Client) -> None:
    block = {"type": "text", "text": "Answer in JSON.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    user = {"role": "user", "content": [{"type": "text", "text": prompt()}]}
    assert text_of(ask(client, system=[block], messages=[user])) == text_of(ask(client))
    assert "maximum of 4" in why(ask(client, system=[block] * 5))
    assert "cache_control" in why(ask(client, system=[block | {"cache_control": {"type": "eternal"}}]))


def test_a_forced_tool_is_used_by_old_models_and_refused_by_new_ones(server: LLMServer, client: httpx.Client) -> None:
    said = ask(client, model=OLD_MODEL, **FORCED).json()
    (used,) = said["content"]
    assert (used["type"], used["name"], said["stop_reason"]) == ("tool_use", "emit", "tool_use")
    assert len(used["input"]["pairs"]) == 3
    anything = ask(client, model=ANCIENT, **TOOLS, tool_choice={"type": "any"})
    assert anything.json()["content"][0]["type"] == "tool_use"
    for model in ("claude-sonnet-5", SONNET, "claude-opus-5-5", "claude-fable-5-1"):
        assert "tool_choice" in why(ask(client, model=model, **FORCED))
    assert text_of(ask(client, **TOOLS, tool_choice={"type": "auto"}))


# What is refused


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 200_000}, "which is the maximum allowed number of output tokens"),
        ({"model": ...}, "model: Field required"),
        ({"messages": ...}, "messages: Field required"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "system", "content": "x"}]}, 'Unexpected role "system"'),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, "must be non-empty"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "name: Extra inputs are not permitted"),
        ({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]}, "prefill"),
        ({"material": "x"}, "material: Extra inputs are not permitted"),
        ({"max_completion_tokens": 5}, "max_completion_tokens: Extra inputs are not permitted"),
        ({"response_format": {"type": "json_object"}}, "response_format: Extra inputs are not permitted"),
        ({"stream": True}, "stream"),
        ({"stop_sequences": "###"}, "stop_sequences"),
        ({"thinking": {"type": "disabled"}}, "thinking.type.disabled"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking.type.enabled"),
        ({"thinking": {"type": "on"}}, "does not match any of the expected tags"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "enabled"}}, "budget_tokens"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 1000}}, "1024"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "enabled", "budget_tokens": 4000}}, "must be greater"),
        ({"model": "claude-haiku-4-5", "thinking": {"type": "adaptive"}}, "adaptive"),
        ({"model": OLD_MODEL, **FORCED, "thinking": {"type": "adaptive"}}, "forces tool use"),
        ({"model": OLD_MODEL, "tool_choice": {"type": "any"}}, "while providing tools"),
        ({"model": OLD_MODEL, **TOOLS, "tool_choice": {"type": "tool", "name": "x"}}, "'x' not found"),
        ({"model": OLD_MODEL, "tools": [{"name": "emit"}]}, "input_schema"),
        ({"model": OLD_MODEL, "tools": [{"name": "two words"}]}, "tools.0.name"),
        ({"output_config": {"effort": "minimal"}}, "output_config.effort"),
        ({"output_config": {"efort": "low"}}, "output_config.efort: Extra inputs are not permitted"),
        ({"output_config": {"format": {"type": "json_object"}}}, "output_config.format.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"output_format": {"type": "json_schema", "schema": SCHEMA}}, "output_format: Extra inputs"),
    ],
)
def test_claude_refuses_what_it_does_not_take(
    server: LLMServer, client: httpx.Client, more: dict[str, Any], message: str
) -> None:
    assert message in why(ask(client, **more))


def test_a_version_is_required_and_known(server: LLMServer, client: httpx.Client) -> None:
    assert why(ask(client, version=None)) == "anthropic-version: header is required"
    assert "2024-01-01" in why(ask(client, version="2024-01-01"))
    assert ask(client, version=OLD).status_code == 200


def test_one_key_is_required_in_one_of_two_headers(server: LLMServer, client: httpx.Client) -> None:
    def status(**keys: str) -> tuple[int, str] | int:
        sent = {"anthropic-version": NEW} | {name.replace("_", "-"): key for name, key in keys.items()}
        response = client.post("/v1/messages", json=body(), headers=sent)
        return 200 if response.status_code == 200 else told(response)

    refused = (401, "authentication_error")
    assert [status(x_api_key="any"), status(authorization="Bearer any")] == [200, 200]
    assert [status(), status(x_api_key=""), status(x_api_key="a", authorization="Bearer a")] == [refused] * 3
    server.configure(api_key="sk-ant-right-0001")
    assert [status(x_api_key="sk-ant-wrong-0002"), status(authorization="Bearer wrong")] == [refused] * 2
    assert status(x_api_key="sk-ant-right-0001") == status(authorization="Bearer sk-ant-right-0001") == 200
    assert "0002" not in str(server.ledger())


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
def test_the_new_version_takes_no_sampling_for_any_model(server: LLMServer, client: httpx.Client, name: str) -> None:
    sampling: dict[str, Any] = {name: 1}
    for model in (SONNET, OLD_MODEL, ANCIENT):
        assert name in why(ask(client, model=model, **sampling))


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("claude-opus-4-7", False),
        ("claude-opus-4-8", False),
        ("claude-haiku-5-5", False),
        ("claude-sonnet-5", False),
        ("claude-opus-5-5", False),
        ("claude-fable-5-1", False),
        ("claude-mythos-preview", False),
        ("claude-opus-4-6", True),
        ("claude-sonnet-4-6", True),
        ("claude-haiku-4-5-20251001", True),
        (ANCIENT, True),
    ],
)
def test_the_old_version_takes_sampling_for_old_models(
    server: LLMServer, client: httpx.Client, model: str, taken: bool
) -> None:
    sampling: dict[str, Any]
    for sampling in ({"temperature": 0.3}, {"top_p": 0.9}, {"top_k": 40}):
        response = ask(client, model=model, version=OLD, **sampling)
        assert response.status_code == (200 if taken else 400), sampling
    assert ask(client, model=model, version=OLD, temperature=1).status_code == 200, "the default itself passes"
    assert "both" in why(ask(client, model=model, version=OLD, temperature=1, top_p=1))


def test_a_temperature_out_of_its_range_is_refused(server: LLMServer, client: httpx.Client) -> None:
    for wrong in (1.1, -1, "0.3", True):
        assert "temperature" in why(ask(client, model=OLD_MODEL, version=OLD, temperature=wrong))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    assert "thinking" in why(ask(client, model=OLD_MODEL, version=OLD, temperature=0.3, thinking=thinking))


def test_prefill_is_taken_by_old_models_only(server: LLMServer, client: httpx.Client) -> None:
    messages = [{"role": "user", "content": prompt()}, {"role": "assistant", "content": "{"}]
    assert ask(client, model="claude-haiku-4-5", messages=messages).status_code == 200
    for model in ("claude-sonnet-4-6", "claude-haiku-5-5", SONNET):
        assert "prefill" in why(ask(client, model=model, messages=messages))


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("claude-sonnet-5-5", "low medium high xhigh max"),
        ("claude-haiku-5-5", "low medium high xhigh max"),
        ("claude-opus-4-7", "low medium high xhigh max"),
        ("claude-sonnet-4-6", "low medium high max"),
        ("claude-opus-4-5", "low medium high"),
        ("claude-sonnet-4-5", ""),
        ("claude-haiku-4-5", ""),
        ("claude-3-7-sonnet-20250219", ""),
    ],
)
def test_models_know_their_own_levels_of_effort(
    server: LLMServer, client: httpx.Client, model: str, taken: str
) -> None:
    for level in ("low", "medium", "high", "xhigh", "max"):
        response = ask(client, model=model, output_config={"effort": level})
        assert response.status_code == (200 if level in taken.split() else 400), level


@pytest.mark.parametrize(
    "model",
    [
        ANCIENT,
        "claude-sonnet-4-0",
        "claude-opus-4-0",
        "claude-opus-4-1",
        "claude-opus-4-1-20250805",
        "claude-sonnet-4-20250514",
        "claude-opus-4-20250514",
    ],
)
def test_models_without_structured_output_take_no_output_config(
    server: LLMServer, client: httpx.Client, model: str
) -> None:
    config = {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert why(ask(client, model=model, output_config=config)) == f"'{model}' does not support output format."
    assert ask(client, model="claude-sonnet-4-5-20250929", output_config=config).status_code == 200


def test_the_old_field_for_a_schema_needs_its_beta_and_stands_alone(server: LLMServer, client: httpx.Client) -> None:
    given = {"type": "json_schema", "schema": SCHEMA}
    beta = headers(anthropic_beta="other, structured-outputs-2025-11-13")
    alone = client.post("/v1/messages", json=body(output_format=given), headers=beta)
    assert alone.status_code == 200
    both = client.post("/v1/messages", json=body(output_format=given, output_config={"format": given}), headers=beta)
    assert "not both" in why(both)


NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (objects(n={"type": "integer", "minimum": 1}), "For 'integer' type, property 'minimum' is not supported"),
        (objects(n={"type": "integer", "maximum": 1}), "'maximum'"),
        (objects(n={"type": "integer", "multipleOf": 1}), "'multipleOf'"),
        (objects(s={"type": "string", "minLength": 1}), "For 'string' type, property 'minLength' is not supported"),
        (objects(s={"type": "string", "maxLength": 1}), "'maxLength'"),
        (objects(a={"type": "array", "maxItems": 9, "items": {"type": "string"}}), "'maxItems'"),
        (objects(a={"type": "array", "minItems": 2, "items": {"type": "string"}}), "'minItems' values other than 0 or"),
        (objects(a={"type": "array", "uniqueItems": True, "items": {"type": "string"}}), "'uniqueItems'"),
        (objects(a={"type": "array", "items": {"type": "object", "properties": {}}}), "'additionalProperties'"),
        (objects() | {"additionalProperties": True}, "must be explicitly set to false"),
        (objects(o={"oneOf": [{"type": "string"}]}), "'oneOf'"),
        (objects(s={"type": "string", "format": "text"}), "format 'text'"),
        (objects(s={"type": "string", "pattern": r"\bword"}), "Pattern"),
        (objects(e={"enum": [{"a": 1}]}), "Enum values"),
        (objects(x={"description": "anything"}), "type"),
        (objects(x={"type": "text"}), "'text' is not a valid type"),
        (objects(me={"$ref": "#"}), "Recursive"),
        (objects(me={"$ref": "#/$defs/me"}) | {"$defs": {"me": objects(me={"$ref": "#/$defs/me"})}}, "Recursive"),
        (objects(x={"$ref": "https://example.org/schema"}), "External"),
        (objects(**{f"n{i}": NULLABLE for i in range(17)}), "too many parameters with union types (17"),
        (objects(**{f"n{i}": {"type": ["string", "null"]} for i in range(17)}), "union types"),
        (objects(**{f"n{i}": {"type": "string"} for i in range(25)}) | {"required": []}, "optional"),
        ({"type": "object", "additionalProperties": False, "properties": []}, "'properties'"),
    ],
)
def test_a_schema_outside_of_claudes_subset_is_refused(
    server: LLMServer, client: httpx.Client, schema: dict[str, Any], message: str
) -> None:
    said = why(ask(client, output_config={"format": {"type": "json_schema", "schema": schema}}))
    assert said.startswith("output_config.format.schema: ")
    assert message in said


def test_a_schema_within_claudes_subset_passes(server: LLMServer, client: httpx.Client) -> None:
    pair = objects(
        minimum={"type": "string", "description": "A name like a keyword is none.", "format": "date"},
        kind={"enum": ["a", "b"]},
        evidence={"type": "array", "minItems": 1, "items": {"type": "string"}},
        one={"$ref": "#/$defs/one"},
    )
    schema = objects(pairs={"type": "array", "items": pair}, **{f"n{i}": NULLABLE for i in range(16)})
    schema["$defs"] = {"one": objects(two={"$ref": "#/$defs/two"}), "two": {"type": "string", "default": "x"}}
    response = ask(client, output_config={"format": {"type": "json_schema", "schema": schema}})
    assert response.status_code == 200, response.text


# The other pages


def test_claudes_list_of_models_is_its_own_and_comes_in_pages(server: LLMServer, client: httpx.Client) -> None:
    names = ["claude-sonnet-5-5", "claude-haiku-4-5", "claude-opus-5-5"]
    server.configure(models=names)
    first = client.get("/v1/models", params={"limit": 2}, headers=headers()).json()
    assert [row["id"] for row in first["data"]] == names[:2]
    assert (first["has_more"], first["first_id"], first["last_id"]) == (True, names[0], names[1])
    rest = client.get("/v1/models", params={"limit": 2, "after_id": names[1]}, headers=headers()).json()
    assert ([row["id"] for row in rest["data"]], rest["has_more"]) == (names[2:], False)
    row = first["data"][0]
    assert (row["type"], row["lifecycle"]) == ("model", "active")
    assert row["capabilities"]["structured_outputs"] == {"supported": True}
    assert row["capabilities"]["thinking"]["types"]["disabled"] == {"supported": False}
    assert first["data"][1]["capabilities"]["effort"]["supported"] is False
    assert "limit" in why(client.get("/v1/models?limit=0", headers=headers()))
    assert "after_id" in why(client.get("/v1/models?after_id=nobody", headers=headers()))
    assert client.get(f"/v1/models/{names[0]}", headers=headers()).json() == row
    assert told(client.get("/v1/models/gpt-6-luna", headers=headers())) == (404, "not_found_error")


def test_the_header_tells_the_two_lists_of_models_apart(server: LLMServer, client: httpx.Client) -> None:
    assert client.get("/v1/models").json()["object"] == "list"
    assert told(client.get("/v1/models", headers={"anthropic-version": NEW})) == (401, "authentication_error")
    assert [entry.dialect for entry in server.ledger()] == ["openai", "anthropic"]


def test_tokens_are_counted_for_nothing(server: LLMServer, client: httpx.Client) -> None:
    counted = client.post("/v1/messages/count_tokens", json=body(max_tokens=...), headers=headers())
    assert counted.json() == {"input_tokens": ask(client).json()["usage"]["input_tokens"]}
    with_limit = client.post("/v1/messages/count_tokens", json=body(), headers=headers())
    assert why(with_limit) == "max_tokens: Extra inputs are not permitted"
    assert [entry.marker for entry in server.ledger()] == [None, marker(PASSAGE), None]


def test_a_model_or_path_that_is_none_is_404(server: LLMServer, client: httpx.Client) -> None:
    for model in ("claude-no-such", "no-such-model", "gpt-6-luna"):
        server.configure(models=None if "claude" not in model else [SONNET])
        response = ask(client, model=model)
        assert told(response) == (404, "not_found_error")
        assert response.json()["error"]["message"] == f"model: {model}"
    twice = client.post("/v1/v1/messages", json=body(), headers=headers())
    assert told(twice) == (404, "not_found_error")


# The faults


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("unauthorized", {}, (401, "authentication_error")),
        ("forbidden", {}, (403, "permission_error")),
        ("model_gone", {}, (404, "not_found_error")),
        ("context_length", {}, (400, "invalid_request_error")),
        ("quota", {}, (402, "billing_error")),
        ("quota", {"variant": "daily"}, (402, "billing_error")),
        ("rate_limit", {}, (429, "rate_limit_error")),
        ("rate_limit", {"variant": "tokens"}, (429, "rate_limit_error")),
        ("status", {"status": 402}, (402, "billing_error")),
        ("status", {"status": 409}, (409, "conflict_error")),
        ("status", {"status": 413}, (413, "request_too_large")),
        ("status", {"status": 422}, (422, "invalid_request_error")),
        ("status", {"status": 500}, (500, "api_error")),
        ("status", {"status": 502}, (502, "api_error")),
        ("status", {"status": 504}, (504, "timeout_error")),
        ("status", {"status": 529}, (529, "overloaded_error")),
        ("status", {"status": 400, "type": "brand_new_error"}, (400, "brand_new_error")),
        ("error_in_200", {"kind": "overloaded"}, (200, "overloaded_error")),
    ],
)
def test_errors_have_claudes_form(
    server: LLMServer, client: httpx.Client, fault: str, params: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert told(faulty(client, server, fault, **params)) == expected


def test_money_runs_out_in_several_ways(server: LLMServer, client: httpx.Client) -> None:
    assert "Your credit balance is too low" in why(faulty(client, server, "quota", variant="balance"))
    assert "API usage limits" in why(faulty(client, server, "quota", variant="own_limit"))
    enforced = faulty(client, server, "quota", variant="spend_limit")
    assert told(enforced) == (429, "rate_limit_error")
    assert enforced.json()["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert "retry-after" not in enforced.headers
    assert why(faulty(client, server, "context_length")).startswith("prompt is too long: ")


def test_rate_limits_stand_in_headers_with_points_in_time(server: LLMServer, client: httpx.Client) -> None:
    good, limited = ask(client), faulty(client, server, "rate_limit", retry_after=7)
    assert limited.headers["retry-after"] == "7"
    for name in ("requests", "tokens", "input-tokens", "output-tokens"):
        about = {what: good.headers[f"anthropic-ratelimit-{name}-{what}"] for what in ("limit", "remaining", "reset")}
        assert 0 < int(about["remaining"]) < int(about["limit"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", about["reset"])
        assert abs((datetime.fromisoformat(about["reset"]) - datetime.now(UTC)).total_seconds()) < 90
    assert limited.headers["anthropic-ratelimit-requests-remaining"] == "0"


def test_a_refusal_is_an_answer_with_details(server: LLMServer, client: httpx.Client) -> None:
    refused = faulty(client, server, "refusal", reason="cyber")
    assert (refused.status_code, refused.json()["stop_reason"]) == (200, "refusal")
    details = refused.json()["stop_details"]
    assert (details["type"], details["category"]) == ("refusal", "cyber")
    assert details["explanation"]
    for fault in ("content_filter", "blocked_prompt"):
        said = faulty(client, server, fault).json()
        assert (said["stop_reason"], said["content"]) == ("refusal", [])
        assert said["stop_details"] == {"type": "refusal", "category": None, "explanation": None}


def test_an_answer_may_have_no_text(server: LLMServer, client: httpx.Client) -> None:
    thinking = faulty(client, server, "thinking_only").json()
    assert [block["type"] for block in thinking["content"]] == ["thinking"]
    assert (thinking["stop_reason"], thinking["usage"]["output_tokens"]) == ("max_tokens", 4000)
    server.configure(faults=[{"fault": "no_parts"}])
    empty = ask(client, model=OLD_MODEL).json()
    assert (empty["content"], empty["stop_reason"]) == ([], "end_turn")
    assert faulty(client, server, "no_parts", reason="pause_turn").json()["stop_reason"] == "pause_turn"


def test_the_faults_of_texts_bodies_and_lines_work_at_claude_too(server: LLMServer, client: httpx.Client) -> None:
    assert "{" not in text_of(faulty(client, server, "not_json_text"))
    assert "```json" in text_of(faulty(client, server, "fenced"))
    assert faulty(client, server, "truncated_text").json()["stop_reason"] == "max_tokens"
    with pytest.raises(json.JSONDecodeError):
        faulty(client, server, "bad_json").json()
    with pytest.raises(UnicodeDecodeError):
        faulty(client, server, "bad_utf8").content.decode()
    assert faulty(client, server, "html").text.startswith("<!DOCTYPE html>")
    with pytest.raises(httpx.ReadError):
        faulty(client, server, "reset_before")
    listed = faulty(client, server, "status", status=529, array=True).json()
    assert [item["error"]["type"] for item in listed] == ["overloaded_error"]


def test_a_tool_gets_an_object_whatever_the_model_wrote(server: LLMServer, client: httpx.Client) -> None:
    for fault, reason in (("not_json_text", "tool_use"), ("truncated_text", "max_tokens")):
        server.configure(faults=[{"fault": fault}])
        said = ask(client, model=OLD_MODEL, **FORCED).json()
        assert (said["content"][0]["input"], said["stop_reason"]) == ({}, reason)
