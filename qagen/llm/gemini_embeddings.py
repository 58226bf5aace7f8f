"""Vectors in Google's dialect, `batchEmbedContents`: several requests of `embedContent` in one.

Source: the Gemini API's reference (Embeddings), read in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from qagen.llm.gemini import headers
from qagen.llm.providers import Endpoint
from qagen.llm.types import EmbeddingReply, EmbeddingRequest, HttpCall, TextKind, Usage, tokens_of
from qagen.llm.vectors import as_matrix

_TASKS: dict[TextKind, str] = {"query": "RETRIEVAL_QUERY", "passage": "RETRIEVAL_DOCUMENT"}


def build_request(request: EmbeddingRequest, endpoint: Endpoint) -> HttpCall:
    """Each text names the model again."""
    model = request.model.removeprefix("models/")
    task = {"taskType": _TASKS[request.kind]} if request.sends("task") else {}
    requests = [{"model": f"models/{model}", "content": {"parts": [{"text": text}]}} | task for text in request.texts]
    # The colon is a part of the path and must not be escaped.
    url = f"{endpoint.base_url}/v1beta/models/{quote(model, safe='/')}:batchEmbedContents"
    return HttpCall(url, headers(endpoint), orjson.dumps({"requests": requests}))


def parse_reply(body: Mapping[str, Any], count: int) -> EmbeddingReply:
    """In the order of the texts. Tokens are counted by some models only."""
    counts = body.get("usageMetadata")
    usage = Usage(reported=False)
    if isinstance(counts, dict) and "promptTokenCount" in counts:
        usage = Usage(input_tokens=tokens_of(counts["promptTokenCount"]))
    vectors = [item["values"] for item in body["embeddings"]]
    return EmbeddingReply(as_matrix(vectors, count), usage, "")
