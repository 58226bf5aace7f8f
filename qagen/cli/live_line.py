"""The live lines of a run, for terminals: how far it is, and under it the figures."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console, RenderableType
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
        _Pause(live),
    ]
    return _TwoLines(*columns, console=console, expand=True)


class _TwoLines(Progress):
    """The figures have a line of their own: beside the bar, 80 columns would hold half of them."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Both lines."""
        yield from super().get_renderables()
        for task in self.tasks:
            yield Text.from_markup(task.fields["figures"], overflow="ellipsis")


class _Pause(ProgressColumn):
    """Why nothing moves, and for how long still; or why it moves slowly."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live

    def render(self, task: Task) -> Text:  # noqa: ARG002
        """Nothing, as long as requests go out as fast as they can."""
        return Text(held_back(self._live.traffic, time.monotonic()), style="yellow")


def held_back(traffic: Traffic, now: float) -> str:
    """What the host holds requests back by: a pause of at least a second, or a rate; empty where by nothing."""
    seconds, rate = traffic.pause_s(now), traffic.host_rate(now)
    if seconds >= 1:
        return f"{'no answers' if traffic.breaker.is_open else 'rate limit'}: {seconds:.0f} s"
    if rate is None:
        return ""
    return f"limited by the host: {rate:.0f}/s" if rate >= 10 else f"limited by the host: {rate:.1f}/s"
