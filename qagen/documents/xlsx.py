"""Excel workbooks (.xlsx): each sheet a heading, each region of rows in it a table.

A formula gives the value that was stored with it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl  # type: ignore[import-untyped]
from openpyxl.worksheet._reader import (  # type: ignore[import-untyped]
    DATA_TAG,
    FORMULA_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.functions import iterparse  # type: ignore[import-untyped]

from qagen.documents import archives
from qagen.documents.composer import Composer, one_line
from qagen.documents.types import Document, Reading

MOST_EMPTY_CELLS = 300_000
"""In a row: who formats whole columns leaves a million of them below the last value."""
_ESCAPED = re.compile(r"_x(00[01][0-9A-Fa-f]|005F)_")
"""How Excel writes control characters, and the `_` of what only looks like one."""


def read(data: bytes, _: Reading) -> Document:
    """The text of a workbook; hidden sheets are read like the others, empty ones left out.

    Raises:
        DataError: it is none, or damaged, or encrypted.
    """
    with archives.guarded():
        parts = archives.office(data, "xl/")
        workbook = openpyxl.load_workbook(parts, read_only=True, data_only=True, keep_links=False)
        composer = Composer()
        sheets = [_Sheet(sheet) for sheet in workbook.worksheets]
        for sheet in sheets:
            _add(sheet, composer)
        document = composer.document(notes=list(_notes(sheets)))
        # Without a title of its own the file's name says more than that of its first sheet.
        return replace(document, title=one_line(workbook.properties.title or "") or None)


class _Sheet:
    """The cells of a sheet that hold something, whatever size the sheet claims to have."""

    def __init__(self, sheet: Any) -> None:
        self.name: str = sheet.title
        self.without_value = 0
        """Formulas that no program has computed."""
        self.stopped_at: int | None = None
        """The row at which reading was given up."""
        self._sheet = sheet

    def rows(self) -> Iterator[tuple[int, dict[int, str]]]:
        """The number of each row that holds something, and its texts by column."""
        # The library's own rows are filled up to the claimed size, and do not tell a formula from nothing.
        empty = 0
        with self._sheet._get_source() as source:
            parser = self._parser(source)
            for _, element in iterparse(source):
                if element.tag == DATA_TAG:
                    return
                if element.tag != ROW_TAG:
                    continue
                number, cells = parser.parse_row(element)
                texts = {cell["column"]: text for cell in cells if (text := _shown(cell["value"])).strip()}
                self.without_value += sum(
                    cell["value"] is None and _is_uncomputed(child) for child, cell in zip(element, cells, strict=True)
                )
                element.clear()
                parser.row_dimensions.clear()
                empty = 0 if texts else empty + 1 + len(cells)
                if empty > MOST_EMPTY_CELLS:
                    self.stopped_at = number
                    return
                if texts:
                    yield number, texts

    def _parser(self, source: Any) -> Any:
        workbook = self._sheet.parent
        return WorkSheetParser(
            source,
            self._sheet._shared_strings,
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,
            timedelta_formats=workbook._timedelta_formats,
        )


def _is_uncomputed(cell: Any) -> bool:
    """Whether it holds a formula that nobody has computed; one that gave an empty text is."""
    value = cell.find(VALUE_TAG)
    return cell.find(FORMULA_TAG) is not None and (value is None or cell.get("t") != "str")


def _add(sheet: _Sheet, composer: Composer) -> None:
    for at, region in enumerate(_regions(sheet.rows())):
        if at == 0:
            composer.heading(1, sheet.name)
        columns = sorted({column for texts in region for column in texts})
        if len(region) == 1 and len(columns) == 1:
            composer.paragraph(region[0][columns[0]])
        else:
            composer.table([[texts.get(column, "") for column in columns] for texts in region])


def _regions(rows: Iterator[tuple[int, dict[int, str]]]) -> Iterator[list[dict[int, str]]]:
    """Rows that follow each other without an empty one between."""
    region: list[dict[int, str]] = []
    before = 0
    for number, texts in rows:
        if region and number != before + 1:
            yield region
            region = []
        region.append(texts)
        before = number
    if region:
        yield region


def _notes(sheets: list[_Sheet]) -> Iterator[str]:
    if count := sum(sheet.without_value for sheet in sheets):
        many = count > 1
        what = f"{count:,} formulas have no stored value and are" if many else "1 formula has no stored value and is"
        yield f"{what} left out: open it in Excel or LibreOffice and save it anew"
    for sheet in sheets:
        if sheet.stopped_at:
            yield f"sheet {sheet.name}: read only to row {sheet.stopped_at:,}, after long emptiness"


def _shown(value: object) -> str:
    """As a person sees it; of a number all digits that count, whatever its cell rounds to."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime.datetime():
            whole_day = value.time() == datetime.time()
            return value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")
        case datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat("seconds")
        case datetime.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case _:
            return _ESCAPED.sub(lambda match: "_" if match[1] == "005F" else " ", str(value))
