"""Requests for vectors in three of the dialects: `/v1/embeddings`, `/api/embed` and `:batchEmbedContents`.

As documented in November 2026. Keys, errors and names of models are those of the dialect.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.llm_server.config import Config
from tests.llm_server.dialects import gemini, openai
from tests.llm_server.dialects.types import Ask, Problem, body_of, tokens
from tests.llm_server.http1 import Request, Response

_MOST_INPUTS, _MOST_TOKENS, _MOST_REQUESTS = 2048, 300_000, 100
_OPENAI_FIELDS = {"model", "input", "encoding_format", "dimensions", "user"}
_OLLAMA_FIELDS = {"model", "input", "truncate", "options", "keep_alive", "dimensions"}
_GEMINI_FIELDS = {"model", "content", "taskType", "title", "outputDimensionality"}
_TASKS = {"RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING"}


@dataclass(frozen=True, slots=True)
class Vectors:
    """How a dialect is asked for vectors."""

    path: re.Pattern[str]
    parse: Callable[[Request, Config], Ask]
    render: Callable[[Ask, list[Any]], Response]


def _ask(model: str, texts: list[str], *, as_bytes: bool = False) -> Ask:
    whole = "\n".join(texts)
    return Ask(model, "", whole, whole, inputs=tuple(texts), as_bytes=as_bytes)


def _known(body: dict[str, Any], fields: set[str], where: str) -> None:
    if unknown := sorted(set(body) - fields):
        raise Problem("invalid", f"Unrecognized request argument supplied: {', '.join(unknown)} {where}".strip())


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Problem("invalid", "'$.input' is invalid. Please check the API reference.")
    return texts


# OpenAI


def _parse_openai(request: Request, config: Config) -> Ask:
    openai.check_key(request, config)
    body = body_of(request)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Problem("invalid", "you must provide a model parameter")
    if not config.has_model(model):
        raise Problem("model_not_found")
    _known(body, _OPENAI_FIELDS, "")
    texts = _texts(body.get("input"))
    if "" in texts:
        raise Problem("invalid", "'$.input' is invalid: an input cannot be an empty string.", "input")
    if len(texts) > _MOST_INPUTS or sum(map(tokens, texts)) > _MOST_TOKENS:
        raise Problem("invalid", f"Invalid 'input': {len(texts)} inputs; too many inputs or tokens.", "input")
    form = body.get("encoding_format", "float")
    if form not in ("float", "base64") or (form == "base64" and not config.packs_vectors):
        raise Problem("unsupported_value", f"Unsupported value: 'encoding_format' = '{form}'.", "encoding_format")
    longest = max(map(tokens, texts))
    if longest > config.context_tokens:
        message = f"This model's maximum context length is {config.context_tokens} tokens, however you requested "
        raise Problem("context_length", f"{message}{longest} tokens. Please reduce your prompt.", "input")
    return _ask(model, texts, as_bytes=form == "base64")


def _render_openai(ask: Ask, made: list[Any]) -> Response:
    """The last one first: the order is told by `index` alone."""
    rows = [{"object": "embedding", "index": place, "embedding": numbers} for place, numbers in enumerate(made)]
    used = ask.prompt_tokens
    usage = {"prompt_tokens": used, "total_tokens": used}
    return Response.json({"object": "list", "data": rows[::-1], "model": ask.model, "usage": usage})


# Ollama


def _parse_ollama(request: Request, config: Config) -> Ask:
    body = body_of(request)
    model = body.get("model")
    if not isinstance(model, str) or not config.has_model(model):
        raise Problem("model_not_found")
    _known(body, _OLLAMA_FIELDS, "")
    texts = _texts(body.get("input"))
    room = 4 * config.num_ctx
    if any(len(text) > room for text in texts):
        if body.get("truncate") is False or not config.truncates_inputs:
            raise Problem("context_length", "the input length exceeds the context length")
        texts = [text[:room] for text in texts]
    return _ask(model, texts)


def _render_ollama(ask: Ask, made: list[Any]) -> Response:
    body = {"model": ask.model, "embeddings": made, "total_duration": 14143917, "load_duration": 1019500}
    return Response.json(body | ({"prompt_eval_count": ask.prompt_tokens} if ask.prompt_tokens else {}))


# Gemini


def _parse_gemini(request: Request, config: Config) -> Ask:
    model, _ = gemini.called(request)
    gemini.check_key(request, config)
    if not config.has_model(model):
        raise Problem("model_not_found")
    body = body_of(request)
    _known(body, {"requests"}, "at 'batch_embed_contents_request'")
    requests = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise Problem("invalid", "* BatchEmbedContentsRequest.requests: at least one request is needed")
    if len(requests) > _MOST_REQUESTS:
        raise Problem("invalid", "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n")
    return _ask(model, [_text_of(one, model, config) for one in requests])


def _text_of(one: dict[str, Any], model: str, config: Config) -> str:
    _known(one, _GEMINI_FIELDS, "at 'requests'")
    if one.get("model") != f"models/{model}":
        raise Problem("invalid", "* BatchEmbedContentsRequest.requests[0].model: it must match the model of the URL")
    if "taskType" in one and (one["taskType"] not in _TASKS or not config.knows_tasks):
        raise Problem("invalid", f"taskType {one['taskType']} is not supported by this model.")
    text = "".join(part["text"] for part in one["content"]["parts"])
    if not text:
        raise Problem("invalid", "* EmbedContentRequest.content: contents is not specified")
    return text[: 4 * config.context_tokens]


def _render_gemini(ask: Ask, made: list[Any]) -> Response:
    return Response.json({"embeddings": [{"values": numbers} for numbers in made]})


VECTORS = {
    "openai": Vectors(re.compile(r"/v1/embeddings$"), _parse_openai, _render_openai),
    "ollama": Vectors(re.compile(r"/api/embed$"), _parse_ollama, _render_ollama),
    "gemini": Vectors(re.compile(r"/v1beta/models/[^/:]+:batchEmbedContents$"), _parse_gemini, _render_gemini),
}
"""By the name of the dialect."""
