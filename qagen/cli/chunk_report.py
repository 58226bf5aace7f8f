"""`qagen chunk` while it works, and what it did."""

from __future__ import annotations

import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from qagen.cli.console import MOST_LISTED, count, err, label, name_left_out, out, safe, say, table, tokens
from qagen.intake import Prepared, PreparedDocument
from qagen.settings import Settings

_PLAIN_EVERY_S = 10.0
_SOON_S = 1.0
"""What is over before needs no progress."""


class IntakeDisplay:
    """Documents done and left: a live line on a terminal, now and then a plain line elsewhere."""

    def __init__(self) -> None:
        self._console = err()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._began = self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, done: int, total: int, size: int) -> None:
        """`done` documents of `total`, of `size` bytes."""
        now = time.monotonic()
        seconds = now - self._began
        if seconds < _SOON_S:
            return
        figures = f"{done / seconds:.1f} documents/s, {size / 1e6 / seconds:.1f} MB/s"
        if self._console.is_terminal:
            self._show(done, total, figures)
        elif now - self._last_line >= _PLAIN_EVERY_S:
            self._last_line = now
            left = seconds / done * (total - done)
            say(f"{done:,} of {total:,} documents, {figures}, about {left:.0f} s left")

    def _show(self, done: int, total: int, figures: str) -> None:
        if self._progress is None:
            columns = [MofNCompleteColumn(), TextColumn("documents"), BarColumn(bar_width=None)]
            columns += [TextColumn("{task.fields[figures]}, left"), TimeRemainingColumn(compact=True)]
            self._progress = Progress(*columns, console=self._console, expand=True, transient=True)
            self._task = self._progress.add_task("documents", total=total, figures=figures)
            self._progress.start()
        assert self._task is not None
        self._progress.update(self._task, completed=done, figures=figures)


def show_prepared(prepared: Prepared, settings: Settings) -> None:
    """A line for each document, and the sum."""
    paged = any(one.pages for one in prepared.done)
    listing = table("Document", *(["pages"] if paged else []), "chunks", "characters", "~tokens", "")
    for one in prepared.done[:MOST_LISTED]:
        listing.add_row(label(one.label), *_figures([one], paged), safe("; ".join([_fate(one), *one.notes])))
    rest = prepared.done[MOST_LISTED:]
    if rest:
        listing.add_row(f"and {len(rest):,} more", *_figures(rest, paged), _fates(rest))
    if len(prepared.done) > 1:
        listing.add_section()
        listing.add_row("all", *_figures(prepared.done, paged), _fates(prepared.done))
    out().print(listing)
    name_left_out("skipped", prepared.skipped)
    name_left_out("gone", prepared.vanished)
    name_left_out("copy", prepared.copies)
    name_left_out("failed", prepared.failed, most=None)
    _show_cut_again(prepared)
    parts = [f"{len(prepared.skipped):,} skipped"] if prepared.skipped else []
    parts += [f"{len(prepared.failed):,} failed"] if prepared.failed else []
    documents = ", ".join([count(len(prepared.done), "document"), *parts])
    chunks = sum(one.chunks for one in prepared.done)
    out().print(f"{documents}, {count(chunks, 'chunk')} -> {safe(str(settings.chunks_dir))}", soft_wrap=True)


def _show_cut_again(prepared: Prepared) -> None:
    """What other settings than before cost, and how to go back to those."""
    again = [one.before for one in prepared.done if one.before and (one.before.flags or one.before.lost)]
    if not again:
        return
    answered, lost = sum(one.answered for one in again), sum(one.lost for one in again)
    if answered and not lost:
        return  # nothing is paid for twice
    what = (
        f"{lost:,} of {count(answered, 'answered chunk')} changed: their text will be asked about, and paid for, again"
        if answered
        else "chunks whose text changed will be asked about, and paid for, again if they were answered before"
    )
    flags = [" ".join(flags) for flags, _ in Counter(one.flags for one in again if one.flags).most_common(3)]
    back = f". To go back, run the same command with {' or '.join(flags)}" if flags else ""
    documents = count(len(again), "document")
    err().print(f"[yellow]note:[/] {documents} cut with other settings than before; {what}{safe(back)}", soft_wrap=True)


def _figures(documents: list[PreparedDocument], paged: bool) -> list[str]:
    pages = sum(one.pages or 0 for one in documents)
    return [
        *([f"{pages:,}" if pages else ""] if paged else []),
        f"{sum(one.chunks for one in documents):,}",
        f"{sum(one.characters for one in documents):,}",
        tokens(sum(one.tokens for one in documents)),
    ]


def _fate(document: PreparedDocument) -> str:
    moved = f"moved from {document.moved_from}" if document.moved_from else ""
    return moved if document.fate == "moved" else ", ".join(filter(None, [moved, document.fate]))


def _fates(documents: list[PreparedDocument]) -> str:
    return ", ".join(f"{number:,} {fate}" for fate, number in Counter(one.fate for one in documents).most_common())
