"""One run at a time in a folder of results, with real processes: who is let in, who is not, and what it is told."""

from __future__ import annotations

import contextlib
import getpass
import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qagen import files
from qagen.cli import app
from qagen.files import writing
from tests.flow import asked, check_from_outside, command, local, passages, qagen, read, write_chunks
from tests.llm_server import LLMServer, marker
from tests.outside import check_file

OWNER = Path("qa/.qagen.lock.owner.json")
QA = Path("qa/a_qa.json")
TEXTS = passages(8)
ELSEWHERE = {"pid": 7, "host": "another-machine", "user": "ada", "started_at": "2026-11-22T05:00:00Z"}
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def process() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture
def server(process: LLMServer) -> LLMServer:
    process.reset()
    write_chunks(Path("chunks"), "a", TEXTS)
    return process


@pytest.fixture
def start(server: LLMServer) -> Iterator[Start]:
    """Starts a run, one request at a time, that is ended with the test. It gets two answers until it is let go on."""
    started: list[subprocess.Popen[str]] = []

    def start(*more: str, within: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        server.configure(holds_after=2)
        arguments = [*within, *command(*local(server, "--max-concurrent", "1", *more))]
        started.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def here(server: LLMServer, *more: str) -> Result:
    """A run in this process: quicker, where no second one is needed."""
    server.configure(holds_after=None)
    return CliRunner().invoke(app, [str(one) for one in local(server, *more)])


@contextlib.contextmanager
def at_work(server: LLMServer, run: subprocess.Popen[str], requests: int = 1) -> Iterator[None]:
    """The run stands still in the middle of its work, however long the block takes; afterwards it ends well."""
    server.wait_for(requests=requests)
    run.send_signal(signal.SIGSTOP)
    yield
    server.configure(holds_after=None)
    run.send_signal(signal.SIGCONT)
    _, err = run.communicate(timeout=120)
    assert run.returncode == 0, err


def put_owner(facts: Any) -> None:
    OWNER.parent.mkdir(exist_ok=True)
    OWNER.write_text(facts if isinstance(facts, str) else json.dumps(facts))


def check_done(server: LLMServer) -> None:
    """Every passage was asked about once, and everything is there."""
    marks = {marker(text) for text in TEXTS}
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks
    assert asked(server.ledger()) == dict.fromkeys(marks, 1)


def test_of_runs_that_start_at_once_one_works_and_the_others_send_nothing(server: LLMServer, start: Start) -> None:
    runs = [start() for _ in range(3)]
    server.wait_for(requests=1)
    works = read(OWNER)["pid"]
    for run in runs:
        if run.pid != works:
            run.wait(timeout=120)
    server.configure(holds_after=None)
    errors = [run.communicate(timeout=120)[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 6, 6], errors
    for run, text in zip(runs, errors, strict=True):
        assert ("another run" in text) == (run.returncode == 6)
    check_done(server)


def test_the_proof_that_a_folder_can_be_written_is_no_leftover_of_a_killed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the lock may be cleaning up at that moment."""
    write = writing.write

    def write_while_another_cleans_up(path: Path, pieces: bytes) -> None:
        write(path, pieces)
        files.remove_leftovers(path.parent)

    monkeypatch.setattr(writing, "write", write_while_another_cleans_up)
    files.make_writable(Path("qa"))


def test_the_second_is_told_who_works_there(server: LLMServer, start: Start) -> None:
    first = start()
    with at_work(server, first):
        owner = read(OWNER)
        second = qagen(*local(server))
    assert second.returncode == 6
    assert second.stdout == ""
    described = re.search(r"another run \(pid (\d+) on (.+), (.+), since (\S+)\) works here", second.stderr)
    assert described is not None, second.stderr
    assert described.groups() == (str(first.pid), socket.gethostname(), getpass.getuser(), owner["started_at"])
    check_done(server)


@pytest.mark.parametrize("flag", ["--break-lock", "--no-resume", "--accept-changes"])
def test_no_flag_lets_a_run_in_while_another_of_this_host_works(flag: str, server: LLMServer, start: Start) -> None:
    first = start()
    with at_work(server, first, requests=2):
        second = qagen(*local(server, flag))
        assert read(OWNER)["pid"] == first.pid
    assert second.returncode == 6
    assert f"pid {first.pid}" in second.stderr
    assert not Path("qa/archive").exists()
    check_done(server)


def test_the_lock_of_a_process_that_was_killed_is_taken_over_without_a_word(server: LLMServer, start: Start) -> None:
    first = start()
    server.wait_for(requests=3)
    first.kill()
    first.wait()
    assert read(OWNER)["pid"] == first.pid
    server.configure(holds_after=None)
    second = qagen(*local(server, "--max-concurrent", "8"))
    assert second.returncode == 0
    assert "lock" not in second.stderr
    assert "another run" not in second.stderr
    assert not OWNER.exists()
    assert check_file(QA)["status"] == "completed"


@pytest.mark.parametrize("facts", ["", "{", "[]", "null", "{}"])
def test_an_owner_file_that_says_nothing_keeps_nobody_out(facts: str, server: LLMServer) -> None:
    """The kernel's lock decides. A note that cannot be read must not need a person."""
    put_owner(facts)
    assert here(server).exit_code == 0
    assert not OWNER.exists()


def test_a_note_of_another_host_keeps_out_until_the_lock_is_broken_by_name(server: LLMServer) -> None:
    put_owner(ELSEWHERE)
    before = OWNER.read_bytes()
    refused = here(server, "--no-resume")
    assert refused.exit_code == 6
    assert "pid 7 on another-machine, ada, since 2026-11-22T05:00:00Z" in refused.stderr
    assert "--break-lock" in refused.stderr
    assert server.ledger() == []
    assert OWNER.read_bytes() == before
    assert not QA.exists()
    assert here(server, "--break-lock").exit_code == 0
    assert not OWNER.exists()
    check_done(server)


def test_a_note_without_a_host_is_not_taken_for_one_of_this_host(server: LLMServer) -> None:
    put_owner({"pid": 7})
    refused = here(server)
    assert refused.exit_code == 6
    assert "--break-lock" in refused.stderr


def test_hostile_words_in_an_owner_file_do_not_reach_the_terminal(server: LLMServer) -> None:
    put_owner({**ELSEWHERE, "user": "\x1b[2J[red]\u202eada"})
    refused = here(server)
    assert refused.exit_code == 6
    assert "[red]" in refused.stderr
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", refused.stderr)


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([], 0),
        ([{"fault": "context_length", "when": {"marker": [marker(TEXTS[0])]}}], 1),
        ([{"fault": "unauthorized"}], 4),
    ],
)
def test_whatever_the_end_of_a_run_its_note_is_gone(faults: list[Any], code: int, server: LLMServer) -> None:
    server.configure(faults=faults)
    assert here(server).exit_code == code
    assert not OWNER.exists()


def test_readers_need_no_lock(server: LLMServer, start: Start) -> None:
    first = start()
    with at_work(server, first, requests=3):
        for reader in (["status"], ["errors"], ["combine", "--include-unfinished"]):
            assert CliRunner().invoke(app, reader).exit_code == 0
    check_done(server)


def test_runs_with_folders_of_their_own_do_not_hinder_each_other(server: LLMServer, start: Start) -> None:
    first = start()
    with at_work(server, first):
        assert here(server, "--qa-dir", "elsewhere").exit_code == 0


@pytest.fixture
def container() -> tuple[str, ...]:
    """What makes a process see another host name, as containers do; files and kernel are the same."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-u", "true"], capture_output=True).returncode:
        pytest.skip("no name of its own can be given to a process here")
    return ("unshare", "-u", "sh", "-c", 'hostname a-container; exec "$@"', "sh")


def test_a_run_in_a_container_is_seen_from_outside(server: LLMServer, start: Start, container: tuple[str, ...]) -> None:
    first = start(within=container)
    with at_work(server, first):
        second = here(server)
    assert second.exit_code == 6
    assert "on a-container" in second.stderr
    check_done(server)


def test_the_lock_of_a_live_container_on_this_machine_is_not_broken(
    server: LLMServer, start: Start, container: tuple[str, ...]
) -> None:
    """The kernel knows that the lock is held: no guess about another machine is needed."""
    first = start(within=container)
    with at_work(server, first):
        second = here(server, "--break-lock")
    assert second.exit_code == 6
    check_done(server)


def test_a_container_that_was_killed_needs_the_flag_because_its_machine_is_not_known(
    server: LLMServer, start: Start, container: tuple[str, ...]
) -> None:
    """Its host name is another one, so its process cannot be looked for: whoever says that it is dead says so."""
    first = start(within=container)
    server.wait_for(requests=2)
    first.kill()
    first.wait()
    refused = here(server)
    assert refused.exit_code == 6
    assert "--break-lock" in refused.stderr
    assert here(server, "--break-lock").exit_code == 0
