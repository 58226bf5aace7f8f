"""Shells allow few open files, and each request in flight has a connection."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow import asked, check_from_outside, command, local, passages, read, write_chunks
from tests.llm_server import LLMServer, marker

pytestmark = pytest.mark.usefixtures("transport")

AT_ONCE = 128


@pytest.fixture
def server() -> Iterator[LLMServer]:
    # Nobody has got an answer when the last request goes out.
    with LLMServer(latency_ms=4000) as server:
        yield server


@pytest.fixture
def marks() -> set[str]:
    texts = passages(AT_ONCE)
    write_chunks(Path("chunks"), "unit", texts)
    return set(map(marker, texts))


def run(server: LLMServer, soft: int, hard: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*local(server, "--max-concurrent", str(AT_ONCE))),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_shell_that_allows_fewer_open_files_than_requests_are_wanted_in_flight_stops_no_run(
    server: LLMServer, marks: set[str]
) -> None:
    ended = run(server, 100, 1000)
    assert ended.returncode == 0, ended.stderr
    assert check_from_outside(Path("chunks"), Path("qa")).settled == marks
    assert asked(server.ledger()) == dict.fromkeys(marks, 1)
    assert read(Path("qa/qa_generation_summary.json"))["requests"]["sent"] == AT_ONCE


def test_more_requests_in_flight_than_the_system_has_open_files_for_are_refused_before_the_first(
    server: LLMServer, marks: set[str]
) -> None:
    ended = run(server, 100, 100)
    assert ended.returncode == 2
    assert f"--max-concurrent {AT_ONCE}" in ended.stderr
    assert "ulimit -n" in ended.stderr
    assert not server.ledger()
