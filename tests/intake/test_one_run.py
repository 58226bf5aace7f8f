"""One run of `qagen chunk` at a time in a folder of chunks."""

from __future__ import annotations

import importlib
import socket
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qagen import files, intake
from qagen.cli import app
from qagen.formats import encode
from qagen.intake.plan import Plan, plan
from qagen.settings import Settings
from tests.flow import command

LOCK = ".qagen-chunk.lock"
OWNER = Path(f"chunks/{LOCK}.owner.json")


@pytest.fixture(autouse=True)
def document() -> Path:
    path = Path("documents/pump.md")
    path.parent.mkdir()
    path.write_text("The valve opens at 12 bar. " * 40)
    return path


def test_a_second_run_in_the_same_folder_is_sent_away_and_told_who_works_there() -> None:
    with files.locked(Path("chunks"), LOCK):
        refused = subprocess.run(command("chunk"), capture_output=True, text=True, timeout=60)

    assert refused.returncode == 6
    assert refused.stderr.startswith("error: chunks: another run (pid ")
    assert f" on {socket.gethostname()}, " in refused.stderr
    assert "works here. Wait for it, or stop it first" in refused.stderr
    assert not list(Path("chunks").glob("*_chunks.json"))
    assert CliRunner().invoke(app, ["chunk"]).exit_code == 0
    assert not OWNER.exists()


def test_the_folder_is_held_until_the_last_document_is_saved() -> None:
    seen: list[bool] = []
    intake.prepare([Path("documents")], Settings.load(), lambda *_: seen.append(OWNER.exists()))

    assert seen == [True]


def test_who_only_reads_is_not_kept_out() -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["chunk"]).exit_code == 0
    with files.locked(Path("chunks"), LOCK):
        assert runner.invoke(app, ["chunk", "--preview"]).exit_code == 0
        assert runner.invoke(app, ["generate-qa", "--provider", "rules"]).exit_code == 0
        assert runner.invoke(app, ["status"]).exit_code == 0


def test_what_another_machine_left_is_taken_over_when_the_user_says_so() -> None:
    OWNER.parent.mkdir()
    facts = {"pid": 7, "host": "another-machine", "user": "ada", "started_at": "2026-11-22T05:00:00Z"}
    OWNER.write_bytes(encode(facts))
    runner = CliRunner()
    refused = runner.invoke(app, ["chunk"])

    assert refused.exit_code == 6
    assert "--break-lock" in refused.output
    assert runner.invoke(app, ["chunk", "--break-lock"]).exit_code == 0


def test_no_folder_is_made_where_there_is_nothing_to_chunk(document: Path) -> None:
    document.unlink()

    assert CliRunner().invoke(app, ["chunk"]).exit_code == 3
    assert not Path("chunks").exists()


def test_what_another_run_cut_before_the_folder_could_be_held_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Path("others/pump.md")
    other.parent.mkdir()
    other.write_text("The fan turns left. " * 40)
    module = importlib.import_module("qagen.intake.prepare")

    def interrupted(places: list[Path], settings: Settings) -> Plan:
        found = plan(places, settings)
        monkeypatch.setattr(module, "plan", plan)
        intake.prepare([Path("documents")], settings)
        return found

    monkeypatch.setattr(module, "plan", interrupted)
    intake.prepare([other.parent], Settings.load())

    assert "valve" in Path("chunks/pump.txt").read_text()
    assert len(list(Path("chunks").glob("*_chunks.json"))) == 2
