"""Who cuts again with other settings hears what that costs, and how to go back."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qagen.cli import app


@pytest.fixture(autouse=True)
def document() -> None:
    Path("documents").mkdir()
    Path("documents/pump.txt").write_text("".join(f"The valve {n} opens at {n} bar. " for n in range(300)))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_answers_that_a_forgotten_size_would_lose_are_counted_and_the_old_size_is_named() -> None:
    run("chunk", "--chunk-size", "1500")
    run("generate-qa", "--provider", "rules")
    said = run("chunk")

    assert "note: 1 document cut with other settings than before; " in said
    assert "answered chunks changed: their text will be asked about, and paid for, again" in said
    assert "To go back, run the same command with --chunk-size 1500 1 document" in said
    assert "note:" not in run("chunk", "--chunk-size", "1500")
    assert "nothing to ask" in run("generate-qa", "--provider", "rules")


def test_where_no_answers_are_known_the_rule_is_said() -> None:
    run("chunk", "--chunk-size", "1500", "--chunk-overlap", "10", "--strategy", "character")
    said = run("chunk")

    assert "chunks whose text changed will be asked about, and paid for, again if they were answered before" in said
    assert "with --strategy character --chunk-size 1500 --chunk-overlap 10 1 document" in said


def test_a_document_that_is_new_changed_or_unchanged_brings_no_such_note() -> None:
    assert "note:" not in run("chunk")
    assert "note:" not in run("chunk")
    Path("documents/pump.txt").write_text("Another text.")
    assert "note:" not in run("chunk")


def test_the_old_overlap_is_named_where_the_same_command_would_not_bring_it_back() -> None:
    run("chunk", "--chunk-size", "1500")
    run("generate-qa", "--provider", "rules")
    said = run("chunk", "--chunk-size", "500", "--chunk-overlap", "20")

    assert "run the same command with --chunk-size 1500 --chunk-overlap 150 1 document" in said
    back = ["--chunk-size", "1500", "--chunk-overlap", "150"]
    run("chunk", "--chunk-size", "500", "--chunk-overlap", "20", *back)
    assert "nothing to ask" in run("generate-qa", "--provider", "rules")


def test_where_the_overlap_alone_was_changed_the_old_one_is_named() -> None:
    run("chunk", "--chunk-size", "1500")

    assert "run the same command with --chunk-overlap 150 1 document" in run(
        "chunk", "--chunk-size", "1500", "--chunk-overlap", "0"
    )


def test_names_of_fields_with_blanks_can_be_pasted_into_a_shell() -> None:
    Path("documents/faq.json").write_text('[{"the question": "Which valve?", "answer": "The first one."}]')
    run("chunk", "--text-field", "the question,answer")

    assert "run the same command with --text-field 'the question,answer' 2 documents" in run(
        "chunk", "--text-field", "answer"
    )
