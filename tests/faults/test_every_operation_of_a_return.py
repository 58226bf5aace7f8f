"""Runs that find earlier results, killed at every one of their operations, and on a disk that is full from there on.

Between two operations the disk does not change, so a kill before each of them leaves every state that there can be.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.bench import Benches, Place
from tests.faults.operations import Operation, Plan
from tests.flow import check_from_outside, passages, read, write_chunks
from tests.llm_server import marker

OLD = passages(3, "pump")
NEW = passages(4, "valve")
LOST = "... the rest is lost"


@dataclass(frozen=True)
class Return:
    """A second run over results of a first one, which asked about `OLD`."""

    name: str
    texts: list[str]
    """Of the document now."""
    options: tuple[str, ...] = ()
    poisoned: str | None = None
    """A text that no model takes; the first run failed at it, too."""
    damaged: bool = False
    """Half of the file was lost meanwhile. Its backup is whole."""
    without_links: bool = False
    exit_code: int = 0

    def __str__(self) -> str:
        return self.name


RETURNS = [
    Return("a passage changed, others moved", [OLD[2], NEW[1], OLD[0]]),
    Return("a passage went away and none is new", OLD[:2]),
    Return("begun anew", OLD, ("--no-resume",)),
    Return("the file is damaged", OLD, damaged=True),
    Return("a failed passage is tried again", OLD, poisoned=OLD[1], exit_code=1),
    Return("more to ask where there are no hard links", [*OLD, NEW[3]], without_links=True),
]


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    with Benches() as benches:
        yield benches


def remembered(folder: Path) -> set[tuple[str, str]]:
    """Questions and answers of all QA files in the folder and below, backups and archives included."""
    return {
        (pair["question"], pair["answer"])
        for path in folder.rglob("*_qa.json*")
        if not path.name.startswith(".tmp") and not is_half(path)
        for pair in read(path)["training_pairs"]
    }


def is_half(path: Path) -> bool:
    """Whether it is a file that the test has damaged, or a copy of it."""
    return path.read_text(encoding="utf-8").endswith(LOST)


def at_each_operation(
    case: Return, benches: Benches, tmp_path: Path, check: Callable[[Place, int, set[tuple[str, str]]], Any]
) -> None:
    """Make the earlier results once, count the operations of the return, and check each in a copy."""
    earlier = tmp_path / "earlier"
    with benches.place(earlier) as place:
        prepare(place, case, OLD)
        ended = place.run()
        assert ended.returncode == case.exit_code, ended.err
    with benches.place(tmp_path / "counted") as place:
        return_to(place, case, earlier)
        pairs = remembered(place.qa)
        ended = place.run(Plan(log="log", without_links=case.without_links), *case.options)
        assert ended.returncode == case.exit_code, ended.err
        check_kept(place, case, pairs)
        count = len(place.operations)
        first = min(one.number for one in place.operations if one.t > locked_at(place.operations))

    def check_one(place: Place, number: int) -> None:
        return_to(place, case, earlier)
        check(place, number, pairs)

    benches.at_each(range(first, count + 1), tmp_path, check_one)


def locked_at(operations: list[Operation]) -> float:
    """When the owner of the lock was noted. What comes before it is the same in every run."""
    return max(one.t for one in operations if one.name == "replace" and "owner" in one.path)


def prepare(place: Place, case: Return, texts: list[str]) -> None:
    """One document of these texts, and a server that refuses the poisoned one."""
    shutil.rmtree(place.chunks)
    write_chunks(place.chunks, "pump", texts)
    if case.poisoned:
        fault = {"fault": "context_length", "when": {"marker": [marker(case.poisoned)]}}
        place.server.configure(faults=[fault])


def return_to(place: Place, case: Return, earlier: Path) -> None:
    """The results of the first run, and the texts of the second."""
    shutil.copytree(earlier / "qa", place.qa)
    prepare(place, case, case.texts)
    if case.damaged:
        path = place.qa / "pump_qa.json"
        path.write_text(path.read_text(encoding="utf-8")[: path.stat().st_size // 2] + LOST, encoding="utf-8")


def check_kept(place: Place, case: Return, pairs: set[tuple[str, str]]) -> None:
    """Every pair of earlier is somewhere, and so is a damaged file."""
    assert remembered(place.qa) >= pairs
    assert not case.damaged or [path for path in place.qa.rglob("pump_qa.json*") if is_half(path)]


def finish(place: Place, case: Return) -> None:
    """The next run, without --no-resume and with nothing that hinders it, settles everything."""
    place.server.configure(faults=[])
    again = place.run()
    assert again.returncode == 0, again.err
    assert check_from_outside(place.chunks, place.qa).settled == {marker(text) for text in case.texts}
    assert read(place.qa / "pump_qa.json")["status"] == "completed"


@pytest.mark.parametrize("case", RETURNS, ids=str)
def test_a_kill_at_any_operation_of_a_return_loses_no_pair(case: Return, benches: Benches, tmp_path: Path) -> None:
    def check(place: Place, number: int, pairs: set[tuple[str, str]]) -> None:
        plan = Plan(at=number, what="kill before", without_links=case.without_links)
        assert place.run(plan, *case.options).returncode == -9
        check_kept(place, case, pairs)
        finish(place, case)
        check_kept(place, case, pairs)

    at_each_operation(case, benches, tmp_path, check)


@pytest.mark.parametrize("case", RETURNS, ids=str)
def test_a_disk_that_is_full_from_any_operation_of_a_return_on_loses_no_pair(
    case: Return, benches: Benches, tmp_path: Path
) -> None:
    def check(place: Place, number: int, pairs: set[tuple[str, str]]) -> None:
        plan = Plan(at=number, what="ENOSPC", times=None, without_links=case.without_links)
        ended = place.run(plan, *case.options)
        assert ended.returncode in {case.exit_code, 2, 5}, ended.err
        check_kept(place, case, pairs)
        finish(place, case)
        check_kept(place, case, pairs)

    at_each_operation(case, benches, tmp_path, check)
