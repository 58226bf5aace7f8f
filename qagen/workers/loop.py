"""A run on its event loop: the only place that starts one, and the only one that catches signals.

Who asks nothing does not come here: the loop, the HTTP clients and the checks take longer to import than such a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Protocol, TypeVar

from qagen import runs
from qagen.errors import INTERRUPTED, TERMINATED
from qagen.llm.client import Client
from qagen.llm.route import loop_factory
from qagen.pump import Event, Notice
from qagen.pump.run import Pump
from qagen.settings import Settings
from qagen.workers import open_files
from qagen.workers.errand import Errand
from qagen.workers.work import Work

_SIGNALS = {
    signal.SIGINT: ("interrupted", INTERRUPTED, 30.0),
    signal.SIGTERM: ("told to end", TERMINATED, 10.0),
    **({signal.SIGHUP: ("the terminal went away", TERMINATED, 10.0)} if hasattr(signal, "SIGHUP") else {}),
}
"""What each says, the exit code, and how long requests in flight may still take, in seconds."""

Result = TypeVar("Result")


class _Stoppable(Protocol):
    """What a signal ends."""

    @property
    def stopping(self) -> bool: ...

    def stop(self, why: str, *, exit_signal: int, drain_s: float) -> None: ...

    def cancel(self) -> None: ...


def run(coroutine: Coroutine[Any, Any, Result], transport: str = "httpx") -> Result:
    """Run a coroutine to its end, on the event loop that goes with the transport: the only one who starts one."""
    # A thread that writes gives way at every system call, and would wait five times as long for its turn by default.
    sys.setswitchinterval(0.001)
    with asyncio.Runner(loop_factory=loop_factory(transport)) as runner:
        return runner.run(coroutine)


async def pump(
    work: Work, settings: Settings, on_start: Callable[[runs.Live], None], on_event: Callable[[Event], None]
) -> runs.Report:
    """Work until everything is asked, or something stops it."""
    began, job = asyncio.get_running_loop().time(), work.job
    concurrency = settings.max_concurrent or job.endpoint.provider.max_concurrent
    open_files.make_room(concurrency)
    async with Client(job.endpoint, concurrency, lambda text: on_event(Notice(text)), settings.bounds()) as client:
        one = Pump(
            work.task(),
            client,
            iter(job.to_open()),
            concurrency=concurrency,
            most_open=settings.batch_size,
            on_event=on_event,
            most_useless=settings.max_useless,
        )
        if work.before is not None:
            errand = Errand(on_event)
            with _signals(errand, settings.drain_timeout):
                await errand.run(work.before)
            if errand.stopping:
                return runs.Report(
                    job, errand.outcome, one.tally, client.meter, asyncio.get_running_loop().time() - began
                )
        if not settings.resume:
            # Only now: had the client been refused its settings, or who is asked before the run been no help, the
            # results would have moved for nothing.
            runs.set_aside(job)
        on_start(runs.Live(job, one.tally, client.meter, client.traffic))
        with _signals(one, settings.drain_timeout):
            outcome = await one.run()
    return runs.Report(job, outcome, one.tally, client.meter, asyncio.get_running_loop().time() - began)


@contextlib.contextmanager
def _signals(work: _Stoppable, drain_timeout_s: float | None) -> Iterator[None]:
    """The first signal stops asking and lets what is in flight finish; the second gives that up, too."""
    loop = asyncio.get_running_loop()

    def react(number: signal.Signals) -> None:
        if work.stopping:
            work.cancel()
            return
        why, code, drain_s = _SIGNALS[number]
        work.stop(why, exit_signal=code, drain_s=drain_s if drain_timeout_s is None else drain_timeout_s)

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
        if work.stopping and signal.SIGINT in handled:
            # One Ctrl-C more than it took must not cost the account. SIGTERM still ends whatever might hang.
            handled.remove(signal.SIGINT)
            _ignore_interrupts(loop)
        for number in handled:
            loop.remove_signal_handler(number)


def _ignore_interrupts(loop: asyncio.AbstractEventLoop) -> None:
    """From the loop's handler to none: between the two it is Python's own for a moment, and a Ctrl-C an exception."""
    while signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        with contextlib.suppress(KeyboardInterrupt):
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
