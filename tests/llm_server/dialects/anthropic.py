"""Anthropic Messages (`POST /v1/messages`), as documented and observed in November 2026."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson

from tests.llm_server.config import Config
from tests.llm_server.dialects import claude_models, claude_request
from tests.llm_server.dialects.types import Ask, Completion, Dialect, Problem, in_pieces, tokens
from tests.llm_server.http1 import Request, Response

_VERSIONS = ("2023-06-01", "2026-10-21")
_LISTED = ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-4-6", "claude-haiku-4-5"]
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal", "content_filter": "refusal"}

# kind: status, type, message
_ERRORS: dict[str, tuple[int, str, str]] = {
    "invalid": (400, "invalid_request_error", "Invalid request."),
    "unsupported_parameter": (400, "invalid_request_error", "Extra inputs are not permitted"),
    "unsupported_value": (400, "invalid_request_error", "Input is not supported"),
    "context_length": (400, "invalid_request_error", "prompt is too long: 208656 tokens > 200000 maximum"),
    "unauthorized": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "model_not_found": (404, "not_found_error", "model: {model}"),
    "not_found": (404, "not_found_error", "Not Found"),
    "timeout": (504, "timeout_error", "Request timed out."),
    "conflict": (409, "conflict_error", "The resource is in use by another request."),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "unprocessable": (422, "invalid_request_error", "Unprocessable entity."),
    "rate_limit": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50 requests per minute.",
    ),
    "quota": (402, "billing_error", "There is a problem with the billing of your organization. Check your payment."),
    "server_error": (500, "api_error", "Internal server error"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}
_VARIANTS: dict[str, tuple[int, str, str]] = {
    "tokens": (
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 400,000 input tokens per minute.",
    ),
    "slow_down": (429, "rate_limit_error", "Your usage grew too fast. Please raise it step by step."),
    "words": (429, "rate_limit_error", "Your organization has no quota left for now, please retry later."),
    "balance": (
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits.",
    ),
    "spend_limit": (429, "rate_limit_error", "This request would exceed your account's monthly spend limit."),
    "own_limit": (
        400,
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
    ),
}
_CODES = {"spend_limit": "enforced_spend_limit_reached"}
_OF_STATUS = {row[0]: row for row in _ERRORS.values() if row[0] != 400}


def owns(request: Request) -> bool:
    """The header tells its list of models from OpenAI's."""
    versioned = "anthropic-version" in request.headers and request.path.startswith("/v1/")
    return versioned or re.match(r"/v1/messages(?:/|$)", request.path) is not None


def parse(request: Request, config: Config) -> Ask:
    version = _enter(request, config)
    return claude_request.read(request, config, version)


def _enter(request: Request, config: Config) -> str:
    """Key and version are checked first; returns the version."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    keys = [request.headers.get("x-api-key", ""), bearer if scheme.lower() == "bearer" else ""]
    given = [key for key in keys if key]
    if not given:
        raise Problem("unauthorized", "x-api-key header is required")
    if len(given) > 1:
        raise Problem("unauthorized", "Send either x-api-key or Authorization, not both")
    if config.api_key is not None and given[0] != config.api_key:
        raise Problem("unauthorized", "invalid x-api-key" if keys[0] else "Invalid bearer token")
    version = request.headers.get("anthropic-version")
    if version is None:
        raise Problem("invalid", "anthropic-version: header is required")
    if version not in _VERSIONS:
        raise Problem("invalid", f'anthropic-version: "{version}" is not a valid version')
    return version


def page(request: Request, config: Config) -> Response:
    """The list of models, one of them, and the counting of tokens."""
    version = _enter(request, config)
    match request.method, request.path.removeprefix("/v1/"):
        case "POST", "messages/count_tokens":
            return Response.json({"input_tokens": claude_request.count(request, config, version)})
        case "GET", "models":
            return _models(request, config)
        case "GET", name if name.startswith("models/"):
            name = name.removeprefix("models/")
            claude_request.check_model(name, config)
            return Response.json(claude_models.row(name, config.context_tokens))
    raise Problem("not_found")


def _models(request: Request, config: Config) -> Response:
    listed = config.models if config.models is not None else _LISTED
    limit, after = request.query.get("limit", "20"), request.query.get("after_id")
    if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
        raise Problem("invalid", "limit: Input should be an integer from 1 to 1000")
    if after is not None and after not in listed:
        raise Problem("invalid", f"after_id: no such model: {after}")
    start = 0 if after is None else listed.index(after) + 1
    shown = listed[start : start + int(limit)]
    return Response.json(
        {
            "data": [claude_models.row(name, config.context_tokens) for name in shown],
            "has_more": start + len(shown) < len(listed),
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
        }
    )


def render(ask: Ask, completion: Completion, config: Config) -> Response:
    body = {
        "id": f"msg_{ask.marker}",
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": _content(ask, completion),
        "stop_reason": _stop_reason(ask, completion, config),
        "stop_sequence": None,
        "stop_details": _stop_details(completion),
        "usage": _usage(ask, completion, config),
    }
    return Response.json(body, headers=_limit_headers("49"))


def _content(ask: Ask, completion: Completion) -> list[dict[str, Any]]:
    """The thoughts are hidden, and yet the first block."""
    if completion.finish == "content_filter":
        return []
    blocks: list[dict[str, Any]] = []
    if ask.shows_thoughts or completion.shows_thoughts:
        blocks.append({"type": "thinking", "thinking": "", "signature": f"EqQB{ask.marker}"})
    if ask.tool and completion.finish != "refusal":
        used = {"type": "tool_use", "id": f"toolu_{ask.marker}", "name": ask.tool, "input": _as_input(completion.text)}
        return [*blocks, used]
    return [*blocks, *({"type": "text", "text": piece} for piece in in_pieces(completion.text, ask.marker))]


def _as_input(text: str) -> dict[str, Any]:
    """What the model wrote, which is an object always: empty, where it wrote none."""
    try:
        value = orjson.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _stop_reason(ask: Ask, completion: Completion, config: Config) -> str:
    if completion.finish == "length" and ask.prompt_tokens + completion.output_tokens >= config.context_tokens:
        return "model_context_window_exceeded"
    if completion.finish == "stop":
        return completion.reason or ("tool_use" if ask.tool else "end_turn")
    return _STOP_REASONS[completion.finish]


def _stop_details(completion: Completion) -> dict[str, Any] | None:
    if _STOP_REASONS[completion.finish] != "refusal":
        return None
    return {"type": "refusal", "category": completion.reason, "explanation": completion.text or None}


def _usage(ask: Ask, completion: Completion, config: Config) -> dict[str, Any]:
    """What was cached is not in `input_tokens`. Where nothing was, the fields of the cache are null."""
    read = min(config.cached_tokens, ask.prompt_tokens)
    written = min(config.cache_write_tokens, ask.prompt_tokens - read)
    caches = bool(read or written)
    thinks = ask.shows_thoughts or completion.reasoning_tokens > 0
    return {
        "input_tokens": ask.prompt_tokens - read - written,
        "cache_creation_input_tokens": written if caches else None,
        "cache_read_input_tokens": read if caches else None,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0} if caches else None,
        "output_tokens": completion.reasoning_tokens + tokens(completion.text),
        "output_tokens_details": {"thinking_tokens": completion.reasoning_tokens} if thinks else None,
        "service_tier": "standard",
    }


def error(problem: Problem, model: str, request_id: str) -> Response:
    status, kind, message = _VARIANTS.get(problem.variant or "") or _ERRORS[problem.kind]
    code = _CODES.get(problem.variant or "")
    if problem.variant is None:
        status = problem.status or status
        _, kind, usual = _OF_STATUS.get(problem.status or 0, (status, kind, message))
        kind = problem.type or kind
        message = problem.message or (usual if problem.kind == "server_error" else message)
        code = problem.code
    what: dict[str, Any] = {"type": kind, "message": message.replace("{model}", model)}
    if code:
        what["details"] = {"error_code": code}
    headers = _limit_headers("0") if status == 429 else {}
    body = {"type": "error", "error": what, "request_id": request_id}
    return Response.json(body, status, headers | problem.headers)


def _limit_headers(requests_left: str) -> dict[str, str]:
    """The resets are points in time, RFC 3339."""
    now = time.time()
    limits = {
        "requests": ("50", requests_left, now + 1),
        "tokens": ("480000", "471000", now + 60),
        "input-tokens": ("400000", "392000", now + 60),
        "output-tokens": ("80000", "79000", now + 60),
    }
    headers = {"anthropic-organization-id": "00000000-0000-4000-8000-000000000000"}
    for name, (limit, remaining, reset) in limits.items():
        headers[f"anthropic-ratelimit-{name}-limit"] = limit
        headers[f"anthropic-ratelimit-{name}-remaining"] = remaining
        headers[f"anthropic-ratelimit-{name}-reset"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(reset))
    return headers


DIALECT = Dialect(
    "anthropic",
    owns=owns,
    generates=re.compile(r"/v1/messages$"),
    parse=parse,
    page=page,
    render=render,
    error=error,
    id_header="request-id",
)
