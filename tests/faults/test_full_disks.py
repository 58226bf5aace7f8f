"""Disks that really fill up, refuse or go away under a run, and the same command on a disk that is well again."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import operations
from tests.flow import asked, check_from_outside, hear, local, passages, qagen, read, write_chunks
from tests.llm_server import LLMServer, marker

CHUNKS = 60
IN_FLIGHT = 4
MOST_ANSWERED = CHUNKS - 2 * IN_FLIGHT
"""Until the disk has been noticed: however slowly is written, some chunks are not asked about yet."""
FIRST_WRITE = 30
"""With so many operations a document has been written once."""
OBEYS_MODES = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
"""Root without the right to ignore the modes of files."""


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer(latency_ms=30, jitter_ms=30) as server:
        yield server


@pytest.fixture
def marks() -> set[str]:
    """Two documents; the markers of all their passages."""
    texts = {name: passages(CHUNKS // 2, name) for name in ("pump", "valve")}
    for name, chunks in texts.items():
        write_chunks(Path("chunks"), name, chunks)
    return {marker(text) for chunks in texts.values() for text in chunks}


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of the results, as a disk of its own with 200 kB and 40 files."""
    disk = Path("qa")
    disk.mkdir()
    options = "size=200k,nr_inodes=40"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(disk)], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {made.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


class Runs:
    """Commands that are started; none outlives its test."""

    def __init__(self, server: LLMServer) -> None:
        self._server = server
        self._processes: list[subprocess.Popen[str]] = []

    def start(
        self,
        *,
        save_again_after_s: tuple[float, ...] = (0.05, 0.1),
        full_from: int = 0,
        prefix: list[str] | None = None,
        in_process: Callable[[], None] | None = None,
    ) -> subprocess.Popen[str]:
        """The command with quick tries to save again, and a temporary directory of its own.

        `full_from`: the operation from which on there is no space.
        """
        Path("tmp").mkdir(exist_ok=True)
        full = {"at": full_from, "what": "ENOSPC", "times": None}
        plan = json.dumps({"save_again_after_s": save_again_after_s, **full})
        arguments = map(str, local(self._server, "--max-concurrent", str(IN_FLIGHT)))
        process = subprocess.Popen(
            [*(prefix or []), sys.executable, operations.__file__, plan, "--", *arguments],
            env={**os.environ, "TMPDIR": str(Path("tmp").resolve())},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=in_process,
        )
        self._processes.append(process)
        return process

    def end(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture
def runs(server: LLMServer) -> Iterator[Runs]:
    runs = Runs(server)
    yield runs
    runs.end()


def end(process: subprocess.Popen[str], heard: str = "") -> tuple[int, str]:
    """Its exit code and stderr, with what was heard of it before."""
    _, err = process.communicate(timeout=120)
    return process.returncode, heard + err


def stand_still(server: LLMServer, process: subprocess.Popen[str]) -> None:
    """Return when 16 chunks are on the disk, nothing is being written, and requests wait for their answers."""
    server.wait_for(requests=16 + IN_FLIGHT)
    path = Path("qa/pump_qa.json")
    while not path.exists() or len(read(path)["completed_chunks"]) < 16:
        assert process.poll() is None
        time.sleep(0.01)


def go_on(server: LLMServer, process: subprocess.Popen[str]) -> str:
    """A few answers, until one cannot be saved; then whatever still comes. Gives what is said of it."""
    server.configure(holds_after=8)
    return noticed(server, process)


def noticed(server: LLMServer, process: subprocess.Popen[str]) -> str:
    """Return when the run has noticed that it cannot save, with what it said. Then it gets what is in flight."""
    heard = hear(process, "tried again")
    server.configure(holds_after=None)
    return heard


def check_rescued(server: LLMServer, code: int, err: str, why: str) -> None:
    """The run stopped because of the disk, with every answer in the results or in the temporary directory."""
    assert code == 5, err
    assert why in err
    assert len(server.ledger()) < CHUNKS
    answered = {entry.marker for entry in server.ledger() if entry.status == 200}
    # What was being written when the directory went away lies there until the next run.
    shutil.copytree("qa", "shown", ignore=shutil.ignore_patterns(".tmp*", "ballast*"))
    kept = check_from_outside(Path("chunks"), Path("shown")).settled
    for copy in Path("tmp").glob("qagen-unsaved-*/*"):
        assert str(copy) in err
        kept |= check_from_outside(Path("chunks"), copy.parent).settled
    assert kept == answered


def take_back() -> None:
    """Put the rescued files in their places, as the message says."""
    for path in Path("tmp").glob("qagen-unsaved-*/*_qa.json"):
        shutil.copy(path, Path("qa"))


def check_finished(server: LLMServer, marks: set[str]) -> None:
    """The same command settles the rest, and has paid for nothing twice."""
    again = qagen(*local(server, "--max-concurrent", "16"))
    assert again.returncode == 0, again.stderr
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks
    assert asked(server.ledger()) == dict.fromkeys(marks, 1)


# A file that may not grow


def test_answers_that_outgrow_the_largest_file_are_on_stderr(runs: Runs, server: LLMServer, marks: set[str]) -> None:
    def allow_small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    server.configure(holds_after=MOST_ANSWERED)
    process = runs.start(in_process=allow_small_files)
    code, err = end(process, noticed(server, process))
    assert "File too large" in err
    for line in err.splitlines():
        if line.startswith("{"):
            name = json.loads(line)["metadata"]["chunks_file"].replace("_chunks", "_qa")
            Path("qa", name).write_text(line, encoding="utf-8")
    check_rescued(server, code, err, "File too large")
    check_finished(server, marks)


# A directory that refuses


@pytest.fixture
def obeying() -> list[str]:
    """What a command must begin with in order to be refused by the modes of files."""
    if os.geteuid() != 0:
        return []
    if shutil.which(OBEYS_MODES[0]) is None:
        pytest.skip("root ignores the modes of files, and setpriv is not there")
    Path("closed").mkdir(mode=0o555)
    if subprocess.run([*OBEYS_MODES, "touch", "closed/file"], capture_output=True).returncode == 0:
        pytest.skip("root ignores the modes of files")
    return OBEYS_MODES


def test_a_directory_that_becomes_read_only_in_a_run_costs_no_answer(
    runs: Runs, server: LLMServer, marks: set[str], obeying: list[str]
) -> None:
    server.configure(holds_after=16)
    process = runs.start(prefix=obeying)
    stand_still(server, process)
    Path("qa").chmod(0o555)
    code, err = end(process, go_on(server, process))
    Path("qa").chmod(0o755)
    check_rescued(server, code, err, "Permission denied")
    take_back()
    check_finished(server, marks)


def test_a_directory_that_is_writable_again_before_the_last_try_ends_no_run(
    runs: Runs, server: LLMServer, marks: set[str], obeying: list[str]
) -> None:
    server.configure(holds_after=16)
    process = runs.start(prefix=obeying, save_again_after_s=(0.3, 5.0))
    stand_still(server, process)
    Path("qa").chmod(0o555)
    heard = go_on(server, process)
    heard += hear(process, "tried again in 5 s") if "tried again in 5 s" not in heard else ""
    asked_before = len(server.ledger())
    assert asked_before < CHUNKS
    time.sleep(0.4)
    assert len(server.ledger()) == asked_before, "asked without a place for the answers"
    Path("qa").chmod(0o755)
    code, err = end(process, heard)
    assert code == 0, err
    check_finished(server, marks)


def test_a_directory_that_is_read_only_from_the_start_is_found_before_the_first_request(
    runs: Runs, server: LLMServer, marks: set[str], obeying: list[str]
) -> None:
    Path("qa").mkdir(mode=0o555)
    code, err = end(runs.start(prefix=obeying))
    assert code == 2, err
    assert "Permission denied" in err
    assert server.ledger() == []


def test_a_directory_that_is_moved_away_in_a_run_costs_no_answer(
    runs: Runs, server: LLMServer, marks: set[str]
) -> None:
    server.configure(holds_after=16)
    process = runs.start()
    stand_still(server, process)
    Path("qa").rename("gone")
    code, err = end(process, go_on(server, process))
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree("qa")
    Path("gone").rename("qa")
    check_rescued(server, code, err, "No such file or directory")
    take_back()
    check_finished(server, marks)


# A disk that is full


@pytest.mark.parametrize("of", ["bytes", "files"])
def test_a_disk_that_fills_up_in_a_run_costs_no_answer(
    of: str, runs: Runs, server: LLMServer, marks: set[str], small_disk: Path
) -> None:
    server.configure(holds_after=16)
    process = runs.start()
    stand_still(server, process)
    fill(small_disk, of)
    code, err = end(process, go_on(server, process))
    check_rescued(server, code, err, "No space left on device")
    empty(small_disk)
    grow(small_disk)
    take_back()
    check_finished(server, marks)


def test_a_disk_that_has_room_again_before_the_last_try_ends_no_run(
    runs: Runs, server: LLMServer, marks: set[str], small_disk: Path
) -> None:
    grow(small_disk)
    server.configure(holds_after=16)
    process = runs.start(save_again_after_s=(0.3, 5.0))
    stand_still(server, process)
    fill(small_disk, "bytes")
    heard = go_on(server, process)
    heard += hear(process, "tried again in 5 s") if "tried again in 5 s" not in heard else ""
    empty(small_disk)
    code, err = end(process, heard)
    assert code == 0, err
    check_finished(server, marks)


def test_a_disk_that_is_too_small_for_the_results_keeps_the_last_version_that_fitted(
    runs: Runs, server: LLMServer, marks: set[str], small_disk: Path
) -> None:
    server.configure(holds_after=MOST_ANSWERED)
    process = runs.start()
    code, err = end(process, noticed(server, process))
    check_rescued(server, code, err, "No space left on device")
    assert len(read(small_disk / "pump_qa.json")["completed_chunks"]) > 0
    grow(small_disk)
    take_back()
    check_finished(server, marks)


# Signals while the disk refuses


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_the_tries_to_save_at_once_and_the_answers_are_rescued(
    number: signal.Signals, code: int, runs: Runs, server: LLMServer, marks: set[str]
) -> None:
    server.configure(holds_after=MOST_ANSWERED)
    process = runs.start(full_from=FIRST_WRITE, save_again_after_s=(3600, 3600))
    heard = noticed(server, process)
    time.sleep(0.5)  # what is in flight comes back
    server.wait_for(answered=len(server.ledger()))
    process.send_signal(number)
    heard += hear(process, "stopping")
    process.send_signal(number)
    ended, err = end(process, heard)
    assert ended in {code, 5}, err
    check_rescued(server, 5, err, "No space left on device")
    take_back()
    check_finished(server, marks)


def test_a_signal_does_not_keep_a_try_to_save_from_being_made(runs: Runs, server: LLMServer, marks: set[str]) -> None:
    server.configure(holds_after=MOST_ANSWERED)
    process = runs.start(full_from=FIRST_WRITE, save_again_after_s=(1, 1))
    heard = hear(process, "tried again")
    process.send_signal(signal.SIGINT)
    server.configure(holds_after=None)
    ended, err = end(process, heard)
    assert ended in {130, 5}, err
    check_rescued(server, 5, err, "No space left on device")
    take_back()
    check_finished(server, marks)


def fill(disk: Path, of: str) -> None:
    """Leave no room, of bytes or of files."""
    with contextlib.suppress(OSError):
        for number in range(100_000):
            with (disk / f"ballast-{number if of == 'files' else 0}").open("ab", buffering=0) as file:
                if of == "bytes":
                    file.write(b"x" * 512)


def empty(disk: Path) -> None:
    for path in disk.glob("ballast-*"):
        path.unlink()


def grow(disk: Path) -> None:
    """Room for everything."""
    subprocess.run(["mount", "-o", "remount,size=8m,nr_inodes=1000", str(disk)], check=True)
