"""A search that is killed, and the same again: nothing that was paid for is asked for again but what was in flight."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.embedding.corpus import bought, passages, questions
from tests.llm_server import LLMServer

COUNT, WORKERS, BATCH = 600, 4, 16


def start(server: LLMServer) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("searching.py")
    command = [sys.executable, str(script), server.url, ".index", str(COUNT), str(WORKERS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_kill_costs_what_was_in_flight(server: LLMServer) -> None:
    server.configure(latency_ms=20, jitter_ms=30)
    moments = random.Random(5)
    kills = 6
    for _ in range(kills):
        before, more = server.status()["requests"], moments.randrange(3, 12)
        server.configure(faults=[{"fault": "hang", "when": {"after": more}}])  # it cannot end before it is killed
        process = start(server)
        server.wait_for(requests=before + more + 1, timeout_s=60)
        process.kill()
        process.communicate()
    server.configure(faults=[])
    last = start(server)
    output, errors = last.communicate(timeout=60)
    assert last.returncode == 0, errors
    reused, made, right = map(int, output.split())
    assert reused + made == 2 * COUNT
    assert right > 0.98 * COUNT  # the server's vectors are short, and words fall together
    assert reused > 0
    times = bought(server.ledger())
    wanted = {question.text for question in questions(COUNT).values()} | set(passages(COUNT).values())
    assert set(times) == wanted
    assert sum(times.values()) - len(wanted) <= kills * WORKERS * BATCH
    again = start(server)
    assert again.communicate(timeout=60)[0].split()[:2] == [str(2 * COUNT), "0"]


def test_two_at_once_do_not_pay_twice(server: LLMServer) -> None:
    server.configure(latency_ms=400)
    first = start(server)
    server.wait_for(requests=3, timeout_s=60)
    first.send_signal(signal.SIGSTOP)  # it holds its lock for as long as the second takes to start
    try:
        second = start(server)
        refused = second.communicate(timeout=60)[1]
    finally:
        first.send_signal(signal.SIGCONT)
    server.configure(latency_ms=0)
    output = first.communicate(timeout=60)[0]
    assert "LockedError" in refused
    assert output.split()[1] == str(2 * COUNT)
    assert set(bought(server.ledger()).values()) == {1}
