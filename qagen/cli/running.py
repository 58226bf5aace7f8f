"""A run that asks a model, as every command shows it: live, then its account, then its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import typer

from qagen import files
from qagen.cli import boundary, console
from qagen.cli.event_log import EventLog
from qagen.cli.progress import RunDisplay
from qagen.cli.run_report import show_report
from qagen.formats import encode
from qagen.pump import Event
from qagen.runs import Live, Report
from qagen.settings import Settings


class Work(Protocol):
    """One of `workers`."""

    def __call__(
        self,
        settings: Settings,
        on_start: Callable[[Live], None],
        on_event: Callable[[Event], None],
        *,
        break_lock: bool,
    ) -> Report:
        """Run to the end."""


def run(work: Work, settings: Settings, summary_json: Path | None, *, verbose: bool, break_lock: bool) -> None:
    """Do the work, show it, and end with its exit code."""
    if summary_json:
        files.check_output(summary_json)
        files.make_writable(summary_json.parent)
    shown = EventLog() if settings.log_format == "json" else RunDisplay(settings, verbose=verbose)
    with shown as display:
        report = work(settings, display.start, display.on_event, break_lock=break_lock)
    if summary_json:
        files.write(summary_json, encode(report.as_dict(), indent=True) + b"\n")
    with console.unheard():
        if report.outcome.bug is not None:
            boundary.complain_of(report.outcome.bug)
        if settings.log_format == "json":
            for rescued in report.outcome.rescued:
                console.print_event("rescued", {"file": rescued.path, "copy": rescued.copy, "content": rescued.data})
            console.print_event("finished", report.as_dict())
        else:
            show_report(report, settings, told=shown.told if isinstance(shown, RunDisplay) else None)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
