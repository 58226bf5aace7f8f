"""A small run, broken at every one of its operations on the disk in turn: before it, amid it and after it.

At one request in flight the operations of a run are the same each time, so that they can be enumerated: nothing here is
a sample. What was acknowledged is known without trusting the program: it asks the next question only when the last
answer is safe, so every passage that was asked about but the last one must be found in the files.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.bench import MARKS, Benches, Course, Place
from tests.faults.operations import Operation, Plan
from tests.flow import check_from_outside, read

KILLED = -9
REFUSED = {2, 5}
"""Exit codes of a run that found out before the first request that nothing can be saved."""


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    with Benches() as benches:
        yield benches


@pytest.fixture
def course(benches: Benches, tmp_path: Path) -> Course:
    return benches.course(tmp_path / "recorded")


def words(name: str) -> str:
    """What the system says of an error."""
    return os.strerror(getattr(errno, name))


def test_a_run_does_the_same_operations_each_time(benches: Benches, course: Course, tmp_path: Path) -> None:
    with benches.place(tmp_path / "again") as place:
        place.run()
        again = [(one.name, one.path) for one in place.operations]
    assert [(one.name, one.path) for one in course.operations] == again
    assert len(course.operations) > 60


def test_every_version_is_forced_before_it_is_put_in_place_and_its_directory_before_the_next_request(
    benches: Benches, tmp_path: Path
) -> None:
    with benches.place(tmp_path / "one") as place:
        place.run()
        operations, requests = place.operations, place.requests
    in_place = [at for at, one in enumerate(operations) if one.puts_in_place]
    assert len(in_place) == len(MARKS)
    for at in in_place:
        names = [one.name for one in operations[:at]]
        made = max(at for at, one in enumerate(operations[:at]) if one.name == "open" and ".tmp" in one.path)
        steps = [name for name in names[made:] if name in {"open", "fchmod", "write", "fsync", "close"}]
        assert steps[-3:] == ["write", "fsync", "close"]
        assert [one.name for one in operations[at + 1 : at + 4]] == ["open", "fsync", "close"]
    forced = [operations[at + 3].t for at in in_place]
    assert all(safe < entry.t for safe, entry in zip(forced, requests[1:], strict=False))


# Kills


@pytest.mark.parametrize("moment", ["before", "amid", "after"])
def test_a_kill_at_any_operation_loses_nothing_that_was_acknowledged(
    moment: str, benches: Benches, course: Course, tmp_path: Path
) -> None:
    def check(place: Place, operation: Operation) -> None:
        assert place.run(Plan(at=operation.number, what=f"kill {moment}")).returncode == KILLED
        answered = place.answered
        acknowledged = MARKS if course.which(operation) == "after" else set(answered[:-1])
        settled = place.state().settled
        assert acknowledged <= settled <= set(answered)
        again = place.run()
        assert again.returncode == 0, again.err
        place.check_finished(paid_twice=1)

    # Only a write has a middle.
    points = [one for one in course.operations if moment != "amid" or one.name == "write"]
    benches.at_each(points, tmp_path, check)


def test_a_kill_at_any_operation_with_two_requests_in_flight_leaves_whole_files(
    benches: Benches, tmp_path: Path
) -> None:
    course = benches.course(tmp_path / "recorded", in_flight=2)

    def check(place: Place, number: int) -> None:
        ended = place.run(Plan(at=number, what="kill before"))
        assert ended.returncode in {KILLED, 0}, ended.err
        assert place.state().settled <= set(place.answered)
        for name in re.findall(r"^(\w+): completed", ended.err, re.MULTILINE):
            assert read(place.qa / f"{name}_qa.json")["status"] == "completed"
        again = place.run()
        assert again.returncode == 0, again.err
        place.check_finished(paid_twice=len(MARKS))

    benches.at_each(range(1, len(course.operations) + 5), tmp_path, check, in_flight=2)


# Errors that pass


@pytest.mark.parametrize(("error", "late"), [("ENOSPC", False), ("EIO", False), ("EIO", True)])
def test_one_error_at_any_operation_costs_nothing(
    error: str, late: bool, benches: Benches, course: Course, tmp_path: Path
) -> None:
    """Before the first request the run may be refused; later, another try to save is made."""

    def check(place: Place, operation: Operation) -> None:
        ended = place.run(Plan(at=operation.number, what=error, late=late, log="log"))
        place.state()
        if course.which(operation) == "before" and ended.returncode in REFUSED:
            assert words(error) in ended.err
            assert place.requests == []
            assert place.run().returncode == 0
        else:
            assert ended.returncode == 0, ended.err
            check_silence(place)
            if course.which(operation) == "after":
                place.check_finished(leftovers=True)
                assert place.run().returncode == 0
        place.check_finished()

    benches.at_each(course.operations, tmp_path, check)


def test_a_disk_that_fails_for_two_tries_costs_nothing(benches: Benches, course: Course, tmp_path: Path) -> None:
    """Two tries fail in three operations: forcing the directory; and the next file, with the removal of it."""

    def check(place: Place, operation: Operation) -> None:
        ended = place.run(Plan(at=operation.number, what="EDQUOT", times=3, log="log"))
        assert ended.returncode == 0, ended.err
        check_silence(place)
        place.check_finished(leftovers=True)
        assert place.run().returncode == 0
        place.check_finished()

    benches.at_each(course.saves, tmp_path, check)


def test_writes_that_take_only_a_part_cost_nothing(benches: Benches, tmp_path: Path) -> None:
    with benches.place(tmp_path / "short") as place:
        ended = place.run(Plan(at=1, what="short", times=None, log="log"))
        assert ended.returncode == 0, ended.err
        assert sum(one.name == "write" for one in place.operations) > 60
        place.check_finished()


# Errors that stay


def test_a_disk_that_is_full_for_good_from_any_operation_on_ends_the_run_and_the_answers_are_in_the_temporary_directory(
    benches: Benches, course: Course, tmp_path: Path
) -> None:
    def check(place: Place, operation: Operation) -> None:
        ended = place.run(Plan(at=operation.number, what="ENOSPC", times=None, log="log"))
        found = place.state()
        if course.which(operation) == "after":
            assert ended.returncode == 0, ended.err
            place.check_finished(leftovers=True)
            return
        assert words("ENOSPC") in ended.err
        if course.which(operation) == "before":
            assert ended.returncode in REFUSED, ended.err
            assert place.requests == []
            assert place.unsaved == []
        else:
            assert ended.returncode == 5, ended.err
            check_silence(place)
            check_dump(place, ended.err)
            [dump] = place.unsaved
            # Put into its place, it is the state, and nothing is paid for twice.
            shutil.copy(dump, place.qa)
        assert found.settled <= set(place.answered)
        again = place.run()
        assert again.returncode == 0, again.err
        place.check_finished()

    benches.at_each(course.operations, tmp_path, check)


def test_where_the_temporary_directory_fails_too_the_answers_are_on_stderr(
    benches: Benches, course: Course, tmp_path: Path
) -> None:
    def check(place: Place, operation: Operation) -> None:
        plan = Plan(at=operation.number, what="ENOSPC", times=None, everywhere=True, log="log")
        ended = place.run(plan)
        place.state()
        assert ended.returncode == 5, ended.err
        assert place.unsaved == []
        check_silence(place)
        told = [line for line in ended.err.splitlines() if line.startswith("{")]
        assert len(told) == 1
        # Put into its place, it is the state, and nothing is paid for twice.
        name = json.loads(told[0])["metadata"]["chunks_file"].replace("_chunks", "_qa")
        (place.qa / name).write_text(told[0], encoding="utf-8")
        assert place.state().settled == set(place.answered)
        again = place.run()
        assert again.returncode == 0, again.err
        place.check_finished()

    benches.at_each(course.saves, tmp_path, check)


def test_a_disk_that_is_full_for_good_with_two_requests_in_flight_costs_no_answer(
    benches: Benches, tmp_path: Path
) -> None:
    course = benches.course(tmp_path / "recorded", in_flight=2)

    def check(place: Place, number: int) -> None:
        ended = place.run(Plan(at=number, what="ENOSPC", times=None))
        assert ended.returncode in {0, *REFUSED}, ended.err
        kept = place.state().settled
        for dump in place.unsaved:
            assert str(dump.parent) in ended.err
            kept |= check_from_outside(place.chunks, dump.parent).settled
            shutil.copy(dump, place.qa)
        assert kept == set(place.answered)
        again = place.run()
        assert again.returncode == 0, again.err
        place.check_finished()

    benches.at_each(range(1, len(course.operations) + 5), tmp_path, check, in_flight=2)


def check_silence(place: Place) -> None:
    """No request began between the first failure and the next version that was put in its place."""
    operations = place.operations
    failed = next(one for one in operations if one.fault)
    if failed.name == "mkdir":
        return  # the directory was there
    saved = [one.t for one in operations if one.puts_in_place and not one.fault and one.t > failed.t]
    until = min(saved, default=float("inf"))
    assert [entry.id for entry in place.requests if failed.t < entry.t < until] == []


def check_dump(place: Place, err: str) -> None:
    """The unsaved answers are in a complete QA file, which stderr names."""
    [dump] = place.unsaved
    assert str(dump.parent) in err
    dumped = check_from_outside(place.chunks, dump.parent)
    own = set(place.answered) & {mark for mark in MARKS if mark in dump.read_text(encoding="utf-8")}
    assert dumped.settled == own
    assert dumped.settled | place.state().settled == set(place.answered)
