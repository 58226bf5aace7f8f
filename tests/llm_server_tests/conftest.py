"""One server for a whole file of tests, as new for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.llm_server import LLMServer


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    return process


@pytest.fixture
def client(server: LLMServer) -> Iterator[httpx.Client]:
    """Paths are enough: it knows where the server is."""
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        yield client
