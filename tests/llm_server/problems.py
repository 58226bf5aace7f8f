"""Faults that the server reports: an error status, in the form of the dialect that was spoken."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any, get_args

import orjson

from tests.llm_server.dialects.types import KIND_OF_STATUS, Dialect, Kind, Problem
from tests.llm_server.http1 import Response

Params = Mapping[str, Any]

KEY = "{key}"
"""Where the answer repeats the key of the request (`faults.ECHOES`)."""

_RATE_LIMITS: dict[str, dict[str, str]] = {
    "requests": {},
    "tokens": {"type": "tokens", "message": "Rate limit reached on tokens per min (TPM): Limit 2000000."},
    "slow_down": {"type": "rate_limit_error", "code": "slow_down", "message": "Your traffic grew too fast."},
    # Some hosts speak of quota and mean a rate limit: no structured code says so.
    "words": {"type": "error", "code": "429", "message": "insufficient quota, please retry later"},
}
_RATE_LIMIT_PARAMS = {"retry_after", "retry_after_date", "retry_after_ms", "retry_delay", "variant", "headers"}

_QUOTAS = {
    "account": "as the vendor usually says that there is no money",
    "balance": "Claude: 400, the credit balance is too low",
    "spend_limit": "Claude: 429, a spend limit that is enforced",
    "own_limit": "Claude: 400, a spend limit that the user set",
    "daily": "Gemini: 429, the quota of the day",
    "prepaid": "Gemini: 402, the prepaid credit is gone",
}
"""A variant that a dialect does not have is said as "account"."""


def _rate_limit(params: Params) -> Problem:
    """`retry_after` goes out as it is, garbage too; `retry_after_date` is in seconds from now, as an HTTP-date.

    Gemini says it in the body, as `retry_delay` or as the same number of seconds.
    """
    headers: dict[str, str] = {}
    if "retry_after" in params:
        headers["retry-after"] = str(params["retry_after"])
    if "retry_after_date" in params:
        headers["retry-after"] = formatdate(time.time() + params["retry_after_date"], usegmt=True)
    if "retry_after_ms" in params:
        headers["retry-after-ms"] = str(params["retry_after_ms"])
    variant = params.get("variant", "requests")
    return Problem(
        "rate_limit",
        headers=headers | params.get("headers", {}),
        variant=variant,
        retry_delay=_retry_delay(params),
        **_RATE_LIMITS[variant],  # type: ignore[arg-type]
    )


def _retry_delay(params: Params) -> str | None:
    if "retry_delay" in params:
        return str(params["retry_delay"])
    if isinstance(params.get("retry_after_ms"), int | float):
        return f"{params['retry_after_ms'] / 1000:g}s"
    seconds = params.get("retry_after", params.get("retry_after_date"))
    return None if seconds is None else f"{seconds}s"


def _quota(params: Params) -> Problem:
    variant = params.get("variant", "account")
    if variant not in _QUOTAS:
        raise KeyError(variant)
    return Problem("quota", code=params.get("code"), variant=variant, retry_delay=params.get("retry_delay"))


def _status(params: Params) -> Problem:
    status = params["status"]
    return Problem(
        KIND_OF_STATUS.get(status, "server_error"),
        params.get("message"),
        status=status,
        code=params.get("code"),
        type=params.get("type"),
        param=params.get("param"),
        headers=params.get("headers", {}),
    )


PROBLEMS: dict[str, Callable[[Params], Problem]] = {
    "rate_limit": _rate_limit,
    "quota": _quota,
    "unauthorized": lambda params: Problem("unauthorized"),
    "forbidden": lambda params: Problem("forbidden"),
    "context_length": lambda params: Problem("context_length", status=params.get("status")),
    "model_gone": lambda params: Problem("model_not_found"),
    "status": _status,
    "http_401_echo": lambda params: Problem("unauthorized", f"Incorrect API key provided: {KEY}."),
    "http_500_echo": lambda params: Problem("server_error", f"Internal error. authorization: Bearer {KEY}"),
    "error_in_200": lambda params: Problem(params.get("kind", "server_error"), status=200),
}

_OWN_PARAMS: dict[str, set[str]] = {
    "rate_limit": _RATE_LIMIT_PARAMS,
    "quota": {"code", "variant", "retry_delay"},
    "context_length": {"status"},
    "status": {"status", "message", "code", "type", "param", "headers", "body", "body_base64", "content_type"},
    "error_in_200": {"kind"},
}
PARAMS = {name: {"array"} | _OWN_PARAMS.get(name, set()) for name in PROBLEMS}
"""`array: true` puts the error into a list, as Gemini sometimes does."""


def check(name: str, params: Params) -> None:
    """Raises ValueError where the parameters would fail later, in the middle of a test."""
    try:
        kind = PROBLEMS[name](params).kind
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"parameters {dict(params)} of fault {name} have a wrong value: {error}") from None
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind {kind!r} of fault {name}; there are: {', '.join(get_args(Kind))}")


def response(name: str, params: Params, dialect: Dialect, model: str, request_id: str) -> Response:
    """The error as the dialect says it, or with the very body that the rule gives."""
    said = dialect.error(PROBLEMS[name](params), model, request_id)
    if params.get("array"):
        said = replace(said, body=b"[%b]" % said.body)
    if "body_base64" in params:
        said = replace(said, body=base64.b64decode(params["body_base64"]))
    elif "body" in params:
        body = params["body"]
        said = replace(said, body=body.encode() if isinstance(body, str) else orjson.dumps(body))
    return said.with_headers(content_type=params["content_type"]) if "content_type" in params else said
