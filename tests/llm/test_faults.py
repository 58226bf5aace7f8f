"""Which reaction each fault gets: the table of faults, row by row."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from pydantic import SecretStr

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.llm.faults import classify
from qagen.llm.hints import retry_after_s
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.redaction import redact

NOW = "Sun, 22 Nov 2026 05:00:00 GMT"
ENDPOINTS = {
    "openai": Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1", SecretStr("sk-secret")),
    "local": Endpoint(PROVIDERS["local"], "gemma4", "http://127.0.0.1:11434"),
    "compatible": Endpoint(PROVIDERS["compatible"], "my-model", "http://10.0.0.7:8000/v1"),
}


def judged(status: int, headers: dict[str, str], body: Any, provider: str = "openai") -> ProviderError:
    """As the client does it: the wire reads the body, and `classify` decides."""
    endpoint = ENDPOINTS[provider]
    wire = import_module(f"qagen.llm.{endpoint.provider.wire}")
    return classify(status, headers, wire.parse_error(status, body), endpoint)


def error(message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}}


QUOTA = error(type="insufficient_quota", code="insufficient_quota")
BUSY = {"error": "server busy, please try again.  maximum pending requests exceeded"}
LLAMA_CONTEXT = {"error": {"code": 400, "message": "too long", "type": "exceed_context_size_error", "n_ctx": 4096}}


@pytest.mark.parametrize(
    ("status", "body", "provider", "kind", "code", "says"),
    [
        # The account, the key, the model, the address: the run stops
        (401, error(code="invalid_api_key"), "openai", AccessError, "auth", "Check the key in OPENAI_API_KEY"),
        (401, None, "openai", AccessError, "auth", "Check the key in OPENAI_API_KEY"),
        (401, {"error": "unauthorized"}, "local", AccessError, "auth", "set OLLAMA_API_KEY"),
        (403, error(code="unsupported_country_region_territory"), "openai", AccessError, "auth", "OPENAI_API_KEY"),
        (402, None, "openai", AccessError, "quota", "then run the same command again"),
        (429, QUOTA, "openai", AccessError, "quota", "then run the same command again"),
        (429, error(code="project_spend_limit_exceeded"), "openai", AccessError, "quota", "run the same command again"),
        (404, error(code="model_not_found"), "openai", AccessError, "model", "'gpt-6-luna'"),
        (404, {"error": "model 'gemma4' not found"}, "local", AccessError, "model", "ollama pull gemma4"),
        (404, None, "openai", AccessError, "not_found", "check --base-url"),
        (404, {"detail": "Not Found"}, "compatible", AccessError, "not_found", "check --base-url"),
        # This request: the next one may pass
        (400, error(code="context_length_exceeded"), "openai", RejectedError, "context_length", "the chunks smaller"),
        (400, LLAMA_CONTEXT, "compatible", RejectedError, "context_length", "the chunks smaller"),
        (400, {"error": "exceeds the available context size"}, "local", RejectedError, "context_length", "smaller"),
        (500, {"error": "input exceeds the context length"}, "local", RejectedError, "context_length", "smaller"),
        (400, error("a bad value"), "openai", RejectedError, "bad_request", "a bad value"),
        (413, None, "openai", RejectedError, "too_large", "too large"),
        (422, error("unprocessable"), "openai", RejectedError, "bad_request", "unprocessable"),
        # Later: the same request may pass
        (408, None, "openai", TransientError, "http_408", "HTTP 408"),
        (409, None, "openai", TransientError, "http_409", "HTTP 409"),
        (425, None, "openai", TransientError, "http_425", "HTTP 425"),
        (429, error(code="rate_limit_exceeded", type="requests"), "openai", TransientError, "rate_limited", "HTTP 429"),
        (429, error(code="slow_down", type="rate_limit_error"), "openai", TransientError, "rate_limited", "HTTP 429"),
        (429, {"error": "too many concurrent requests"}, "local", TransientError, "rate_limited", "too many"),
        (500, error(type="server_error"), "openai", TransientError, "5xx", "HTTP 500"),
        (500, None, "openai", TransientError, "5xx", "HTTP 500"),
        (500, {"error": "llama runner process has terminated"}, "local", TransientError, "5xx", "llama runner"),
        (502, None, "openai", TransientError, "5xx", "HTTP 502"),
        (503, error(code="server_is_overloaded"), "openai", TransientError, "5xx", "HTTP 503"),
        (503, BUSY, "local", TransientError, "5xx", "server busy"),
        (504, None, "openai", TransientError, "5xx", "HTTP 504"),
        (529, None, "openai", TransientError, "5xx", "HTTP 529"),
        # An error in HTTP 200 is judged as if its status had been right
        (200, error(code="invalid_api_key"), "openai", AccessError, "auth", "OPENAI_API_KEY"),
        (200, QUOTA, "openai", AccessError, "quota", "used up"),
        (200, error(code="context_length_exceeded"), "openai", RejectedError, "context_length", "smaller"),
        (200, {"error": "model 'gemma4' not found"}, "local", AccessError, "model", "ollama pull gemma4"),
    ],
)  # fmt: skip
def test_an_answer_gets_its_reaction(
    status: int, body: Any, provider: str, kind: type[ProviderError], code: str, says: str
) -> None:
    found = judged(status, {}, body, provider)
    assert (type(found), found.code) == (kind, code)
    assert says in str(found)
    assert str(found).startswith(f"{provider} at {ENDPOINTS[provider].host}")
    assert getattr(found, "retry_after_s", None) is None


@pytest.mark.parametrize(
    ("body", "provider"),
    [
        (error(type="server_error"), "openai"),
        (error(type="service_unavailable_error", code="server_is_overloaded"), "openai"),
        ({"error": {"code": 500, "message": "no", "type": "server_error"}}, "compatible"),
        ({"error": "llama runner process has terminated: exit status 2"}, "local"),
    ],
)
def test_a_fault_of_the_server_inside_http_200_is_tried_again(body: Any, provider: str) -> None:
    assert isinstance(judged(200, {}, body, provider), TransientError)


def test_a_rate_limit_inside_http_200_is_a_rate_limit() -> None:
    found = judged(200, {}, error(code="rate_limit_exceeded", type="requests"))
    assert isinstance(found, TransientError)
    assert found.is_rate_limit


def test_a_rate_limit_in_the_words_of_money_is_a_rate_limit() -> None:
    body = error("insufficient quota, please retry later", type="error", code="429")
    found = judged(429, {"retry-after": "3"}, body, "compatible")
    assert isinstance(found, TransientError)
    assert (found.code, found.retry_after_s) == ("rate_limited", 3.0)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_stops_the_run_and_names_the_host_alone(status: int) -> None:
    found = judged(status, {"location": "https://login.example/v1?session=abc"}, None)
    assert (type(found), found.code) == (AccessError, "redirect")
    assert "redirects to login.example," in str(found)
    assert "session" not in str(found)
    assert "--base-url" in str(found)


def test_a_redirect_to_nowhere_is_still_a_sentence() -> None:
    assert "redirects to another address" in str(judged(302, {}, None))


# The wait that is asked for


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "1500.5"}, 1.5005),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Sun, 22 Nov 2026 05:00:30 GMT", "date": NOW}, 30.0),
        # Nothing that can be waited for
        ({}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "-100"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 04:59:00 GMT", "date": NOW}, None),
        ({"retry-after": "Sun, 22 Nov 2026 05:00:30 GMT", "date": "garbage"}, None),
        ({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}, None),
        ({"retry-after": "Sun, 99 Nov 2026 05:00:30 GMT", "date": NOW}, None),
    ],
)
def test_the_headers_say_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after_s(headers) == (None if wait is None else pytest.approx(wait))


def test_a_date_is_read_by_the_servers_clock_and_not_by_ours() -> None:
    headers = {"retry-after": "Mon, 01 Jan 2001 00:01:00 GMT", "date": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert retry_after_s(headers) == 60.0


def test_a_date_without_the_servers_own_is_read_by_our_clock() -> None:
    wait = retry_after_s({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert wait is not None
    assert wait > 300


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_wait_that_the_server_asks_for_goes_with_the_error(status: int) -> None:
    found = judged(status, {"retry-after": "12"}, None)
    assert isinstance(found, TransientError)
    assert found.retry_after_s == 12.0


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_of_more_than_five_minutes_stops_the_run(status: int) -> None:
    found = judged(status, {"retry-after": "301"}, None)
    assert (type(found), found.code) == (AccessError, "long_wait")
    assert "run the same command again" in str(found)
    assert type(judged(status, {"retry-after": "300"}, None)) is TransientError


# Secrets


@pytest.mark.parametrize(
    ("text", "key", "clean"),
    [
        ("Incorrect API key: hunter-2", "hunter-2", "Incorrect API key: [key]"),
        ("Incorrect API key: sk-abcdef123456", None, "Incorrect API key: [key]"),
        ("key sk-ant-api03-abc_DEF is bad", None, "key [key] is bad"),
        ("?key=AIzaSyA1234567890", None, "?key=[key]"),
        ("Authorization: Bearer abc.def/123==", None, "Authorization: [key]"),
        ("nothing secret: risk-free, a task-force", None, "nothing secret: risk-free, a task-force"),
        ("no key", "", "no key"),
    ],
)
def test_keys_are_taken_out_of_texts(text: str, key: str | None, clean: str) -> None:
    assert redact(text, key) == clean


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_no_error_repeats_a_key_that_the_server_echoes(status: int) -> None:
    found = judged(status, {}, error("you sent Bearer sk-secret, that is sk-secret"))
    assert "sk-secret" not in str(found)


def test_a_key_is_not_cut_in_two_by_the_limit_of_the_excerpt() -> None:
    found = judged(400, {}, error("x" * 295 + "sk-secret" + "y" * 300))
    assert "sk-s" not in str(found)
    assert len(str(found)) < 400


def test_a_server_that_wants_a_key_and_got_none_is_told_apart_from_a_wrong_key() -> None:
    assert "No key was sent; set COMPATIBLE_API_KEY" in str(judged(401, {}, None, "compatible"))


def test_a_rate_limit_without_retry_after_names_no_wait_whatever_its_reset() -> None:
    """A reset is when the limit is full again; the next request may pass long before."""
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"}
    error = classify(429, headers, None, Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1"))
    assert isinstance(error, TransientError)
    assert error.retry_after_s is None
