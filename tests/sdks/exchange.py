"""One question in our words, and what our wires make of it: what the SDKs send is compared with that."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, cast

from pydantic import SecretStr

from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import ChatReply, ChatRequest, EmbeddingRequest, EmbeddingWire, HttpCall, TextKind, Wire
from qagen.prompts import REPLY_SCHEMA, fence
from tests.llm_server import Entry

KEY = "sk-sdk-0123456789"
SENTENCES = ("The pump starts at 4 bar.", "After 12 hours it must rest.")
PASSAGE = " ".join(SENTENCES)
SYSTEM = "You write exam questions as JSON."
USER = f"Write up to 2 pairs about:\n{fence('passage', PASSAGE)}"


def question(model: str, **fields: Any) -> ChatRequest:
    standard: dict[str, Any] = {"max_tokens": 4000, "schema": REPLY_SCHEMA, "schema_name": "qa_pairs"}
    return ChatRequest(system=SYSTEM, user=USER, model=model, **{**standard, **fields})


def ours(provider: str, request: ChatRequest) -> HttpCall:
    """The request as qagen sends it."""
    endpoint = Endpoint(PROVIDERS[provider], request.model, "http://127.0.0.1", SecretStr(KEY))
    return _wire(provider).build_request(request, endpoint)


def our_body(provider: str, request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ours(provider, request).body)
    return body


def same_headers(entry: Entry, call: HttpCall) -> bool:
    """Whether the SDK sent our headers, too. Its key may travel in another one."""
    assert entry.authorization
    keys = {"authorization", "x-api-key", "x-goog-api-key"}
    shown = {name.lower(): value for name, value in call.headers.items() if name.lower() not in keys}
    assert entry.headers.items() >= shown.items()
    return True


def reading(provider: str, body: str | bytes) -> ChatReply:
    """A reply as qagen reads it."""
    return _wire(provider).parse_reply(json.loads(body))


def check_pairs(text: str) -> None:
    """The text is a reply of our schema with two pairs about the passage."""
    value = json.loads(text)
    assert value["skip_reason"] is None
    assert [pair["evidence"] for pair in value["pairs"]] == [[sentence] for sentence in SENTENCES]


def _wire(provider: str) -> Wire:
    return cast(Wire, import_module(f"qagen.llm.{PROVIDERS[provider].wire}"))


def embeddings_of(provider: str, model: str, texts: tuple[str, ...], kind: TextKind = "passage") -> dict[str, Any]:
    """The body that asks for vectors, as qagen sends it."""
    endpoint = Endpoint(PROVIDERS[provider], model, "http://127.0.0.1", SecretStr(KEY))
    body: dict[str, Any] = json.loads(
        embedding_wire(provider).build_request(EmbeddingRequest(texts, kind, model), endpoint).body
    )
    return body


def embedding_wire(provider: str) -> EmbeddingWire:
    how = PROVIDERS[provider].embeddings
    assert how is not None
    return cast(EmbeddingWire, import_module(f"qagen.llm.{how.wire}"))
