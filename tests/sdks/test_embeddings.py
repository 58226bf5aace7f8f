"""The vendors' SDKs ask the tests' server for vectors: they send what we send, and read what we read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.llm_server import LLMServer
from tests.sdks.exchange import KEY, embedding_wire, embeddings_of

pytestmark = pytest.mark.sdks

TEXTS = ("The valve opens at 12 bar.", "When does it open?", "Cats sleep.")


def closely(vectors: Any) -> Any:
    return [pytest.approx(list(vector), abs=1e-6) for vector in vectors]


def test_openai(server: LLMServer) -> None:
    sdk = pytest.importorskip("openai", reason="openai is not installed; `make test-sdks` installs it")
    body = embeddings_of("openai", "text-embedding-3-small", TEXTS)
    with sdk.OpenAI(api_key=KEY, base_url=server.openai_url, max_retries=0) as client:
        raw = client.embeddings.with_raw_response.create(**body)
        plain = client.embeddings.create(model=body["model"], input=body["input"])
    entry, by_itself = server.ledger()
    assert entry.path == "/v1/embeddings"
    assert entry.body == by_itself.body == body  # it asks for base64, too
    mine = embedding_wire("openai").parse_reply(raw.http_response.json(), len(TEXTS))
    assert mine.usage.input_tokens == plain.usage.prompt_tokens > 0
    theirs = [item.embedding for item in sorted(plain.data, key=lambda item: item.index)]
    assert mine.vectors.tolist() == closely(theirs)


def test_ollama(server: LLMServer) -> None:
    sdk = pytest.importorskip("ollama", reason="ollama is not installed; `make test-sdks` installs it")
    client = sdk.Client(host=server.url)
    body = embeddings_of("local", "nomic-embed-text", TEXTS)
    try:
        theirs = client.embed(**body)
    finally:
        client._client.close()
    (entry,) = server.ledger()
    assert entry.path == "/api/embed"
    assert {name: value for name, value in entry.body.items() if value not in (None, {})} == body
    mine = embedding_wire("local").parse_reply(theirs.model_dump(), len(TEXTS))
    assert mine.usage.input_tokens == theirs.prompt_eval_count > 0
    assert mine.vectors.tolist() == closely(theirs.embeddings)


@pytest.mark.parametrize(("kind", "task"), [("query", "RETRIEVAL_QUERY"), ("passage", "RETRIEVAL_DOCUMENT")])
def test_google_genai(server: LLMServer, kind: Any, task: str) -> None:
    sdk = pytest.importorskip("google.genai", reason="google-genai is not installed; `make test-sdks` installs it")
    options = {"base_url": server.url, "api_version": "v1beta", "retry_options": {"attempts": 1}}
    with sdk.Client(api_key=KEY, http_options=options) as client:
        reply = client.models.embed_content(
            model="gemini-embedding-001", contents=list(TEXTS), config={"task_type": task}
        )
    (entry,) = server.ledger()
    assert entry.path == "/v1beta/models/gemini-embedding-001:batchEmbedContents"
    for request in entry.body["requests"]:
        request["content"].pop("role", None)
    assert entry.body == embeddings_of("gemini", "gemini-embedding-001", TEXTS, kind)
    read = {"embeddings": [{"values": item.values} for item in reply.embeddings]}
    assert embedding_wire("gemini").parse_reply(read, len(TEXTS)).vectors.shape == (3, 256)
