"""A dataset without pairs is never written, and what is left out for being unfinished says how to get it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen.cli import app
from tests.dataset.given import OUTPUT, REJECTS, combine, pair, qa, questions


def run(*typed: str) -> Any:
    return CliRunner().invoke(app, ["combine", *typed])


@pytest.mark.parametrize("name", ["training_data.json", "training_data.jsonl"])
def test_without_a_pair_nothing_is_written_and_the_earlier_dataset_stays(name: str) -> None:
    combine(qa("a", pair("A?", "1")), output=Path(name))
    before = Path(name).read_bytes()
    REJECTS.unlink()
    qa("a")

    result = run("-o", name, "--rejects", str(REJECTS))

    assert result.exit_code == 3
    said = " ".join(result.stderr.split())
    assert "there is nothing to combine: no pair in 1 document. `qagen status` and `qagen errors` show" in said
    assert f"{name} stays as it is." in said
    assert Path(name).read_bytes() == before
    assert not REJECTS.exists()
    assert not Path(f"{name}.bak").exists()


@pytest.mark.parametrize(
    ("one", "typed", "says"),
    [
        (pair("A?", "1", grounding=0.1), ["--min-grounding", "0.5"], "(1 LOW_GROUNDING). Lower --min-grounding."),
        (pair("A?", "1", checks=["PII"]), ["--drop", "PII"], "(1 PII). Look at the codes with `qagen check`"),
    ],
)
def test_it_is_said_where_all_pairs_went_and_what_to_do(one: dict[str, Any], typed: list[str], says: str) -> None:
    qa("a", one)
    result = run(*typed)
    assert result.exit_code == 3
    assert f"of 1 pair none is left {says}" in " ".join(result.stderr.split())
    assert not OUTPUT.exists()


def test_each_reason_has_its_way_on_once() -> None:
    qa("a", pair("A?", "1", checks=["PII", "A_SHORT"]), pair("B?", "2", checks=["A_SHORT"]))
    qa("b", pair("C?", "3"), status="in_progress")
    said = " ".join(run("--drop", "PII", "--drop", "A_SHORT").stderr.split())
    assert said.count("qagen check") == 1
    assert "Finish the documents with `qagen generate-qa`, or take what there is with --include-unfinished" in said


def test_what_is_left_out_as_unfinished_names_the_ways_to_get_it_in_and_is_no_failure() -> None:
    qa("a", pair("A?", "1"))
    qa("b", pair("B?", "2"), status="in_progress", summary={"total_chunks": 12, "completed_chunks": 8})
    result = run()
    assert result.exit_code == 0
    said = " ".join(result.stderr.split())
    assert "left out: b_qa.json: in_progress: 8 of 12 chunks" in said
    assert "1 unfinished document is left out: `qagen generate-qa` goes on" in said
    assert "--include-unfinished takes what there is" in said
    assert "generate-qa" not in run("--include-unfinished").stderr
    assert questions() == ["A?", "B?"]


def test_what_strict_leaves_out_is_not_called_unfinished() -> None:
    qa("a", pair("A?", "1"))
    qa("b", pair("B?", "2"), failed_chunks=[1])
    assert "--include-unfinished" not in run("--strict").stderr
