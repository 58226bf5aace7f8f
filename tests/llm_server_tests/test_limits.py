"""The server's rate limits: what passes, what is told to those who are refused, and who came all the same."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.llm_server import Entry, LLMServer, violations
from tests.llm_server.limits import duration
from tests.llm_server.meters import Bucket, Meter, Sliding, Window
from tests.llm_server_tests.passages import prompt

KEYS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def ask(client: httpx.Client, *, max_tokens: int = 100) -> httpx.Response:
    body = {"model": "qwen3-8b", "messages": [{"role": "user", "content": prompt()}], "max_tokens": max_tokens}
    return client.post("/v1/chat/completions", json=body)


def ask_claude(client: httpx.Client) -> httpx.Response:
    body = {"model": "claude-haiku-4-5", "max_tokens": 500, "messages": [{"role": "user", "content": prompt()}]}
    return client.post("/v1/messages", json=body, headers=KEYS)


def statuses(client: httpx.Client, count: int) -> list[int]:
    return [ask(client).status_code for _ in range(count)]


# How it counts


def passed(meter: Meter, times: list[float]) -> list[float]:
    """The times at which one of many who come lets itself in."""
    entered = []
    for t in times:
        if meter.wait_s(1, t) == 0:
            meter.take(1, t)
            entered.append(t)
    return entered


def test_a_bucket_lets_its_burst_in_and_then_one_at_a_time() -> None:
    bucket = Bucket(600, 3, 0)
    assert passed(bucket, [0, 0, 0, 0, 0.05, 0.1, 0.11, 0.35, 0.36, 0.37]) == [0, 0, 0, 0.1, 0.35, 0.36]
    assert bucket.wait_s(1, 0.37) == pytest.approx(0.03)
    assert bucket.full_s(0.37) == pytest.approx(0.23)
    assert bucket.left(10) == 3


def test_a_window_lets_all_in_at_its_beginning() -> None:
    window = Window(120, 1, 10)
    assert passed(window, [10, 10.5, 10.9, 11, 11, 11.1]) == [10, 10.5, 11, 11]
    assert window.wait_s(1, 11.4) == pytest.approx(0.6)
    assert (window.left(11.4), window.left(12)) == (0, 2)


def test_a_sliding_window_opens_where_the_oldest_leaves_it() -> None:
    sliding = Sliding(120, 1)
    assert passed(sliding, [0, 0.5, 0.9, 1, 1.4, 1.5]) == [0, 0.5, 1, 1.5]
    assert sliding.wait_s(1, 1.6) == pytest.approx(0.4)
    assert sliding.full_s(1.6) == pytest.approx(0.9)


@pytest.mark.parametrize("make", [lambda: Bucket(60, 60, 0), lambda: Window(60, 60, 0), lambda: Sliding(60, 60)])
def test_what_was_reserved_too_much_is_given_back(make: Any) -> None:
    meter = make()
    taken = meter.take(50, 0)
    assert meter.wait_s(20, 0) > 0
    meter.correct(taken, 10, 0)
    assert meter.wait_s(20, 0) == 0
    assert meter.left(0) == 50
    assert meter.wait_s(61, 0) == float("inf")


@given(st.lists(st.floats(0, 5), max_size=60), st.sampled_from(["bucket", "window", "sliding"]))
def test_no_meter_lets_more_in_than_it_may(times: list[float], kind: str) -> None:
    meters: dict[str, Meter] = {"bucket": Bucket(300, 4, 0), "window": Window(300, 1, 0), "sliding": Sliding(300, 1)}
    entered = passed(meters[kind], sorted(times))
    for t in entered:
        within = sum(t <= other < t + 1 for other in entered)
        assert within <= {"bucket": 4 + 5, "window": 2 * 5, "sliding": 5}[kind]


@given(st.floats(0, 5), st.sampled_from(["bucket", "window", "sliding"]))
def test_who_waits_as_told_may_pass(t: float, kind: str) -> None:
    meters: dict[str, Meter] = {"bucket": Bucket(60, 1, 0), "window": Window(60, 1, 0), "sliding": Sliding(60, 1)}
    meter = meters[kind]
    meter.take(1, t)
    assert meter.wait_s(1, t + 1e-6 + meter.wait_s(1, t)) == 0


# What it says


def test_what_is_above_the_limit_is_refused_in_the_form_of_the_dialect(server: LLMServer, client: httpx.Client) -> None:
    # A hundredth request a minute: seconds that the test takes are nothing beside the wait.
    server.configure(limits={"requests_per_minute": 0.01, "burst": 1})
    began = time.monotonic()
    assert ask(client).status_code == 200
    refused = ask(client)
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    told = [int(refused.headers["retry-after"])]
    assert not [name for name in refused.headers if "ratelimit" in name]
    assert ask_claude(client).json()["error"]["type"] == "rate_limit_error"
    native = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": False}
    assert client.post("/api/chat", json=native).json() == {"error": "too many concurrent requests"}
    contents = [{"role": "user", "parts": [{"text": prompt()}]}]
    gemini = client.post(
        "/v1beta/models/gemini-2.5-flash:generateContent", json={"contents": contents}, headers={"x-goog-api-key": "k"}
    )
    told.append(int(gemini.json()["error"]["details"][-1]["retryDelay"].removesuffix("s")))
    took = time.monotonic() - began
    assert 6000 >= told[0] >= told[1] >= 6000 - took
    assert client.get("/v1/models").status_code == 200, "only requests for text are limited"
    first, *others = server.ledger()
    assert (first.rate_limited, first.retry_after_s) == (False, None)
    assert [entry.rate_limited for entry in others[:4]] == [True] * 4
    assert all(6000 >= (entry.retry_after_s or 0) >= 6000 - took for entry in others[:4])


def test_the_wait_may_be_told_in_milliseconds_or_not_at_all(server: LLMServer, client: httpx.Client) -> None:
    server.configure(limits={"requests_per_minute": 0.01, "burst": 1, "say": ["retry_after_ms"]})
    began = time.monotonic()
    ask(client)
    told = ask(client)
    told_ms = int(told.headers["retry-after-ms"])
    assert 6_000_000 - 1000 * (time.monotonic() - began) <= told_ms <= 6_000_000
    assert "retry-after" not in told.headers
    server.configure(limits={"requests_per_minute": 0.01, "burst": 1, "say": []})
    ask(client)
    silent = ask(client)
    assert not [name for name in silent.headers if "retry" in name or "ratelimit" in name]
    assert [entry.retry_after_s for entry in server.ledger()] == [None, told_ms / 1000, None, None]


def in_seconds(text: str) -> float:
    """What `duration` has written."""
    found = re.fullmatch(r"(?:(\d+)m)?([\d.]+)s", text)
    assert found is not None, text
    return 60 * int(found[1] or 0) + float(found[2])


def test_openai_tells_its_limits_in_durations(server: LLMServer, client: httpx.Client) -> None:
    limits = {"requests_per_minute": 1, "burst": 2, "tokens_per_minute": 90_000, "say": ["headers"]}
    server.configure(limits=limits)
    began = time.monotonic()
    good, _, refused = ask(client), ask(client), ask(client)
    took = time.monotonic() - began
    about = {name.removeprefix("x-ratelimit-"): text for name, text in good.headers.items() if "ratelimit" in name}
    assert (about["limit-requests"], about["remaining-requests"]) == ("1", "1")
    assert 60 - took <= in_seconds(about["reset-requests"]) <= 60
    assert about["limit-tokens"] == "90000"
    assert 89_000 < int(about["remaining-tokens"]) <= 90_000
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert 120 - took <= in_seconds(refused.headers["x-ratelimit-reset-requests"]) <= 120
    assert server.ledger()[2].retry_after_s is None, "when it is full again, not when the next request may pass"


def test_claude_tells_its_limits_in_points_in_time(server: LLMServer, client: httpx.Client) -> None:
    server.configure(limits={"requests_per_minute": 0.01, "burst": 2, "say": ["headers", "retry_after"]})
    began = time.time()
    good, _, refused = ask_claude(client), ask_claude(client), ask_claude(client)
    assert good.headers["anthropic-ratelimit-requests-remaining"] == "1"
    reset = datetime.fromisoformat(refused.headers["anthropic-ratelimit-requests-reset"]).timestamp()
    took = time.time() - began
    assert 12_000 <= reset - began <= 12_000 + took + 1
    assert "anthropic-ratelimit-tokens-reset" not in refused.headers
    assert 6000 - took <= int(refused.headers["retry-after"]) <= 6000


def test_tokens_are_reserved_and_then_corrected(server: LLMServer, client: httpx.Client) -> None:
    server.configure(limits={"tokens_per_minute": 2, "burst_tokens": 2000})
    assert ask(client, max_tokens=1500).status_code == 200
    assert ask(client, max_tokens=1200).status_code == 200, "little of the first was used"
    refused = ask(client, max_tokens=1800)
    assert (refused.status_code, refused.json()["error"]["type"]) == (429, "tokens")
    too_large = ask(client, max_tokens=5000)
    assert too_large.status_code == 429
    assert "retry-after" not in too_large.headers


def test_what_is_refused_is_counted_by_the_faults_and_meets_none(server: LLMServer, client: httpx.Client) -> None:
    faults = [{"fault": "unauthorized", "when": {"after": 2}}]
    limits = {"requests_per_minute": 1, "burst": 1}
    server.configure(faults=faults, limits=limits)
    assert statuses(client, 2) == [200, 429]
    server.configure(limits=limits)
    assert ask(client).status_code == 401


@pytest.mark.parametrize(
    "limits",
    [{"requests": 3}, {"kind": "leaky"}, {"say": ["loudly"]}, {"say": "headers"}, {"requests_per_minute": "many"}],
)
def test_mistyped_limits_are_refused(server: LLMServer, limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|wrong"):
        server.configure(limits=limits)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.0201, "21ms"), (1.2, "1.2s"), (59.9999, "1m0s"), (360, "6m0s"), (61.5, "1m1.5s")],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text


# Who came all the same


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"retry_after": 7}, 7.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": 7, "retry_after_ms": 250}, 0.25),
        ({"retry_after_date": 30}, pytest.approx(30, abs=1.5)),
        ({"retry_after_date": -30}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": -3}, None),
        ({}, None),
    ],
)
def test_the_ledger_says_what_was_told(
    server: LLMServer, client: httpx.Client, params: dict[str, Any], told: float | None
) -> None:
    server.configure(faults=[{"fault": "rate_limit", **params}])
    ask(client)
    (entry,) = server.ledger()
    assert (entry.rate_limited, entry.retry_after_s) == (True, told)


def entry(number: int, t: float, **about: Any) -> Entry:
    facts: dict[str, Any] = {"dialect": "openai", "method": "POST", "path": "/", "headers": {}, "authorization": False}
    facts |= {"connection": 1, "body": None, "in_flight": 1, "peak_in_flight": 1, "connections": 1, "marker": "m"}
    return Entry(id=number, t=t, **{**facts, **about})


def test_violations_are_requests_within_a_wait_that_was_told() -> None:
    told = entry(1, 0.0, t_done=0.1, status=429, retry_after_s=2.0)
    ledger = [told, entry(2, 0.12), entry(3, 0.2), entry(4, 1.0, marker=None), entry(5, 2.05), entry(6, 2.11)]
    assert [found.id for found in violations(ledger)] == [3, 5]
    told.disconnected = True
    assert violations(ledger) == []
