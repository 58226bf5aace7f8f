"""A run that is killed, stopped or told to end, and the same command again: nothing lost, nothing double."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import asked, check_from_outside, command, hear, hurried, local, passages, qagen, read, write_chunks
from tests.llm_server import LLMServer, marker

pytestmark = pytest.mark.usefixtures("transport")

CHUNKS = 120
IN_FLIGHT = 8


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer(latency_ms=15, jitter_ms=25) as server:
        yield server


@pytest.fixture
def marks() -> set[str]:
    """Two documents; the markers of all their passages."""
    texts = {name: passages(CHUNKS // 2, name) for name in ("pump", "valve")}
    for name, chunks in texts.items():
        write_chunks(Path("chunks"), name, chunks)
    return {marker(text) for chunks in texts.values() for text in chunks}


def start(server: LLMServer, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*local(server, "--max-concurrent", str(IN_FLIGHT), *more)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def saved() -> int:
    """Chunks that the files hold."""
    return sum(len(read(path)["chunks"]) for path in Path("qa").glob("*_qa.json"))


def test_nothing_is_lost_or_doubled_by_sigkill_at_random_moments(server: LLMServer, marks: set[str]) -> None:
    moments = random.Random(7)
    killed = 0
    while killed < 12:
        most = moments.randrange(1, 25)
        until = len(server.ledger()) + most
        server.configure(holds_after=most)  # however late the kill comes, no more are answered
        process = start(server)
        while process.poll() is None and server.status()["requests"] < until:
            pass
        if process.poll() is not None:
            break
        process.kill()
        process.communicate()
        killed += 1
        for path in Path("qa").glob("*_qa.json"):
            read(path)
    server.configure(holds_after=None)
    last = qagen(*local(server, "--max-concurrent", str(IN_FLIGHT)))
    assert last.returncode == 0, last.stderr
    found = check_from_outside(Path("chunks"), Path("qa"))
    assert found.settled == marks
    assert killed >= 5
    times = asked(server.ledger())
    assert set(times) == marks
    # A kill costs what was in flight, and what came in while a writer rested: less than the 25 answered between kills.
    assert sum(times.values()) - len(marks) <= killed * (IN_FLIGHT + 25)


def test_at_concurrency_1_a_kill_costs_only_the_request_in_flight(server: LLMServer, marks: set[str]) -> None:
    kills = 6
    for _ in range(kills):
        before = len(server.ledger())
        server.configure(holds_after=5)
        process = start(server, "--max-concurrent", "1")
        server.wait_for(requests=before + 5)
        process.kill()
        process.communicate()
    server.configure(holds_after=None)
    assert qagen(*local(server, "--max-concurrent", "16")).returncode == 0
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks
    times = asked(server.ledger())
    assert sum(times.values()) - len(marks) <= kills


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "told to end"),
        (signal.SIGHUP, 143, "the terminal went away"),
    ],
)
def test_the_first_signal_finishes_and_saves_what_is_in_flight(
    number: signal.Signals, code: int, word: str, server: LLMServer, marks: set[str]
) -> None:
    server.configure(holds_after=20)
    process = start(server)
    server.wait_for(requests=20 + IN_FLIGHT)
    process.send_signal(number)
    heard = hear(process, "finishing 8 requests")
    server.configure(holds_after=None)
    out, err = process.communicate(timeout=120)
    err = heard + err
    assert process.returncode == code, err
    assert word in err
    assert "next: " in out + err
    answered = {entry.marker for entry in server.ledger() if entry.status == 200 and not entry.disconnected}
    found = check_from_outside(Path("chunks"), Path("qa"))
    assert found.settled == answered
    assert len(server.ledger()) == 20 + IN_FLIGHT
    assert "interrupted" in {read(path)["status"] for path in Path("qa").glob("*_qa.json")}
    assert qagen(*local(server)).returncode == 0
    assert asked(server.ledger()) == dict.fromkeys(marks, 1)


def test_the_second_ctrl_c_stops_at_once_and_saves_what_came(server: LLMServer, marks: set[str]) -> None:
    server.configure(faults=[{"fault": "hang", "when": {"after": 10}}])
    process = start(server)
    server.wait_for(requests=10 + IN_FLIGHT)
    process.send_signal(signal.SIGINT)
    assert "finishing 8 requests" in hear(process, "Ctrl-C again to stop now")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert len(check_from_outside(Path("chunks"), Path("qa")).settled) == 10


def test_the_account_is_shown_however_often_ctrl_c_is_pressed(server: LLMServer, marks: set[str]) -> None:
    server.configure(holds_after=30)
    process = start(server, "--summary-json", "account.json")
    server.wait_for(requests=30 + IN_FLIGHT)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    assert process.stderr is not None
    assert "chunks pending" in process.stderr.read()
    process.communicate()
    assert process.returncode == 130
    assert read(Path("account.json"))["requests"]["sent"] == len(server.ledger())


def test_a_key_that_stops_working_leaves_chunks_pending(server: LLMServer, marks: set[str]) -> None:
    server.configure(faults=[{"fault": "unauthorized", "when": {"after": 30}}])
    run = qagen(*local(server, "--max-concurrent", str(IN_FLIGHT), "--summary-json", "s.json"))
    assert run.returncode == 4, run.stderr
    summary = read(Path("s.json"))
    assert summary["chunks"]["failed"] == 0
    assert summary["chunks"]["completed"] == 30
    assert summary["chunks"]["pending"] == CHUNKS - 30
    assert len(server.ledger()) <= 30 + IN_FLIGHT
    server.configure(faults=[])
    assert qagen(*local(server)).returncode == 0
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks


def test_a_fault_of_one_chunk_fails_that_chunk_alone(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", [*passages(6), "This poisoned text breaks the server. It always does.\n"])
    server.configure(faults=[{"fault": "context_length", "when": {"contains": "poisoned"}}])
    run = qagen(*local(server))
    assert run.returncode == 1, run.stderr
    qa = read(Path("qa/a_qa.json"))
    assert qa["status"] == "completed"
    assert qa["failed_chunks"] == [6]
    assert qa["chunks"]["6"]["error"]["type"] == "context_length"
    assert "context_length" in Path("qa/errors.jsonl").read_text()
    server.configure(faults=[])
    again = qagen(*local(server))
    assert again.returncode == 0
    assert read(Path("qa/a_qa.json"))["failed_chunks"] == []
    assert len(server.ledger()) == 8


def test_replies_that_cannot_be_used_are_kept_and_asked_again(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(2))
    server.configure(faults=[{"fault": "not_json_text", "when": {"first_attempts": 1}}])
    assert qagen(*local(server)).returncode == 0
    records = read(Path("qa/a_qa.json"))["chunks"].values()
    assert [record["attempts"] for record in records] == [2, 2]
    assert all(record["raw_replies"][0]["text"] for record in records)
    second = server.ledger()[-1].body["messages"][1]["content"]
    assert "could not be used" in second


def test_two_runs_at_once_do_not_share_a_directory(server: LLMServer, marks: set[str]) -> None:
    server.configure(holds_after=0)
    first = start(server)
    server.wait_for(requests=1)
    second = qagen(*local(server))
    server.configure(holds_after=None)
    assert second.returncode == 6
    assert f"pid {first.pid}" in second.stderr
    first.communicate(timeout=120)
    assert first.returncode == 0
    assert asked(server.ledger()) == dict.fromkeys(marks, 1)


def test_an_outage_that_does_not_end_fails_no_chunk(server: LLMServer, marks: set[str]) -> None:
    server.configure(holds_after=40)
    process = subprocess.Popen(
        hurried(*local(server, "--max-concurrent", str(IN_FLIGHT))),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    server.wait_for(requests=40 + IN_FLIGHT)
    server.configure(outage={"kind": "refuse", "seconds": 3600})
    _, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "It does not come back; run the same command again later" in err
    found = check_from_outside(Path("chunks"), Path("qa"))
    assert len(found.settled) == 40
    for path in Path("qa").glob("*_qa.json"):
        assert read(path)["failed_chunks"] == []
    assert saved() == len(found.settled)


def test_a_request_that_fails_for_good_while_the_run_stops_does_not_keep_it_from_ending(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(4))
    fault = {"fault": "reset_before", "delay_ms": 400}
    server.configure(faults=[{**fault, "when": {"after": 1}}, {"fault": "status", "status": 500, "when": {"nth": [1]}}])
    process = subprocess.Popen(
        command(*local(server, "--max-concurrent", "2")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    server.wait_for(requests=8)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode in {130, 4}, err


def test_a_full_disk_stops_the_spending_and_the_account_is_true(server: LLMServer, marks: set[str]) -> None:
    def allow_small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    server.configure(holds_after=CHUNKS - 2 * IN_FLIGHT)  # however slowly they are saved, some are not asked yet
    process = subprocess.Popen(
        hurried(*local(server, "--max-concurrent", str(IN_FLIGHT))),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=allow_small_files,
    )
    heard = hear(process, "Nothing is asked meanwhile")
    server.configure(holds_after=None)
    _, err = process.communicate(timeout=120)
    err = heard + err
    assert process.returncode == 5, err
    assert "cannot be saved: File too large" in err
    assert "Nothing is asked meanwhile" in err
    assert re.search(r"\d+ chunks? of this run are not in the files", err)
    found = check_from_outside(Path("chunks"), Path("qa"))
    assert f"= {len(found.settled)} completed" in err
    assert len(server.ledger()) < CHUNKS
    assert qagen(*local(server)).returncode == 0
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks


def test_a_closed_terminal_ends_neither_the_run_nor_the_error_log(server: LLMServer, marks: set[str]) -> None:
    server.configure(faults=[{"fault": "context_length", "when": {"marker": sorted(marks)[:2]}}])
    process = subprocess.Popen(
        command(*local(server, "--max-concurrent", str(IN_FLIGHT))), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.stderr.close()
    assert process.wait(timeout=120) == 1
    assert len(check_from_outside(Path("chunks"), Path("qa")).settled) == CHUNKS - 2
    assert len(Path("qa/errors.jsonl").read_text().splitlines()) == 2


def test_a_failed_chunk_that_is_tried_again_keeps_what_was_paid_for(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(1))
    server.configure(faults=[{"fault": "not_json_text"}])
    assert qagen(*local(server)).returncode == 1
    first = read(Path("qa/a_qa.json"))["chunks"]["0"]
    assert first["attempts"] == 3
    server.configure(faults=[])
    assert qagen(*local(server)).returncode == 0
    qa = read(Path("qa/a_qa.json"))
    second = qa["chunks"]["0"]
    assert second["status"] == "completed"
    assert second["attempts"] == 4
    assert second["raw_replies"] == first["raw_replies"]
    assert second["usage"]["input_tokens"] > first["usage"]["input_tokens"]
    assert qa["summary"]["requests"] == 4


def test_a_short_outage_fails_no_chunk(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(6))
    server.configure(faults=[{"fault": "empty", "when": {"nth": [3, 4, 5]}}])  # empty answers are tried three times
    run = qagen(*local(server, "--max-concurrent", "1"), **{"PYTHONUNBUFFERED": os.environ.get("PYTHONUNBUFFERED", "")})
    assert run.returncode == 0, run.stderr
    assert read(Path("qa/a_qa.json"))["failed_chunks"] == []


def test_what_an_unreachable_model_left_behind_binds_nobody(server: LLMServer) -> None:
    write_chunks(Path("chunks"), "a", passages(2))
    server.configure(faults=[{"fault": "context_length"}])
    assert qagen(*local(server, "--temperature", "0.1")).returncode == 1
    server.configure(faults=[])
    assert qagen(*local(server, "--temperature", "0.9")).returncode == 0
