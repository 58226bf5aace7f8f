"""Every error that the hosts are known to give, row by row: status, headers and body -> reaction, wait and message.

The rows are those of the vendors' error tables (OpenAI, Anthropic, Google, Ollama), of vLLM and llama.cpp, and of what
stands in between. Bodies go through the provider's own wire, as in the client; None is a body that is no JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.llm import faults
from qagen.llm.providers import PROVIDERS, Endpoint

ENDPOINTS = {
    "openai": Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret")),
    "claude": Endpoint(
        PROVIDERS["claude"], "claude-sonnet-5-5", "https://api.anthropic.com", SecretStr("sk-ant-secret")
    ),
    "gemini": Endpoint(
        PROVIDERS["gemini"],
        "gemini-3.8-flash",
        "https://generativelanguage.googleapis.com",
        SecretStr("AIza-secret-key"),
    ),
    "local": Endpoint(PROVIDERS["local"], "gemma4", "http://127.0.0.1:11434"),
    "compatible": Endpoint(PROVIDERS["compatible"], "my-model", "http://10.0.0.7:8000/v1", SecretStr("hunter-2")),
    "xai": Endpoint(PROVIDERS["xai"], "grok-9", "https://api.x.ai/v1", SecretStr("xai-secret")),
}


@dataclass(frozen=True)
class Row:
    """One answer that is an error, and what becomes of it."""

    provider: str
    status: int
    body: Any
    reaction: type[ProviderError]
    code: str
    says: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)
    wait: float | None = None

    def __str__(self) -> str:
        return f"{self.provider}-{self.status}-{self.code}-{'-'.join(self.says)[:50]}"


def judged(provider: str, status: int, headers: dict[str, str], body: Any) -> ProviderError:
    endpoint = ENDPOINTS[provider]
    wire = import_module(f"qagen.llm.{endpoint.provider.wire}")
    return faults.classify(status, headers, wire.parse_error(status, body), endpoint)


# How each vendor writes an error


def openai(message: str = "no", kind: str = "invalid_request_error", code: Any = None, param: Any = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def claude(kind: str, message: str = "no", **fields: Any) -> Any:
    return {"type": "error", "error": {"type": kind, "message": message, **fields}, "request_id": "req_01Example"}


def gemini(code: int, status: str | None, message: str = "no", *details: Any) -> Any:
    error: dict[str, Any] = {"code": code, "message": message}
    return {"error": error | ({"status": status} if status else {}) | ({"details": [*details]} if details else {})}


def ollama(message: str) -> Any:
    return {"error": message}


def llama_cpp(code: int, kind: str, message: str = "no", **fields: Any) -> Any:
    return {"error": {"code": code, "message": message, "type": kind, **fields}}


def old_vllm(code: int, message: str, kind: str = "BadRequestError") -> Any:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


GOOGLE = "type.googleapis.com/google.rpc."
BAD_KEY = {"@type": f"{GOOGLE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com", "metadata": {}}
HELP = {"@type": f"{GOOGLE}Help", "links": [{"description": "Learn more", "url": "https://ai.google.dev"}]}
QUOTA = "You exceeded your current quota, please check your plan and billing details."
KEY_WORDS = "API key not valid. Please pass a valid API key."


def violated(quota: str) -> Any:
    return {"@type": f"{GOOGLE}QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "10"}]}


def retry(delay: str) -> Any:
    return {"@type": f"{GOOGLE}RetryInfo", "retryDelay": delay}


MINUTE = violated("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
DAY = violated("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
AGAIN = "run the same command again"

OPENAI = [
    Row("openai", 400, openai("Invalid value: 'x'."), RejectedError, "bad_request", ("Invalid value", "options")),
    Row(
        "openai",
        400,
        openai("Unsupported parameter: 'max_tokens'.", code="unsupported_parameter", param="max_tokens"),
        RejectedError,
        "bad_request",
        ("Unsupported parameter: 'max_tokens'",),
    ),
    Row(
        "openai",
        400,
        openai("'temperature' does not support 0.7 with this model.", code="unsupported_value", param="temperature"),
        RejectedError,
        "bad_request",
        ("'temperature' does not support 0.7",),
    ),
    Row(
        "openai",
        400,
        openai("Invalid schema for response_format 'qa_pairs'.", param="response_format"),
        RejectedError,
        "bad_request",
        ("Invalid schema",),
    ),
    Row(
        "openai",
        400,
        openai("This model's maximum context length is 8192 tokens.", code="context_length_exceeded", param="messages"),
        RejectedError,
        "context_length",
        ("maximum context length", "Make the chunks smaller"),
    ),
    Row(
        "openai",
        401,
        openai("Incorrect API key provided: sk-abcdef1234567890.", code="invalid_api_key"),
        AccessError,
        "auth",
        ("Incorrect API key provided: [key]", "Check the key in OPENAI_API_KEY"),
    ),
    Row(
        "openai",
        403,
        openai("Country not supported", "request_forbidden", "unsupported_country_region_territory"),
        AccessError,
        "auth",
        ("Country not supported",),
    ),
    Row(
        "openai",
        404,
        openai("The model `gpt-6-luna` does not exist", code="model_not_found", param="model"),
        AccessError,
        "model",
        ("There is no model 'gpt-6-luna'", "Check the name"),
    ),
    Row("openai", 404, openai("Invalid URL (POST /v2)"), AccessError, "not_found", ("check --base-url",)),
    Row("openai", 408, openai("Request timed out."), TransientError, "http_408", ("Request timed out",)),
    Row("openai", 409, openai("Locked by another request."), TransientError, "http_409", ("Locked",)),
    Row("openai", 413, openai("Request too large."), RejectedError, "too_large", ("make the chunks smaller",)),
    Row("openai", 422, openai("Unprocessable entity."), RejectedError, "bad_request", ("Unprocessable",)),
    Row(
        "openai",
        429,
        openai("Rate limit reached for gpt-6-luna", "requests", "rate_limit_exceeded"),
        TransientError,
        "rate_limited",
        ("Rate limit reached",),
        {"retry-after": "7", "x-ratelimit-reset-requests": "6m0s"},
        7.0,
    ),
    Row(
        "openai",
        429,
        openai("Rate limit reached on tokens per min", "tokens", "rate_limit_exceeded"),
        TransientError,
        "rate_limited",
        ("tokens per min",),
        {"retry-after-ms": "1500", "retry-after": "2"},
        1.5,
    ),
    Row(
        "openai",
        429,
        openai("Your traffic grew too fast.", "rate_limit_error", "slow_down"),
        TransientError,
        "rate_limited",
        ("grew too fast",),
        {"retry-after": "Sun, 22 Nov 2026 05:00:30 GMT", "date": "Sun, 22 Nov 2026 05:00:00 GMT"},
        30.0,
    ),
    Row(
        "openai",
        429,
        openai("Rate limit reached", "requests", "rate_limit_exceeded"),
        TransientError,
        "rate_limited",
        ("Rate limit reached",),
        {"x-ratelimit-reset-requests": "1h30m0s"},
    ),
    Row(
        "openai",
        429,
        openai("Rate limit reached", "requests", "rate_limit_exceeded"),
        AccessError,
        "long_wait",
        ("wait 60 minutes", AGAIN),
        {"retry-after": "3600"},
    ),
    *(
        Row("openai", 429, openai(QUOTA, kind, code), AccessError, "quota", ("exceeded your current quota", AGAIN))
        for kind, code in (
            ("insufficient_quota", None),
            ("insufficient_quota", "insufficient_quota"),
            ("requests", "insufficient_quota"),
            ("requests", "credit_balance_exhausted"),
            ("requests", "organization_spend_limit_exceeded"),
            ("requests", "project_spend_limit_exceeded"),
            ("requests", "organization_usage_limit_exceeded"),
        )
    ),
    Row(
        "openai",
        429,
        openai(QUOTA, "insufficient_quota", "insufficient_quota"),
        AccessError,
        "quota",
        ("HTTP 429", AGAIN),
        {"retry-after": "7"},
    ),
    Row("openai", 500, openai("The server had an error", "server_error"), TransientError, "5xx", ("had an error",)),
    Row(
        "openai",
        503,
        openai("The engine is overloaded", "service_unavailable_error", "server_is_overloaded"),
        TransientError,
        "5xx",
        ("overloaded",),
        {"retry-after": "5"},
        5.0,
    ),
    Row("openai", 503, openai("Slow down", "rate_limit_error", "slow_down"), TransientError, "rate_limited", ("Slow",)),
]

CLAUDE = [
    Row("claude", 400, claude("invalid_request_error", "messages: empty"), RejectedError, "bad_request", ("empty",)),
    Row(
        "claude",
        400,
        claude("invalid_request_error", "temperature: Extra inputs are not permitted"),
        RejectedError,
        "bad_request",
        ("temperature: Extra inputs are not permitted",),
    ),
    Row(
        "claude",
        400,
        claude("invalid_request_error", "prompt is too long: 1200000 tokens > 1000000 maximum"),
        RejectedError,
        "context_length",
        ("prompt is too long", "Make the chunks smaller"),
    ),
    Row(
        "claude",
        400,
        claude("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        AccessError,
        "quota",
        ("credit balance is too low", AGAIN),
    ),
    Row(
        "claude",
        400,
        claude("invalid_request_error", "This request would exceed the spend limit of your workspace."),
        AccessError,
        "quota",
        ("spend limit of your workspace", AGAIN),
    ),
    Row(
        "claude",
        400,
        claude("invalid_request_error", "You have reached your specified API usage limits."),
        AccessError,
        "quota",
        ("usage limits", AGAIN),
    ),
    Row(
        "claude",
        401,
        claude("authentication_error", "invalid x-api-key"),
        AccessError,
        "auth",
        ("invalid x-api-key", "Check the key in ANTHROPIC_API_KEY"),
    ),
    Row("claude", 402, claude("billing_error", "Payment failed"), AccessError, "quota", ("Payment failed", AGAIN)),
    Row(
        "claude",
        403,
        claude("permission_error", "Not allowed to use this resource"),
        AccessError,
        "auth",
        ("Not allowed", "ANTHROPIC_API_KEY"),
    ),
    Row(
        "claude",
        404,
        claude("not_found_error", "model: claude-sonnet-5-5"),
        AccessError,
        "model",
        ("There is no model 'claude-sonnet-5-5'",),
    ),
    Row("claude", 404, claude("not_found_error", "Not Found"), AccessError, "not_found", ("check --base-url",)),
    Row("claude", 409, claude("conflict_error", "Conflict"), TransientError, "http_409", ("Conflict",)),
    Row(
        "claude",
        413,
        claude("request_too_large", "Request exceeds the maximum size"),
        RejectedError,
        "too_large",
        ("exceeds the maximum size", "make the chunks smaller"),
    ),
    Row(
        "claude",
        429,
        claude("rate_limit_error", "This request would exceed your rate limit of 50 requests per minute."),
        TransientError,
        "rate_limited",
        ("50 requests per minute",),
        {"retry-after": "12", "anthropic-ratelimit-requests-reset": "2026-11-22T05:12:00Z"},
        12.0,
    ),
    Row(
        "claude",
        429,
        claude("rate_limit_error", "Slow down"),
        TransientError,
        "rate_limited",
        ("Slow down",),
        {"anthropic-ratelimit-requests-reset": "2026-11-22T05:12:00Z"},
    ),
    Row(
        "claude",
        429,
        claude("rate_limit_error", "Over the limit", details={"error_code": "enforced_spend_limit_reached"}),
        AccessError,
        "quota",
        ("Over the limit", AGAIN),
    ),
    Row(
        "claude",
        429,
        claude("rate_limit_error", "Over the limit", details={"error_code": "something_else"}),
        TransientError,
        "rate_limited",
        ("Over the limit",),
    ),
    Row("claude", 500, claude("api_error", "Internal server error"), TransientError, "5xx", ("Internal server",)),
    Row("claude", 504, claude("timeout_error", "Timed out"), TransientError, "5xx", ("Timed out",)),
    Row(
        "claude",
        529,
        claude("overloaded_error", "Overloaded"),
        TransientError,
        "5xx",
        ("Over",),
        {"retry-after": "9"},
        9.0,
    ),
    # In HTTP 200, as it is judged by what it says
    Row("claude", 200, claude("overloaded_error", "Overloaded"), TransientError, "http_200", ("Overloaded",)),
    Row("claude", 200, claude("authentication_error", "bad key"), AccessError, "auth", ("ANTHROPIC_API_KEY",)),
    # The key is given for Claude and the server behind the address is llama.cpp
    Row("claude", 401, llama_cpp(401, "authentication_error", "Invalid API Key"), AccessError, "auth", ("Invalid",)),
]

GEMINI = [
    Row("gemini", 400, gemini(400, "INVALID_ARGUMENT", "Bad field"), RejectedError, "bad_request", ("Bad field",)),
    Row(
        "gemini",
        400,
        gemini(400, "INVALID_ARGUMENT", KEY_WORDS, BAD_KEY),
        AccessError,
        "auth",
        ("API key not valid", "Check the key in GEMINI_API_KEY"),
    ),
    Row("gemini", 400, gemini(400, "INVALID_ARGUMENT", KEY_WORDS, HELP, BAD_KEY), AccessError, "auth", ("GEMINI_",)),
    Row("gemini", 400, gemini(400, "INVALID_ARGUMENT", KEY_WORDS), AccessError, "auth", ("GEMINI_API_KEY",)),
    Row("gemini", 400, [gemini(400, "INVALID_ARGUMENT", KEY_WORDS, BAD_KEY)], AccessError, "auth", ("GEMINI_",)),
    Row(
        "gemini",
        400,
        gemini(400, "FAILED_PRECONDITION", "The free tier is not available in your country. Enable billing."),
        AccessError,
        "auth",
        ("free tier is not available",),
    ),
    Row(
        "gemini",
        400,
        gemini(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
        RejectedError,
        "context_length",
        ("input token count", "Make the chunks smaller"),
    ),
    Row("gemini", 401, gemini(401, "UNAUTHENTICATED"), AccessError, "auth", ("HTTP 401", "GEMINI_API_KEY")),
    Row("gemini", 402, gemini(402, None, "Prepaid credit gone"), AccessError, "quota", ("Prepaid credit gone", AGAIN)),
    Row("gemini", 403, gemini(403, "PERMISSION_DENIED", "Wrong project"), AccessError, "auth", ("Wrong project",)),
    Row(
        "gemini",
        404,
        gemini(404, "NOT_FOUND", "models/gemini-3.8-flash is not found for API version v1beta"),
        AccessError,
        "model",
        ("There is no model 'gemini-3.8-flash'",),
    ),
    Row(
        "gemini",
        429,
        gemini(429, "RESOURCE_EXHAUSTED", QUOTA, MINUTE, HELP, retry("38.5s")),
        TransientError,
        "rate_limited",
        ("exceeded your current quota",),
        {},
        38.5,
    ),
    Row(
        "gemini",
        429,
        [gemini(429, "RESOURCE_EXHAUSTED", QUOTA, retry("38s"), HELP, MINUTE)],
        TransientError,
        "rate_limited",
        ("exceeded your current quota",),
        {},
        38.0,
    ),
    Row("gemini", 429, gemini(429, "RESOURCE_EXHAUSTED", QUOTA), TransientError, "rate_limited", ("quota",)),
    Row(
        "gemini",
        429,
        gemini(429, "RESOURCE_EXHAUSTED", QUOTA, retry("38s")),
        TransientError,
        "rate_limited",
        ("quota",),
        {"retry-after": "50"},
        50.0,
    ),
    Row(
        "gemini",
        429,
        gemini(429, "RESOURCE_EXHAUSTED", QUOTA, retry("3600s")),
        AccessError,
        "long_wait",
        ("wait 60 minutes", AGAIN),
    ),
    Row("gemini", 429, gemini(429, "RESOURCE_EXHAUSTED", QUOTA, DAY, retry("38s")), AccessError, "quota", (AGAIN,)),
    Row("gemini", 429, [gemini(429, "RESOURCE_EXHAUSTED", QUOTA, HELP, DAY)], AccessError, "quota", (AGAIN,)),
    Row("gemini", 499, gemini(499, "CANCELLED", "Cancelled"), RejectedError, "bad_request", ("Cancelled",)),
    Row("gemini", 500, gemini(500, "INTERNAL", "Internal error"), TransientError, "5xx", ("Internal error",)),
    Row("gemini", 503, gemini(503, "UNAVAILABLE", "Overloaded"), TransientError, "5xx", ("Overloaded",)),
    Row("gemini", 504, gemini(504, "DEADLINE_EXCEEDED", "Too slow"), TransientError, "5xx", ("Too slow",)),
    Row("gemini", 200, gemini(503, "UNAVAILABLE", "Overloaded"), TransientError, "http_200", ("Overloaded",)),
]

OLLAMA = [
    Row("local", 400, ollama("missing request body"), RejectedError, "bad_request", ("missing request body",)),
    Row("local", 400, ollama("invalid character 'x'"), RejectedError, "bad_request", ("invalid character",)),
    Row(
        "local",
        400,
        ollama('option "num_ctx" must be of type integer'),
        RejectedError,
        "bad_request",
        ("must be of type integer",),
    ),
    Row(
        "local",
        400,
        ollama('"gemma4" does not support thinking'),
        RejectedError,
        "bad_request",
        ("does not support thinking",),
    ),
    Row(
        "local",
        400,
        ollama("the input length exceeds the context length"),
        RejectedError,
        "context_length",
        ("Make the chunks smaller",),
    ),
    Row(
        "local",
        500,
        ollama("the request exceeds the available context size (9000 tokens)"),
        RejectedError,
        "context_length",
        ("Make the chunks smaller",),
    ),
    Row(
        "local",
        401,
        {"error": "unauthorized", "signin_url": "https://ollama.com/connect"},
        AccessError,
        "auth",
        ("No key was sent; set OLLAMA_API_KEY",),
    ),
    Row("local", 403, ollama("cloud models are disabled"), AccessError, "auth", ("cloud models are disabled",)),
    Row(
        "local",
        404,
        ollama("model 'gemma4' not found, try pulling it first"),
        AccessError,
        "model",
        ("'gemma4'", "`ollama pull gemma4`"),
    ),
    Row("local", 404, None, AccessError, "not_found", ("check --base-url",)),
    Row("local", 429, ollama("too many requests"), TransientError, "rate_limited", ("too many requests",)),
    Row("local", 499, ollama("request canceled"), RejectedError, "bad_request", ("request canceled",)),
    Row("local", 500, ollama("model requires more system memory"), TransientError, "5xx", ("system memory",)),
    Row("local", 502, ollama("cloud unreachable"), TransientError, "5xx", ("cloud unreachable",)),
    Row(
        "local",
        503,
        ollama("server busy, please try again.  maximum pending requests exceeded"),
        TransientError,
        "5xx",
        ("server busy",),
    ),
    # A line of a stream, should one come: an error in HTTP 200
    Row("local", 200, ollama("unexpected EOF"), TransientError, "error_in_200", ("unexpected EOF",)),
]

COMPATIBLE = [
    Row(
        "compatible",
        400,
        llama_cpp(400, "invalid_request_error", "Bad grammar"),
        RejectedError,
        "bad_request",
        ("Bad grammar",),
    ),
    Row(
        "compatible",
        400,
        llama_cpp(400, "exceed_context_size_error", "request exceeds", n_prompt_tokens=9000, n_ctx=4096),
        RejectedError,
        "context_length",
        ("Make the chunks smaller",),
    ),
    Row(
        "compatible",
        401,
        llama_cpp(401, "authentication_error", "Invalid API Key"),
        AccessError,
        "auth",
        ("Check the key in COMPATIBLE_API_KEY",),
    ),
    Row(
        "compatible",
        404,
        llama_cpp(404, "not_found_error", "File Not Found"),
        AccessError,
        "not_found",
        ("--base-url",),
    ),
    Row("compatible", 503, llama_cpp(503, "unavailable_error", "Loading model"), TransientError, "5xx", ("Loading",)),
    Row(
        "compatible",
        500,
        llama_cpp(500, "server_error", "The model produced output that does not match the expected format"),
        TransientError,
        "5xx",
        ("does not match",),
    ),
    Row("compatible", 400, old_vllm(400, "Bad value"), RejectedError, "bad_request", ("Bad value",)),
    Row(
        "compatible",
        400,
        old_vllm(400, "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."),
        RejectedError,
        "context_length",
        ("maximum context length", "Make the chunks smaller"),
    ),
    Row(
        "compatible",
        400,
        openai(
            "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 4096 "
            "tokens and your request has 500 input tokens.",
            "BadRequestError",
            400,
            "max_tokens",
        ),
        RejectedError,
        "context_length",
        ("Make the chunks smaller",),
    ),
    Row(
        "compatible",
        404,
        old_vllm(404, "The model `my-model` does not exist.", "NotFoundError"),
        AccessError,
        "model",
        ("There is no model 'my-model'",),
    ),
    Row(
        "compatible",
        404,
        openai("The model `my-model` does not exist.", "NotFoundError", 404),
        AccessError,
        "model",
        ("There is no model 'my-model'",),
    ),
    Row("compatible", 401, ollama("Unauthorized"), AccessError, "auth", ("COMPATIBLE_API_KEY",)),
    Row("compatible", 422, {"detail": [{"msg": "Field required"}]}, RejectedError, "bad_request", ("Field required",)),
    Row("compatible", 429, openai("Slow", "rate_limit_error", 429), TransientError, "rate_limited", ("Slow",)),
    # xAI: the error is a string, and a bad key a 400 (https://github.com/BerriAI/litellm/pull/16265 shows the form)
    Row(
        "xai",
        400,
        {"code": "Client specified an invalid argument", "error": "Argument not supported on this model: seed"},
        RejectedError,
        "bad_request",
        ("Argument not supported",),
    ),
]

NO_JSON = [
    Row(provider, status, None, reaction, code, (f"{provider} at ", f"HTTP {status}"), headers, wait)
    for provider in ("openai", "claude", "gemini", "local", "compatible")
    for status, reaction, code, headers, wait in (
        (400, RejectedError, "bad_request", {}, None),
        (401, AccessError, "auth", {}, None),
        (402, AccessError, "quota", {}, None),
        (403, AccessError, "auth", {}, None),
        (404, AccessError, "not_found", {}, None),
        (408, TransientError, "http_408", {}, None),
        (409, TransientError, "http_409", {}, None),
        (413, RejectedError, "too_large", {}, None),
        (422, RejectedError, "bad_request", {}, None),
        (429, TransientError, "rate_limited", {"retry-after": "3"}, 3.0),
        (500, TransientError, "5xx", {}, None),
        (502, TransientError, "5xx", {}, None),
        (503, TransientError, "5xx", {"retry-after": "3"}, 3.0),
        (504, TransientError, "5xx", {}, None),
        (529, TransientError, "5xx", {}, None),
    )
]


@pytest.mark.parametrize("row", [*OPENAI, *CLAUDE, *GEMINI, *OLLAMA, *COMPATIBLE, *NO_JSON], ids=str)
def test_an_error_gets_its_reaction_its_wait_and_its_message(row: Row) -> None:
    found = judged(row.provider, row.status, row.headers, row.body)
    assert (type(found), found.code, getattr(found, "retry_after_s", None)) == (row.reaction, row.code, row.wait)
    text = str(found)
    assert [words for words in row.says if words not in text] == []
    assert text.startswith(f"{row.provider} at {ENDPOINTS[row.provider].host}: HTTP {row.status}")


def test_a_fault_of_ollamas_own_is_tried_once_more_and_a_busy_one_as_often_as_any() -> None:
    """500 is a model that does not fit or a runner that died; 502 and 503 pass."""
    tries = {}
    for status in (500, 502, 503):
        found = judged("local", status, {}, ollama("no"))
        assert isinstance(found, TransientError)
        tries[status] = found.most_tries
    assert tries == {500: 2, 502: 6, 503: 6}


@pytest.mark.parametrize("provider", ENDPOINTS)
@given(
    status=st.sampled_from([200, 400, 401, 404, 429, 500]),
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda values: (
            st.lists(values, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "error",
                        "message",
                        "type",
                        "code",
                        "status",
                        "details",
                        "violations",
                        "retryDelay",
                        "detail",
                        "object",
                    ]
                ),
                values,
                max_size=4,
            )
        ),
        max_leaves=10,
    ),
)
def test_no_body_is_strange_enough_to_end_in_anything_but_a_reaction(provider: str, status: int, body: Any) -> None:
    assert isinstance(judged(provider, status, {}, body), ProviderError)


@pytest.mark.parametrize("provider", ENDPOINTS)
def test_no_error_repeats_the_key_in_any_dialect(provider: str) -> None:
    key = ENDPOINTS[provider].key or "sk-abcdefgh12345678"
    words = f"you sent {key}, that is {key}"
    for body in (openai(words), claude("authentication_error", words), gemini(400, None, words), ollama(words)):
        for status in (400, 401, 403, 429, 500):
            assert key not in str(judged(provider, status, {}, body))
