"""Tables as text (.csv, .tsv): comma, semicolon, tab or bar between the fields, found by what the rows agree on."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from qagen.documents.composer import Composer
from qagen.documents.text import decode
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

ROWS_PER_TABLE = 50
SAMPLE = 100_000
"""Characters by which the separator is found."""
_SEPARATORS = ",;\t|"
_DECLARED = re.compile(r"sep=([^\w\s\"]|\t)\n")
"""What Excel understands as the first line."""
_END = "\x03"
"""A last row, to see that the one before it has ended."""


def read(data: bytes, reading: Reading) -> Document:
    """Markdown tables, the first row the header.

    After every 50 rows a new table begins with the header repeated, so that a chunk can be understood alone.
    """
    text, notes = decode(data, reading.encoding)
    declared = _DECLARED.match(text)
    body = text[declared.end() :] if declared else text
    separator = declared[1] if declared else _separator(body)
    rows = _rows(body, separator)
    if rows is None:
        rows = _rows(body, separator, csv.QUOTE_NONE) or []
        notes = (*notes, "a quotation mark is never closed, so all of them are read as text")
    composer = Composer()
    if rows:
        notes = (*notes, *_uneven(rows))
        header, *others = rows
        for part in _parts(header, others):
            composer.table([header, *part])
    return composer.document(notes=notes)


def _rows(text: str, separator: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> list[list[str]] | None:
    """The rows that are not blank; None where a quotation mark is never closed, and the rest would be one field."""
    *rows, last = _parsed(f"{text}\n{_END}", separator, quoting)
    return [row for row in rows if any(field.strip() for field in row)] if last == [_END] else None


def _parsed(text: str, separator: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> list[list[str]]:
    # It counts for the whole process, but nothing else reads CSV here.
    csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))
    lines = io.StringIO(text, newline="")
    try:
        return list(csv.reader(lines, delimiter=separator, skipinitialspace=True, quoting=quoting))
    except csv.Error as error:
        raise DataError(f"its rows cannot be told apart ({error}). Save it anew as CSV in UTF-8") from None


def _separator(text: str) -> str:
    """The sign that cuts the most rows into the same number of fields."""
    sample = text[:SAMPLE]
    return max(_SEPARATORS, key=lambda separator: _agreement(list(filter(None, _parsed(sample, separator)))))


def _agreement(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """The share of rows with the usual number of fields, if that is more than one, and that number."""
    if not rows:
        return 0.0, 0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return (count / len(rows), width) if width > 1 else (0.0, 0)


def _uneven(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """What to say of rows that are longer or shorter than the header.

    Raises:
        DataError: they differ so much that filling them would blow up the text.
    """
    width = max(map(len, rows))
    if width * len(rows) > 10 * sum(map(len, rows)) + 10_000:
        raise DataError(
            f"its rows have from {min(map(len, rows))} to {width} fields: it is no table. Check its separator"
        )
    uneven = sum(len(row) != len(rows[0]) for row in rows)
    if uneven:
        have = "has" if uneven == 1 else "have"
        yield f"{uneven} of its {len(rows)} rows {have} not as many fields as the first one; short rows were filled"


def _parts(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    size = ROWS_PER_TABLE
    repeated = len(rows) // size * sum(map(len, header))
    if repeated > 10_000 + 2 * sum(len(field) + 1 for row in rows for field in row):
        size = len(rows)  # the header is longer than all that stands below it
    for start in range(0, max(len(rows), 1), size):
        yield rows[start : start + size]
