"""What headers say of limits and of the time. (Waits and resets: `test_faults.py`.)"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qagen.llm.faults import classify
from qagen.llm.hints import clock_is_off_s, quotas, retry_after_s
from qagen.llm.limits import Quota, Traffic
from qagen.llm.providers import PROVIDERS, Endpoint

DATE = "Sun, 22 Nov 2026 05:00:00 GMT"
OPENAI = Endpoint(PROVIDERS["openai"], "gpt-6-luna", "https://api.openai.com/v1")


def said(what: str, limit: str, remaining: str, reset: str | None = None, **more: str) -> dict[str, str]:
    """As OpenAI and those who copy it say it."""
    headers = {f"x-ratelimit-limit-{what}": limit, f"x-ratelimit-remaining-{what}": remaining, **more}
    return headers if reset is None else headers | {f"x-ratelimit-reset-{what}": reset}


def said_otherwise(what: str, limit: str, remaining: str, reset: str) -> dict[str, str]:
    """As Anthropic says it, with the time of the answer."""
    names = zip(("limit", "remaining", "reset"), (limit, remaining, reset), strict=True)
    return {"date": DATE} | {f"anthropic-ratelimit-{what}-{name}": text for name, text in names}


# Quotas


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (said("requests", "600", "599", "100ms"), {"requests": Quota(600, 599, 0.1)}),
        (said("requests", "10000", "9999", "8.64s"), {"requests": Quota(10_000, 9_999, 8.64)}),
        (said("tokens", "200000", "150000", "15s"), {"tokens": Quota(200_000, 150_000, 15)}),
        (said("tokens", "200000", "0", "6m0s"), {"tokens": Quota(200_000, 0, 360)}),
        (said("requests", "60", "0", "1h30m0.5s"), {"requests": Quota(60, 0, 5400.5)}),
        (
            said("requests", "500", "1", "2m59.56s") | said("tokens", "30000", "29000", "2s"),
            {"requests": Quota(500, 1, 179.56), "tokens": Quota(30_000, 29_000, 2)},
        ),
        (said_otherwise("requests", "50", "49", "2026-11-22T05:00:02Z"), {"requests": Quota(50, 49, 2)}),
        (said_otherwise("tokens", "40000", "0", "2026-11-22T05:01:00Z"), {"tokens": Quota(40_000, 0, 60)}),
        (said_otherwise("tokens", "40000", "0", "2026-11-22T07:01:00+02:00"), {"tokens": Quota(40_000, 0, 60)}),
        # What the reset cannot tell, it does not tell
        (said("requests", "600", "10"), {"requests": Quota(600, 10)}),
        (said("requests", "600", "10", "soon"), {"requests": Quota(600, 10)}),
        (said("requests", "600", "10", "-5s"), {"requests": Quota(600, 10)}),
        (said("requests", "600", "10", ""), {"requests": Quota(600, 10)}),
        (said_otherwise("requests", "50", "0", "2026-11-22T04:59:00Z"), {"requests": Quota(50, 0)}),
        (said_otherwise("requests", "50", "0", "2026-11-22T05:01:00"), {"requests": Quota(50, 0)}),
        # Nothing that could be kept to
        ({}, {}),
        ({"x-ratelimit-limit-requests": "600"}, {}),
        ({"x-ratelimit-remaining-requests": "600"}, {}),
        (said("requests", "0", "0", "1s"), {}),
        (said("requests", "-1", "5", "1s"), {}),
        (said("requests", "nan", "5", "1s"), {}),
        (said("requests", "600", "nan", "1s"), {}),
        (said("requests", "600", "-1", "1s"), {}),
        (said("requests", "600, 600", "5", "1s"), {}),
        (said("requests", "many", "few", "later"), {}),
        (said("requests", "600", "", "1s"), {}),
        # Limits of something else
        (said("images", "5", "0", "1s"), {}),
        (said_otherwise("input-tokens", "40000", "0", "2026-11-22T05:01:00Z"), {}),
        ({"ratelimit-limit": "600", "ratelimit-remaining": "0", "ratelimit-reset": "7"}, {}),
    ],
)
def test_quotas_are_read_in_both_notations(headers: dict[str, str], told: dict[str, Quota]) -> None:
    found = quotas(headers)
    assert found.keys() == told.keys()
    for what, quota in told.items():
        assert found[what].limit == quota.limit
        assert found[what].remaining == quota.remaining
        assert found[what].reset_s == pytest.approx(quota.reset_s)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20ms", 0.02),
        ("1s", 1),
        ("6m0s", 360),
        ("1h0m0s", 3600),
        ("1h30m0.5s", 5400.5),
        ("250us", 0.00025),
        ("1.5h", 5400),
        ("0s", 0),
        ("", 0),
        ("s", 0),
        ("1 s", 0),
        ("-1s", 0),
        ("1s2", 0),
        ("1d", 0),
        ("1e3s", 0),
    ],
)
def test_a_reset_is_a_duration_in_gos_notation(text: str, seconds: float) -> None:
    assert quotas(said("requests", "10", "5", text))["requests"].reset_s == pytest.approx(seconds)


def test_the_case_of_names_does_not_matter_in_real_headers() -> None:
    headers = httpx.Headers(
        {"X-RateLimit-Limit-Requests": "60", "X-Ratelimit-Remaining-Requests": "0", "X-RATELIMIT-RESET-REQUESTS": "9s"}
    )
    assert quotas(headers) == {"requests": Quota(60, 0, 9)}


@pytest.mark.parametrize("off", [timedelta(0), timedelta(days=400), timedelta(days=-400)])
def test_a_time_is_read_by_the_servers_clock_and_not_by_ours(off: timedelta) -> None:
    theirs = (datetime.now(UTC) + off).replace(microsecond=0)
    headers = {
        "date": format_datetime(theirs, usegmt=True),
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": (theirs + timedelta(seconds=30)).isoformat(),
        "retry-after": format_datetime(theirs + timedelta(seconds=12), usegmt=True),
    }
    assert quotas(headers)["requests"].reset_s == 30
    assert retry_after_s(headers) == 12


def test_a_time_without_the_servers_own_is_read_by_our_clock() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    headers = said_otherwise("requests", "50", "0", soon.isoformat())
    del headers["date"]
    assert quotas(headers)["requests"].reset_s == pytest.approx(60, abs=5)


# The clock


@pytest.mark.parametrize("hours", [-1000, -2, 0, 2, 1000])
def test_the_difference_of_the_clocks_is_known(hours: float) -> None:
    theirs = datetime.now(UTC) + timedelta(hours=hours)
    assert clock_is_off_s({"date": format_datetime(theirs, usegmt=True)}) == pytest.approx(3600 * hours, abs=5)


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "now"}, {"date": "Sun, 22 Nov 2026 05:00:00"}])
def test_without_a_date_the_clock_is_taken_to_be_right(headers: dict[str, str]) -> None:
    assert clock_is_off_s(headers) == 0


# Garbage

NAMES = st.sampled_from(
    [
        *("date", "retry-after", "retry-after-ms"),
        *(f"x-ratelimit-{fact}-{what}" for fact in ("limit", "remaining", "reset") for what in ("requests", "tokens")),
        *(f"anthropic-ratelimit-requests-{fact}" for fact in ("limit", "remaining", "reset")),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"-?\d{1,6}(\.\d{1,6})?", fullmatch=True),
    st.from_regex(r"(\d{1,6}(\.\d{1,3})?(ms|us|h|m|s)){1,3}", fullmatch=True),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda t: f"{t.isoformat()}Z"),
    st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(lambda t: format_datetime(t)),
    st.from_regex(r"(Mon|Sun), \d{1,3} (Nov|Feb) \d{1,5} \d{1,3}:\d{2}:\d{2} (GMT|[+-]\d{2,6}|EST|)", fullmatch=True),
    st.sampled_from(["0", "00", "nan", "inf", "-inf", "Infinity", "1_000", "0x10", "NaN", " 5 ", "5;w=60"]),
)


def read(headers: dict[str, str]) -> dict[str, Any]:
    """Everything that is read from headers, on the way that the client goes."""
    traffic = Traffic(4)
    traffic.answered(1000.0, quotas(headers))
    traffic.enter(1000.0, 100, retry=False)
    return {
        "wait": retry_after_s(headers),
        "off": clock_is_off_s(headers),
        "delay": traffic.delay_s(1000.0),
        "error": classify(429, headers, None, OPENAI),
    }


@given(st.dictionaries(NAMES, TEXTS))
def test_whatever_headers_say_nothing_breaks(headers: dict[str, str]) -> None:
    found = read(headers)
    assert found["wait"] is None or 0 < found["wait"] < float("inf")
    assert found["delay"] >= 0


HUGE = "9" * 400


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "1e300"},
        {"retry-after": "99999999999999"},
        {"retry-after-ms": "99999999999999999"},
        {"date": DATE.replace("GMT", "+99999999999999999999")},
        {"retry-after": DATE.replace("22", "99999999999999999999")},
        said("requests", "600", "0", f"{HUGE}s"),
        said("requests", HUGE, "5", "1s"),
        said("requests", "600", HUGE, "1s"),
        said("requests", "1e-300", "0", "1e300h"),
        said_otherwise("requests", "50", "0", "9999-12-31T23:59:59Z"),
    ],
    ids=lambda headers: next(name for name in headers if name != "date" or len(headers) == 1),
)
def test_numbers_without_measure_break_nothing(headers: dict[str, str]) -> None:
    read(headers)


@given(st.floats(300.001, 1e9))
@example(300.4)
def test_the_wait_that_a_message_names_is_long_enough(wait: float) -> None:
    error = classify(429, {"retry-after": repr(wait)}, None, OPENAI)
    named = float(str(error).partition("--max-wait ")[2].split()[0])
    assert named >= wait
