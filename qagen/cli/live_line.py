"""The live lines of a run, for terminals: how far it is, and under it the figures."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from qagen.llm.limits import Traffic
from qagen.runs import Live


def live_line(live: Live, console: Console) -> Progress:
    """The lines. Their task has the fields `documents`, `rate` and `figures`."""
    columns = [
        MofNCompleteColumn(),
        TextColumn("chunks, {task.fields[documents]}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[rate]}, left"),
        TimeRemainingColumn(compact=True),
    ]
    lines = _TwoLines(*columns, console=console, expand=True)
    lines.live_run = live
    return lines


class _TwoLines(Progress):
    """The figures have a line of their own: beside the bar, 80 columns would hold half of them.

    Before them stands why nothing moves, and for how long still; or why it moves slowly.
    """

    live_run: Live | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Both lines."""
        yield from super().get_renderables()
        why = held_back(self.live_run.traffic, time.monotonic()) if self.live_run else ""
        for task in self.tasks:
            figures = Text.from_markup(task.fields["figures"])
            yield Text.assemble((f"{why}; " if why else "", "yellow"), figures, overflow="ellipsis", no_wrap=True)


def held_back(traffic: Traffic, now: float) -> str:
    """What the host holds requests back by: a pause of at least a second, or a rate; empty where by nothing."""
    seconds, rate = traffic.pause_s(now), traffic.host_rate(now)
    if seconds >= 1:
        return f"{'no answers' if traffic.breaker.is_open else 'rate limit'}: {seconds:.0f} s"
    if rate is None:
        return ""
    return f"limited by the host: {rate:.0f}/s" if rate >= 10 else f"limited by the host: {rate:.1f}/s"
