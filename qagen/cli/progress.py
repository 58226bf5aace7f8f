"""A run while it runs: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console

from qagen.cli.console import count, dollars, err, note, safe, say, tell, tokens
from qagen.llm.providers import NOBODY
from qagen.pump import (
    ChunkSaved,
    DocumentClosed,
    DocumentFailed,
    Event,
    Notice,
    Preparing,
    ReplyUnusable,
    Stopping,
    TryFailed,
)
from qagen.runs import Job, Live
from qagen.settings import Settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

MOST_FAILURES_SHOWN = 5
_MOST_DIFFERENCES = 3
PLAIN_EVERY_S = 10.0


class RunDisplay:
    """Shows what a run does. Use as a context manager; `start` and `on_event` are given to the run."""

    def __init__(self, settings: Settings, *, verbose: bool = False) -> None:
        self._settings = settings
        self._verbose = verbose
        self._console: Console = err()
        self._live: Live | None = None
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._began = time.monotonic()
        self._last_line = self._began
        self._documents = 0
        self._to_open = 0
        self._failures = 0
        self.told: str | None = None
        """The error that stops the run, once it was shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def start(self, live: Live) -> None:
        """The run is planned and begins."""
        self._live = live
        self._to_open = sum(1 for _ in live.job.to_open())
        self._began = self._last_line = time.monotonic()
        _introduce(live, self._settings)
        if live.job.to_ask and self._console.is_terminal:
            from qagen.cli.live_line import live_line

            self._progress = live_line(live, self._console)
            self._task = self._progress.add_task("chunks", total=live.job.to_ask, **self._fields())
            self._progress.start()

    def on_event(self, event: Event) -> None:
        """Something happened."""
        if isinstance(event, ChunkSaved) and event.failed:
            self._failures += 1
            if self._failures <= MOST_FAILURES_SHOWN:
                self._print(f"[red]failed:[/] {safe(event.chunk)}: {safe(event.failed.message)}")
            elif self._failures == MOST_FAILURES_SHOWN + 1:
                self._print(f"[red]failed:[/] more; they all stand in {safe(str(self._errors_path()))}")
        elif isinstance(event, TryFailed) and self._verbose:
            tried = event.attempt
            last = f" to {tried.number + tried.times - 1}" if tried.times > 1 else ""
            what = f"try {tried.number}{last}: {tried.code}: {tried.message}"
            self._print(f"[dim]{safe(event.chunk)}: {safe(what)}[/]")
        elif isinstance(event, ReplyUnusable) and self._verbose:
            self._print(f"[dim]{safe(event.chunk)}: round {event.turn}: {safe(f'{event.code}: {event.message}')}[/]")
        elif isinstance(event, DocumentClosed):
            self._close(event)
        elif isinstance(event, DocumentFailed):
            self._print(f"[red]left out:[/] {safe(event.document)}: {safe(event.why)}")
        elif isinstance(event, Preparing):
            say(safe(event.text))
        elif isinstance(event, Notice):
            self._print(f"[yellow]note:[/] {safe(event.text)}")
        elif isinstance(event, Stopping):
            self._announce_stop(event)
        self._refresh()

    def _close(self, event: DocumentClosed) -> None:
        """A document that the end of the run cuts off is not done, and named only where it brought something."""
        is_cut_off = event.status in {"interrupted", "unsaved"}
        self._documents += not is_cut_off
        if self._progress is None and self._live and self._live.job.to_ask and (event.counts.pairs or not is_cut_off):
            self._print(f"{safe(event.document)}: {event.status}, {count(event.counts.pairs, self._live.job.noun)}")

    def _announce_stop(self, event: Stopping) -> None:
        """Why, first of all; then what is still waited for."""
        if event.by_error:
            self.told = event.why
            self._print(f"[bold red]error:[/] {safe(event.why)}")
        under_way = f"finishing {count(event.in_flight, 'request')}" if event.in_flight else ""
        if event.by_error and under_way:
            self._print(f"[yellow]stopping:[/] {under_way} that went out before; Ctrl-C gives them up")
        elif not event.by_error:
            rest = f": {under_way}; Ctrl-C again to stop now" if under_way else ""
            self._print(f"[yellow]stopping ({safe(event.why)})[/]{rest}")

    def _errors_path(self) -> Path:
        assert self._live is not None
        return self._settings.error_file or self._live.job.folder / "errors.jsonl"

    def _refresh(self) -> None:
        if self._live is None:
            return
        saved = self._live.tally.saved
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=saved, **self._fields())
        elif time.monotonic() - self._last_line >= PLAIN_EVERY_S:
            self._last_line = time.monotonic()
            fields = self._fields()
            from qagen.cli.live_line import held_back

            held = held_back(self._live.traffic, time.monotonic())
            rate = f"{fields['rate']} ({held})" if held else fields["rate"]
            self._print(f"{saved:,} of {self._live.job.to_ask:,} chunks, {rate}, {fields['figures']}")

    def _fields(self) -> dict[str, Any]:
        assert self._live is not None
        tally, meter, job = self._live.tally, self._live.meter, self._live.job
        seconds = max(time.monotonic() - self._began, 0.001)
        figures = [count(tally.made, job.noun), f"{tokens(tally.usage.input_tokens)} in"]
        figures += [f"{tokens(tally.usage.output_tokens)} out", f"cost {dollars(tally.cost_usd(job.price))}"]
        if job.endpoint.provider.priced == "free":
            figures = figures[:-1] if tally.usage.input_tokens else figures[:1]
        if meter.retries:
            figures.append(f"[yellow]{_retries(meter.retries)}[/]")
        if tally.failed:
            figures.append(f"[red]{tally.failed:,} failed[/]")
        return {
            "documents": f"{self._documents}/{count(self._to_open, 'document')}",
            "rate": f"{tally.saved / seconds:.1f}/s",
            "figures": ", ".join(figures),
        }

    def _print(self, markup: str) -> None:
        console = self._progress.console if self._progress else self._console
        tell(console, markup)


def _retries(number: int) -> str:
    return "1 retry" if number == 1 else f"{number:,} retries"


def _tell_of_archive(job: Job) -> None:
    """Where the results of earlier runs went, what they had cost, and how to have them back."""
    assert job.archive is not None
    cost = "at a cost that is unknown" if job.archived_usd is None else f"which had cost {dollars(job.archived_usd)}"
    say(f"earlier results of {count(job.archived, 'document')}, {cost}, went to {job.archive}")
    back = f"cp {shlex.quote(str(job.archive))}/*.json {shlex.quote(str(job.folder))}/"
    say(f"to have them back instead of what this run makes: stop it, {back}, and go on without --no-resume")


def _introduce(live: Live, settings: Settings) -> None:
    """What is about to happen, before any money is spent."""
    job = live.job
    provider, counts = job.endpoint.provider, job.counts
    for one in job.left_out:
        err().print(f"[red]left out:[/] {safe(one.file)}: {safe(one.why)}", soft_wrap=True)
    if job.ignored:
        names = ", ".join(path.name for path in job.ignored[:5])
        note(f"not taken for chunk files, because others here are called *_chunks: {names}")
    for one in job.recovered:
        note(f"{one.file} is damaged ({one.why}): going on from its backup. The damaged one is kept in quarantine/.")
    if job.by_index:
        note(f"of an older tool, and taken by the numbers of their chunks: {', '.join(job.by_index[:5])}")
    if job.edited:
        note(f"changed since qagen wrote it, and taken as it is: {', '.join(job.edited[:5])}")
    if job.archived:
        _tell_of_archive(job)
    if job.stale:
        say(
            f"{count(job.stale, 'earlier chunk')} changed or went away; "
            f"their {job.noun}s go to {job.folder / 'archive'}"
        )
    if job.made_otherwise:
        shown = [change for change, _ in job.differences.most_common(_MOST_DIFFERENCES)]
        more = [f"{len(job.differences) - len(shown)} more"] if len(job.differences) > len(shown) else []
        note(
            f"{count(job.made_otherwise, 'document')} were done with other parameters ({'; '.join(shown + more)}), and "
            "stay as they are (--no-resume begins anew)."
        )
    for remark in job.remarks:
        note(remark)
    if not job.to_ask:
        hint = " (--limit: raise it to ask more)" if counts.pending else ""
        say(f"nothing to ask: {count(counts.completed, 'chunk')} done{hint}")
        return
    if provider.generator_kind == "rules":
        note("no language model is used: questions by rules, to try the pipeline; this is no training data.")
    for caution in job.cautions:
        note(caution)
    earlier = f" ({counts.completed:,} done earlier)" if counts.completed else ""
    at = "" if provider.in_process else f" at {job.endpoint.host}"
    concurrency = settings.max_concurrent or provider.max_concurrent
    who = f"{provider.name}, {job.endpoint.model}{at}, {concurrency} at a time"
    who = NOBODY.about if provider is NOBODY else who
    to_open = sum(1 for _ in job.to_open())
    others = f" ({len(job.plans) - to_open:,} more are not touched)" if len(job.plans) > to_open else ""
    where = f"{count(to_open, 'document')}{others}"
    say(f"{count(job.to_ask, 'chunk')} to ask{earlier} of {where}: {who}, {job.promise}")
    if provider.priced != "free" and job.price is None:
        note(f"the price of {job.endpoint.model} is unknown, so no cost can be shown.")
    if sys.stdin.isatty() and not provider.in_process:
        say("Ctrl-C stops: what is under way is finished and saved, and the same command goes on from there")
