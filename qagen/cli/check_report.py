"""What `qagen check` found, as a table with examples."""

from __future__ import annotations

from pathlib import Path

from qagen.cli.console import count, name_left_out, note, one_line, out, safe, table
from qagen.inspection import Inspected
from qagen.inspection.inspect import level_of, meaning_of

_COLOURS = {"error": "red", "warn": "yellow", "info": "dim", "clean": "green"}
_MOST_REASONS = 12


def show_inspected(found: Inspected, rejects: Path | None) -> None:
    """Codes by weight and number, an example of each, and what could not be checked."""
    console = out()
    listing = table("Code", "status", "pairs", "share", "")
    order = {"error": 0, "warn": 1, "info": 2}
    codes = sorted(found.counts, key=lambda code: (order[level_of(code)], -found.counts[code], code))
    for code in codes:
        level, number = level_of(code), found.counts[code]
        share = f"{100 * number / found.pairs:.1f} %"
        listing.add_row(code, f"[{_COLOURS[level]}]{level}[/]", f"{number:,}", share, safe(meaning_of(code)))
    if codes:
        console.print(listing)
    for code in codes:
        example = found.examples[code][0]
        console.print(f"\n[bold]{code}[/] [dim]{safe(example.place)}[/]", soft_wrap=True)
        console.print(f"  Q: {one_line(example.question)}\n  A: {one_line(example.answer)}", soft_wrap=True)
    _show_skipped(found)
    name_left_out("unreadable", found.unreadable)
    if found.outdated:
        what = f"{count(found.outdated, 'pair')} of QA files {'is' if found.outdated == 1 else 'are'}"
        note(f"{what} about text that is not in the chunk files any more: `qagen combine` leaves them out (OUTDATED).")
    levels = ", ".join(
        f"[{_COLOURS[level]}]{found.levels[level]:,} {level}[/]" for level in _COLOURS if found.levels[level]
    )
    console.print(f"\n[bold]{count(found.pairs, 'pair')}[/]: {levels}", soft_wrap=True)
    if rejects:
        console.print(f"{count(found.levels['error'], 'pair')} with errors -> {safe(str(rejects))}", soft_wrap=True)


def _show_skipped(found: Inspected) -> None:
    """Checks that could not run, gathered by their reason."""
    reasons: dict[tuple[str, int], list[str]] = {}
    for code, by_reason in found.skipped.items():
        for why, number in by_reason.items():
            reasons.setdefault((why, number), []).append(code)
    for (why, number), codes in list(reasons.items())[:_MOST_REASONS]:
        share = "" if number == found.pairs else f" ({count(number, 'pair')})"
        out().print(f"[dim]not checked{share}: {', '.join(codes)}: {safe(why)}[/]", soft_wrap=True)
