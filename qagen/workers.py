"""Run the pump: here, for now. The only place that starts an event loop, and the only one that catches signals."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from qagen import files, generate, runs
from qagen.errors import INTERRUPTED, TERMINATED, QagenError, StorageError
from qagen.formats import encode
from qagen.llm.client import Client
from qagen.llm.transport import choose, loop_factory
from qagen.pump import Event, Notice, Pump, Task
from qagen.settings import Settings

if TYPE_CHECKING:
    from qagen import doctor

SUMMARY_FILE = "qa_generation_summary.json"
MINING_SUMMARY_FILE = "mining_summary.json"
MINING_LOCK = ".qagen.mine-negatives.lock"

_SIGNALS = {
    signal.SIGINT: ("interrupted", INTERRUPTED, 30.0),
    signal.SIGTERM: ("told to end", TERMINATED, 10.0),
    **({signal.SIGHUP: ("the terminal went away", TERMINATED, 10.0)} if hasattr(signal, "SIGHUP") else {}),
}
"""What each says, the exit code, and how long requests in flight may still take, in seconds."""

_NEW_BEFORE_COLLECTING = 10_000
"""Objects that a run makes before it looks for cycles among them: as many as a few dozen chunks need."""

Result = TypeVar("Result")
Shown = TypeVar("Shown")


def run(coroutine: Coroutine[Any, Any, Result], transport: str = "httpx") -> Result:
    """Run a coroutine to its end, on the event loop that goes with the transport: the only one who starts one."""
    # What was imported and planned stays: looking for garbage in it, again and again, is a twentieth of a long run.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_BEFORE_COLLECTING, 10, 10)
    with asyncio.Runner(loop_factory=loop_factory(transport)) as runner:
        return runner.run(coroutine)


def examine(settings: Settings, on_finding: Callable[[doctor.Finding], None]) -> list[doctor.Finding]:
    """What `qagen doctor` finds, told as it is found."""
    from qagen import doctor

    async def collect() -> list[doctor.Finding]:
        found = []
        async for finding in doctor.examine(settings):
            on_finding(finding)
            found.append(finding)
        return found

    return run(collect())


@dataclass(frozen=True, slots=True)
class _Work:
    """A run that is planned."""

    job: runs.Job
    task: Task
    lock: str
    """Of the folder of the results, which is held while the run works."""
    summary: str
    """Name of the file with the account."""
    opened: Callable[[Callable[[Event], None]], AbstractContextManager[None]] = lambda _: nullcontext()
    """What the task needs besides, made ready under the lock."""
    before: Callable[[Callable[[Event], None]], Coroutine[Any, Any, None]] | None = None
    """What is asked of somebody else before the run."""


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
    work = _Work(job, generate.GenerateTask(job), ".qagen.lock", SUMMARY_FILE)
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
    before = (lambda react: mine.find_dense(job, endpoint, settings, react)) if endpoint else None
    work = _Work(job, mine.MineTask(job), MINING_LOCK, MINING_SUMMARY_FILE, job.opened, before)
    return _run_here(work, settings, on_start, on_event, break_lock=break_lock)


def _run_here(
    work: _Work,
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
                report = run(_pump(work, settings, on_start, log.react), transport)
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


async def _pump(
    work: _Work, settings: Settings, on_start: Callable[[runs.Live], None], on_event: Callable[[Event], None]
) -> runs.Report:
    began, job = asyncio.get_running_loop().time(), work.job
    concurrency = settings.max_concurrent or job.endpoint.provider.max_concurrent
    async with Client(job.endpoint, concurrency, lambda text: on_event(Notice(text)), settings.bounds()) as client:
        if not settings.resume:
            # Only now: had the client been refused its settings, the results would have moved for nothing.
            job.archived = runs.set_aside(job)
        pump = Pump(
            work.task,
            client,
            iter(job.to_open()),
            concurrency=concurrency,
            most_open=settings.batch_size,
            on_event=on_event,
        )
        if work.before is not None:
            await work.before(on_event)
        on_start(runs.Live(job, pump.tally, client.meter, client.traffic))
        with _signals(pump, settings.drain_timeout):
            outcome = await pump.run()
    return runs.Report(job, outcome, pump.tally, client.meter, asyncio.get_running_loop().time() - began)


@contextlib.contextmanager
def _signals(pump: Pump, drain_timeout_s: float | None) -> Iterator[None]:
    """The first signal stops asking and lets what is in flight finish; the second gives that up, too."""
    loop = asyncio.get_running_loop()

    def react(number: signal.Signals) -> None:
        if pump.stopping:
            pump.cancel()
            return
        why, code, drain_s = _SIGNALS[number]
        pump.stop(why, exit_signal=code, drain_s=drain_s if drain_timeout_s is None else drain_timeout_s)

    handled = []
    for number in _SIGNALS:
        if signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup: whoever started us wants it ignored
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C ends the run at once, what is saved is whole
            loop.add_signal_handler(number, react, number)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
