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
