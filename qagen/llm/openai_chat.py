"""The Chat Completions dialect: OpenAI, and every server that calls itself compatible.

Source: OpenAI's API reference and Python SDK 3.54, November 2026; llama.cpp's server for the compatible ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from qagen.llm.faults import refused_parameter
from qagen.llm.providers import Endpoint
from qagen.llm.schemas import strict
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Finish, HttpCall, Kind, Usage, tokens_of

_FINISH: dict[str, Finish] = {"stop": "stop", "length": "length", "content_filter": "refused"}

_QUOTA = {
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_QUOTA, "quota"),
    "invalid_api_key": "auth",
    "authentication_error": "auth",
    "model_not_found": "model",
    "context_length_exceeded": "context_length",
    "exceed_context_size_error": "context_length",  # llama.cpp
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "slow_down"), "rate_limited"),
    **dict.fromkeys(("server_error", "server_is_overloaded", "service_unavailable_error"), "server"),
}


def headers(endpoint: Endpoint) -> dict[str, str]:
    """A key as a bearer token, where there is one."""
    sent = {"Content-Type": "application/json"}
    if endpoint.key:
        sent["Authorization"] = f"Bearer {endpoint.key}"
    return sent


def build_request(request: ChatRequest, endpoint: Endpoint) -> HttpCall:
    """The stable part first (system, schema), so that the provider's prefix cache can serve it."""
    provider = endpoint.provider
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
        _max_tokens_field(request, endpoint): request.max_tokens,
    }
    if request.schema is not None:
        body |= _response_format(request, endpoint)
    if request.effort is not None and request.sends("effort"):
        # Reasoning is billed and hidden; and only without it is a temperature allowed.
        body["reasoning_effort"] = request.effort
    body |= {
        name: value
        for name, value in (("temperature", request.temperature), ("top_p", request.top_p), ("seed", request.seed))
        if value is not None and request.sends(name)
    }
    body |= request.options
    if provider.in_process:
        body |= request.material
    return HttpCall(f"{endpoint.base_url}/chat/completions", headers(endpoint), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any]) -> ChatReply:
    """A refusal comes with `finish_reason: "stop"`, so it is looked at first."""
    choice = body["choices"][0]
    message = choice["message"]
    refusal = message.get("refusal") or None
    finish: Finish = "refused" if refusal else _FINISH.get(choice.get("finish_reason") or "", "other")
    return ChatReply(
        text=_text(message.get("content")),
        finish=finish,
        usage=_usage(body.get("usage")),
        model=str(body.get("model") or ""),
        refusal=refusal,
    )


def parse_error(status: int, body: Any) -> ErrorDetails | None:
    """Errors of OpenAI, vLLM old and new, llama.cpp (integer code), FastAPI, and arrays around one of them."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return None
    error = body.get("error", body if body.get("object") == "error" or "detail" in body else None)
    if isinstance(error, str):
        return ErrorDetails(error, _kind_by_text(status, error), parameter=refused_parameter(status, error))
    if not isinstance(error, dict):
        return None
    message = str(error.get("message") or error.get("detail") or "")
    # `type` is coarser than `code`, but money problems and llama.cpp's errors stand there.
    named = (_KINDS.get(str(error.get(name))) for name in ("code", "type"))
    kind: Kind | None = next(filter(None, named), None) or _kind_by_text(status, message)
    if kind == "rate_limited" and message.lower().startswith("request too large"):
        # Larger than the limit of a whole minute: it would never pass, and hold up all others.
        kind = "context_length"
    if "too large to process" in message.lower():
        kind = "context_length"  # llama.cpp, of a text whose vector is wanted: it calls that an error of the server
    return ErrorDetails(message, kind, parameter=refused_parameter(status, message, error.get("param")))


def _max_tokens_field(request: ChatRequest, endpoint: Endpoint) -> str:
    """The row's name for the cap, or the other one where the model refuses it."""
    usual = endpoint.provider.max_tokens_field
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}[usual]
    return usual if request.sends("max_tokens") else other


def _response_format(request: ChatRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The schema where the host enforces one, else JSON mode: the prompt describes the form in any case."""
    if endpoint.provider.structured == "schema" and request.sends("schema") and request.schema is not None:
        schema = {"name": request.schema_name, "strict": True, "schema": strict(request.schema)}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    return {"response_format": {"type": "json_object"}} if request.sends("json") else {}


def _kind_by_text(status: int, message: str) -> Kind | None:
    lower = message.lower()
    if status == 404 and "model" in lower:
        return "model"
    if status == 400 and "context" in lower and ("maximum" in lower or "exceed" in lower or "too long" in lower):
        return "context_length"
    return None


def _text(content: Any) -> str:
    """`content` is a string, null, or at some servers a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _usage(counts: Any) -> Usage:
    """Cached tokens are a part of `prompt_tokens`; every details object may be missing."""
    if not isinstance(counts, dict):
        return Usage(reported=False)
    details = counts.get("prompt_tokens_details") or {}
    return Usage(
        input_tokens=tokens_of(counts.get("prompt_tokens")),
        cached_input_tokens=tokens_of(details.get("cached_tokens")),
        cache_write_tokens=tokens_of(details.get("cache_write_tokens")),
        output_tokens=tokens_of(counts.get("completion_tokens")),
    )
