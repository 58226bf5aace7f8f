"""Anthropic's Messages dialect.

Source: Anthropic's API documentation and Python SDK 2.12, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from qagen.llm.faults import refused_parameter
from qagen.llm.providers import Endpoint
from qagen.llm.schemas import without_bounds
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Finish, HttpCall, Kind, Usage, tokens_of

VERSION = "2026-10-21"
"""Under this version no model takes sampling parameters."""
VERSION_WITH_SAMPLING = "2023-06-01"
TOOL = "emit_reply"

_WITHOUT_SCHEMAS = (
    "claude-3",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-2",
)
"""Models from before structured output: they are made to call a tool with the schema. Newer ones refuse to be made."""
_ALWAYS_THINK = ("claude-sonnet-5-5", "claude-opus-5-5", "claude-fable", "claude-mythos")
"""Models that refuse `thinking: disabled`; between_tools keeps them from thinking before they answer."""
_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}
_MONEY = ("credit balance is too low", "spend limit", "usage limits")
_KINDS: dict[str, Kind] = {
    "authentication_error": "auth",
    "permission_error": "auth",
    "billing_error": "quota",
    "not_found_error": "model",
    "rate_limit_error": "rate_limited",
    "overloaded_error": "server",
    "api_error": "server",
    "timeout_error": "server",
}


def headers(endpoint: Endpoint, *, version: str = VERSION) -> dict[str, str]:
    """The version header is required. The key goes into one header alone."""
    sent = {"Content-Type": "application/json", "anthropic-version": version}
    if endpoint.key:
        sent["x-api-key"] = endpoint.key
    return sent


def build_request(request: ChatRequest, endpoint: Endpoint) -> HttpCall:
    """The system text is marked for the prompt cache: it is the same bytes for the whole run."""
    system = {"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "system": [system],
        "messages": [{"role": "user", "content": request.user}],
    }
    sampling = {
        name: value
        for name, value in (("temperature", request.temperature), ("top_p", request.top_p))
        if value is not None and request.sends(name)
    }
    body |= sampling | _thinking(request) | _structure(request)
    body |= request.options
    # Whoever insists on a temperature gets the version that still knows one.
    version = (
        VERSION_WITH_SAMPLING if sampling or request.options.keys() & {"temperature", "top_p", "top_k"} else VERSION
    )
    return HttpCall(f"{endpoint.base_url}/v1/messages", headers(endpoint, version=version), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any]) -> ChatReply:
    """The first block is often thinking, so all text blocks are joined and the others skipped."""
    blocks = body["content"]
    text = "".join(str(block["text"]) for block in blocks if block["type"] == "text")
    called = [block["input"] for block in blocks if block["type"] == "tool_use"]
    stop = body.get("stop_reason")
    details = body.get("stop_details") or {}
    finish = _FINISH.get(str(stop), "other")
    return ChatReply(
        text=orjson.dumps(called[0]).decode() if called else text,
        finish=finish,
        usage=_usage(body.get("usage")),
        model=str(body.get("model") or ""),
        refusal=str(details.get("explanation") or details.get("category") or "declined") if stop == "refusal" else None,
    )


def parse_error(status: int, body: Any) -> ErrorDetails | None:
    """Money comes in three forms: 402, a 429 with an error code, and a 400 that only says so."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return ErrorDetails(error)
    if not isinstance(error, dict):
        return None
    message = str(error.get("message") or "")
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    lower = message.lower()
    if code == "enforced_spend_limit_reached" or any(words in lower for words in _MONEY):
        return ErrorDetails(message, "quota")
    if status == 400 and ("prompt is too long" in lower or "exceed context limit" in lower):
        return ErrorDetails(message, "context_length")
    kind = _KINDS.get(str(error.get("type")))
    if kind == "model" and "model" not in lower:
        kind = None  # an unknown path has the same type
    return ErrorDetails(message, kind, parameter=refused_parameter(status, message))


def _structure(request: ChatRequest) -> dict[str, Any]:
    """The schema: as output format, or for old models as the one tool they may call."""
    if request.schema is None or not request.sends("schema"):
        return {}
    schema = without_bounds(request.schema)
    if not request.model.startswith(_WITHOUT_SCHEMAS):
        return {"output_config": _effort(request) | {"format": {"type": "json_schema", "schema": schema}}}
    tool = {"name": TOOL, "description": "Give the reply.", "input_schema": schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}


def _thinking(request: ChatRequest) -> dict[str, Any]:
    """How much the model thinks before it answers; all of it is billed as output."""
    effort = _effort(request)
    body: dict[str, Any] = {"output_config": effort} if effort else {}
    if effort and request.effort == "none":
        body["thinking"] = {"type": "between_tools" if request.model.startswith(_ALWAYS_THINK) else "disabled"}
    return body


def _effort(request: ChatRequest) -> dict[str, Any]:
    if request.effort is None or not request.sends("effort") or request.model.startswith(_WITHOUT_SCHEMAS):
        return {}
    return {"effort": "low" if request.effort in {"none", "minimal"} else request.effort}


def _usage(counts: Any) -> Usage:
    """Cached tokens stand beside `input_tokens` here, not inside; both cache fields may be null."""
    if not isinstance(counts, dict):
        return Usage(reported=False)
    fresh, read, written = (
        tokens_of(counts.get(name))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    return Usage(
        input_tokens=fresh + read + written,
        cached_input_tokens=read,
        cache_write_tokens=written,
        output_tokens=tokens_of(counts.get("output_tokens")),
    )
