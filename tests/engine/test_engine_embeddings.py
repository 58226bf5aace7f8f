"""Vectors of a real engine: llama.cpp's own server with a tiny model of random weights. `make test-engine`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from qagen.embedding import Dense, search
from qagen.llm.client import Client
from qagen.llm.providers import PROVIDERS, Endpoint
from tests.embedding.corpus import passages, questions
from tests.engine.server import KEY, Engine

pytestmark = [pytest.mark.engine, pytest.mark.anyio]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    for package in ("xllamacpp", "gguf", "numpy"):
        pytest.importorskip(package, reason=f"{package} is not installed; `make test-engine` installs it")
    with Engine(tmp_path_factory.mktemp("engine"), embeddings=True) as running:
        yield running


async def run(engine: Engine, texts: dict[str, str]) -> Dense:
    host = Endpoint(PROVIDERS["compatible"], "any", f"{engine.url}/v1", SecretStr(KEY))
    async with Client(host, 2) as client:
        return await search(client, Path(".index"), texts, questions(40), workers=2)


async def test_it_is_asked_and_read(engine: Engine) -> None:
    dense = await run(engine, passages(40))
    account = dense.account
    assert (account.made, account.left, account.uncounted) == (80, [], 0)
    assert account.usage.input_tokens > 80
    found = dense.of("p0")
    assert len(found.near) == 40
    assert found.own is not None
    assert -1.001 <= found.near[-1].cosine <= found.near[0].cosine <= 1.001
    assert (await run(engine, passages(40))).account.made == 0


async def test_a_text_that_is_too_long_for_it_is_cut(engine: Engine) -> None:
    account = (await run(engine, passages(3) | {"long": "pumps run on and on " * 100})).account
    assert account.left == []
    assert account.cut == 1
