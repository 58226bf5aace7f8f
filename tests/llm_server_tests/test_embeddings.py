"""The server's vectors: near for texts that share words, the same in any company, and as strict as the real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.llm_server import LLMServer

GEMINI = "/v1beta/models/gemini-embedding-001:batchEmbedContents"


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


def post(server: LLMServer, path: str, body: Any) -> httpx.Response:
    return httpx.post(server.url + path, json=body, headers={"x-goog-api-key": "k"}, trust_env=False)


def one(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}} | more


def ollama_vectors(server: LLMServer, *texts: str) -> list[list[float]]:
    vectors: list[list[float]] = post(server, "/api/embed", {"model": "m", "input": texts}).json()["embeddings"]
    return vectors


def product(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_texts_that_share_words_are_near(server: LLMServer) -> None:
    valve, question, cats = ollama_vectors(server, "The valve opens.", "When opens the valve?", "Cats sleep a lot.")
    assert product(valve, valve) == pytest.approx(1)
    assert product(valve, question) > 0.5 > product(valve, cats)
    assert ollama_vectors(server, "Cats sleep a lot.") == [cats]


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/embeddings", {"model": "m", "input": ["a", ""]}, "empty string"),
        ("/v1/embeddings", {"model": "m", "input": []}, "invalid"),
        ("/v1/embeddings", {"model": "m", "input": ["a"] * 2049}, "too many inputs"),
        ("/v1/embeddings", {"model": "m", "input": ["a"], "truncate": True}, "Unrecognized"),
        ("/v1/embeddings", {"model": "no-such", "input": ["a"]}, "does not exist"),
        ("/api/embed", {"model": "no-such", "input": ["a"]}, "not found"),
        ("/api/embed", {"model": "m", "input": ["a" * 20_000], "truncate": False}, "exceeds the context length"),
        (GEMINI, {"requests": [one("a")] * 101}, "at most 100 requests"),
        (GEMINI, {"requests": [one("")]}, "not specified"),
        (GEMINI, {"requests": [one("a", taskType="QUERY")]}, "taskType"),
        (GEMINI, {"requests": [one("a") | {"model": "models/other"}]}, "must match"),
        (GEMINI, {"requests": [], "model": "x"}, "Unrecognized"),
    ],
)
def test_what_the_real_ones_refuse_is_refused(server: LLMServer, path: str, body: Any, says: str) -> None:
    response = post(server, path, body)
    assert response.status_code in {400, 404}
    assert says in response.text


def test_a_request_for_vectors_stands_in_the_ledger_and_meets_faults(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "few_vectors", "when": {"contains": "valve"}}])
    assert len(ollama_vectors(server, "a valve", "a pump")) == 1
    assert len(ollama_vectors(server, "a pump", "a cat")) == 2
    assert [(entry.fault, entry.model, entry.attempt) for entry in server.ledger()] == [
        ("few_vectors", "m", 1),
        ("ok", "m", 1),
    ]
