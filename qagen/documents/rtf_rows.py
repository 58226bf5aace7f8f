"""The rows of a table in RTF, which has no tables, only rows that follow each other."""

from __future__ import annotations

from qagen.documents.composer import Composer
from qagen.documents.grids import LONGEST_REPEAT

WORDS = frozenset({"row", "trowd", "clvmrg", "cellx"})
"""What `take` understands."""


class Rows:
    """Cells and rows as they come, until the table ends."""

    def __init__(self) -> None:
        self._cells: list[str] = []
        """Of the row that is open."""
        self._rows: list[list[str]] = []
        self._covered: list[bool] = []
        """By column, whether the cell belongs to the one above."""
        self._is_covered = False

    @property
    def in_row(self) -> bool:
        """Whether a row is open that has cells."""
        return bool(self._cells)

    def add_cell(self, text: str) -> None:
        """The next cell of the row."""
        self._cells.append(text)

    def take(self, word: str) -> None:
        """One of `WORDS`: a row is described, or ends."""
        if word == "trowd":
            self._covered = []
        elif word == "clvmrg":
            self._is_covered = True
        elif word == "cellx":
            self._covered.append(self._is_covered)
            self._is_covered = False
        else:
            self._end_row()

    def _end_row(self) -> None:
        above = self._rows[-1] if self._rows else []
        for column, is_covered in enumerate(self._covered[: len(self._cells)]):
            if is_covered and column < len(above) and len(above[column]) <= LONGEST_REPEAT:
                self._cells[column] = self._cells[column] or above[column]
        self._rows.append(self._cells)
        self._cells = []

    def end(self, composer: Composer) -> None:
        """The table ends: write it, or its cells where it is none to a reader."""
        if self._cells:  # a row that never ended
            self._rows.append(self._cells)
            self._cells = []
        rows = [row for row in self._rows if any(row)]
        self._rows = []
        width = max(map(len, rows), default=0)
        if len(rows) > 1 and width > 1 and len(rows) * width <= 10 * sum(map(len, rows)) + 10_000:
            composer.table(rows)
            return
        for cell in (cell for row in rows for cell in row):
            composer.paragraph(cell)
