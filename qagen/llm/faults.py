"""What to do about a fault: status, headers and body -> one of the reactions of `errors`. Pure.

The table of reactions stands in `classify`. Codes are what state files, logs and the summary show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.llm.providers import Endpoint
from qagen.llm.types import ErrorDetails
from qagen.redaction import redact

LONGEST_WAIT_S = 300.0
"""A server that asks for more is asking the user to come back later."""
LONGEST_RESET_S = 60.0
_MOST_SHOWN = 300
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6}
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|h|m|s)")
_GO_DURATION = re.compile(rf"(?:{_GO_PART.pattern})+")


def classify(
    status: int, headers: Mapping[str, str], details: ErrorDetails | None, endpoint: Endpoint
) -> ProviderError:
    """The reaction to an answer that is no reply: an error status, a redirect, or an error inside HTTP 200."""
    said = redact(details.message if details else "", endpoint.key)[:_MOST_SHOWN].strip().rstrip(".")
    where = f"{endpoint.provider.name} at {endpoint.host}"
    answer = f"{where}: HTTP {status}" + (f": {said}" if said else "")
    kind = details.kind if details else None
    if 300 <= status < 400:
        host = urlsplit(headers.get("location", "")).netloc or "another address"
        return AccessError(
            f"{where} redirects to {host}, and redirects are not followed. Name the final address with --base-url.",
            code="redirect",
        )
    if kind == "quota" or status == 402:
        return AccessError(
            f"{answer}. The account's credit or quota is used up; add to it or wait, then run the same command again.",
            code="quota",
        )
    if kind == "auth" or status in {401, 403}:
        return AccessError(f"{answer}. {_about_key(endpoint)}", code="auth")
    if kind == "model":
        hint = endpoint.provider.when_model_unknown.format(model=endpoint.model)
        return AccessError(f"{answer}. There is no model {endpoint.model!r} here. {hint}", code="model")
    if kind == "context_length":
        return RejectedError(
            f"{answer}. Make the chunks smaller, or take a model with a larger context.", code="context_length"
        )
    if kind in {"rate_limited", "server"} or status in {408, 409, 425, 429} or status >= 500:
        return _transient(status, headers, details, answer)
    if status == 200:
        return TransientError(f"{answer}. An error came in place of an answer.", code="error_in_200", most_tries=3)
    if status == 404:
        return AccessError(f"{answer}. The address may be wrong; check --base-url.", code="not_found")
    if status == 413:
        return RejectedError(f"{answer}. The request is too large; make the chunks smaller.", code="too_large")
    return RejectedError(
        f"{answer}. Check the model and the options that are sent.",
        code="bad_request",
        parameter=details.parameter if details else None,
    )


def _transient(status: int, headers: Mapping[str, str], details: ErrorDetails | None, answer: str) -> ProviderError:
    wait = retry_after_s(headers)
    if wait is None and details is not None:
        wait = details.retry_after_s
    limited = status == 429 or (details is not None and details.kind == "rate_limited")
    if wait is None and limited:
        # When the limit is full again, not when the next request may pass: a hint, never a reason to stop.
        reset = reset_s(headers)
        wait = min(reset, LONGEST_RESET_S) if reset else None
    if wait is not None and wait > LONGEST_WAIT_S:
        return AccessError(
            f"{answer}. It asks to wait {wait / 60:.0f} minutes; run the same command again after that.",
            code="long_wait",
        )
    code = "rate_limited" if limited else "5xx" if status >= 500 else f"http_{status}"
    most = details.most_tries if details is not None and details.most_tries else 6
    return TransientError(answer, code=code, retry_after_s=wait, most_tries=most)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that the headers ask for, in seconds: milliseconds, seconds, or a date.

    A date is read relative to the answer's own `Date`, so that a wrong clock does no harm. Garbage, negative numbers
    and past dates count as nothing said.
    """
    text = headers.get("retry-after", "").strip()
    for wait in (_number(headers.get("retry-after-ms", "")) / 1000, _number(text), _until(text, headers.get("date"))):
        if 0 < wait < float("inf"):
            return wait
    return None


def reset_s(headers: Mapping[str, str]) -> float | None:
    """When a used-up limit is full again, in seconds, by the rate-limit headers; None where none is used up.

    They come as `x-ratelimit-reset-requests` and as `...-ratelimit-requests-reset`, with a duration ("6m0s", "20ms") or
    a time (RFC 3339), which is read relative to the answer's own `Date`.
    """
    waits = []
    for name, text in headers.items():
        if "ratelimit" in name and "reset" in name and headers.get(name.replace("reset", "remaining")) == "0":
            waits.append(_duration(text) or _until_timestamp(text, headers.get("date")))
    return max((wait for wait in waits if wait > 0), default=None)


def _duration(text: str) -> float:
    """Go's notation, `1h30m0.5s`; 0 where it is something else."""
    if not _GO_DURATION.fullmatch(text):
        return 0.0
    return sum(float(number) * _UNITS[unit] for number, unit in _GO_PART.findall(text))


def _until_timestamp(text: str, date: str | None) -> float:
    try:
        then = datetime.fromisoformat(text)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return (then - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _until(text: str, date: str | None) -> float:
    try:
        then = parsedate_to_datetime(text)
        now = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return (then - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0


_PARAMETERS = {
    "temperature": "temperature",
    **dict.fromkeys(("top_p", "topp"), "top_p"),
    "seed": "seed",
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "max_tokens"),
    **dict.fromkeys(("response_format", "responsejsonschema", "response_json_schema", "json_schema"), "schema"),
    **dict.fromkeys(("output_config.format", "output_format", "output format"), "schema"),
    **dict.fromkeys(("reasoning_effort", "reasoningeffort", "effort", "thinking"), "effort"),
    **dict.fromkeys(("thinkinglevel", "thinking_level"), "effort"),
    **dict.fromkeys(("thinkingbudget", "thinking_budget", "think"), "effort"),
}
"""Names of parameters on the wires, lower case, and ours."""
_NAMES = re.compile(r"(?<![\w.-])(?:output format|[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)(?![\w-])", re.IGNORECASE)
_REFUSAL = re.compile(
    r"not support|unsupported|does not allow|not allowed|not permitted|deprecated|removed|unknown|unrecognized"
    r"|only the default|may not|may only be|unavailable|cannot (?:both )?be (?:set|used|combined|specified)",
    re.IGNORECASE,
)
_FORM_REFUSAL = re.compile(r"response_format\S* must be", re.IGNORECASE)


def refused_parameter(status: int, message: str, named: object = None) -> str | None:
    """Our name of the parameter that an error refuses, by the field that names it or by the words of the message."""
    if status not in {400, 422} or "context" in message.lower():
        return None
    if _FORM_REFUSAL.search(message):
        return "schema"
    refuses = _REFUSAL.search(message) is not None
    ours = _our_name(named) if isinstance(named, str) else None
    # A cap may be named because it is too large: only a refused one goes under its other name.
    if ours and (refuses or ours != "max_tokens"):
        return ours
    if not refuses:
        return None
    return next((ours for name in _NAMES.findall(message) if (ours := _our_name(name))), None)


def _our_name(name: str) -> str | None:
    """`output_config.format.schema` -> schema: any beginning or part of a dotted name may be the one that we know."""
    parts = name.lower().split("[")[0].split(".")
    beginnings = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_PARAMETERS[part] for part in [*beginnings, *reversed(parts)] if part in _PARAMETERS), None)


def _about_key(endpoint: Endpoint) -> str:
    name = endpoint.provider.key_env
    if endpoint.api_key is None:
        return f"No key was sent; set {name}." if name else "The server wants a key."
    return f"Check the key in {name}."
