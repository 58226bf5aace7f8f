"""Every exit code, through the real command, with the account where it belongs; for people and for machines."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from typer.testing import CliRunner

from qagen.cli import app, console
from qagen.llm.limits import backoff
from tests.faults import operations
from tests.flow import HURRY, hear, local, passages, read, write_chunks
from tests.llm_server import LLMServer, marker
from tests.outside import check_account, check_file

pytestmark = pytest.mark.usefixtures("transport")

TEXTS = passages(6)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CHUNKS = re.compile(
    r"^chunks (\d+) = (\d+) completed \((\d+) earlier \+ (\d+) now.*\) \+ (\d+) failed \+ (\d+) pending$", re.MULTILINE
)
REQUESTS = re.compile(r"^requests (\d+) = (\d+) useful \+ (\d+) unusable \+ (\d+) without a reply", re.MULTILINE)
STUMBLE = (
    "from qagen import pairs\nread = pairs.read\n"
    "def stumble(text, **more):\n"
    "    if 'number 3 ' in text: raise ZeroDivisionError('a bug')\n"
    "    return read(text, **more)\n"
    "pairs.read = stumble\n"
)


@dataclass(frozen=True)
class Case:
    """A run, and how it must end."""

    code: int
    account: Literal["out", "err", "none"] = "out"
    says: str = ""
    """On stderr."""
    faults: list[dict[str, Any]] = field(default_factory=list)
    more: tuple[str, ...] = ()
    number: signal.Signals | None = None
    largest_file: int | None = None
    stumbles: bool = False
    lock: bool = False
    damages: bool = False
    """Another chunk file is of no use."""

    def __str__(self) -> str:
        return f"{self.code} {self.says}".strip()


POISONED = {"fault": "context_length", "when": {"marker": [marker(TEXTS[1])]}}
WITHOUT_ANY = ("--chunks-dir", "nowhere")
CASES = [
    Case(0),
    Case(1, faults=[POISONED], says="context"),
    Case(2, "none", "temperature: none -> 0.9", more=("--temperature", "0.9")),
    Case(2, "err", "no-such-model", more=("--model", "no-such-model", "--no-resume")),
    Case(3, "none", "nowhere: there is no such folder", more=WITHOUT_ANY),
    Case(4, "err", "HTTP 401", faults=[{"fault": "unauthorized", "when": {"after": 2}}]),
    Case(5, "err", "cannot be saved", largest_file=7000),
    Case(6, "none", "another run", lock=True),
    Case(70, "err", "a bug in qagen", stumbles=True),
    Case(130, "err", "interrupted", number=signal.SIGINT),
    Case(143, "err", "told to end", number=signal.SIGTERM),
]
AT_ITS_END = [case for case in CASES if case.account != "none"]
REFUSED = [case for case in CASES if case.account == "none"]


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    write_chunks(Path("chunks"), "a", TEXTS)
    return process


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process do not wait long, and do not change how later ones talk."""
    monkeypatch.setattr(backoff, "_BASE_S", 0.001)
    monkeypatch.setattr(console, "_form", "text")


def run(server: LLMServer, case: Case, *more: str) -> subprocess.CompletedProcess[str]:
    """A first chunk in an earlier run, then the run of the case; with `more` in this process, where that will do."""
    arguments = [*local(server, "--max-concurrent", "1"), "--summary-json", "s.json"]
    first = CliRunner().invoke(app, [*map(str, arguments), "--limit", "1"])
    assert first.exit_code == 0, first.output
    Path("s.json").unlink()
    if case.lock:
        owner = {"pid": 7, "host": "elsewhere", "user": "ada", "started_at": "2026-11-22T05:00:00Z"}
        Path("qa/.qagen.lock.owner.json").write_text(json.dumps(owner))
    if case.damages:
        Path("chunks/b_chunks.json").write_text("{")
    server.reset()
    server.configure(faults=case.faults, holds_after=2 if case.number else None)
    limit = case.largest_file

    def allow_small_files() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    if more and not (case.number or limit or case.stumbles):
        result = CliRunner().invoke(app, [*map(str, arguments), *case.more, *more])
        return subprocess.CompletedProcess([], result.exit_code, result.stdout, result.stderr)
    Path("tmp").mkdir(exist_ok=True)
    code = STUMBLE + HURRY if case.stumbles else HURRY
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments), *case.more, *more],
        env={**os.environ, "TMPDIR": str(Path("tmp").resolve())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=allow_small_files,
    )
    heard = ""
    if case.number is not None:
        server.wait_for(requests=3)
        process.send_signal(case.number)
        heard = hear(process, "stopping")
        server.configure(holds_after=None)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess([], process.returncode, out, heard + err)


def events(text: str) -> list[dict[str, Any]]:
    """The lines of the conversation, each a JSON object that says what it is and when."""
    found = [json.loads(line) for line in text.splitlines()]
    for event in found:
        assert isinstance(event["event"], str)
        assert TIME.fullmatch(event["time"])
    return found


@pytest.mark.parametrize("case", AT_ITS_END, ids=str)
def test_a_run_that_began_ends_with_its_code_and_an_account_that_adds_up(case: Case, server: LLMServer) -> None:
    ended = run(server, case)
    assert ended.returncode == case.code, ended.stderr
    assert case.says in ended.stderr
    account = read(Path("s.json"))
    check_account(account)
    assert account["exit_code"] == case.code
    shown, other = (ended.stdout, ended.stderr) if case.account == "out" else (ended.stderr, ended.stdout)
    assert CHUNKS.search(other) is None
    chunks, requests = account["chunks"], account["requests"]
    names = ("total", "completed", "completed_earlier", "completed_now", "failed", "pending")
    assert [int(number) for number in CHUNKS.search(shown).groups()] == [chunks[name] for name in names]  # type: ignore[union-attr]
    without = requests["sent"] - requests["replies"]
    figures = [requests["sent"], requests["useful"], requests["unusable"], without]
    assert [int(number) for number in REQUESTS.search(shown).groups()] == figures  # type: ignore[union-attr]
    assert requests["sent"] == len(server.ledger())
    leads_on = {2: "\nnext: put that right in the command", 4: "\nonce that is mended: qagen "}
    assert leads_on.get(case.code, "\nnext: qagen ") in shown
    assert chunks["total"] == len(TEXTS)
    if case.code not in {2, 5}:
        assert chunks["completed_earlier"] == 1
        assert check_file(Path("qa/a_qa.json"))["summary"]["completed_chunks"] == chunks["completed"]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_command_that_cannot_begin_ends_with_its_code_and_one_sentence(case: Case, server: LLMServer) -> None:
    ended = run(server, case)
    assert ended.returncode == case.code, ended.stderr
    assert case.says in ended.stderr
    assert len(re.findall("^error: ", ended.stderr, re.MULTILINE)) == 1
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    if case.code != 70:
        assert server.ledger() == []
        assert not Path("s.json").exists()


def test_a_bug_is_in_the_error_log_with_its_traceback_and_what_came_before_it_is_saved(server: LLMServer) -> None:
    ended = run(server, next(case for case in CASES if case.code == 70))
    assert ended.returncode == 70
    (line,) = [json.loads(line) for line in Path("qa/errors.jsonl").read_text().splitlines()]
    assert (line["outcome"], line["type"]) == ("bug", "ZeroDivisionError")
    assert "stumble" in line["traceback"]
    assert check_file(Path("qa/a_qa.json"))["completed_chunks"] == [0, 1, 2]


def test_after_a_bug_too_the_account_is_printed_and_written(server: LLMServer) -> None:
    """design.md: at its end every run prints the accounting identity."""
    ended = run(server, next(case for case in CASES if case.code == 70))
    assert CHUNKS.search(ended.stderr)
    check_account(read(Path("s.json")))


def test_a_document_that_is_left_out_is_a_failure_of_the_run(server: LLMServer) -> None:
    ended = run(server, Case(1, damages=True))
    assert ended.returncode == 1
    account = read(Path("s.json"))
    check_account(account)
    assert [one["file"] for one in account["left_out"]] == ["b_chunks.json"]


def test_an_unknown_model_after_the_first_answer_is_the_providers_end(server: LLMServer) -> None:
    ended = run(server, Case(4, faults=[{"fault": "model_gone", "when": {"after": 1}}]))
    assert ended.returncode == 4, ended.stderr


@pytest.mark.parametrize("fault", ["unauthorized", "quota", "model_gone"])
def test_no_command_is_named_as_the_next_that_cannot_work_before_something_is_changed(
    fault: str, server: LLMServer
) -> None:
    ended = run(server, Case(4, faults=[{"fault": fault, "when": {"after": 1}}]))
    assert ended.returncode == 4, ended.stderr
    assert "next: qagen" not in ended.stderr
    mended_elsewhere = fault in {"unauthorized", "quota"}
    assert ("once that is mended: qagen generate-qa" in ended.stderr) == mended_elsewhere
    assert ("next: put that right" in ended.stderr) == (not mended_elsewhere)


def test_who_was_stopped_before_the_limit_is_not_sent_beyond_it(server: LLMServer) -> None:
    ended = run(server, Case(4, faults=[{"fault": "unauthorized", "when": {"after": 1}}], more=("--limit", "3")))
    assert re.search("^once that is mended: qagen .* --limit 3$", ended.stderr, re.MULTILINE)


def test_the_account_stands_beside_the_results_too(server: LLMServer) -> None:
    run(server, CASES[0])
    assert read(Path("qa/qa_generation_summary.json")) == read(Path("s.json"))


# For machines


@pytest.mark.parametrize("case", CASES, ids=str)
def test_with_a_json_log_every_line_of_the_conversation_is_an_event(case: Case, server: LLMServer) -> None:
    ended = run(server, case, "--log-format", "json")
    assert ended.returncode == case.code, ended.stderr
    assert ended.stdout == ""
    heard = events(ended.stderr)
    names = [event["event"] for event in heard]
    if case.account == "none":
        assert names[-1] == "error"
        assert case.says in heard[-1]["message"]
        assert "finished" not in names
        return
    assert (names[0], names[-1]) == ("started", "finished")
    finished = {name: value for name, value in heard[-1].items() if name not in {"time", "event"}}
    assert finished == read(Path("s.json"))
    check_account(finished)
    saved = [event for event in heard if event["event"] == "chunk_saved"]
    now = finished["chunks"]["completed_now"] + sum(finished["failures"].values())
    assert len(saved) == now
    assert [event for event in saved if event["failed"]] == saved[0 : len(finished["failures"])]


def test_each_kind_of_event_carries_its_fields(server: LLMServer) -> None:
    server_errs = {"fault": "empty", "when": {"nth": [1]}}
    no_use = {"fault": "not_json_text", "when": {"nth": [3]}}
    ended = run(server, Case(0, faults=[server_errs, no_use]), "--log-format", "json")
    assert ended.returncode == 0, ended.stderr
    heard = {event["event"]: event for event in events(ended.stderr)}
    assert heard["started"]["chunks"] == 6
    assert heard["started"]["to_ask"] == 5
    assert heard["started"]["model"] == "qwen3:14b"
    assert heard["try_failed"]["attempt"]["code"] == "empty_body"
    assert heard["reply_unusable"]["code"] == "invalid_output"
    assert heard["chunk_saved"]["document"] == "a"
    assert heard["document_closed"]["counts"]["completed"] == 6


def test_a_stop_is_an_event_with_its_reason(server: LLMServer) -> None:
    ended = run(server, Case(130, number=signal.SIGINT), "--log-format", "json")
    (stopping,) = [event for event in events(ended.stderr) if event["event"] == "stopping"]
    assert (stopping["why"], stopping["by_error"]) == ("interrupted", False)


@pytest.mark.parametrize("wrong", [("--temperature", "9"), ("--no-such-flag",), ("--limit", "many")])
def test_a_mistyped_command_is_an_event_too(wrong: tuple[str, ...], server: LLMServer) -> None:
    ended = run(server, Case(2, more=("--log-format", "json", *wrong)))
    assert ended.returncode == 2
    assert [event["event"] for event in events(ended.stderr)] == ["error"]


@pytest.mark.parametrize("wrong", [("--seed", "9" * 30), ("--max-tokens", "9" * 30), ("--model", "m\udc80")])
def test_a_value_that_cannot_be_written_is_refused_or_taken_and_no_bug(
    wrong: tuple[str, str], server: LLMServer
) -> None:
    result = CliRunner().invoke(app, [*map(str, local(server)), *wrong])
    assert result.exit_code in {0, 2}


def test_what_a_person_is_told_of_earlier_results_is_told_to_machines(server: LLMServer) -> None:
    """Edited by hand, stale, made with other parameters: a note in words, and nothing in the events."""
    case = Case(0)
    assert run(server, case).returncode == 0
    path = Path("qa/a_qa.json")
    path.write_text(path.read_text().replace("What is known", "What on earth is known", 1))
    ended = run(server, case, "--log-format", "json")
    assert "a_qa.json" in json.dumps([{k: v for k, v in e.items() if k != "documents"} for e in events(ended.stderr)])


def full_everywhere(server: LLMServer, *more: str) -> subprocess.CompletedProcess[str]:
    """A run whose disk, and every other, is full after the first write, which takes the operations up to the 29th."""
    plan = json.dumps({"at": 30, "what": "ENOSPC", "times": None, "everywhere": True})
    arguments = map(str, local(server, "--max-concurrent", "2", *more))
    whole = [sys.executable, operations.__file__, plan, "--", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("form", ["text", "json"])
def test_where_no_disk_takes_anything_the_answers_are_on_stderr(form: str, server: LLMServer) -> None:
    ended = full_everywhere(server, "--log-format", form)
    assert ended.returncode == 5, ended.stderr
    answered = {entry.marker for entry in server.ledger() if entry.status == 200}
    told = {mark for mark in answered if mark and f"[{mark}]" in ended.stderr}
    assert told == answered


# Readers that go away


def without_reader(server: LLMServer, stream: str) -> int:
    """The code of a run in which a chunk fails, and whose stdout or stderr nobody reads."""
    server.configure(faults=[POISONED])
    reading, writing = os.pipe()
    os.close(reading)
    streams: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: writing}
    whole = [sys.executable, "-m", "qagen", *map(str, local(server, "--summary-json", "s.json"))]
    try:
        return subprocess.run(whole, timeout=60, **streams).returncode
    finally:
        os.close(writing)


def test_a_run_whose_stderr_nobody_reads_does_its_work(server: LLMServer) -> None:
    assert without_reader(server, "stderr") == 1
    assert check_file(Path("qa/a_qa.json"))["summary"]["completed_chunks"] == 5


def test_a_run_whose_stdout_nobody_reads_keeps_its_exit_code_and_its_summary(server: LLMServer) -> None:
    code = without_reader(server, "stdout")
    check_account(read(Path("s.json")))
    assert code == 1
