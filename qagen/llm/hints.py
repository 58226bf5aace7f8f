"""What the headers of an answer say of waiting and of limits. Pure; garbage counts as nothing said."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from qagen.llm.limits import Quota

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6}
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|h|m|s)")
_GO_DURATION = re.compile(rf"(?:{_GO_PART.pattern})+")
_QUOTA = re.compile(
    r"ratelimit-(?:(?P<fact>limit|remaining|reset)-(?P<what>requests|tokens)"
    r"|(?P<of>requests|tokens)-(?P<is>limit|remaining|reset))$"
)
"""Both notations: `x-ratelimit-limit-requests` and `...-ratelimit-requests-limit`."""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that the headers ask for, in seconds: milliseconds, seconds, or a date.

    A date is read relative to the answer's own `Date`, so that a wrong clock does no harm. Garbage, negative numbers
    and past dates count as nothing said.
    """
    text = headers.get("retry-after", "").strip()
    for wait in (
        _number(headers.get("retry-after-ms", "")) / 1000,
        _number(text),
        _until_date(text, headers.get("date")),
    ):
        if 0 < wait < float("inf"):
            return wait
    return None


def quotas(headers: Mapping[str, str]) -> dict[str, Quota]:
    """What the headers of any answer say of the limits on `requests` and `tokens`; empty where they say nothing.

    A limit is listened to only where the host says how much is left of it.
    """
    found: dict[str, dict[str, str]] = {}
    for name, text in headers.items():
        if match := _QUOTA.search(name):
            what, fact = (match["what"] or match["of"], match["fact"] or match["is"])
            found.setdefault(what, {})[fact] = text
    told = {}
    for what, facts in found.items():
        limit, remaining = _number(facts.get("limit", "")), _number(facts.get("remaining", ""), -1.0)
        if limit > 0 and remaining >= 0:
            told[what] = Quota(limit, remaining, max(0.0, _reset(facts.get("reset", ""), headers.get("date"))))
    return told


def clock_is_off_s(headers: Mapping[str, str]) -> float:
    """How far this machine's clock is from the server's, in seconds; 0 where the answer has no date."""
    return _until_date(headers.get("date", ""), None)


def _reset(text: str, date: str | None) -> float:
    return _duration(text) or _until_timestamp(text, date)


def _duration(text: str) -> float:
    """Go's notation, `1h30m0.5s`; 0 where it is something else."""
    if not _GO_DURATION.fullmatch(text):
        return 0.0
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _GO_PART.findall(text))
    return seconds if math.isfinite(seconds) else 0.0


def _until_timestamp(text: str, date: str | None) -> float:
    try:
        then = datetime.fromisoformat(text)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return (then - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _number(text: str, otherwise: float = 0.0) -> float:
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _until_date(text: str, date: str | None) -> float:
    try:
        then = parsedate_to_datetime(text)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return (then - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0
