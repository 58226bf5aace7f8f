"""`qagen status` and `qagen errors` show how far the negatives are, and why some are not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen.cli import app, console
from qagen.diagnosis import MINING_HINTS
from tests.builders import write_json
from tests.flow import local, read
from tests.llm_server import LLMServer
from tests.mine.given import TRUTH, write_corpus


@pytest.fixture(scope="module")
def shared() -> Iterator[LLMServer]:
    with LLMServer(truth=TRUTH) as server:
        yield server


@pytest.fixture
def server(shared: LLMServer) -> LLMServer:
    shared.reset()
    return shared


def call(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result.output


def mine(server: LLMServer, *more: str, code: int = 0) -> str:
    return call("mine-negatives", *local(server, *more)[1:], code=code)


def mining(*more: str) -> dict[str, Any]:
    """What `status --json` says of the negatives of each document."""
    return {row["name"]: row["mining"] for row in json.loads(call("status", "--json", *more))["documents"]}


def test_before_anything_is_mined_status_says_nothing_of_negatives() -> None:
    write_corpus()
    assert mining() == {"one": None, "two": None}
    assert "Negatives" not in call("status")


def test_status_counts_pairs_that_are_mined_and_pending_and_their_negatives(server: LLMServer) -> None:
    write_corpus()
    mine(server, "--limit", "4")
    one, two = mining().values()
    assert (one["status"], one["mined"], one["pending"], one["negatives"]) == ("in_progress", 8, 4, 32)
    assert two is None
    shown = [line.split() for line in call("status").partition("Negatives")[2].splitlines()]
    assert ["one", "in_progress", "12", "8", "4", "32"] in [words[:6] for words in shown]
    assert ["two", "not", "begun", "12", "0", "12", "0"] in [words[:7] for words in shown]
    assert ["all", "24", "8", "16", "32"] in [words[:5] for words in shown]
    mine(server)
    assert {name: (found["status"], found["pending"]) for name, found in mining().items()} == {
        "one": ("completed", 0),
        "two": ("completed", 0),
    }


def test_where_it_is_narrow_what_is_left_is_shown(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus()
    mine(server, "--limit", "4")
    monkeypatch.setattr(console, "WIDTH_IN_FILES", 80)
    shown = call("status")
    lines = [line.split() for line in shown.partition("Negatives")[2].splitlines()]
    assert lines[0] == ["status", "pairs", "left", "negatives", "cost"]
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_a_pair_that_changed_since_makes_its_documents_negatives_unfinished(server: LLMServer) -> None:
    write_corpus()
    mine(server)
    qa = read(Path("qa/one_qa.json"))
    qa["training_pairs"][0]["answer"] = "Ninety-nine bar"
    write_json(Path("qa/one_qa.json"), qa)
    found = mining()
    assert (found["one"]["status"], found["one"]["mined"], found["one"]["pending"]) == ("changed since", 11, 1)
    assert found["two"]["status"] == "completed"


def test_negatives_in_a_folder_of_their_own_are_seen_there(server: LLMServer) -> None:
    write_corpus()
    mine(server, "--negatives-dir", "mined")
    assert mining() == {"one": None, "two": None}
    assert {found["status"] for found in mining("--negatives-dir", "mined").values()} == {"completed"}


def test_a_damaged_negatives_file_is_named_and_the_rest_is_shown(server: LLMServer) -> None:
    write_corpus()
    mine(server)
    Path("qa/one_negatives.json").write_text("{")
    found = mining()
    assert (found["one"]["status"], found["one"]["pending"]) == ("unreadable", 12)
    assert "one_negatives.json" in found["one"]["problem"]
    assert found["two"]["status"] == "completed"
    assert "one_negatives.json: it is not JSON" in call("status")
    assert "one_negatives.json" in call("errors")


def test_errors_explains_the_chunks_whose_candidates_nobody_judged(server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "Cala"}}])
    assert "`qagen errors` shows more" in mine(server, code=1)
    assert mining()["one"]["failed"] == 1
    shown = call("errors")
    assert shown.startswith("1 chunk of 12 failed when negatives were judged")
    assert "one, chunk 2:" in shown
    assert MINING_HINTS["context_length"] in shown
    found = json.loads(call("errors", "--json"))
    assert (found["failed"], found["mining"]["failed"], found["mining"]["chunks"]) == (0, 1, 12)
    assert found["mining"]["types"][0]["documents"] == {"one": 1}
    assert "no chunk has failed" in call("errors", "--document", "two")


def test_errors_looks_into_a_folder_of_negatives_that_is_named(server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "Cala"}}])
    mine(server, "--negatives-dir", "mined", code=1)
    assert "no chunk has failed" in call("errors")
    assert "1 chunk of 12 failed" in call("errors", "--negatives-dir", "mined", "--type", "context_length")


def test_failures_of_both_kinds_of_work_are_told_apart(server: LLMServer) -> None:
    write_corpus()
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "Cala"}}])
    mine(server, code=1)
    qa = read(Path("qa/two_qa.json"))
    error = {"type": "refused", "message": "it declined"}
    qa["chunks"]["0"] |= {"status": "failed", "error": error}
    qa["failed_chunks"] = [0]
    write_json(Path("qa/two_qa.json"), qa)
    generation, _, judged = call("errors").partition("failed when negatives were judged")
    assert "refused: 1" in generation
    assert "context_length: 1" in judged
    assert "refused" not in judged.partition("Most frequent")[0]
