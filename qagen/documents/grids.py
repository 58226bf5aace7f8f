"""Tables of elements: their rows as they come, and the grids of texts that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qagen.documents.parts import Part, flat
from qagen.documents.tags import Open

WIDEST_SPAN = 50
"""Columns that one cell may cover."""
TALLEST_SPAN = 65_534
"""Rows that one cell may cover, as in browsers."""
LONGEST_REPEAT = 200
"""Characters of a cell that is repeated in each row that it covers."""
MOST_REPEATED = 1_000_000
"""Characters and cells of a document that are repeated so."""
LONGEST_CELL = 1000
"""A longer one, without a header over it, tells that the table only lays out the page."""


@dataclass(slots=True)
class Cell:
    """A cell, and how many columns and rows it covers."""

    parts: list[Part] = field(default_factory=list)
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class Table:
    """A table whose rows come one by one."""

    is_layout: bool
    rows: list[list[Cell]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    has_header: bool = False

    def begin(self, tag: Open) -> Cell | None:
        """An element inside of the table begins; gives the cell that it is, if it is one."""
        if tag.name == "tr":
            self.rows.append([])
        elif tag.name == "thead":
            self.has_header = True
        elif tag.name in ("td", "th"):
            if not self.rows:
                self.rows.append([])
            cell = Cell([], _span(tag, "colspan", WIDEST_SPAN), _span(tag, "rowspan", TALLEST_SPAN))
            self.rows[-1].append(cell)
            self.has_header |= tag.name == "th"
            return cell
        return None

    def cells(self) -> list[Cell]:
        """All of them, row by row."""
        return [cell for row in self.rows for cell in row]

    def lays_out(self) -> bool:
        """Whether it only puts parts of the page beside each other."""
        return self.is_layout or (
            not self.has_header
            and any(
                part.kind in ("heading", "code", "table") or len(part.text) > LONGEST_CELL
                for cell in self.cells()
                for part in cell.parts
            )
        )


class Grids:
    """Makes the grids of a document's tables; what they repeat is bounded over all of them."""

    def __init__(self) -> None:
        self._repeated = 0

    def parts(self, table: Table) -> list[Part]:
        """The table as parts of the document: one table, or, where it is none to a reader, what stands in it."""
        captions = [Part("paragraph", caption) for caption in table.captions if caption]
        cells = table.cells()
        rows = self._rows(table)
        width = max(map(len, rows), default=0)
        if len(rows) < 2 or width < 2 or table.lays_out():
            return captions + [part for cell in cells for part in cell.parts]
        if len(rows) * width > 10 * len(cells) + 10_000:  # rows so uneven that filling them would blow up the text
            return captions + [Part("paragraph", " | ".join(filter(None, row))) for row in rows]
        return [*captions, Part("table", rows=rows)]

    def _rows(self, table: Table) -> list[list[str]]:
        """The texts of the cells. One that covers rows is repeated in each; columns that it covers are empty."""
        rows: list[list[str]] = []
        held: dict[int, tuple[str, int]] = {}
        """By column: the text of a cell from above, and how many more rows it covers."""
        for cells in table.rows:
            row: list[str] = []
            for cell in cells:
                self._fill(row, held, None)
                text = flat(cell.parts)
                covered = [text] + [""] * (cell.columns - 1 if len(row) < WIDEST_SPAN else 0)
                if cell.rows > 1 and len(row) < WIDEST_SPAN:
                    kept = text if len(text) <= LONGEST_REPEAT else ""
                    held |= {len(row) + at: ("" if at else kept, cell.rows) for at in range(len(covered))}
                row += covered
            self._fill(row, held, max(held, default=-1))
            held = {column: (text, left - 1) for column, (text, left) in held.items() if left > 1}
            rows.append(row)
        return rows

    def _fill(self, row: list[str], held: Mapping[int, tuple[str, int]], last: int | None) -> None:
        """Add the columns that cells from above hold: those that come next, or all up to the last."""
        while (len(row) in held or (last is not None and len(row) <= last)) and self._repeated < MOST_REPEATED:
            text = held.get(len(row), ("", 0))[0]
            self._repeated += len(text) + 1
            row.append(text)


def _span(tag: Open, attribute: str, most: int) -> int:
    return min(max(tag.number(attribute), 1), most)
