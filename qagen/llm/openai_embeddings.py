"""Vectors in the dialect of OpenAI's `/embeddings`, which most servers speak.

Source: OpenAI's API reference (Create embeddings), read in November 2026. Questions and passages are asked for alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from qagen.llm.openai_chat import headers
from qagen.llm.providers import Endpoint, embeddings_of
from qagen.llm.types import EmbeddingReply, EmbeddingRequest, HttpCall, Usage, tokens_of
from qagen.llm.vectors import as_matrix


def build_request(request: EmbeddingRequest, endpoint: Endpoint) -> HttpCall:
    """Without `encoding_format` every server sends decimal numbers; some know nothing else."""
    body: dict[str, Any] = {"model": request.model, "input": list(request.texts)}
    if embeddings_of(endpoint.provider).packed and request.sends("encoding"):
        body["encoding_format"] = "base64"
    return HttpCall(f"{endpoint.base_url}/embeddings", headers(endpoint), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any], count: int) -> EmbeddingReply:
    """The vectors may come in any order: each says which text it is of."""
    data = body["data"]
    places = [item.get("index", place) for place, item in enumerate(data)]
    if sorted(places) != list(range(len(data))):
        raise ValueError("the vectors do not say which texts they are of")
    ordered = [item["embedding"] for _, item in sorted(zip(places, data, strict=True), key=lambda pair: pair[0])]
    counts = body.get("usage")
    usage = Usage(reported=False)
    if isinstance(counts, dict) and "prompt_tokens" in counts:
        usage = Usage(input_tokens=tokens_of(counts["prompt_tokens"]))
    return EmbeddingReply(as_matrix(ordered, count), usage, str(body.get("model") or ""))
