"""Run the pump: here, for now."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from qagen import files, generate, runs
from qagen.errors import QagenError, StorageError
from qagen.formats import encode
from qagen.llm.limits import Traffic
from qagen.llm.meter import Meter
from qagen.llm.route import choose
from qagen.pump import Event, Outcome, Tally, Task
from qagen.settings import Settings
from qagen.workers.work import Work

if TYPE_CHECKING:
    from qagen import doctor

SUMMARY_FILE = "qa_generation_summary.json"
MINING_SUMMARY_FILE = "mining_summary.json"
MINING_LOCK = ".qagen.mine-negatives.lock"

Shown = TypeVar("Shown")


def examine(settings: Settings, on_finding: Callable[[doctor.Finding], None]) -> list[doctor.Finding]:
    """What `qagen doctor` finds, told as it is found."""
    from qagen import doctor
    from qagen.workers.loop import run

    async def collect() -> list[doctor.Finding]:
        found = []
        async for finding in doctor.examine(settings):
            on_finding(finding)
            found.append(finding)
        return found

    return run(collect())


def generate_here(
    settings: Settings,
    on_start: Callable[[runs.Live], None],
    on_event: Callable[[Event], None],
    *,
    break_lock: bool = False,
) -> runs.Report:
    """Plan and run the generation in this process, with the directory of the results held.

    Raises:
        UsageError, DataError, LockedError: before anything was spent.
    """
    # Planned before the lock, which makes the directory: a mistyped command leaves nothing behind. The documents are
    # read again when they are opened, under the lock.
    job = generate.plan(settings)

    def task() -> Task:
        from qagen.generate.task import GenerateTask

        return GenerateTask(job)

    work = Work(job, task, ".qagen.lock", SUMMARY_FILE)
    return _run_here(work, settings, on_start, on_event, break_lock=break_lock)


def mine_here(
    settings: Settings,
    on_start: Callable[[runs.Live], None],
    on_event: Callable[[Event], None],
    *,
    break_lock: bool = False,
) -> runs.Report:
    """The same for negatives.

    Raises:
        UsageError, DataError, LockedError: before anything was spent.
    """
    from qagen import mine  # with numpy and all that searches: a generation begins without them

    job = mine.plan(settings)
    endpoint = settings.embed_endpoint()
    before = (lambda *told: mine.find_dense(job, endpoint, settings, *told)) if endpoint else None
    work = Work(job, lambda: mine.MineTask(job), MINING_LOCK, MINING_SUMMARY_FILE, job.opened, before)
    return _run_here(work, settings, on_start, on_event, break_lock=break_lock)


def _run_here(
    work: Work,
    settings: Settings,
    on_start: Callable[[runs.Live], None],
    on_event: Callable[[Event], None],
    *,
    break_lock: bool,
) -> runs.Report:
    transport = choose(settings.transport, work.job.endpoint)
    if settings.error_file is not None:
        files.check_output(settings.error_file)
        files.make_writable(settings.error_file.parent)
    folder = work.job.folder
    with files.locked(folder, work.lock, break_lock=break_lock):
        log = runs.ErrorLog(settings.error_file or folder / "errors.jsonl", work.job, _unbroken(on_event))
        on_start = _unbroken(on_start)
        try:
            with work.opened(log.react):
                if settings.resume and work.before is None and next(work.job.to_open(), None) is None:
                    report = _ask_nothing(work.job, settings, on_start)
                else:
                    # With the event loop, the HTTP clients and all checks: nobody needs them who asks nothing.
                    from qagen.workers import loop

                    report = loop.run(loop.pump(work, settings, on_start, log.react), transport)
            if report.outcome.bug is not None:
                log.note_bug(report.outcome.bug)
        except Exception as error:
            if not isinstance(error, QagenError):
                log.note_bug(error)
            raise
        # After a full disk the account is shown all the same.
        with contextlib.suppress(StorageError):
            files.write(folder / work.summary, encode(report.as_dict(), indent=True) + b"\n")
    return report


def _ask_nothing(job: runs.Job, settings: Settings, on_start: Callable[[runs.Live], None]) -> runs.Report:
    """All is done already: the account of a run whose pump has no documents."""
    began = time.monotonic()
    settings.bounds()
    tally, meter = Tally(), Meter()
    concurrency = settings.max_concurrent or job.endpoint.provider.max_concurrent
    on_start(runs.Live(job, tally, meter, Traffic(concurrency)))
    return runs.Report(job, Outcome(), tally, meter, time.monotonic() - began)


def _unbroken(show: Callable[[Shown], None]) -> Callable[[Shown], None]:
    """A display that is not asked again once its terminal is gone; the run goes on without it."""
    gone = False

    def react(event: Shown) -> None:
        nonlocal gone
        if gone:
            return
        try:
            show(event)
        except OSError:
            gone = True

    return react
