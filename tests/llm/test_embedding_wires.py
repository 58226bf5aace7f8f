"""How vectors are asked for and read, in each dialect. Pure."""

from __future__ import annotations

import base64
import struct
from importlib import import_module
from typing import Any, cast

import numpy as np
import orjson
import pytest
from pydantic import SecretStr

from qagen.errors import UsageError
from qagen.llm import faults, gemini, ollama, openai_chat
from qagen.llm.providers import PROVIDERS, Endpoint, embeddings_of
from qagen.llm.types import EmbeddingRequest, EmbeddingWire, HttpCall, TextKind
from qagen.llm.vectors import as_matrix

KEY = "the-key-of-the-user"
ABLE = [name for name, row in PROVIDERS.items() if row.embeddings]


def wire(provider: str) -> EmbeddingWire:
    return cast(EmbeddingWire, import_module(f"qagen.llm.{embeddings_of(PROVIDERS[provider]).wire}"))


def call(provider: str, *texts: str, kind: TextKind = "passage", model: str = "m", without: str = "") -> HttpCall:
    row = PROVIDERS[provider]
    endpoint = Endpoint(row, model, row.base_url or "http://host.example/v1", SecretStr(KEY))
    request = EmbeddingRequest(texts, kind, model, frozenset(without.split()))
    return wire(provider).build_request(request, endpoint)


def body(provider: str, *texts: str, **more: Any) -> Any:
    return orjson.loads(call(provider, *texts, **more).body)


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


# Requests


def test_openai_is_asked_for_bytes_and_compatible_servers_for_what_they_send() -> None:
    sent = {"model": "m", "input": ["a", "b"]}
    assert body("openai", "a", "b") == sent | {"encoding_format": "base64"}
    assert body("openai", "a", "b", without="encoding") == sent
    for name in ("compatible", "mistral", "together", "openrouter"):
        assert body(name, "a", "b") == sent
    assert call("openai", "a").url == "https://api.openai.com/v1/embeddings"
    assert call("mistral", "a").url == "https://api.mistral.ai/v1/embeddings"
    assert call("openai", "a").headers["Authorization"] == f"Bearer {KEY}"


def test_ollama_is_told_to_cut_what_is_too_long() -> None:
    assert body("local", "a", "b") == {"model": "m", "input": ["a", "b"], "truncate": True, "keep_alive": "10m"}
    assert "truncate" not in body("local", "a", without="truncate")
    assert call("local", "a").url == "http://127.0.0.1:11434/api/embed"


@pytest.mark.parametrize("model", ["gemini-embedding-001", "models/gemini-embedding-001"])
def test_gemini_is_told_what_each_text_is(model: str) -> None:
    def one(text: str, **task: str) -> dict[str, Any]:
        return {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": text}]}, **task}

    assert body("gemini", "a", "b", model=model) == {
        "requests": [one("a", taskType="RETRIEVAL_DOCUMENT"), one("b", taskType="RETRIEVAL_DOCUMENT")]
    }
    assert body("gemini", "a", model=model, kind="query") == {"requests": [one("a", taskType="RETRIEVAL_QUERY")]}
    assert body("gemini", "a", model=model, without="task") == {"requests": [one("a")]}
    sent = call("gemini", "a", model=model)
    assert sent.url.endswith("/v1beta/models/gemini-embedding-001:batchEmbedContents")
    assert sent.headers["x-goog-api-key"] == KEY
    assert KEY not in sent.url


@pytest.mark.parametrize("provider", sorted(set(PROVIDERS) - set(ABLE)))
def test_a_provider_without_vectors_says_who_has_them(provider: str) -> None:
    with pytest.raises(UsageError, match="makes no embeddings") as caught:
        embeddings_of(PROVIDERS[provider])
    assert all(name in str(caught.value) for name in ABLE)
    assert "--embed-provider" in str(caught.value)


def test_who_has_vectors() -> None:
    assert ABLE == ["openai", "gemini", "local", "compatible", "mistral", "together", "openrouter"]


# Replies


def test_openai_says_by_numbers_which_text_a_vector_is_of() -> None:
    data = [{"index": 1, "embedding": [3, 4]}, {"index": 0, "embedding": packed(1, 2)}]
    reply = wire("openai").parse_reply({"data": data, "model": "m-1", "usage": {"prompt_tokens": 7}}, 2)
    assert reply.vectors.tolist() == [[1, 2], [3, 4]]
    assert (reply.model, reply.usage.input_tokens, reply.usage.reported) == ("m-1", 7, True)


def test_without_numbers_the_order_is_that_of_the_texts() -> None:
    reply = wire("compatible").parse_reply({"data": [{"embedding": [1.5]}, {"embedding": [2.5]}]}, 2)
    assert reply.vectors.tolist() == [[1.5], [2.5]]
    assert not reply.usage.reported


@pytest.mark.parametrize("numbers", [[0, 0], [1, 2], [0, -1]])
def test_numbers_that_tell_nothing_are_refused(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="which texts they are of"):
        wire("openai").parse_reply({"data": [{"index": number, "embedding": [1.0]} for number in numbers]}, 2)


def test_ollamas_and_geminis_replies() -> None:
    reply = wire("local").parse_reply({"model": "m", "embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 5}, 2)
    assert (reply.vectors.tolist(), reply.usage.input_tokens) == ([[1, 2], [3, 4]], 5)
    reply = wire("gemini").parse_reply({"embeddings": [{"values": [1, 2]}]}, 1)
    assert (reply.vectors.tolist(), reply.usage.reported) == ([[1, 2]], False)
    counted = {"embeddings": [{"values": [1, 2]}], "usageMetadata": {"promptTokenCount": 9}}
    assert wire("gemini").parse_reply(counted, 1).usage.input_tokens == 9


@pytest.mark.parametrize(
    ("vectors", "count", "says"),
    [
        ([[1.0]], 2, "1 vectors came for 2 texts"),
        ([[1.0], [2.0], [3.0]], 2, "3 vectors came for 2 texts"),
        ([[1.0, 2.0], [1.0]], 2, "different lengths: 1, 2"),
        ([[]], 1, "0 numbers"),
        ([[1.0, None]], 1, "not finite"),
        ([[1e300, 1.0]], 1, "not finite"),
        ([packed(float("nan"))], 1, "not finite"),
        (["no base64 at all!"], 1, ""),
        ([base64.b64encode(b"12345").decode()], 1, ""),
        ([[["1"]]], 1, "no list of numbers"),
        ([3.0], 1, "no list of numbers"),
        ([[True, "x"]], 1, ""),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(vectors: list[Any], count: int, says: str) -> None:
    with pytest.raises(ValueError, match=says or None):
        as_matrix(vectors, count)


def test_a_matrix_is_float32() -> None:
    assert as_matrix([[1, 2]], 1).dtype == np.float32
    assert as_matrix([packed(0.5, 2)], 1).tolist() == [[0.5, 2.0]]


# Errors


@pytest.mark.parametrize(
    ("parse", "status", "answer", "kind"),
    [
        (ollama.parse_error, 400, {"error": "the input length exceeds the context length"}, "context_length"),
        (
            openai_chat.parse_error,
            500,
            {
                "error": {
                    "code": 500,
                    "message": "input (900 tokens) is too large to process. increase the physical batch size (512)",
                    "type": "server_error",
                }
            },
            "context_length",
        ),
        (
            openai_chat.parse_error,
            400,
            {"error": {"message": "This model's maximum context length is 8192 tokens, however you requested 9000."}},
            "context_length",
        ),
        (
            gemini.parse_error,
            400,
            {"error": {"message": "at most 100 requests can be in one batch", "status": "INVALID_ARGUMENT"}},
            None,
        ),
    ],
)
def test_a_text_that_is_too_long_is_told_from_a_bad_request(parse: Any, status: int, answer: Any, kind: Any) -> None:
    assert parse(status, answer).kind == kind


@pytest.mark.parametrize(
    ("message", "ours"),
    [
        ("Unsupported value: 'encoding_format' does not support 'base64'.", "encoding"),
        ("taskType RETRIEVAL_QUERY is not supported by this model.", "task"),
    ],
)
def test_a_parameter_that_is_refused_is_known(message: str, ours: str) -> None:
    assert faults.refused_parameter(400, message) == ours
