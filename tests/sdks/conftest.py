"""A server for all SDKs, without the keys and addresses of the machine, which the SDKs read by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.llm_server import LLMServer
from tests.sdks.exchange import KEY


@pytest.fixture(scope="session")
def running() -> Iterator[LLMServer]:
    with LLMServer(api_key=KEY) as server:
        yield server


@pytest.fixture
def server(running: LLMServer) -> LLMServer:
    running.reset()
    return running


@pytest.fixture(autouse=True)
def no_other_keys(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "GEMINI_", "GOOGLE_")):
            monkeypatch.delenv(name)
