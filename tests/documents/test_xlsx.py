"""Workbooks: what openpyxl wrote comes back, and no sheet costs more than its cells."""

from __future__ import annotations

import contextlib
import datetime
import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from qagen.documents import xlsx
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import writers


def read(build: Callable[[Any], None]) -> Document:
    """One sheet that `build` fills."""
    workbook = openpyxl.Workbook()
    workbook.active.title = "S"
    build(workbook.active)
    return checked(xlsx.read(saved(workbook), Reading()))


def saved(workbook: Any) -> bytes:
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def checked(document: Document) -> Document:
    """The document, whose offsets are right."""
    for heading in document.headings:
        assert document.text[heading.offset :].startswith(f"# {heading.text}\n")
    for block in document.blocks:
        assert document.text[block.start - 2 : block.end].startswith("\n\n|")
        assert document.text[block.end - 1 : block.end + 1] == "|\n"
    assert document.pages == ()
    return document


def cells(*rows: list[object]) -> Callable[[Any], None]:
    def fill(sheet: Any) -> None:
        for row in rows:
            sheet.append(row)

    return fill


def sheet_of(xml: str) -> bytes:
    """A workbook with the XML of its only sheet's cells."""
    filled = f"<sheetData>{xml}</sheetData>".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(openpyxl.Workbook()))) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content, found = re.subn(rb"<sheetData ?/>|<sheetData></sheetData>", filled, content)
                assert found == 1
                content = content.replace(b'ref="A1:A1"', b'ref="A1:XFD1048576"')
            after.writestr(name, content)
    return made.getvalue()


def test_every_sentence_comes_back_in_order_in_its_sheet() -> None:
    document = checked(xlsx.read(writers.xlsx(writers.UNICODE), Reading()))

    at = 0
    for section, said in writers.UNICODE:
        for number, sentence in enumerate(said, 1):
            at = document.text.index(f"| {number} | {sentence} |\n", at)
            assert document.section_at(at) == writers.sheet_name(section)
    assert [block.kind for block in document.blocks] == ["table"] * len(writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.markup == "markdown"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (3.0, "3"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.3"),
        (1e20, "1e+20"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("text | & <b>", "text \\| & <b>"),
        ("two\nlines", "two lines"),
        ("a_x000D_b_x005F_x000D_c", "a b_x000D_c"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.datetime(2024, 2, 29, 13, 5), "2024-02-29 13:05:00"),
        (datetime.time(7, 30), "07:30:00"),
        (datetime.timedelta(hours=30, minutes=5), "30:05:00"),
    ],
)
def test_a_cell_is_shown_as_a_person_sees_it(value: object, shown: str) -> None:
    assert read(cells(["x", value])).text == f"# S\n\n| x | {shown} |\n| --- | --- |\n"


def test_a_percentage_is_the_number_that_is_stored() -> None:
    def percent(sheet: Any) -> None:
        sheet.append(["x", 0.15])
        sheet["B1"].number_format = "0%"

    assert "| x | 0.15 |" in read(percent).text


def test_an_empty_row_ends_a_table_and_a_single_cell_is_a_paragraph() -> None:
    document = read(
        cells(["A title"], [], [None, "a", None, "b"], [None, None, None, "c"], ["", " "], [], ["x"], ["y"])
    )

    assert document.text == ("# S\n\nA title\n\n| a | b |\n| --- | --- |\n|  | c |\n\n| x |\n| --- |\n| y |\n")


def test_empty_sheets_are_left_out_and_hidden_ones_are_not() -> None:
    workbook = openpyxl.Workbook()
    hidden = workbook.create_sheet("Hidden")
    hidden.sheet_state = "hidden"
    hidden["C7"] = "seen"

    document = checked(xlsx.read(saved(workbook), Reading()))
    assert document.text == "# Hidden\n\nseen\n"
    assert document.title is None


def test_formulas_give_their_stored_value_and_those_without_are_counted() -> None:
    row = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+2</f></c><c r="C1" t="str"><f>""</f><v></v></c>'
        '<c r="D1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    document = checked(xlsx.read(sheet_of(row), Reading()))
    assert document.text == "# Sheet\n\n| 2 | #DIV/0! |\n| --- | --- |\n"
    assert document.notes == (
        "1 formula has no stored value and is left out: open it in Excel or LibreOffice and save it anew",
    )

    assert read(cells(["=1", "=2", "x"])).notes[0].startswith("2 formulas have no stored value")


def test_merged_cells_are_not_repeated() -> None:
    def merged(sheet: Any) -> None:
        sheet.append(["wide", None, "c"])
        sheet.append(["d", "e", "f"])
        sheet.merge_cells("A1:B1")

    assert read(merged).text.endswith("| wide |  | c |\n| --- | --- | --- |\n| d | e | f |\n")


def test_texts_of_every_kind_of_cell_are_read() -> None:
    row = (
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>rich</t></r><r><t> text</t></r></is></c>'
        '<c r="B1" t="str"><v>direct</v></c><c r="C1" t="d"><v>2024-02-29T00:00:00</v></c><c t="b"><v>1</v></c></row>'
    )

    assert xlsx.read(sheet_of(row), Reading()).text.startswith(
        "# Sheet\n\n| rich text | direct | 2024-02-29 | TRUE |\n"
    )


def test_a_date_that_cannot_be_is_no_reason_to_stop() -> None:
    def wrong(sheet: Any) -> None:
        sheet.append(["x", -5])
        sheet["B1"].number_format = "yyyy-mm-dd"

    assert read(wrong).text.startswith("# S\n\n| x |")


def test_a_sheet_that_claims_to_be_huge_costs_only_its_cells() -> None:
    started = time.process_time()
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'

    assert xlsx.read(sheet_of(rows), Reading()).text == "# Sheet\n\n1\n\n2\n"
    assert time.process_time() - started < 2


def test_reading_is_given_up_after_long_emptiness_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_EMPTY_CELLS", 1000)
    empty = "".join(f'<row r="{row}"><c r="A{row}" s="0"/></row>' for row in range(2, 600))
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row>{empty}<row r="600"><c r="A600"><v>2</v></c></row>'

    document = xlsx.read(sheet_of(rows), Reading())
    assert document.text == "# Sheet\n\n1\n"
    assert document.notes == ("sheet Sheet: read only to row 502, after long emptiness",)


def test_columns_far_apart_stand_side_by_side() -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>'

    assert xlsx.read(sheet_of(rows), Reading()).text == "# Sheet\n\n| 1 | 2 |\n| --- | --- |\n"


# Damage


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"a,b", "it is not what its ending says"),
        (b"\xd0\xcf\x11\xe0 old", "it is an old Office file inside"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted with a password"),
        (writers.xlsx(writers.LATIN)[:-100], "it is damaged"),
        (writers.docx(writers.LATIN), r"it is a Word document inside: rename it to end in \.docx"),
    ],
    ids=["empty", "text", "xls", "encrypted", "torn", "docx"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        xlsx.read(data, Reading())


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = writers.xlsx(writers.LATIN)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        read_or_refused(bytes(data))


def test_flipped_bits_below_the_checksums_give_a_document_or_a_data_error() -> None:
    sound = writers.xlsx(writers.LATIN)
    for seed in range(300):
        read_or_refused(writers.with_flipped_parts(sound, random.Random(seed)))


def read_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError):
        checked(xlsx.read(data, Reading()))
