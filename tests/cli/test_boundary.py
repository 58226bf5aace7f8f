"""Where errors become a sentence and an exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen import overview
from qagen.cli import app
from qagen.errors import (
    AccessError,
    DataError,
    LockedError,
    QagenError,
    RejectedError,
    StorageError,
    UsageError,
)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Result:
    """`qagen status`, whose work raises this."""

    def rows(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(overview, "rows", rows)
    return CliRunner().invoke(app, ["status"])


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "qagen", *arguments], text=True, timeout=60, **options)


PUMP = "The operating pressure of the circulation pump is 12 bar. The relief valve of the boiler opens at 16 bar.\n"
"""A text of which the rules make pairs."""


def write_chunks(name: str = "pump", chunks: tuple[str, ...] = ("A pump moves water.",)) -> None:
    folder = Path("chunks")
    folder.mkdir(exist_ok=True)
    (folder / f"{name}_chunks.json").write_text(json.dumps({"chunks": [{"text": text} for text in chunks]}))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("say it so"), 2),
        (DataError("say it so"), 3),
        (AccessError("say it so", code="auth"), 4),
        (RejectedError("say it so", code="bad_request"), 4),
        (StorageError("say it so"), 5),
        (LockedError("say it so"), 6),
        (QagenError("say it so"), 1),
    ],
)
def test_an_error_is_one_line_on_stderr_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: QagenError, code: int
) -> None:
    result = fail_with(monkeypatch, error)
    assert result.exit_code == code
    assert result.stderr == "error: say it so\n"
    assert result.stdout == ""


def test_ctrl_c_outside_of_a_run_is_a_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fail_with(monkeypatch, KeyboardInterrupt())
    assert result.exit_code == 130
    assert result.stderr.startswith("error: interrupted")
    assert "Traceback" not in result.output


def test_markup_and_long_lines_in_an_error_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[red]no[/] " + "word " * 60 + "end"
    assert fail_with(monkeypatch, DataError(text)).stderr == f"error: {text}\n"


@pytest.mark.parametrize("escape", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202egnp.exe", "\r"])
def test_an_error_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch, escape: str) -> None:
    result = fail_with(monkeypatch, DataError(f"a{escape}b"))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", result.output)


# Typing errors


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        (["generate-qa", "--modle", "x"], "--model"),
        (["generate-qa", "--question-per-chunk", "3"], "--questions-per-chunk"),
        (["combine", "--output", "x"], "--output-file"),
        (["generate"], "generate-qa"),
        (["combin"], "combine"),
    ],
)
def test_a_mistyped_flag_or_command_is_answered_with_what_was_meant(typed: list[str], suggestion: str) -> None:
    result = CliRunner().invoke(app, typed)
    assert result.exit_code == 2
    assert suggestion in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("typed", [["generate-qa", "--limit", "many"], ["generate-qa", "--model"], ["status", "extra"]])
def test_a_value_that_cannot_be_is_a_usage_error(typed: list[str]) -> None:
    result = CliRunner().invoke(app, typed)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


# Bugs


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the details of a bug go."""
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_bug_is_one_line_and_a_file_with_the_details(monkeypatch: pytest.MonkeyPatch, reports: Path) -> None:
    result = fail_with(monkeypatch, ZeroDivisionError("by nothing"))
    (report,) = reports.iterdir()
    assert result.exit_code == 70
    assert result.stderr.count("\n") == 1
    assert "a bug in qagen: ZeroDivisionError('by nothing')" in result.stderr
    assert str(report) in result.stderr
    assert "Traceback" not in result.output
    text = report.read_text(encoding="utf-8")
    assert text.startswith("Traceback")
    assert "ZeroDivisionError: by nothing" in text


def test_the_details_of_a_bug_hold_no_key(monkeypatch: pytest.MonkeyPatch, reports: Path) -> None:
    fail_with(monkeypatch, ValueError("Authorization: Bearer sk-abcdef123456"))
    (report,) = reports.iterdir()
    assert "sk-abcdef123456" not in report.read_text(encoding="utf-8")


def test_the_line_about_a_bug_holds_no_key(monkeypatch: pytest.MonkeyPatch, reports: Path) -> None:
    assert "sk-abcdef123456" not in fail_with(monkeypatch, ValueError("key sk-abcdef123456 is odd")).output


def test_a_key_of_any_shape_is_kept_out_of_what_is_said_of_a_bug(
    monkeypatch: pytest.MonkeyPatch, reports: Path
) -> None:
    monkeypatch.setenv("COMPATIBLE_API_KEY", "correct-horse-battery")
    result = fail_with(monkeypatch, ValueError("key correct-horse-battery is odd"))
    (report,) = reports.iterdir()
    assert "correct-horse-battery" not in report.read_text(encoding="utf-8")
    assert "correct-horse-battery" not in result.output


# Pipes


@pytest.mark.parametrize("documents", [1, 2000])
@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_reader_that_has_seen_enough_ends_the_command_quietly(documents: int, arguments: list[str]) -> None:
    for number in range(documents):
        write_chunks(f"document-{number:04}")
    reading, writing = os.pipe()
    os.close(reading)  # the other side of the pipe has gone before anything is written
    try:
        result = run("status", *arguments, stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert result.stderr == ""
    assert result.returncode == 0


def test_a_pipe_into_head_ends_quietly() -> None:
    for number in range(2000):
        write_chunks(f"document-{number:04}")
    command = f'"{sys.executable}" -m qagen status --json | head -1'
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr, result.returncode) == ("{\n", "", 0)


# Names that bite


def test_terminal_escapes_in_names_are_not_printed() -> None:
    name = "evil\x1b[2J\x1b]0;owned\x07name"
    write_chunks(name, (PUMP,))
    for arguments in (["status"], ["generate-qa", "--provider", "rules"], ["combine"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        assert "evil" in result.output
        assert "\x1b" not in result.output
        assert "\x07" not in result.output


def test_markup_in_names_is_shown_as_it_is() -> None:
    Path("[bold]pump[red].txt").write_text("The limit of the pump is 4 bar.")
    assert "[bold]pump[red].txt" in CliRunner().invoke(app, ["chunk", "[bold]pump[red].txt"]).output


def test_terminal_escapes_in_the_facts_of_a_file_are_not_printed() -> None:
    Path("chunks").mkdir()
    facts = {"metadata": {"file_name": "a\x1b[31mb", "title": "\x1b[2J"}, "chunks": [{"text": PUMP}]}
    Path("chunks/a_chunks.json").write_text(json.dumps(facts))
    for arguments in (["generate-qa", "--provider", "rules"], ["combine"]):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        assert "\x1b" not in result.output
