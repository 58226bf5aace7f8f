"""A model whose replies are of no use costs a few requests, not one for every chunk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import local, passages, qagen, read, write_chunks
from tests.llm_server import LLMServer


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer() as running:
        yield running


@pytest.mark.parametrize("fault", ["not_json_text", "refusal"])
def test_a_model_that_only_talks_is_given_up_and_its_last_words_are_shown(fault: str, server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(200))
    server.configure(faults=[{"fault": fault}])
    run = qagen(*local(server, "--max-concurrent", "1", "--summary-json", "s.json"))
    said = " ".join(run.stderr.split())
    assert run.returncode == 4, said
    assert "20 chunks in a row were paid for and brought nothing (20 " in said
    assert "The last reply begins: " in said
    assert "--max-useless 0" in said
    account = read(Path("s.json"))
    assert account["chunks"] | {"failed": 20, "pending": 180} == account["chunks"]
    assert account["requests"]["useful"] == 0
    server.configure(faults=[])
    assert qagen(*local(server)).returncode == 0
    assert json.loads(qagen("status", "--json").stdout)["documents"][0]["completed"] == 200
