"""`qagen combine`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen.cli import app
from tests.builders import write_json
from tests.dataset.given import OUTPUT, pair, qa, questions, rejected


def run(*typed: str) -> Any:
    return CliRunner().invoke(app, ["combine", *typed])


def versions() -> None:
    qa("v1", pair("What is the limit?", "12 bar"), pair("Who signs?", "The manager.", checks=["PII"]))
    qa(
        "v2",
        pair("What is the limit?", "14 bar"),
        pair("Who signs?", "the manager"),
        rejected_pairs=[pair("Bad?", "1")],
    )


def test_the_funnel_is_shown_with_every_reason() -> None:
    versions()
    result = run("--max-per-document", "1", "--rejects", "rejected.jsonl")
    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "in the files 5 2 of 2 chunks answered" in lines
    assert "after generation 4 -1 REJECTED" in lines
    assert "after duplicates 3 -1 DUP_EXACT" in lines
    assert "after most per document 2 -1 MAX_PER_DOCUMENT" in lines
    assert lines[-1] == "2 pairs of 2 documents -> training_data.json"
    assert len(rejected()) == 3


def test_a_contradiction_is_shown_with_both_sources() -> None:
    versions()
    result = run()
    assert result.exit_code == 0
    assert "conflict: What is the limit? 12 bar (v1_qa.json); 14 bar (v2_qa.json)" in result.stderr


def test_a_contradiction_can_be_a_failure_with_exit_code_1() -> None:
    versions()
    OUTPUT.write_text("{}")
    result = run("--conflicts", "fail", "--rejects", "rejected.jsonl")
    assert result.exit_code == 1
    assert "conflict: What is the limit? 12 bar (v1_qa.json); 14 bar (v2_qa.json)" in result.stderr
    assert "error: nothing is written, because answers contradict each other: 1 question." in result.stderr
    assert OUTPUT.read_text() == "{}"
    assert sorted(path.name for path in Path().iterdir()) == ["qa", "training_data.json"]


def test_files_and_folders_can_be_named_instead_of_the_usual_folder() -> None:
    versions()
    assert run("-o", "old.jsonl").exit_code == 0
    Path("qa").rename("other")
    qa("new", pair("New?", "Yes."))
    assert run("old.jsonl", "qa/new_qa.json").exit_code == 0
    assert questions() == ["New?", "What is the limit?", "What is the limit?", "Who signs?"]
    assert run("other").exit_code == 0
    assert questions() == ["What is the limit?", "What is the limit?", "Who signs?"]
    assert run("gone.json").exit_code == 3
    result = run("other", "gone.json")
    assert result.exit_code == 1
    assert "invalid: gone.json" in result.stderr


def test_all_choices_reach_the_dataset() -> None:
    versions()
    qa("v3", pair("Weak?", "1", grounding=0.2), pair("Twice?", "2", grounding=1.0), pair("Twice?", "2", grounding=1.0))
    typed = ("--drop", "PII", "--drop", "A_SHORT", "--min-grounding", "0.5", "--no-dedupe", "--no-checks")
    result = run(*typed, "--rejects", "r.jsonl")
    assert result.exit_code == 0
    assert questions() == ["Twice?", "Twice?"]
    assert "note: --drop A_SHORT: no pair has it." in result.stderr
    assert "--drop PII" not in result.stderr
    run("--conflicts", "drop")
    assert "What is the limit?" not in questions()
    metadata = json.loads(OUTPUT.read_bytes())["metadata"]
    assert metadata["conflicts"] == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--conflicts", "drop", "--no-checks"], "--conflicts drop looks for contradictions, and --no-checks for none"),
        (["--rejects", "training_data.json"], "that is where the dataset goes"),
        (["--rejects", "x_qa.json"], "that is the name of a file that qagen works with"),
        (["--conflicts", "maybe"], "--conflicts: input should be 'keep', 'drop' or 'fail'"),
        (["--min-grounding", "2"], "--min-grounding: input should be less than or equal to 1"),
        (["--drop", "NOPE"], "--drop NOPE: there is no code 'NOPE'. Known: A_COPY, A_EMPTY,"),
        (["--drop", "q_leak_a"], "--drop q_leak_a: there is no code 'q_leak_a'; did you mean Q_LEAKS_A? Known: "),
        (["--drop", "PII,Q_VAGU"], "--drop Q_VAGU: there is no code 'Q_VAGU'; did you mean Q_VAGUE? Known: "),
        (["--drop", "warn"], "--drop warn: there is no code 'warn'"),
        (["--negatives-dir", "nowhere"], "--negatives-dir nowhere: there is no such folder, so a dataset would lack"),
        (["--negatives-dir", "qa"], "--negatives-dir qa: there is no *_negatives.json file in it, so a dataset"),
        (["--max-per-document", "0"], "--max-per-document: input should be greater than or equal to 1"),
    ],
)
def test_choices_that_cannot_be_are_refused_before_anything_is_read(typed: list[str], says: str) -> None:
    versions()
    OUTPUT.write_text("{}")
    result = run(*typed)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert OUTPUT.read_text() == "{}"


@pytest.mark.parametrize("typed", [["--drop", "pii,Conflict"], ["--drop", " PII, ", "--drop", "conflict"]])
def test_codes_to_drop_are_known_in_any_case_and_come_with_commas_or_one_by_one(typed: list[str]) -> None:
    versions()
    result = run(*typed)
    assert result.exit_code == 0, result.output
    assert questions() == ["Who signs?"]
    assert "no pair has it" not in result.stderr


def test_the_text_needs_the_chunk_files() -> None:
    versions()
    result = run("--include-source-text")
    assert result.exit_code == 3
    assert "chunks: there is no such folder" in result.stderr


def test_without_chunk_files_it_is_said_that_vague_questions_were_not_looked_for() -> None:
    versions()
    assert "note: Q_VAGUE was not looked for: chunks: there is no such folder" in run().stderr
    assert "Q_VAGUE" not in run("--no-checks").stderr


def test_a_file_that_is_not_there_is_named_with_its_folder() -> None:
    versions()
    assert "invalid: mq/nofile.json: it cannot be read" in run("qa", "mq/nofile.json").stderr
    assert "nothing to combine: mq/nofile.json:" in " ".join(run("mq/nofile.json").stderr.split())


@pytest.mark.parametrize("command", ["combine", "check"])
def test_without_results_the_command_that_makes_them_is_named(command: str) -> None:
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 3
    assert "qa: there is no such folder. Make it with `qagen generate-qa`" in " ".join(result.stderr.split())


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.parquet", "x.ndjson", "x.json.gz"])
def test_a_name_that_promises_something_else_than_json_is_refused(name: str) -> None:
    versions()
    result = run("-o", name)
    assert result.exit_code == 2
    assert "a dataset is JSON (.json) or JSON Lines (.jsonl)" in " ".join(result.stderr.split())
    assert not Path(name).exists()
    assert run("-o", name, "--format", "jsonl").exit_code == 0


def test_an_answer_of_several_lines_is_shown_in_one() -> None:
    qa("v1", pair("What is the limit?", "12 bar\n\nat most"))
    qa("v2", pair("What is the limit?", "14 bar\n\nat most"))
    assert "conflict: What is the limit? 12 bar at most (v1_qa.json); 14 bar at most (v2_qa.json)" in run().stderr
    shown = CliRunner().invoke(app, ["check"]).stdout
    assert "A: 12 bar at most\n" in shown


def test_of_many_chunk_files_without_answers_the_first_are_named_and_the_rest_counted() -> None:
    versions()
    for number in range(25):
        write_json(Path("chunks") / f"d{number:02}_chunks.json", ["One."])
    noted = next(line for line in run().stderr.splitlines() if "without any answers yet" in line)
    assert noted.startswith("note: 25 chunk files without any answers yet: d00_chunks.json, ")
    assert noted.endswith("d19_chunks.json and 5 more")
