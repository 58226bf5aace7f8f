"""Where a small run is broken at every one of its operations: two at a time, each in a folder of its own."""

from __future__ import annotations

import queue
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.faults.operations import Ended, Nursery, Operation, Plan, read_log
from tests.flow import Found, asked, check_from_outside, local, passages, read, write_chunks
from tests.llm_server import Entry, LLMServer, marker

AT_A_TIME = 2
MOST_TOLD = 1500
"""Characters of what is told of a point."""
TEXTS = {"pump": passages(3, "pump"), "valve": passages(1, "valve")}
"""The third version of a file is the first that replaces a backup, and the second document the first after another."""
MARKS = {marker(text) for texts in TEXTS.values() for text in texts}

Point = TypeVar("Point")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with chunk files, where commands are run one after the other."""

    folder: Path
    server: LLMServer
    nursery: Nursery
    in_flight: int = 1

    def run(self, plan: Plan | None = None, *more: str) -> Ended:
        """The command, to its end. `more` are further options."""
        self.temporary.mkdir(exist_ok=True)
        (self.folder / "log").unlink(missing_ok=True)
        plan = replace(plan or Plan(log="log"), really_forced=False)
        arguments = local(self.server, "--max-concurrent", str(self.in_flight), *more)
        return self.nursery.qagen(self.folder, plan, *arguments, TMPDIR=str(self.temporary))

    @property
    def chunks(self) -> Path:
        return self.folder / "chunks"

    @property
    def qa(self) -> Path:
        return self.folder / "qa"

    @property
    def temporary(self) -> Path:
        """The temporary directory of the commands."""
        return self.folder / "tmp"

    @property
    def operations(self) -> list[Operation]:
        """Of the last command."""
        return read_log(self.folder / "log")

    @property
    def answered(self) -> list[str]:
        """Markers of the passages that were answered, in the order of their requests."""
        return [entry.marker for entry in self.requests if entry.marker and entry.status == 200]

    @property
    def requests(self) -> list[Entry]:
        """What the server was asked by all commands."""
        return self.server.ledger()

    @property
    def unsaved(self) -> list[Path]:
        """QA files that could not be saved in their place."""
        return sorted(self.temporary.glob("qagen-unsaved-*/*_qa.json"))

    def state(self) -> Found:
        """What the files hold, whatever a kill left beside them. A backup is a version of its file."""
        shown = self.folder / "shown"
        shutil.rmtree(shown, ignore_errors=True)
        if not self.qa.exists():
            return Found(0, set())
        shutil.copytree(self.qa, shown, ignore=shutil.ignore_patterns(".tmp*"))
        for backup in shown.glob("*.bak"):
            old, new = read(backup), read(backup.with_suffix(""))
            assert old["qa_generation_info"]["serial"] <= new["qa_generation_info"]["serial"]
            assert set(old["completed_chunks"]) <= set(new["completed_chunks"])
        return check_from_outside(self.chunks, shown)

    def check_finished(self, *, leftovers: bool = False, paid_twice: int = 0) -> None:
        """Every chunk is settled once, every document is completed, and nothing else lies about.

        Of a run that ended well while the disk failed there may be `leftovers`, until the next one.
        """
        found = self.state() if leftovers else check_from_outside(self.chunks, self.qa)
        assert found.settled == MARKS
        expected = {f"{name}_qa.json" for name in TEXTS}
        known = (
            expected
            | {f"{name}.bak" for name in expected}
            | {".qagen.lock", "qa_generation_summary.json", "errors.jsonl"}
        )
        names = {path.name for path in self.qa.iterdir()}
        assert names >= expected
        assert {name for name in names - known if not (leftovers and name.startswith((".tmp", ".qagen")))} == set()
        for name in expected:
            qa = read(self.qa / name)
            assert qa["status"] == "completed"
            assert qa["failed_chunks"] == []
        times = asked(self.requests)
        assert set(times) == MARKS
        assert sum(times.values()) - len(MARKS) <= paid_twice, times


@dataclass(frozen=True, slots=True)
class Course:
    """The operations of a run that nothing disturbs, by what they are for."""

    before: list[Operation]
    """Until the first request."""
    saves: list[Operation]
    """Of the QA files."""
    after: list[Operation]

    @classmethod
    def of(cls, place: Place) -> Self:
        """Of the only command that was run there."""
        operations, first = place.operations, place.requests[0].t
        before = [one for one in operations if one.t < first]
        in_place = max(at for at, one in enumerate(operations) if one.puts_in_place)
        end = next(at for at in range(in_place, len(operations)) if operations[at].name == "close") + 1
        return cls(before, operations[len(before) : end], operations[end:])

    @property
    def operations(self) -> list[Operation]:
        """All, in order."""
        return [*self.before, *self.saves, *self.after]

    def which(self, operation: Operation) -> str:
        """`before`, `saves` or `after`."""
        if operation.number <= len(self.before):
            return "before"
        return "saves" if operation.number <= len(self.before) + len(self.saves) else "after"


@dataclass(slots=True)
class Benches:
    """A server and a nursery for each of those that work at a time. Use as a context manager."""

    _courses: dict[int, Course] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _free: queue.SimpleQueue[tuple[LLMServer, Nursery]] = field(default_factory=queue.SimpleQueue)

    def __enter__(self) -> Self:
        for _ in range(AT_A_TIME):
            self._free.put((self._stack.enter_context(LLMServer()), self._stack.enter_context(Nursery())))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def place(self, folder: Path, *, in_flight: int = 1) -> Iterator[Place]:
        """A new place, with the chunk files in it and a server that remembers nothing."""
        server, nursery = self._free.get()
        try:
            server.reset()
            for name, texts in TEXTS.items():
                write_chunks(folder / "chunks", name, texts)
            yield Place(folder, server, nursery, in_flight)
        finally:
            self._free.put((server, nursery))

    def course(self, folder: Path, *, in_flight: int = 1) -> Course:
        """The undisturbed run, recorded at the first call."""
        if in_flight not in self._courses:
            with self.place(folder, in_flight=in_flight) as place:
                ended = place.run()
                assert ended.returncode == 0, ended.err
                place.check_finished()
                self._courses[in_flight] = Course.of(place)
        return self._courses[in_flight]

    def at_each(
        self, points: Iterable[Point], folder: Path, check: Callable[[Place, Point], Any], *, in_flight: int = 1
    ) -> None:
        """Check every point in a place of its own, and tell of all that failed."""

        def problem(numbered: tuple[int, Point]) -> str | None:
            number, point = numbered
            with self.place(folder / f"{number:03}", in_flight=in_flight) as place:
                try:
                    check(place, point)
                except Exception as error:  # noqa: BLE001 - told below
                    return f"{point}: " + "".join(traceback.format_exception(error)[-2:])
            shutil.rmtree(place.folder)
            return None

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            problems = [one for one in pool.map(problem, enumerate(points)) if one]
        assert not problems, f"{len(problems)} points:\n" + "\n".join(one[:MOST_TOLD] for one in problems)
