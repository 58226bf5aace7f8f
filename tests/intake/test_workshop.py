"""The child processes: whatever a document does to its reader, it costs that document alone."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from qagen.cutting import CutOrder
from qagen.documents import Reading
from qagen.errors import DataError
from qagen.intake import Task, workshop
from qagen.intake.workshop import Bounds, Workshop
from tests.intake import hostile

TASK = Task(".pdf", Reading(), CutOrder())
BOUNDS = Bounds(seconds=20, memory_bytes=512 * 2**20)


@pytest.fixture(autouse=True)
def hostile_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_START", hostile.START)


@pytest.fixture
def shop() -> Iterator[Workshop]:
    with Workshop(1, BOUNDS) as opened:
        yield opened


def text_of(shop: Workshop, data: bytes) -> str:
    return shop.cut(data, TASK).text


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ("refuse", r"^it is damaged$"),
        ("crash", r"^its reader crashed \(SIGSEGV\): it is damaged, or takes more than 512 MB of memory"),
        ("exit", r"^its reader crashed \(exit code 3\)"),
        ("eat", r"^to read it takes more than 512 MB of memory$"),
        ("swell", r"^to read it takes more than 512 MB of memory$"),
        ("write", r"^its reader wanted to reach outside, which was refused: writing to written$"),
        ("remove", r"^its reader wanted to reach outside, which was refused: os.remove$"),
        ("connect", r"^its reader wanted to reach outside, which was refused: socket\."),
        ("start", r"^its reader wanted to reach outside, which was refused: subprocess.Popen$"),
        ("tire", r"^it was given up: to read it takes longer than 20 s"),
        ("bug", r"^its reader failed, so it may be damaged: ZeroDivisionError"),
    ],
)
def test_what_a_document_does_is_its_reason_and_the_next_one_is_read(deed: str, why: str, shop: Workshop) -> None:
    Path("keep").write_text("x")
    with pytest.raises(DataError, match=why):
        text_of(shop, deed.encode())
    assert text_of(shop, b"A good document.") == "A good document."
    assert [path.name for path in Path().iterdir()] == ["keep"]


@pytest.mark.parametrize("deed", [b"hang", b"spin"])
def test_a_document_that_takes_too_long_is_given_up(deed: bytes) -> None:
    with Workshop(1, Bounds(4, 512 * 2**20)) as shop:
        with pytest.raises(DataError, match=r"given up: to read it takes longer than 4 s \(--document-timeout\)"):
            text_of(shop, deed)
        assert text_of(shop, b"A good document.") == "A good document."


def test_a_large_document_may_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_BYTES_PER_SECOND", 1)
    with Workshop(1, Bounds(0.001, 512 * 2**20)) as shop:
        assert text_of(shop, b"A good document.") == "A good document."


def test_a_child_that_is_long_in_starting_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "_START", "import time; time.sleep(5); " + hostile.START)
    with Workshop(1, Bounds(4, 512 * 2**20)) as shop:
        assert text_of(shop, b"A good document.") == "A good document."


def test_a_child_that_never_starts_costs_its_document_and_the_next_one_has_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Workshop(1, BOUNDS) as shop:
        with monkeypatch.context() as hung:
            hung.setattr(workshop, "_LONGEST_START_S", 0.1)
            hung.setattr(workshop, "_START", "import time; time.sleep(600)")
            with pytest.raises(DataError, match=r"its reader did not start within 0 s\. Run it again"):
                text_of(shop, b"A good document.")
        assert text_of(shop, b"A good document.") == "A good document."


def test_a_child_has_no_keys(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    assert "canary" not in text_of(shop, b"environment")


def test_what_libraries_print_goes_nowhere(shop: Workshop, capfd: pytest.CaptureFixture[str]) -> None:
    assert text_of(shop, b"print") == "printed"
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_child_is_used_again_and_made_anew_after_many_documents(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "_TASKS_PER_CHILD", 3)
    pids = [text_of(shop, b"pid") for _ in range(6)]
    assert pids == [pids[0]] * 3 + [pids[3]] * 3
    assert pids[0] != pids[3]


def test_children_work_at_the_same_time() -> None:
    with Workshop(2, BOUNDS) as shop, ThreadPoolExecutor(2) as threads:
        pids = set(threads.map(lambda _: text_of(shop, b"pid"), range(20)))
        assert len(pids) == 2
    assert all(is_gone(int(pid)) for pid in pids)


def test_leaving_the_block_ends_a_child_in_the_middle_of_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(1) as threads:
        with Workshop(1, BOUNDS) as shop:
            pid = int(text_of(shop, b"pid"))
            sent = threading.Event()
            receive = workshop._Child._receive

            def noted(child: Any) -> dict[str, bytes] | None:
                sent.set()
                return receive(child)

            monkeypatch.setattr(workshop._Child, "_receive", noted)
            future = threads.submit(text_of, shop, b"hang")
            assert sent.wait(60)
        assert is_gone(pid)
        with pytest.raises(DataError, match="crashed"):
            future.result()


def test_after_the_block_no_document_is_taken_to_a_child() -> None:
    with Workshop(2, BOUNDS) as shop:
        pid = int(text_of(shop, b"pid"))
    assert is_gone(pid)
    for _ in range(3):
        with pytest.raises(DataError, match="the run was ended before it was read"):
            text_of(shop, b"A good document.")
    assert not [child for child in shop._children if not is_gone(child._process.pid)]


def test_a_child_whose_parent_is_killed_ends() -> None:
    with Workshop(1, BOUNDS) as shop:
        pid = int(text_of(shop, b"pid"))
        (child,) = shop._children
        assert child._process.stdin is not None
        child._process.stdin.close()  # as the system does when the parent dies
        child._process.wait(timeout=20)
    assert is_gone(pid)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, signal.Signals.SIGCONT)
    except ProcessLookupError:
        return True
    return False
