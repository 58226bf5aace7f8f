"""A run of mining that is killed or stopped, and the same command again: nothing lost, nothing double."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import asked, command, hear, local, qagen, read
from tests.llm_server import LLMServer
from tests.mine.given import NAMES, check_negatives, write_document

IN_FLIGHT = 4


@pytest.fixture
def server() -> Iterator[LLMServer]:
    for number in range(4):
        write_document(f"part{number}", NAMES)
    with LLMServer(latency_ms=30, jitter_ms=40) as server:
        yield server


def start(server: LLMServer, *more: str) -> subprocess.Popen[str]:
    arguments = ("mine-negatives", *local(server, "--max-concurrent", str(IN_FLIGHT), *more)[1:])
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(server: LLMServer) -> None:
    last = qagen("mine-negatives", *local(server, "--max-concurrent", str(IN_FLIGHT))[1:])
    assert last.returncode == 0, last.stderr
    check_negatives()
    for path in Path("qa").glob("*_negatives.json"):
        assert read(path)["summary"]["completed_chunks"] == len(NAMES)
        assert read(path)["status"] == "completed"


def test_nothing_is_lost_and_only_what_was_in_flight_is_asked_twice_after_sigkill(server: LLMServer) -> None:
    moments = random.Random(5)
    killed = 0
    while killed < 4:
        most = moments.randrange(3, 12)
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
        for path in Path("qa").glob("*_negatives.json"):
            read(path)
    server.configure(holds_after=None)
    finish(server)
    assert killed >= 3
    # What the four documents say is the same, so that a marker is asked about once for each.
    assert sum(asked(server.ledger()).values()) - 4 * len(NAMES) <= killed * (IN_FLIGHT + 12)


def test_at_concurrency_1_a_kill_costs_only_the_request_in_flight(server: LLMServer) -> None:
    for _ in range(3):
        before = len(server.ledger())
        server.configure(holds_after=4)
        process = start(server, "--max-concurrent", "1")
        server.wait_for(requests=before + 4)
        process.kill()
        process.communicate()
    server.configure(holds_after=None)
    finish(server)
    assert sum(asked(server.ledger()).values()) - 4 * len(NAMES) <= 3


def test_ctrl_c_finishes_what_is_in_flight_and_the_next_run_asks_the_rest(server: LLMServer) -> None:
    server.configure(holds_after=10)
    process = start(server)
    server.wait_for(requests=10 + IN_FLIGHT)
    process.send_signal(signal.SIGINT)
    hear(process, "finishing 4 requests")
    server.configure(holds_after=None)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "next: qagen mine-negatives" in out + err or "next: " in out + err
    assert len(server.ledger()) == 10 + IN_FLIGHT
    finish(server)
    assert sum(asked(server.ledger()).values()) == 4 * len(NAMES)


def test_a_first_reply_that_was_paid_for_is_read_again_after_a_stop(server: LLMServer) -> None:
    server.configure(
        faults=[
            {"fault": "missing_ids", "when": {"nth": [1]}},
            {"fault": "hang", "when": {"nth": [2]}},
        ]
    )
    process = start(server, "--max-concurrent", "1")
    server.wait_for(requests=2)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    (record,) = read(Path("qa/part0_negatives.json"))["chunks"].values()
    assert len(record["raw_replies"]) == 1
    finish(server)
    first, _, third = [entry.body["messages"][-1]["content"] for entry in server.ledger() if entry.marker][:3]
    assert len(third) < len(first), "all ids were asked for again"


def test_two_runs_at_once_do_not_share_a_folder_and_generation_may_go_on(server: LLMServer) -> None:
    server.configure(holds_after=0)
    first = start(server, "--max-concurrent", "1")
    server.wait_for(requests=1)
    second = qagen("mine-negatives", *local(server, "--max-concurrent", "1")[1:])
    assert second.returncode == 6
    assert f"pid {first.pid}" in second.stderr
    generation = qagen("generate-qa", "--provider", "rules", "--no-retry-failed")
    assert generation.returncode in {0, 2}, generation.stderr
    first.kill()
    first.communicate()
