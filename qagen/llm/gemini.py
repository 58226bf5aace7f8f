"""Google's generateContent dialect.

Source: the Gemini API's documentation and Google's Python SDK 3.4, November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from qagen.llm.faults import refused_parameter
from qagen.llm.providers import Endpoint
from qagen.llm.schemas import without_text_bounds
from qagen.llm.types import ChatReply, ChatRequest, ErrorDetails, Finish, HttpCall, Kind, Usage, tokens_of

_FINISH: dict[str, Finish] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"), "refused"),
}
_KINDS: dict[str, Kind] = {
    "UNAUTHENTICATED": "auth",
    "PERMISSION_DENIED": "auth",
    "NOT_FOUND": "model",
    "RESOURCE_EXHAUSTED": "rate_limited",
    "FAILED_PRECONDITION": "auth",  # not in this region, or billing is off: no request will pass
    **dict.fromkeys(("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"), "server"),
}
_BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192}
"""Tokens of thinking for models that take a budget; more effort than these means: as many as it likes (-1)."""
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The key goes into a header, never into the address: addresses stand in logs."""
    sent = {"Content-Type": "application/json"}
    if endpoint.key:
        sent["x-goog-api-key"] = endpoint.key
    return sent


def build_request(request: ChatRequest, endpoint: Endpoint) -> HttpCall:
    """Everything that can be tuned stands in `generationConfig`."""
    model = request.model.removeprefix("models/")
    config: dict[str, Any] = {"maxOutputTokens": request.max_tokens}
    config |= {
        name: value
        for name, ours, value in (
            ("temperature", "temperature", request.temperature),
            ("topP", "top_p", request.top_p),
            ("seed", "seed", request.seed),
        )
        if value is not None and request.sends(ours)
    }
    if request.schema is not None and request.sends("json"):
        config["responseMimeType"] = "application/json"
        if request.sends("schema"):
            config["responseJsonSchema"] = without_text_bounds(request.schema)
    if request.effort is not None and request.sends("effort"):
        config["thinkingConfig"] = _thinking(model, request.effort)
    body = {
        "systemInstruction": {"parts": [{"text": request.system}]},
        "contents": [{"role": "user", "parts": [{"text": request.user}]}],
        "generationConfig": config | dict(request.options),
    }
    # The colon is a part of the path and must not be escaped.
    url = f"{endpoint.base_url}/v1beta/models/{quote(model, safe='/')}:generateContent"
    return HttpCall(url, headers(endpoint), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any]) -> ChatReply:
    """A blocked prompt has no candidates; a candidate may have no content, and a content no parts."""
    usage = _usage(body.get("usageMetadata"))
    model = str(body.get("modelVersion") or "")
    blocked = (body.get("promptFeedback") or {}).get("blockReason")
    if blocked and not body.get("candidates"):
        return ChatReply(
            text="", finish="refused", usage=usage, model=model, refusal=f"the prompt was blocked: {blocked}"
        )
    candidate = body["candidates"][0]
    parts = (candidate.get("content") or {}).get("parts") or []
    reason = str(candidate.get("finishReason") or "STOP")
    finish = _FINISH.get(reason, "other")
    return ChatReply(
        text="".join(str(part.get("text") or "") for part in parts if not part.get("thought")),
        finish=finish,
        usage=usage,
        model=model,
        refusal=str(candidate.get("finishMessage") or reason) if finish == "refused" else None,
    )


def parse_error(status: int, body: Any) -> ErrorDetails | None:
    """A bad key is a 400 here; a used-up day is a 429 like any other, told by the name of its quota."""
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    message = str(error.get("message") or "")
    listed = error.get("details")
    details = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    kind = _KINDS.get(str(error.get("status")))
    if "api key not valid" in message.lower() or any(item.get("reason") == "API_KEY_INVALID" for item in details):
        kind = "auth"
    elif "PerDay" in str([item.get("violations") for item in details]):
        kind = "quota"
    elif "maximum number of tokens" in message.lower() or "input token count" in message.lower():
        kind = "context_length"
    delays = [match for item in details if (match := _DELAY.fullmatch(str(item.get("retryDelay"))))]
    return ErrorDetails(
        message,
        kind,
        retry_after_s=float(delays[0][1]) if delays else None,
        parameter=refused_parameter(status, message),
    )


def _thinking(model: str, effort: str) -> dict[str, Any]:
    """Older models take a budget, newer ones a level; the lowest level that all of those accept is low."""
    if model.startswith("gemini-2"):
        budget = _BUDGETS.get(effort, -1)
        # The large model cannot do without.
        return {"thinkingBudget": max(budget, 128) if "pro" in model and budget >= 0 else budget}
    return {"thinkingLevel": {"none": "low", "minimal": "low", "xhigh": "high", "max": "high"}.get(effort, effort)}


def _usage(counts: Any) -> Usage:
    """Thoughts are counted beside the candidates and billed like them; counts of zero are left out."""
    if not isinstance(counts, dict):
        return Usage(reported=False)
    return Usage(
        input_tokens=tokens_of(counts.get("promptTokenCount")),
        cached_input_tokens=tokens_of(counts.get("cachedContentTokenCount")),
        output_tokens=tokens_of(counts.get("candidatesTokenCount")) + tokens_of(counts.get("thoughtsTokenCount")),
    )
