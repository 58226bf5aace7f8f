"""Google's Generative Language API (`POST /v1beta/models/{model}:generateContent`), as of November 2026."""

from __future__ import annotations

import re
from typing import Any

from tests.llm_server.config import Config
from tests.llm_server.dialects import gemini_errors, gemini_request
from tests.llm_server.dialects.types import Ask, Completion, Dialect, Problem, in_pieces, tokens
from tests.llm_server.http1 import Request, Response

_LISTED = ["gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview", "gemini-2.5-flash"]
_FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY", "content_filter": "SAFETY"}
_CALL = re.compile(r"/v1beta/models/([^/:]+):(\w+)$")
_MOST_OF_A_PAGE = 1000


def parse(request: Request, config: Config) -> Ask:
    check_key(request, config)
    return gemini_request.read(request, config, called(request)[0])


def called(request: Request) -> tuple[str, str]:
    """Model and method in the path."""
    call = _CALL.match(request.path)
    if call is None or "%3a" in request.target.lower():
        raise Problem("not_found")
    return call[1], call[2]


def check_key(request: Request, config: Config) -> None:
    if "key" in request.query:
        # The real one takes it. Addresses are logged everywhere: a key in one is lost, so a test has to fail.
        raise Problem("invalid", "This test server refuses ?key=: keys must not travel in URLs. Use x-goog-api-key.")
    if "authorization" in request.headers:
        message = "Request had invalid authentication credentials. Expected OAuth 2 access token or other valid ones."
        raise Problem("unauthorized", message, status=401)
    key = request.headers.get("x-goog-api-key")
    if not key:
        raise Problem(
            "forbidden",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
            "other form of API consumer identity to call this API.",
        )
    if config.api_key is not None and key != config.api_key:
        raise Problem("unauthorized")


def page(request: Request, config: Config) -> Response:
    """The list of models, one of them, and the counting of tokens."""
    check_key(request, config)
    if request.method == "POST":
        model, method = called(request)
        if method != "countTokens":
            raise Problem("model_not_found", f"models/{model} is not supported for {method} by this test server.")
        count = gemini_request.count(request, config, model)
        return Response.json({"totalTokens": count, "promptTokensDetails": _by_modality(count)})
    if request.method == "GET" and request.path == "/v1beta/models":
        return _models(request, config)
    name = request.path.removeprefix("/v1beta/models/")
    if request.method != "GET" or "/" in name:
        raise Problem("not_found")
    gemini_request.check_model(name, config)
    return Response.json(_model(name, config))


def _models(request: Request, config: Config) -> Response:
    """A page of them. The token is the number of the first model."""
    listed = config.models if config.models is not None else _LISTED
    size, token = request.query.get("pageSize") or "50", request.query.get("pageToken") or "0"
    if not size.isdecimal() or not token.isdecimal():
        raise Problem("invalid", "Request contains an invalid argument: pageSize or pageToken.")
    start = int(token)
    end = start + min(int(size) or 50, _MOST_OF_A_PAGE)
    body: dict[str, Any] = {"models": [_model(name, config) for name in listed[start:end]]}
    if end < len(listed):
        body["nextPageToken"] = str(end)
    return Response.json({name: value for name, value in body.items() if value})


def _model(name: str, config: Config) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": config.context_tokens,
        "outputTokenLimit": gemini_request.OUTPUT_TOKENS,
        "supportedGenerationMethods": ["generateContent", "countTokens", "batchGenerateContent"],
        "thinking": True,
    }


def render(ask: Ask, completion: Completion, config: Config) -> Response:
    blocked = completion.finish == "content_filter" and completion.missing == "candidates"
    body: dict[str, Any] = {
        "candidates": [_candidate(ask, completion)],
        "promptFeedback": {"blockReason": completion.reason or "SAFETY"},
        "usageMetadata": _usage(ask, completion, config),
        "modelVersion": ask.model,
        "responseId": f"response-{ask.marker}",
    }
    if completion.missing == "candidates":
        del body["candidates"]
    if not blocked:
        del body["promptFeedback"]
    return Response.json(body)


def _candidate(ask: Ask, completion: Completion) -> dict[str, Any]:
    parts = _parts(ask, completion)
    candidate: dict[str, Any] = {
        "content": {"parts": parts, "role": "model"} if parts else {"role": "model"},
        "finishReason": completion.reason or _FINISH_REASONS[completion.finish],
        "index": 0,
        "safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}],
    }
    if completion.missing == "content" or completion.finish == "content_filter":
        del candidate["content"]
    if completion.finish in ("refusal", "content_filter"):
        candidate["finishMessage"] = "The reply was stopped."
        candidate["safetyRatings"] = [
            {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
        ]
    return candidate


def _parts(ask: Ask, completion: Completion) -> list[dict[str, Any]]:
    """Thoughts, if they are shown, and then the text; an empty text is no part at all."""
    parts: list[dict[str, Any]] = [{"text": piece} for piece in in_pieces(completion.text, ask.marker)]
    if parts:
        parts[-1]["thoughtSignature"] = f"CiQE{ask.marker}"
    if ask.shows_thoughts or completion.shows_thoughts:
        parts.insert(0, {"text": "**Looking for facts** I could start with {}.", "thought": True})
    return parts


def _usage(ask: Ask, completion: Completion, config: Config) -> dict[str, Any]:
    """What is cached is in the count of the prompt, thoughts are in no other. A count of zero is not there."""
    prompt, text = ask.prompt_tokens, tokens(completion.text)
    thoughts = completion.reasoning_tokens if completion.missing != "candidates" else 0
    counts = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": min(config.cached_tokens, prompt),
        "candidatesTokenCount": text,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + text + thoughts,
        "promptTokensDetails": _by_modality(prompt),
    }
    return {name: count for name, count in counts.items() if count}


def _by_modality(count: int) -> list[dict[str, Any]]:
    return [{"modality": "TEXT", "tokenCount": count}] if count else []


def error(problem: Problem, model: str, _request_id: str) -> Response:
    return gemini_errors.response(problem, model)


DIALECT = Dialect(
    "gemini",
    owns=lambda request: request.path.startswith("/v1beta/"),
    generates=re.compile(r"/v1beta/models/[^/:]+:generateContent$"),
    parse=parse,
    page=page,
    render=render,
    error=error,
    id_header=None,
)
