"""Google's generateContent dialect: what is sent, and what answers and errors mean."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from qagen.llm import gemini
from qagen.llm.providers import PROVIDERS, Endpoint, default_effort, resolve_base_url
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Usage
from qagen.prompts import REPLY_SCHEMA

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {"pairs": {"type": "array", "maxItems": 5, "items": {"type": "string", "minLength": 1}}},
}
ADAPTED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["pairs"],
    "properties": {"pairs": {"type": "array", "maxItems": 5, "items": {"type": "string"}}},
}
REQUEST = ChatRequest(system="You write JSON.", user="Ask about pumps.", model="gemini-3.8-flash", max_tokens=8000)
HOST = "https://generativelanguage.googleapis.com"
GEMINI = Endpoint(PROVIDERS["gemini"], "gemini-3.8-flash", HOST, SecretStr("AIza-secret-key"))


def body_of(**changes: Any) -> dict[str, Any]:
    call = gemini.build_request(dataclasses.replace(REQUEST, **changes), GEMINI)
    body: dict[str, Any] = json.loads(call.body)
    return body


def config_of(**changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = body_of(**changes)["generationConfig"]
    return config


def candidate(*parts: dict[str, Any], finish: str | None = "STOP", **more: Any) -> dict[str, Any]:
    return {"index": 0, "content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **more}


def answer(*candidates: dict[str, Any], **more: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 2, "totalTokenCount": 12}
    return {
        "candidates": list(candidates),
        "usageMetadata": usage,
        "modelVersion": "gemini-3.8-flash",
        "responseId": "exampleId",
        **more,
    }


# The request


def test_a_request_is_exactly_this() -> None:
    request = dataclasses.replace(
        REQUEST, schema=SCHEMA, seed=7, effort="low", options={"stopSequences": ["###"], "topK": 40}
    )
    call = gemini.build_request(request, GEMINI)
    assert (call.method, call.url) == ("POST", f"{HOST}/v1beta/models/gemini-3.8-flash:generateContent")
    assert call.headers == {"Content-Type": "application/json", "x-goog-api-key": "AIza-secret-key"}
    assert json.loads(call.body) == {
        "systemInstruction": {"parts": [{"text": "You write JSON."}]},
        "contents": [{"role": "user", "parts": [{"text": "Ask about pumps."}]}],
        "generationConfig": {
            "maxOutputTokens": 8000,
            "seed": 7,
            "responseMimeType": "application/json",
            "responseJsonSchema": ADAPTED,
            "thinkingConfig": {"thinkingLevel": "low"},
            "stopSequences": ["###"],
            "topK": 40,
        },
    }


def test_a_plain_request_has_nothing_but_the_cap() -> None:
    assert config_of() == {"maxOutputTokens": 8000}


def test_the_stable_part_stands_before_the_passage() -> None:
    body = gemini.build_request(REQUEST, GEMINI).body
    assert body.index(b"You write JSON.") < body.index(b"Ask about pumps.")


def test_the_key_goes_into_one_header_and_never_into_the_address() -> None:
    call = gemini.build_request(REQUEST, GEMINI)
    assert [name for name, said in call.headers.items() if "AIza-secret-key" in said] == ["x-goog-api-key"]
    assert "AIza-secret-key" not in call.url
    assert "?" not in call.url
    assert b"AIza-secret-key" not in call.body


def test_without_a_key_no_header_carries_one() -> None:
    call = gemini.build_request(REQUEST, dataclasses.replace(GEMINI, api_key=None))
    assert call.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-3.8-flash", "/v1beta/models/gemini-3.8-flash:generateContent"),
        ("models/gemini-3.8-flash", "/v1beta/models/gemini-3.8-flash:generateContent"),
        ("gemini 4?x#y", "/v1beta/models/gemini%204%3Fx%23y:generateContent"),
    ],
)
def test_the_model_is_in_the_path_once_and_the_colon_after_it_is_a_colon(model: str, path: str) -> None:
    assert gemini.build_request(dataclasses.replace(REQUEST, model=model), GEMINI).url == HOST + path


def test_the_model_is_named_in_the_path_alone() -> None:
    assert "model" not in body_of()


@pytest.mark.parametrize(
    "given", [None, HOST, f"{HOST}/", f"{HOST}/v1beta", f"{HOST}/v1beta/", f"{HOST}/v1", f"{HOST}/v1/"]
)
def test_the_version_of_the_address_is_there_once(given: str | None) -> None:
    base_url = resolve_base_url(PROVIDERS["gemini"], given)
    assert base_url == HOST
    call = gemini.build_request(REQUEST, dataclasses.replace(GEMINI, base_url=base_url))
    assert call.url == f"{HOST}/v1beta/models/gemini-3.8-flash:generateContent"


def test_sampling_is_sent_only_when_asked_for() -> None:
    assert not {"temperature", "topP", "topK", "seed"} & set(config_of())
    assert config_of(temperature=0.0)["temperature"] == 0.0
    assert config_of(top_p=0.5)["topP"] == 0.5
    assert config_of(seed=0)["seed"] == 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("temperature", "temperature"), ("top_p", "topP"), ("seed", "seed"), ("effort", "thinkingConfig")],
)
def test_what_was_refused_is_left_out(ours: str, theirs: str) -> None:
    asked: dict[str, Any] = {"temperature": 0.5, "top_p": 0.5, "seed": 7, "effort": "low"}
    assert theirs in config_of(**asked)
    left = config_of(**asked, without=frozenset({ours}))
    assert set(config_of(**asked)) - set(left) == {theirs}


def test_after_the_schema_comes_json_mode_and_after_that_nothing() -> None:
    assert config_of(schema=SCHEMA, without=frozenset({"schema"})) == {
        "maxOutputTokens": 8000,
        "responseMimeType": "application/json",
    }
    assert config_of(schema=SCHEMA, without=frozenset({"schema", "json"})) == {"maxOutputTokens": 8000}


def test_the_older_field_of_the_schema_is_never_sent_beside_the_newer() -> None:
    assert not {"responseSchema", "responseFormat"} & set(config_of(schema=SCHEMA))


def test_our_own_schema_is_sent_as_it_is_and_not_changed() -> None:
    before = copy.deepcopy(REPLY_SCHEMA)
    assert config_of(schema=REPLY_SCHEMA)["responseJsonSchema"] == REPLY_SCHEMA
    assert before == REPLY_SCHEMA


SUPPORTED = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
    *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties"),
    *("required", "propertyOrdering"),
}
"""All keywords that the API knows, by Google's SDK."""


def nodes_of(schema: Any) -> Iterator[dict[str, Any]]:
    yield schema
    for name in ("properties", "$defs"):
        for child in schema.get(name, {}).values():
            yield from nodes_of(child)
    for child in [*schema.get("anyOf", []), *schema.get("oneOf", []), *filter(None, [schema.get("items")])]:
        yield from nodes_of(child)


def test_no_keyword_is_sent_that_the_api_does_not_know() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["pattern", "number", "kind", "words"],
        "properties": {
            "pattern": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a"},
            "number": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
            "kind": {"anyOf": [{"const": "x"}, {"type": "null"}]},
            "words": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/word"}},
        },
        "$defs": {"word": {"type": "string", "maxLength": 30, "description": "A word."}},
    }
    sent = config_of(schema=schema)["responseJsonSchema"]
    assert {keyword for node in nodes_of(sent) for keyword in node} - SUPPORTED == set()
    assert "pattern" in sent["properties"], "a property of that name is no keyword"
    assert sent["properties"]["kind"]["anyOf"][0] == {"enum": ["x"]}
    assert sent["properties"]["words"]["maxItems"] == 3


def test_a_reference_has_no_keywords_beside_it() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["word"],
        "properties": {"word": {"$ref": "#/$defs/word", "description": "Said here."}},
        "$defs": {"word": {"type": "string"}},
    }
    for node in nodes_of(config_of(schema=schema)["responseJsonSchema"]):
        assert "$ref" not in node or set(node) == {"$ref"}


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-3.5-flash-lite"])
@pytest.mark.parametrize(
    ("effort", "level"),
    [
        ("none", "low"),
        ("minimal", "low"),
        ("low", "low"),
        ("medium", "medium"),
        ("high", "high"),
        ("xhigh", "high"),
        ("max", "high"),
    ],
)
def test_newer_models_take_a_level_of_the_three_that_all_of_them_accept(model: str, effort: str, level: str) -> None:
    assert config_of(model=model, effort=effort)["thinkingConfig"] == {"thinkingLevel": level}


@pytest.mark.parametrize("prefix", ["", "models/"])
@pytest.mark.parametrize(
    ("model", "effort", "budget"),
    [
        ("gemini-2.5-flash", "none", 0),
        ("gemini-2.5-flash", "low", 1024),
        ("gemini-2.5-flash", "medium", 8192),
        ("gemini-2.5-flash", "high", -1),
        ("gemini-2.5-flash", "max", -1),
        ("gemini-2.5-pro", "none", 128),
        ("gemini-2.5-pro", "low", 1024),
        ("gemini-2.5-pro", "high", -1),
    ],
)
def test_older_models_take_a_budget_and_never_a_level(prefix: str, model: str, effort: str, budget: int) -> None:
    assert config_of(model=prefix + model, effort=effort)["thinkingConfig"] == {"thinkingBudget": budget}


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gemini-3.8-flash", "low"),
        ("models/gemini-3.8-flash", "low"),
        ("gemini-3.1-pro-preview", "low"),
        ("gemini-2.5-flash", "none"),
        ("gemini-2.0-flash", None),
        ("gemma-4", None),
    ],
)
def test_models_that_think_are_told_to_think_little(model: str, effort: str | None) -> None:
    assert default_effort(PROVIDERS["gemini"], model) == effort


def test_a_model_option_beats_our_own_choice() -> None:
    options = {"thinkingConfig": {"thinkingLevel": "high"}}
    assert config_of(effort="low", options=options)["thinkingConfig"] == {"thinkingLevel": "high"}


# The reply


def test_a_reply_is_read_with_its_text_end_model_and_tokens() -> None:
    usage = {
        "promptTokenCount": 1200,
        "cachedContentTokenCount": 1024,
        "candidatesTokenCount": 40,
        "thoughtsTokenCount": 210,
        "totalTokenCount": 1450,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 1200}],
    }
    parts = {"text": '{"pairs":[]}', "thoughtSignature": "CiQExample"}
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
    assert gemini.parse_reply(answer(candidate(parts, safetyRatings=ratings), usageMetadata=usage)) == ChatReply(
        text='{"pairs":[]}',
        finish="stop",
        usage=Usage(input_tokens=1200, cached_input_tokens=1024, output_tokens=250),
        model="gemini-3.8-flash",
        refusal=None,
    )


def test_thoughts_are_no_part_of_the_text_and_the_other_parts_are_one() -> None:
    parts: list[dict[str, Any]] = [
        {"text": "Hmm.", "thought": True},
        {"text": '{"a":', "thought": False},
        {"text": "1}"},
    ]
    assert gemini.parse_reply(answer(candidate(*parts))).text == '{"a":1}'


@pytest.mark.parametrize(
    "found",
    [
        {"index": 0, "finishReason": "MAX_TOKENS"},
        {"index": 0, "content": {"role": "model"}, "finishReason": "MAX_TOKENS"},
        {"index": 0, "content": {"role": "model", "parts": []}, "finishReason": "MAX_TOKENS"},
        {"index": 0, "content": {"parts": [{"text": "Hmm.", "thought": True}]}, "finishReason": "MAX_TOKENS"},
        {"index": 0, "content": {"parts": [{"thoughtSignature": "Ci"}]}, "finishReason": "MAX_TOKENS"},
    ],
    ids=["no content", "no parts", "empty parts", "thoughts only", "no text"],
)
def test_no_text_at_the_token_limit_is_truncation_whatever_is_missing(found: dict[str, Any]) -> None:
    usage = {"promptTokenCount": 10, "thoughtsTokenCount": 8000, "totalTokenCount": 8010}
    reply = gemini.parse_reply(answer(found, usageMetadata=usage))
    assert (reply.text, reply.finish, reply.refusal) == ("", "length", None)
    assert reply.usage.output_tokens == 8000


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
@pytest.mark.parametrize("candidates", [{}, {"candidates": []}, {"candidates": None}])
def test_a_blocked_prompt_is_a_refusal_inside_http_200(reason: str, candidates: dict[str, Any]) -> None:
    body = {"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 10}, **candidates}
    reply = gemini.parse_reply(body)
    assert (reply.text, reply.finish, reply.usage) == ("", "refused", Usage(10))
    assert reply.refusal is not None
    assert reason in reply.refusal


def test_feedback_that_blocks_nothing_is_no_refusal() -> None:
    reply = gemini.parse_reply(answer(candidate({"text": "[]"}), promptFeedback={"safetyRatings": []}))
    assert (reply.text, reply.finish) == ("[]", "stop")


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"])
def test_a_blocked_answer_is_a_refusal_that_keeps_what_was_written(reason: str) -> None:
    reply = gemini.parse_reply(answer(candidate({"text": '{"pai'}, finish=reason)))
    assert (reply.text, reply.finish, reply.refusal) == ('{"pai', "refused", reason)


def test_the_message_of_a_blocked_answer_is_shown() -> None:
    blocked = {"index": 0, "finishReason": "RECITATION", "finishMessage": "It repeats a source."}
    assert gemini.parse_reply(answer(blocked)).refusal == "It repeats a source."


@pytest.mark.parametrize(
    "reason",
    [
        *("LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
        *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE", "ESCALATION", "PUP_LIMITED_DISABLED", "NO_IMAGE"),
        *("FINISH_REASON_UNSPECIFIED", "SOMETHING_NEW"),
    ],
)
def test_an_unknown_end_is_neither_done_nor_cut_nor_a_crash(reason: str) -> None:
    reply = gemini.parse_reply(answer(candidate({"text": "[]"}, finish=reason)))
    assert (reply.text, reply.finish, reply.refusal) == ("[]", "other", None)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"promptTokenCount": 100, "candidatesTokenCount": 5, "totalTokenCount": 105}, Usage(100, 0, 5)),
        ({"promptTokenCount": 100, "cachedContentTokenCount": 90, "candidatesTokenCount": 5}, Usage(100, 90, 5)),
        ({"promptTokenCount": 100, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}, Usage(100, 0, 12)),
        ({"promptTokenCount": 100, "thoughtsTokenCount": 7}, Usage(100, 0, 7)),
        ({"promptTokenCount": 100}, Usage(100, 0, 0)),
        ({"promptTokenCount": 100, "candidatesTokenCount": None, "thoughtsTokenCount": None}, Usage(100, 0, 0)),
        ({}, Usage(0, 0, 0)),
        (None, Usage(0, 0, 0, reported=False)),
    ],
)
def test_thoughts_are_counted_beside_the_candidates_and_zeros_may_be_left_out(usage: Any, counted: Usage) -> None:
    assert gemini.parse_reply(answer(candidate({"text": "x"}), usageMetadata=usage)).usage == counted


@pytest.mark.parametrize(
    "body", [{}, {"candidates": []}, {"candidates": None}, {"candidates": {}}, {"promptFeedback": {}}]
)
def test_no_candidates_without_a_reason_raises_what_the_client_expects_of_a_wire(body: dict[str, Any]) -> None:
    with pytest.raises((KeyError, IndexError, TypeError)):
        gemini.parse_reply(body)


# Errors


def error(code: int, status: str, message: str = "no", *details: Any) -> dict[str, Any]:
    return {
        "error": {"code": code, "message": message, "status": status, **({"details": [*details]} if details else {})}
    }


BAD_KEY = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
    "metadata": {"service": "generativelanguage.googleapis.com"},
}
HELP = {
    "@type": "type.googleapis.com/google.rpc.Help",
    "links": [{"description": "More", "url": "https://ai.google.dev"}],
}


def violated(*quotas: str) -> dict[str, Any]:
    rows = [{"quotaMetric": "generate_content_free_tier_requests", "quotaId": quota} for quota in quotas]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": rows}


def retry(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"


@pytest.mark.parametrize(
    ("status", "name", "kind"),
    [
        (400, "INVALID_ARGUMENT", None),
        (401, "UNAUTHENTICATED", "auth"),
        (403, "PERMISSION_DENIED", "auth"),
        (404, "NOT_FOUND", "model"),
        (429, "RESOURCE_EXHAUSTED", "rate_limited"),
        (500, "INTERNAL", "server"),
        (503, "UNAVAILABLE", "server"),
        (504, "DEADLINE_EXCEEDED", "server"),
        (400, "SOMETHING_NEW", None),
    ],
)
def test_errors_are_told_apart_by_status(status: int, name: str, kind: str | None) -> None:
    assert gemini.parse_error(status, error(status, name)) == ErrorDetails("no", kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "details", [(BAD_KEY,), (HELP, BAD_KEY), ()], ids=["alone", "in another place", "without details"]
)
def test_a_bad_key_is_a_400_that_is_about_the_key(details: tuple[Any, ...]) -> None:
    body = error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", *details)
    found = gemini.parse_error(400, body)
    assert found is not None
    assert found.kind == "auth"


@pytest.mark.parametrize(
    ("quotas", "kind"), [((MINUTE,), "rate_limited"), ((DAY,), "quota"), ((MINUTE, DAY), "quota"), ((), "rate_limited")]
)
def test_a_day_that_is_used_up_is_no_rate_limit(quotas: tuple[str, ...], kind: str) -> None:
    found = gemini.parse_error(429, error(429, "RESOURCE_EXHAUSTED", "no", HELP, violated(*quotas), retry("38s")))
    assert found is not None
    assert (found.kind, found.retry_after_s) == (kind, 38.0)


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("38s", 38.0), ("38.5s", 38.5), ("0.25s", 0.25), ("0s", 0.0), ("38", None), ("soon", None), ("-3s", None)],
)
def test_the_wait_stands_in_the_body(delay: str, seconds: float | None) -> None:
    found = gemini.parse_error(429, error(429, "RESOURCE_EXHAUSTED", "no", retry(delay)))
    assert found is not None
    assert found.retry_after_s == seconds


def test_an_array_around_the_error_is_taken_off() -> None:
    body = error(429, "RESOURCE_EXHAUSTED", "no", violated(DAY))
    assert gemini.parse_error(429, [body]) == gemini.parse_error(429, body)


def test_a_prompt_that_is_too_long_is_told_by_its_words() -> None:
    words = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    assert gemini.parse_error(400, error(400, "INVALID_ARGUMENT", words)) == ErrorDetails(words, "context_length")


@pytest.mark.parametrize("body", [None, "text", 7, [], {}, {"error": None}, ["x"], [None], {"error": []}])
def test_a_body_that_is_no_error_says_nothing(body: Any) -> None:
    assert gemini.parse_error(500, body) is None


@pytest.mark.parametrize(
    "details",
    [
        "text",
        {"reason": "API_KEY_INVALID"},
        [None, 7, "text"],
        [{"violations": "PerDay"}],
        [{"violations": [None, 7]}],
        [{"violations": {"quotaId": DAY}}],
        [{"violations": 7}],
        [{"retryDelay": {"seconds": 3}}],
    ],
)
def test_details_of_another_shape_do_no_harm(details: Any) -> None:
    body = {"error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED", "details": details}}
    found = gemini.parse_error(429, body)
    assert found is not None
    assert (found.message, found.retry_after_s) == ("no", None)
