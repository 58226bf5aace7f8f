"""A server for all tests of embeddings, and short waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qagen.llm.limits import backoff
from tests.llm_server import LLMServer


@pytest.fixture(scope="session")
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
