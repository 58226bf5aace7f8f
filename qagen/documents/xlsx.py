"""Excel workbooks (.xlsx): each sheet a heading, each region of rows in it a table.

A formula gives the value that was stored with it.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from openpyxl.reader.excel import SHARED_STRINGS, ExcelReader  # type: ignore[import-untyped]
from openpyxl.styles.stylesheet import apply_stylesheet  # type: ignore[import-untyped]
from openpyxl.worksheet._reader import (  # type: ignore[import-untyped]
    DATA_TAG,
    FORMULA_TAG,
    ROW_TAG,
    SHEET_MAIN_NS,
    VALUE_TAG,
    WorkSheetParser,
)

from qagen.documents import archives
from qagen.documents.composer import Composer, one_line
from qagen.documents.types import Document, Reading

MOST_EMPTY_CELLS = 300_000
"""In a row: who formats whole columns leaves a million of them below the last value."""
_ESCAPED = re.compile(r"_x(00[01][0-9A-Fa-f]|005F)_")
"""How Excel writes control characters, and the `_` of what only looks like one."""
_STRING, _TEXT, _PHONETIC = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("si", "t", "rPh"))


def read(data: bytes, _: Reading) -> Document:
    """The text of a workbook; hidden sheets are read like the others, empty ones left out.

    Raises:
        DataError: it is none, or damaged, or encrypted.
    """
    with archives.guarded():
        workbook = _Workbook(archives.office(data, "xl/"))
        composer = Composer()
        for sheet in workbook.sheets:
            _add(sheet, composer)
        document = composer.document(notes=list(_notes(workbook.sheets)))
        # Without a title of its own the file's name says more than that of its first sheet.
        return replace(document, title=workbook.title)


class _Workbook:
    """What the cells refer to. (The library's own way to open one goes through every sheet, to measure it.)"""

    def __init__(self, parts: io.BytesIO) -> None:
        reader = ExcelReader(parts, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        reader.read_properties()
        apply_stylesheet(reader.archive, reader.wb)
        self.archive = reader.archive
        self.formats = reader.wb
        self.title: str | None = one_line(reader.wb.properties.title or "") or None
        self.strings = list(_strings(reader))
        self.sheets = [
            _Sheet(self, sheet.name, relation.target)
            for sheet, relation in reader.parser.find_sheets()
            if "chartsheet" not in relation.Type
        ]


def _strings(reader: Any) -> Iterator[str]:
    """The texts that cells share, without the readings above Japanese ones."""
    part = reader.package.find(SHARED_STRINGS)
    if part is not None:
        with reader.archive.open(part.PartName[1:]) as source:
            for string in _elements(source, _STRING):
                yield "".join(text.text or "" for text in string.iter(_TEXT) if text.getparent().tag != _PHONETIC)


def _elements(source: Any, *tags: str) -> Iterator[Any]:
    """The elements with those tags; each is gone when the next one comes."""
    for _, element in etree.iterparse(source, tag=tags, resolve_entities=False, remove_comments=True, remove_pis=True):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


class _Sheet:
    """The cells of a sheet that hold something, whatever size the sheet claims to have."""

    def __init__(self, workbook: _Workbook, name: str, part: str) -> None:
        self.name = name
        self.without_value = 0
        """Formulas that no program has computed."""
        self.stopped_at: int | None = None
        """The row at which reading was given up."""
        self._workbook = workbook
        self._part = part

    def rows(self) -> Iterator[tuple[int, dict[int, str]]]:
        """The number of each row that holds something, and its texts by column."""
        # The library's own rows are filled up to the claimed size, and do not tell a formula from nothing.
        empty = 0
        with self._workbook.archive.open(self._part) as source:
            parser = self._parser()
            for element in _elements(source, ROW_TAG, DATA_TAG):
                if element.tag == DATA_TAG:
                    return
                number, cells = parser.parse_row(element)
                parser.row_dimensions.clear()
                texts = {cell["column"]: text for cell in cells if (text := _shown(cell["value"])).strip()}
                self.without_value += sum(
                    cell["value"] is None and _is_uncomputed(child) for child, cell in zip(element, cells, strict=True)
                )
                empty = 0 if texts else empty + 1 + len(cells)
                if empty > MOST_EMPTY_CELLS:
                    self.stopped_at = number
                    return
                if texts:
                    yield number, texts

    def _parser(self) -> Any:
        formats = self._workbook.formats
        return WorkSheetParser(
            None,
            self._workbook.strings,
            data_only=True,
            epoch=formats.epoch,
            date_formats=formats._date_formats,
            timedelta_formats=formats._timedelta_formats,
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
