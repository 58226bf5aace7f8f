"""Tables in a terminal of any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from qagen.cli.console import safe, table

NAME = "2024-11 Travel and expenses policy [draft] of all employees"
FIGURES = ("completed", "1,204", "17", "12,040", "$1,043.25")


def shown(width: int, *notes: str) -> list[str]:
    listing = table("Document", "status", "chunks", "left", "pairs", "cost", *[""] * len(notes))
    listing.add_row(safe(NAME), *FIGURES, *notes)
    listing.add_row("all", *FIGURES, *notes)
    out = io.StringIO()
    Console(file=out, width=width).print(listing)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [58, 60, 72, 80, 100, 120])
def test_a_long_name_is_cut_and_never_a_figure(width: int) -> None:
    header, row, total = shown(width)
    assert header.split() == ["Document", "status", "chunks", "left", "pairs", "cost"]
    for line in (row, total):
        assert len(line) <= width
        assert line.split()[-5:] == list(FIGURES)
    assert row.split("  ")[0].rstrip("…") in NAME
    assert "…" in row or width == 120


def test_a_name_stays_on_one_line_where_notes_take_several() -> None:
    lines = shown(90, "changed; it was read as Windows-1252, which is a guess")
    assert sum("Travel" in line for line in lines) == 1
    assert "which is a guess" in " ".join(" ".join(lines).split())
