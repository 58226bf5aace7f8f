"""Vectors in Ollama's native dialect, `/api/embed`.

Source: Ollama's API documentation (Generate Embeddings), and issue 14186 of its repository for what `truncate` does not
do. Questions and passages are asked for alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from qagen.llm.ollama import headers
from qagen.llm.providers import Endpoint
from qagen.llm.types import EmbeddingReply, EmbeddingRequest, HttpCall, Usage, tokens_of
from qagen.llm.vectors import as_matrix


def build_request(request: EmbeddingRequest, endpoint: Endpoint) -> HttpCall:
    """A text that is longer than the model's context shall be cut there: its beginning says what it is about.

    Some versions of the server refuse it all the same; then it is cut by whoever asks.
    """
    body: dict[str, Any] = {"model": request.model, "input": list(request.texts), "keep_alive": "10m"}
    if request.sends("truncate"):
        body["truncate"] = True
    return HttpCall(f"{endpoint.base_url}/api/embed", headers(endpoint), orjson.dumps(body))


def parse_reply(body: Mapping[str, Any], count: int) -> EmbeddingReply:
    """In the order of the texts. A count of zero is left out by the server."""
    tokens = body.get("prompt_eval_count")
    usage = Usage(input_tokens=tokens_of(tokens), reported=tokens is not None)
    return EmbeddingReply(as_matrix(body["embeddings"], count), usage, str(body.get("model") or ""))
