"""The live line of a run, for terminals."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from qagen.cli.console import WIDE
from qagen.runs import Live


def live_line(live: Live, console: Console) -> Progress:
    """The line. Its task has the fields `documents`, `rate` and `figures`."""
    wide = console.width >= WIDE
    columns = [
        MofNCompleteColumn(),
        TextColumn("chunks, {task.fields[documents]}" if wide else "chunks"),
        BarColumn(bar_width=None if wide else 10),
        TextColumn("{task.fields[rate]}, left"),
        TimeRemainingColumn(compact=True),
        _Pause(live),
        TextColumn("{task.fields[figures]}"),
    ]
    return Progress(*columns, console=console, expand=True)


class _Pause(ProgressColumn):
    """Why nothing moves, and for how long still."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live

    def render(self, task: Task) -> Text:  # noqa: ARG002
        """Nothing, as long as requests go out."""
        seconds = self._live.traffic.pause_s(time.monotonic())
        if seconds < 1:
            return Text()
        why = "no answers" if self._live.traffic.breaker.is_open else "rate limit"
        return Text(f"{why}: {seconds:.0f} s", style="yellow")
