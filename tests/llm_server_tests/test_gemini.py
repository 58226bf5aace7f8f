"""The server's dialect of Gemini's generateContent: what it answers, what it refuses, how it errs."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.llm_server import LLMServer, marker
from tests.llm_server_tests.passages import PASSAGE, SPLIT, WHOLE, objects, prompt

FLASH, OLD_MODEL = "gemini-3.8-flash", "gemini-2.5-flash"
SCHEMA = objects(pairs={"type": "array", "minItems": 1, "items": {"type": "string"}})
JSON = {"responseMimeType": "application/json"}
KEY = {"x-goog-api-key": "AIza-1"}


def body(passage: str = PASSAGE, **more: Any) -> dict[str, Any]:
    system = {"parts": [{"text": "Answer in JSON."}]}
    contents = [{"role": "user", "parts": [{"text": prompt(passage)}]}]
    return {"systemInstruction": system, "contents": contents} | more


def call(client: httpx.Client, sent: dict[str, Any], model: str = FLASH) -> httpx.Response:
    return client.post(f"/v1beta/models/{model}:generateContent", json=sent, headers=KEY)


def ask(client: httpx.Client, passage: str = PASSAGE, model: str = FLASH, **config: Any) -> httpx.Response:
    return call(client, body(passage, generationConfig=config), model)


def think(client: httpx.Client, model: str = FLASH, **config: Any) -> httpx.Response:
    return ask(client, model=model, thinkingConfig=config)


def faulty(client: httpx.Client, server: LLMServer, fault: str, **params: Any) -> httpx.Response:
    server.configure(faults=[{"fault": fault, **params}])
    return ask(client)


def told(response: httpx.Response) -> tuple[int, int, str | None]:
    """Status, and code and status of the error."""
    error = response.json()["error"]
    return response.status_code, error["code"], error.get("status")


def why(response: httpx.Response) -> str:
    assert told(response) == (400, 400, "INVALID_ARGUMENT")
    return str(response.json()["error"]["message"])


def details(response: httpx.Response) -> dict[str, dict[str, Any]]:
    """By the last word of their type."""
    return {item["@type"].rpartition(".")[2]: item for item in response.json()["error"].get("details", [])}


def parts_of(response: httpx.Response) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = response.json()["candidates"][0]["content"]["parts"]
    return parts


def text_of(response: httpx.Response) -> str:
    return "".join(part["text"] for part in parts_of(response) if not part.get("thought"))


# The answers


def test_gemini_answers_with_the_fields_of_the_document(server: LLMServer, client: httpx.Client) -> None:
    server.configure(reasoning_tokens=210, cached_tokens=8)
    response = ask(client, WHOLE, maxOutputTokens=8000, seed=7, responseJsonSchema=SCHEMA, **JSON)
    said = response.json()
    assert "x-request-id" not in response.headers
    (candidate,) = said["candidates"]
    assert (candidate["finishReason"], candidate["index"], candidate["content"]["role"]) == ("STOP", 0, "model")
    (part,) = candidate["content"]["parts"]
    assert marker(WHOLE) in part["text"]
    assert part["thoughtSignature"]
    assert said["modelVersion"] == FLASH
    usage = said["usageMetadata"]
    assert (usage["thoughtsTokenCount"], usage["cachedContentTokenCount"]) == (210, 8)
    assert usage["candidatesTokenCount"] == -(-len(part["text"]) // 4)
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"] + 210
    assert usage["promptTokenCount"] > 8


def test_the_text_may_come_in_two_parts(server: LLMServer, client: httpx.Client) -> None:
    first, second = parts_of(ask(client, SPLIT))
    assert json.loads(first["text"] + second["text"])["pairs"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(first["text"])


def test_thoughts_are_shown_on_request_and_come_first(server: LLMServer, client: httpx.Client) -> None:
    assert not any("thought" in part for part in parts_of(ask(client)))
    thought, *rest = parts_of(think(client, includeThoughts=True))
    assert thought["thought"] is True
    assert "{" in thought["text"], "whoever joins all parts gets no JSON"
    assert json.loads("".join(part["text"] for part in rest))["pairs"]


def test_counts_of_zero_are_left_out(server: LLMServer, client: httpx.Client) -> None:
    usage = ask(client).json()["usageMetadata"]
    assert {"thoughtsTokenCount", "cachedContentTokenCount"}.isdisjoint(usage)
    blocked = faulty(client, server, "blocked_prompt").json()["usageMetadata"]
    assert set(blocked) == {"promptTokenCount", "totalTokenCount", "promptTokensDetails"}


def test_thoughts_count_towards_the_limit(server: LLMServer, client: httpx.Client) -> None:
    server.configure(reasoning_tokens=500)
    said = ask(client, maxOutputTokens=100).json()
    assert said["candidates"][0]["content"] == {"role": "model"}
    assert said["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert said["usageMetadata"]["thoughtsTokenCount"] == 100
    assert "candidatesTokenCount" not in said["usageMetadata"]
    assert len(text_of(ask(client, maxOutputTokens=510))) == 40
    off = ask(client, model=OLD_MODEL, thinkingConfig={"thinkingBudget": 0}).json()
    assert "thoughtsTokenCount" not in off["usageMetadata"]


def test_names_may_be_in_snake_case(server: LLMServer, client: httpx.Client) -> None:
    sent = {
        "system_instruction": {"parts": [{"text": "Answer in JSON."}]},
        "contents": [{"parts": [{"text": prompt()}]}],
        "generation_config": {"max_output_tokens": 10, "thinking_config": {"thinking_level": "LOW"}},
    }
    response = call(client, sent)
    assert (response.status_code, len(text_of(response))) == (200, 40)


@pytest.mark.parametrize(
    ("model", "config"),
    [
        (FLASH, {"thinkingLevel": "low"}),
        (FLASH, {"thinkingLevel": "HIGH", "includeThoughts": False}),
        ("gemini-3.5-flash-lite", {"thinkingLevel": "minimal"}),
        (OLD_MODEL, {"thinkingBudget": 0}),
        (OLD_MODEL, {"thinkingBudget": -1}),
    ],
)
def test_gemini_thinks_as_its_models_can(
    server: LLMServer, client: httpx.Client, model: str, config: dict[str, Any]
) -> None:
    assert think(client, model, **config).status_code == 200


# What is refused


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"material": 1}, "Unknown name \"material\" at 'generation_config': Cannot find field."),
        ({"max_tokens": 5}, 'Unknown name "max_tokens"'),
        ({"responseFormat": {}}, 'Unknown name "responseFormat"'),
        ({"maxOutputTokens": 5, "max_output_tokens": 5}, "twice"),
        ({"thinkingConfig": {"effort": "low"}}, "Unknown name \"effort\" at 'generation_config.thinking_config'"),
        ({"maxOutputTokens": "5"}, "maxOutputTokens"),
        ({"maxOutputTokens": 0}, "maxOutputTokens"),
        ({"maxOutputTokens": 65_537}, "maxOutputTokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"candidateCount": 2}, "candidateCount"),
        ({"stopSequences": "###"}, "stop_sequences"),
        ({"responseMimeType": "text/json"}, "allowed mimetypes"),
        ({"responseJsonSchema": SCHEMA}, "only allowed when response_mime_type is `application/json`"),
        ({"responseSchema": {"type": "STRING"}}, "only allowed when response_mime_type is `application/json`"),
        ({"responseJsonSchema": SCHEMA, "responseSchema": {"type": "OBJECT"}, **JSON}, "cannot both be set"),
        ({"responseJsonSchema": "object", **JSON}, "a JSON schema is an object"),
        ({"responseJsonSchema": objects(x={"$ref": "#/$defs/x", "description": "y"}), **JSON}, "$ref"),
        ({"responseSchema": SCHEMA, **JSON}, 'Unknown name "additionalProperties"'),
        (
            {"responseSchema": {"type": "OBJECT", "properties": {"x": {"const": 1}}}, **JSON},
            "at 'generation_config.response_schema.properties[x]'",
        ),
        ({"responseSchema": {"type": "OBJECT", "properties": {"x": {"type": "string"}}}, **JSON}, "properties.x.type"),
    ],
)
def test_gemini_refuses_what_its_configuration_does_not_have(
    server: LLMServer, client: httpx.Client, config: dict[str, Any], message: str
) -> None:
    assert message in why(ask(client, **config))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"messages": []}, 'Unknown name "messages": Cannot find field.'),
        ({"model_name": "x"}, 'Unknown name "model_name"'),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "user", "parts": []}]}, "parts must not be empty"),
        ({"contents": [{"role": "user", "parts": [{}]}]}, "must have one initialized field"),
        ({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, "valid role: user, model"),
        ({"contents": [{"role": "system", "parts": [{"text": "x"}]}]}, "valid role: user, model"),
        ({"contents": [{"role": "user", "content": "x"}]}, "Unknown name \"content\" at 'contents[0]'"),
        ({"contents": [{"role": "user", "parts": [{"type": "text"}]}]}, "at 'contents[0].parts[0]'"),
        ({"contents": ["hello"]}, "contents[0]"),
        ({"systemInstruction": "Answer in JSON."}, "system_instruction"),
        ({"safetySettings": [{"category": "VIOLENCE", "threshold": "OFF"}]}, "safety_settings[0].category"),
        ({"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "NONE"}]}, "[0].threshold"),
    ],
)
def test_gemini_refuses_what_a_request_does_not_have(
    server: LLMServer, client: httpx.Client, more: dict[str, Any], message: str
) -> None:
    assert message in why(call(client, body(**more)))


def test_an_unknown_name_is_told_in_the_details(server: LLMServer, client: httpx.Client) -> None:
    violation = details(ask(client, material=1))["BadRequest"]["fieldViolations"][0]
    assert violation["field"] == "generation_config"
    assert "material" in violation["description"]


@pytest.mark.parametrize(
    ("model", "config", "message"),
    [
        (OLD_MODEL, {"thinkingLevel": "low"}, "Thinking level is not supported for this model."),
        ("gemini-2.5-pro", {"thinkingLevel": "HIGH"}, "Thinking level is not supported for this model."),
        (FLASH, {"thinkingLevel": "MINIMAL"}, "Thinking level MINIMAL is not supported for this model."),
        (FLASH, {"thinkingLevel": "xhigh"}, "XHIGH"),
        ("gemini-3.1-pro-preview", {"thinkingLevel": "minimal"}, "MINIMAL"),
        (FLASH, {"thinkingLevel": "none"}, "thinking_level"),
        (FLASH, {"thinkingLevel": "low", "thinkingBudget": 5}, "only one of thinking budget and thinking level"),
        (OLD_MODEL, {"thinkingBudget": "many"}, "thinking_budget"),
        ("gemini-2.5-pro", {"thinkingBudget": 0}, "Budget 0 is invalid"),
        (FLASH, {"includeThoughts": "yes"}, "include_thoughts"),
    ],
)
def test_a_way_of_thinking_that_the_model_has_not_is_refused(
    server: LLMServer, client: httpx.Client, model: str, config: dict[str, Any], message: str
) -> None:
    assert message in why(think(client, model, **config))


def test_the_key_stands_in_its_header_and_nowhere_else(server: LLMServer, client: httpx.Client) -> None:
    server.configure(api_key="AIza-right-0001")
    url = f"/v1beta/models/{FLASH}:generateContent"

    def post(query: str = "", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): key for name, key in headers.items()}
        return client.post(url + query, json=body(), headers=named)

    wrong = post(x_goog_api_key="AIza-wrong-0002")
    assert why(wrong) == "API key not valid. Please pass a valid API key."
    assert details(wrong)["ErrorInfo"]["reason"] == "API_KEY_INVALID"
    assert told(post()) == (403, 403, "PERMISSION_DENIED")
    assert told(post(authorization="Bearer AIza-right-0001")) == (401, 401, "UNAUTHENTICATED")
    assert "keys must not travel in URLs" in why(post("?key=AIza-right-0001", x_goog_api_key="AIza-right-0001"))
    assert post(x_goog_api_key="AIza-right-0001").status_code == 200
    assert "AIza-" not in str(server.ledger())
    server.configure(api_key=None)
    assert post(x_goog_api_key="anything").status_code == 200
    assert told(post()) == (403, 403, "PERMISSION_DENIED"), "a hosted service wants a key always"


def test_a_model_that_is_none_is_404(server: LLMServer, client: httpx.Client) -> None:
    for model in ("no-such-model", "gpt-6-luna"):
        response = ask(client, model=model)
        assert told(response) == (404, 404, "NOT_FOUND")
        assert f"models/{model} is not found" in response.json()["error"]["message"]
    server.configure(models=[OLD_MODEL])
    assert ask(client).status_code == 404
    assert ask(client, model=OLD_MODEL).status_code == 200


def test_the_colon_is_a_part_of_the_path(server: LLMServer, client: httpx.Client) -> None:
    escaped = client.post(f"/v1beta/models/{FLASH}%3AgenerateContent", json=body(), headers=KEY)
    assert told(escaped) == (404, 404, "NOT_FOUND")
    for path in (f"/v1beta/models/{FLASH}:streamGenerateContent", f"/v1beta/models/{FLASH}", "/v1beta/tunedModels"):
        assert client.post(path, json=body(), headers=KEY).status_code == 404


def test_a_prompt_beyond_the_context_is_refused_by_gemini(server: LLMServer, client: httpx.Client) -> None:
    server.configure(context_tokens=20)
    assert "exceeds the maximum number of tokens allowed (20)" in why(ask(client))


# The other pages


def test_geminis_list_of_models_comes_in_pages(server: LLMServer, client: httpx.Client) -> None:
    server.configure(models=["gemini-a", "gemini-b", "gemini-c"])
    first = client.get("/v1beta/models", params={"pageSize": 2}, headers=KEY).json()
    assert [row["name"] for row in first["models"]] == ["models/gemini-a", "models/gemini-b"]
    last = client.get("/v1beta/models", params={"pageToken": first["nextPageToken"]}, headers=KEY).json()
    assert [row["name"] for row in last["models"]] == ["models/gemini-c"]
    assert "nextPageToken" not in last
    assert "generateContent" in last["models"][0]["supportedGenerationMethods"]
    assert client.get("/v1beta/models/gemini-c", headers=KEY).json() == last["models"][0]
    assert told(client.get("/v1beta/models/gemini-d", headers=KEY)) == (404, 404, "NOT_FOUND")
    assert why(client.get("/v1beta/models?pageSize=-1", headers=KEY))
    assert client.get("/v1beta/models").status_code == 403
    server.configure(models=[])
    assert client.get("/v1beta/models", headers=KEY).json() == {}


def test_gemini_counts_tokens_for_nothing(server: LLMServer, client: httpx.Client) -> None:
    url = f"/v1beta/models/{FLASH}:countTokens"
    prompt_count = ask(client).json()["usageMetadata"]["promptTokenCount"]
    whole = client.post(url, json={"generateContentRequest": {"model": f"models/{FLASH}", **body()}}, headers=KEY)
    assert whole.json()["totalTokens"] == prompt_count
    contents = {"contents": body()["contents"]}
    assert 0 < client.post(url, json=contents, headers=KEY).json()["totalTokens"] < prompt_count
    assert 'Unknown name "systemInstruction"' in why(client.post(url, json=body(), headers=KEY))
    both = contents | {"generateContentRequest": body()}
    assert "mutually exclusive" in why(client.post(url, json=both, headers=KEY))


# The faults


@pytest.mark.parametrize(
    ("fault", "params", "expected"),
    [
        ("unauthorized", {}, (400, 400, "INVALID_ARGUMENT")),
        ("forbidden", {}, (403, 403, "PERMISSION_DENIED")),
        ("model_gone", {}, (404, 404, "NOT_FOUND")),
        ("context_length", {}, (400, 400, "INVALID_ARGUMENT")),
        ("context_length", {"status": 500}, (500, 500, "INTERNAL")),
        ("rate_limit", {}, (429, 429, "RESOURCE_EXHAUSTED")),
        ("quota", {}, (429, 429, "RESOURCE_EXHAUSTED")),
        ("quota", {"variant": "prepaid"}, (402, 402, None)),
        ("status", {"status": 401}, (401, 401, "UNAUTHENTICATED")),
        ("status", {"status": 400, "type": "FAILED_PRECONDITION"}, (400, 400, "FAILED_PRECONDITION")),
        ("status", {"status": 499}, (499, 499, "CANCELLED")),
        ("status", {"status": 500}, (500, 500, "INTERNAL")),
        ("status", {"status": 503}, (503, 503, "UNAVAILABLE")),
        ("status", {"status": 504}, (504, 504, "DEADLINE_EXCEEDED")),
        ("error_in_200", {"kind": "overloaded"}, (200, 503, "UNAVAILABLE")),
    ],
)
def test_errors_have_geminis_form(
    server: LLMServer, client: httpx.Client, fault: str, params: dict[str, Any], expected: tuple[int, int, str | None]
) -> None:
    response = faulty(client, server, fault, **params)
    assert told(response) == expected
    assert ("ErrorInfo" in details(response)) == (fault == "unauthorized")
    if fault == "context_length":
        assert "exceeds the maximum number of tokens" in response.json()["error"]["message"]


def test_an_error_may_come_in_a_list(server: LLMServer, client: httpx.Client) -> None:
    (item,) = faulty(client, server, "status", status=503, array=True).json()
    assert item["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize(
    ("params", "delay"),
    [
        ({}, None),
        ({"retry_delay": "38s"}, "38s"),
        ({"retry_delay": "38.5s"}, "38.5s"),
        ({"retry_after": 7}, "7s"),
        ({"retry_after_ms": 250}, "0.25s"),
        ({"retry_after_date": 5}, "5s"),
        ({"retry_delay": "soon"}, "soon"),
    ],
)
def test_when_to_come_back_stands_in_the_body_alone(
    server: LLMServer, client: httpx.Client, params: dict[str, Any], delay: str | None
) -> None:
    response = faulty(client, server, "rate_limit", **params)
    assert details(response).get("RetryInfo", {}).get("retryDelay") == delay
    assert not [name for name in response.headers if "retry" in name or "ratelimit" in name]


def test_a_quota_says_whether_it_is_of_the_minute_or_of_the_day(server: LLMServer, client: httpx.Client) -> None:
    def quota(fault: str, **params: Any) -> str:
        (violation,) = details(faulty(client, server, fault, **params))["QuotaFailure"]["violations"]
        assert violation["quotaDimensions"]["model"] == FLASH
        return str(violation["quotaId"])

    assert quota("rate_limit") == "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
    assert quota("rate_limit", variant="tokens") == "GenerateContentInputTokensPerModelPerMinute-FreeTier"
    for params in ({}, {"variant": "daily"}, {"variant": "balance"}):
        assert quota("quota", **params) == "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
    told_delay = details(faulty(client, server, "quota"))["RetryInfo"]["retryDelay"]
    assert told_delay == "38s", "misleading, as at the real one"
    assert details(faulty(client, server, "rate_limit", variant="words")) == {}


def test_a_blocked_prompt_has_no_candidates(server: LLMServer, client: httpx.Client) -> None:
    blocked = faulty(client, server, "blocked_prompt", reason="PROHIBITED_CONTENT")
    assert blocked.status_code == 200
    assert "candidates" not in blocked.json()
    assert blocked.json()["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    assert faulty(client, server, "blocked_prompt").json()["promptFeedback"]["blockReason"] == "SAFETY"


def test_a_reply_that_is_stopped_says_why(server: LLMServer, client: httpx.Client) -> None:
    refused = faulty(client, server, "refusal").json()["candidates"][0]
    assert refused["finishReason"] == "SAFETY"
    assert refused["content"]["parts"], "what had been said is there, and must not be taken for an answer"
    filtered = faulty(client, server, "content_filter", reason="RECITATION").json()["candidates"][0]
    assert filtered["finishReason"] == "RECITATION"
    assert "content" not in filtered
    assert filtered["safetyRatings"][0]["blocked"] is True


def test_parts_content_or_candidates_may_be_missing(server: LLMServer, client: httpx.Client) -> None:
    assert faulty(client, server, "no_parts").json()["candidates"][0]["content"] == {"role": "model"}
    nothing = faulty(client, server, "no_parts", missing="content", reason="MALFORMED_RESPONSE").json()["candidates"][0]
    assert nothing["finishReason"] == "MALFORMED_RESPONSE"
    assert "content" not in nothing
    assert {"candidates", "promptFeedback"}.isdisjoint(faulty(client, server, "no_parts", missing="candidates").json())
    with pytest.raises(ValueError, match="wrong value"):
        server.configure(faults=[{"fault": "no_parts", "missing": "everything"}])


def test_thoughts_may_be_all_there_is(server: LLMServer, client: httpx.Client) -> None:
    said = faulty(client, server, "thinking_only").json()
    assert [part["thought"] for part in said["candidates"][0]["content"]["parts"]] == [True]
    assert said["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert said["usageMetadata"]["thoughtsTokenCount"] == 1000


def test_the_faults_of_texts_bodies_and_lines_work_at_gemini_too(server: LLMServer, client: httpx.Client) -> None:
    assert "{" not in text_of(faulty(client, server, "not_json_text"))
    cut = faulty(client, server, "truncated_text")
    assert cut.json()["candidates"][0]["finishReason"] == "MAX_TOKENS"
    with pytest.raises(json.JSONDecodeError):
        faulty(client, server, "bad_json").json()
    with pytest.raises(UnicodeDecodeError):
        faulty(client, server, "bad_utf8").content.decode()
    assert faulty(client, server, "empty").content == b""
    with pytest.raises(httpx.ReadError):
        faulty(client, server, "reset_before")
    assert [entry.dialect for entry in server.ledger()] == ["gemini"] * 6


def test_the_new_faults_work_in_the_old_dialects(server: LLMServer, client: httpx.Client) -> None:
    sent = {"model": "qwen3", "messages": [{"role": "user", "content": prompt()}], "stream": False}
    finishes = {}
    for fault in ("blocked_prompt", "no_parts", "thinking_only"):
        server.configure(faults=[{"fault": fault}])
        choice = client.post("/v1/chat/completions", json=sent).json()["choices"][0]
        assert choice["message"]["content"] == ""
        finishes[fault] = choice["finish_reason"]
        assert client.post("/api/chat", json=sent).json()["message"]["content"] == ""
    assert finishes == {"blocked_prompt": "content_filter", "no_parts": "stop", "thinking_only": "length"}
