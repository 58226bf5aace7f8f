"""Ollama's native dialect, `/api/chat`.

Not its `/v1`: there the size of the context window cannot be set, and `max_completion_tokens` is ignored.
Source: Ollama's server and API documentation, 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from qagen.llm.faults import refused_parameter
from qagen.llm.providers import Endpoint
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Finish, HttpCall, Usage, tokens_of

_FINISH: dict[str, Finish] = {"stop": "stop", "length": "length"}
_TOP_LEVEL = {"think", "keep_alive"}
"""Options of the request rather than of sampling; all others are ignored at the top level."""


def headers(endpoint: Endpoint) -> dict[str, str]:
    """A key only for Ollama's cloud."""
    sent = {"Content-Type": "application/json"}
    if endpoint.key:
        sent["Authorization"] = f"Bearer {endpoint.key}"
    return sent


def build_request(request: ChatRequest, endpoint: Endpoint) -> HttpCall:
    """Streaming is on and output is unlimited unless the request says otherwise, so it always does."""
    options: dict[str, Any] = {"num_predict": request.max_tokens}
    options |= {
        name: value
        for name, value in (
            ("num_ctx", request.context_tokens),
            ("temperature", request.temperature),
            ("top_p", request.top_p),
            ("seed", request.seed),
        )
        if value is not None and request.sends(name)
    }
    options |= {name: value for name, value in request.options.items() if name not in _TOP_LEVEL}
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
        "stream": False,
        "truncate": False,  # an over-long prompt becomes an error instead of a silently shorter one
        "keep_alive": "10m",
        "options": options,
    }
    if request.sends("effort"):
        # Omitted on a thinking model it would be on, and eat num_predict.
        body["think"] = False if request.effort in {None, "none"} else request.effort
    if request.schema is not None:
        form = request.schema if request.sends("schema") else "json" if request.sends("json") else None
        if form is not None:
            body["format"] = form
    body |= {name: value for name, value in request.options.items() if name in _TOP_LEVEL}
    return HttpCall(f"{endpoint.base_url}/api/chat", headers(endpoint), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any]) -> ChatReply:
    """Counts of zero are left out by the server."""
    message = body["message"]
    return ChatReply(
        text=str(message.get("content") or ""),
        finish=_FINISH.get(body.get("done_reason") or "stop", "other"),
        usage=Usage(
            input_tokens=tokens_of(body.get("prompt_eval_count")),
            output_tokens=tokens_of(body.get("eval_count")),
            reported="eval_count" in body,
        ),
        model=str(body.get("model") or ""),
    )


def parse_error(status: int, body: Any) -> ErrorDetails | None:
    """`error` is a plain string; what it is about is told by its words."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):  # a compatible server or a gateway in front
        error = error.get("message")
    if not isinstance(error, str):
        return None
    lower = error.lower()
    if "not found" in lower and "model" in lower:
        return ErrorDetails(error, "model")
    if "context" in lower and ("exceed" in lower or "length" in lower or "size" in lower):
        return ErrorDetails(error, "context_length")
    if status == 429 and "usage limit" in lower:
        return ErrorDetails(error, "quota")  # of the week, in the cloud: waiting a minute does not help
    # A runner that ran out of memory may come back once; more would be a loop of crashes.
    return ErrorDetails(error, most_tries=2 if status == 500 else None, parameter=refused_parameter(status, error))
