"""The client asks for vectors, against a real server over loopback: the same tries and limits as for text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from qagen.errors import AccessError, RejectedError, TransientError, UsageError
from qagen.llm.client import Client
from qagen.llm.limits import backoff
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import Attempts, Bounds, EmbeddingReply, EmbeddingRequest, TextKind
from tests.llm_server import LLMServer

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("transport")]

TEXTS = ("The valve opens at 12 bar.", "When does the valve open?", "Cats sleep most of the day.")
MODELS = {"openai": "text-embedding-3-small", "compatible": "my-embedder", "local": "nomic-embed-text"}


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "_BASE_S", 0.001)
    monkeypatch.setattr(backoff, "_RATE_LIMIT_FLOOR_S", 0.001)


def endpoint(server: LLMServer, name: str) -> Endpoint:
    url = server.openai_url if name in {"openai", "compatible"} else server.url
    return Endpoint(PROVIDERS[name], MODELS.get(name, "gemini-embedding-001"), url, SecretStr("sk-secret"))


async def embed(client: Client, *texts: str, kind: TextKind = "passage") -> EmbeddingReply:
    request = EmbeddingRequest(texts or TEXTS, kind, client.endpoint.model)
    return await client.embed(request, Attempts())


@pytest.mark.parametrize("name", ["openai", "compatible", "local", "gemini"])
async def test_every_dialect_gives_the_vectors_in_the_order_of_the_texts(server: LLMServer, name: str) -> None:
    async with Client(endpoint(server, name), 1) as client:
        reply = await embed(client)
        alone = [await embed(client, text) for text in TEXTS]
        assert client.meter.replies == client.meter.requests == 4
    assert reply.vectors.shape == (3, 256)
    for row, one in zip(reply.vectors, alone, strict=True):
        np.testing.assert_allclose(row, one.vectors[0], atol=1e-6)
    near, far = reply.vectors[0] @ reply.vectors[1], reply.vectors[0] @ reply.vectors[2]
    assert near > far
    assert reply.usage.reported == (name != "gemini")


@pytest.mark.parametrize("name", ["openai", "local", "gemini"])
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "rate_limit", "retry_after": 0},
        {"fault": "status", "status": 500},
        {"fault": "reset_before"},
        {"fault": "reset_mid_body"},
        {"fault": "html"},
        {"fault": "bad_json"},
        {"fault": "few_vectors"},
        {"fault": "many_vectors"},
        {"fault": "ragged_vectors"},
        {"fault": "nan_vectors"},
        {"fault": "empty_vectors"},
        {"fault": "prose_vectors"},
    ],
    ids=lambda fault: fault["fault"],
)
async def test_what_may_pass_is_tried_again(server: LLMServer, name: str, fault: dict[str, Any]) -> None:
    async with Client(endpoint(server, name), 1) as client:
        await embed(client)
        server.configure(faults=[fault | {"times": 1}])
        reply = await embed(client)
        meter = client.meter
        assert (meter.requests, meter.replies, meter.retries) == (3, 2, 1)
        assert sum(meter.failures.values()) == 1
    assert reply.vectors.shape == (3, 256)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("few_vectors", "2 vectors came for 3 texts"),
        ("many_vectors", "4 vectors came for 3 texts"),
        ("ragged_vectors", "different lengths: 255, 256"),
        ("nan_vectors", "numbers that are not finite"),
    ],
)
async def test_what_stays_wrong_is_told(server: LLMServer, fault: str, says: str) -> None:
    server.configure(faults=[{"fault": fault}])
    async with Client(endpoint(server, "local"), 1) as client:
        with pytest.raises(TransientError, match=says) as caught:
            await embed(client)
    assert caught.value.code == "bad_body"
    assert len(server.ledger()) == 3


async def test_a_key_that_is_refused_ends_it(server: LLMServer) -> None:
    server.configure(api_key="another")
    async with Client(endpoint(server, "openai"), 1) as client:
        with pytest.raises(AccessError, match="OPENAI_API_KEY"):
            await embed(client)
    assert len(server.ledger()) == 1


async def test_a_model_that_is_not_there_ends_it(server: LLMServer) -> None:
    no_such = Endpoint(PROVIDERS["local"], "no-such-model", server.url)
    async with Client(no_such, 1) as client:
        with pytest.raises(AccessError, match="ollama pull no-such-model"):
            await embed(client)


@pytest.mark.parametrize("name", ["openai", "local"])
async def test_a_text_that_is_too_long_is_refused_by_name(server: LLMServer, name: str) -> None:
    server.configure(context_tokens=10, num_ctx=10, truncates_inputs=False)
    async with Client(endpoint(server, name), 1) as client:
        with pytest.raises(RejectedError) as caught:
            await embed(client, "word " * 100)
    assert caught.value.code == "context_length"


@pytest.mark.parametrize(
    ("name", "config", "field"),
    [("openai", {"packs_vectors": False}, "encoding_format"), ("gemini", {"knows_tasks": False}, "taskType")],
)
async def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    server: LLMServer, name: str, config: dict[str, Any], field: str
) -> None:
    server.configure(**config)
    notes: list[str] = []
    async with Client(endpoint(server, name), 1, notes.append) as client:
        await embed(client)
        await embed(client)
    assert [field in str(entry.body) for entry in server.ledger()] == [True, False, False]
    assert len(notes) == 1


async def test_a_provider_without_vectors_is_asked_nothing(server: LLMServer) -> None:
    async with Client(Endpoint(PROVIDERS["claude"], "claude-sonnet-5-5", server.url, SecretStr("sk")), 1) as client:
        with pytest.raises(UsageError, match="claude: it makes no embeddings"):
            await embed(client)
    assert server.ledger() == []


async def test_limits_hold_for_vectors_as_for_text(server: LLMServer) -> None:
    server.configure(limits={"requests_per_minute": 120, "burst": 2, "say": ["retry_after_ms"]}, holds_after=0)
    async with Client(endpoint(server, "openai"), 4, bounds=Bounds(requests_per_minute=900)) as client:
        asking = [asyncio.create_task(embed(client, f"text {number}")) for number in range(4)]
        while server.status()["requests"] < 4:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        server.configure(holds_after=None)
        await asyncio.gather(*asking)
        assert client.meter.replies == 4
    first, later = server.ledger()[:4], server.ledger()[4:]
    waits = [entry.t + (entry.retry_after_s or 0) for entry in first if entry.status == 429]
    assert 1 <= len(waits) <= 2
    assert min(entry.t for entry in later) >= max(waits)
