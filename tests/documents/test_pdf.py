"""PDFs: what reportlab wrote comes back, its paragraphs whole and all else on lines of its own."""

from __future__ import annotations

import contextlib
import io
import random
import sys
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
    Frame,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Preformatted,
    SimpleDocTemplate,
    Table,
)

from qagen.documents import pdf, pdf_lines
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import writers

STYLES = getSampleStyleSheet()
BODY = STYLES["BodyText"]
JUSTIFIED = ParagraphStyle("justified", parent=BODY, alignment=4)
LONG = (
    "The quick brown fox jumps over the lazy dog & its friends, while 5 * 3 < 20 and a_b_c is “quoted” by everyone who "
    "was there. On the next day it was found (by chance, they said) that nobody had seen the well-known valve SV-2 at "
    "all. It is not known what happened then, but the pump was never started again."
)


def read(*flow: Any, **settings: Any) -> Document:
    """What reportlab makes of the flowables."""
    data = io.BytesIO()
    SimpleDocTemplate(data, pagesize=A4, **settings).build(list(flow))
    return checked(pdf.read(data.getvalue(), Reading()))


def drawn(*lines: str, size: float = 10, leading: float = 12, font: str = "Helvetica", **settings: Any) -> bytes:
    """A page of lines below each other."""
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4, **settings)
    canvas.setFont(font, size)
    for number, line in enumerate(lines):
        canvas.drawString(72, 780 - number * leading, line)
    canvas.save()
    return data.getvalue()


def text_of(data: bytes) -> str:
    return checked(pdf.read(data, Reading())).text


def checked(document: Document) -> Document:
    """The document, whose offsets are right."""
    assert document.pages[0] == 0
    assert list(document.pages) == sorted(document.pages)
    for page in document.pages[1:]:
        assert page in (0, len(document.text)) or document.text[page - 2 : page] == "\n\n"
    offsets = [heading.offset for heading in document.headings]
    assert offsets == sorted(offsets)
    for block in document.blocks:
        assert document.text[block.start - 1 : block.start] in ("", "\n")
        assert document.text[block.end : block.end + 1] == "\n"
    assert document.markup == "plain"
    return document


def paragraphs(document: Document) -> list[str]:
    return document.text.rstrip("\n").split("\n\n")


# What another program wrote


def test_every_sentence_comes_back_in_order_on_its_page_and_in_its_section() -> None:
    document = checked(pdf.read(writers.pdf(writers.CHINESE), Reading()))

    at = 0
    for page, (section, said) in enumerate(writers.CHINESE, 1):
        for sentence in said:
            at = document.text.index(f"{sentence}\n", at)
            assert document.section_at(at) == section
            assert document.page_at(at) == page
    assert document.title == writers.TITLE
    for heading in document.headings:
        assert document.text[heading.offset :].startswith(f"{heading.text}\n")


# Paragraphs


@pytest.mark.parametrize("style", [BODY, JUSTIFIED], ids=["ragged", "justified"])
def test_the_lines_of_a_paragraph_are_joined(style: Any) -> None:
    assert paragraphs(read(Paragraph(LONG, style), Paragraph(LONG, style))) == [LONG, LONG]


def test_paragraphs_that_only_an_indent_tells_apart_stay_apart() -> None:
    style = ParagraphStyle("book", parent=BODY, firstLineIndent=12, spaceBefore=0, spaceAfter=0)

    assert paragraphs(read(*[Paragraph(LONG, style) for _ in range(3)])) == [LONG] * 3


@pytest.mark.parametrize("leading", [18, 24])
def test_lines_that_are_far_apart_are_joined_where_they_read_as_prose(leading: float) -> None:
    style = ParagraphStyle("wide", parent=BODY, leading=leading, spaceBefore=leading)

    assert paragraphs(read(Paragraph(LONG, style), Paragraph(LONG, style))) == [LONG, LONG]


def test_columns_are_read_one_after_the_other() -> None:
    data = io.BytesIO()
    frames = [Frame(2 * cm, 20 * cm, 8 * cm, 5 * cm), Frame(11 * cm, 20 * cm, 8 * cm, 5 * cm)]
    document = BaseDocTemplate(data, pagesize=A4)
    document.addPageTemplates([PageTemplate("two", frames=frames)])
    document.build([Paragraph(LONG, JUSTIFIED), Paragraph(LONG, JUSTIFIED)])

    joined = text_of(data.getvalue()).replace("\n\n", " ").rstrip("\n")
    assert joined == f"{LONG} {LONG}"
    assert "\n" not in joined


def test_short_lines_stay_on_lines_of_their_own() -> None:
    lines = ["ACME Pumps Ltd.", "12 Long Street", "Springfield and", "surroundings"]

    assert text_of(drawn(*lines)) == "\n".join(lines) + "\n"


def test_verses_stay_on_lines_of_their_own() -> None:
    lines = [
        "Shall I compare thee to a summer’s day, my love?",
        "Thou art more lovely and more temperate:",
        "Rough winds do shake the darling buds of May,",
        "And summer’s lease hath all too short a date.",
    ]

    assert text_of(drawn(*lines)) == "\n".join(lines) + "\n"


def test_a_page_that_is_turned_reads_like_another() -> None:
    lines = [
        "A line of words that goes on and on and on and on to the",
        "edge of the page, as does the one after it, which is why",
        "they are joined.",
    ]
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4)
    canvas.rotate(90)
    canvas.setFont("Times-Roman", 10)
    for number, line in enumerate(lines):
        canvas.drawString(72, -100 - 12 * number, line)
    canvas.save()

    assert text_of(data.getvalue()) == " ".join(lines) + "\n"


def test_words_without_spaces_are_joined_without_any() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("chinese", fontName="STSong-Light", fontSize=10, leading=12, wordWrap="CJK")
    text = "中文测试文本很长，需要占据好几行才能结束。" * 8

    assert read(Paragraph(text, style)).text == f"{text}\n"


def test_page_by_page() -> None:
    document = read(Paragraph("One.", BODY), PageBreak(), Paragraph("Two.", BODY))

    assert document.text == "One.\n\nTwo.\n"
    assert document.pages == (0, 6)


# Hyphens


def test_a_word_that_the_end_of_a_line_broke_is_whole_again() -> None:
    lines = ["This is an exam-", "ple of the well-known hyphen of a well-", "known writer from Anglo-", "Saxon lands."]

    assert (
        text_of(drawn(*lines))
        == "This is an example of the well-known hyphen of a well-known writer from Anglo-Saxon lands.\n"
    )


def test_a_hyphen_at_the_end_of_a_page_stays() -> None:
    assert text_of(drawn("This is an exam-")) == "This is an exam-\n"


def test_a_dash_at_the_end_of_a_line_is_no_hyphen() -> None:
    line = "It was a long line of words that went on - and on - and on and on -"

    assert f"{line} until" in text_of(
        drawn(line, "until it ended, and then there was another one that was very", "long.")
    )


# Characters


def test_ligatures_are_letters() -> None:
    assert pdf_lines.clean("ﬁnd ﬂow, ﬀ ﬃ ﬄ") == "find flow, ff ffi ffl"


def test_control_characters_are_dropped() -> None:
    assert pdf_lines.clean("a\x00b\x07c\ud800d\ufeffe\x7f") == "abcde"


def test_the_halves_of_an_emoji_are_put_together() -> None:
    assert text_of(mapped({"A": "D83DDE00", "B": "FB01", "C": "0041030A"})) == "x😀yfizA\u030a!\n"


def mapped(codes: dict[str, str]) -> bytes:
    """A line `xAyBzC!`, in which letters stand for other characters, given as UTF-16."""
    lines = "".join(f"<{ord(letter):02X}> <{code}>\n" for letter, code in codes.items())
    font = f"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 3 beginbfchar {lines} endbfchar endcmap"
    page = "BT /F1 12 Tf 72 700 Td (xAyBzC!) Tj ET"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(page)}>>stream\n{page}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        f"<</Length {len(font)}>>stream\n{font}\nendstream",
    ]
    body = "".join(f"{number} 0 obj\n{part}\nendobj\n" for number, part in enumerate(parts, 1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n%%EOF".encode()


# Lists, tables and code


def test_items_stay_apart_and_their_lines_are_joined() -> None:
    items = [Paragraph(text, BODY) for text in (LONG, "Short one", "Other")]

    document = read(ListFlowable(items, bulletType="bullet", start="•"))
    assert document.text == f"• {LONG}\n• Short one\n• Other\n"
    assert [(block.kind, block.start, block.end) for block in document.blocks] == [("list", 0, len(document.text) - 1)]


def test_numbered_items_stay_apart() -> None:
    items = [Paragraph(LONG, BODY), Paragraph(LONG, BODY), Paragraph("Other", BODY)]

    assert read(ListFlowable(items, "1")).text == f"1  {LONG}\n2  {LONG}\n3  Other\n"


def test_items_that_fill_their_lines_are_not_glued() -> None:
    line = "- this item fills the whole width of its line, from here to there"

    assert text_of(drawn(*[line] * 4)) == f"{line}\n" * 4


def test_a_dash_or_number_at_the_beginning_of_a_line_is_not_always_an_item() -> None:
    lines = [
        "We found that the product of the two given numbers, which are 5",
        "* 3, is smaller than twenty, and that it was so in the years before",
        "2021. Nobody knew, though, that it was so, and so on and on and",
        "on.",
    ]

    assert text_of(drawn(*lines)) == f"{' '.join(lines)}\n"


def test_the_rows_of_a_table_stay_on_lines_of_their_own() -> None:
    wide = [["Name of the part", "Price in Euro", "Where it was bought"], ["Valve SV-2", "1.50", "Paris"]] * 3
    document = read(Paragraph(LONG, BODY), Table(wide, colWidths=[6 * cm, 4 * cm, 5 * cm]))

    assert paragraphs(document)[1].splitlines()[:2] == [
        "Name of the part  Price in Euro  Where it was bought",
        "Valve SV-2  1.50  Paris",
    ]
    assert [block.kind for block in document.blocks] == ["table"]


def test_code_keeps_its_lines_and_its_spaces() -> None:
    code = "def double(x):\n    if x:\n        return x * 2    # twice\n    return 0"
    document = read(Paragraph(LONG, BODY), Preformatted(code, STYLES["Code"]), Paragraph(LONG, BODY))

    assert paragraphs(document) == [LONG, code, LONG]
    assert [document.text[block.start : block.end] for block in document.blocks] == [code]


def test_code_within_a_sentence_does_not_make_it_code() -> None:
    with_code = LONG.replace("SV-2", '<font name="Courier">valve[2]</font>')

    assert read(Paragraph(with_code, BODY)).text == LONG.replace("SV-2", "valve[2]") + "\n"


# Headings


def test_larger_letters_make_headings() -> None:
    document = read(
        Paragraph("The <pump>".replace("<", "&lt;"), STYLES["Title"]),
        Paragraph("1. Safety", STYLES["Heading2"]),
        Paragraph(LONG, BODY),
        Paragraph("Details", STYLES["Heading3"]),
        Paragraph(LONG, BODY),
    )

    assert [(heading.level, heading.text) for heading in document.headings] == [
        (1, "The <pump>"),
        (2, "1. Safety"),
        (3, "Details"),
    ]
    assert document.section_at(len(document.text) - 2) == "The <pump> > 1. Safety > Details"
    assert document.title == "The <pump>"


def test_a_heading_of_several_lines_is_one() -> None:
    title = "A very long title of a manual that is so long that it needs more than one line of a page"
    document = read(Paragraph(title, STYLES["Heading1"]), Paragraph(LONG, BODY))

    assert [heading.text for heading in document.headings] == [title]


def test_a_text_in_large_letters_is_no_heading() -> None:
    document = read(Paragraph(LONG, STYLES["Heading1"]), Paragraph("Small print.", BODY))

    assert document.headings == ()


def outlined(*bookmarks: tuple[str, int, int]) -> Document:
    """Three pages of text, with bookmarks: title, page, level."""
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4)
    for page, lines in enumerate(
        [["Cover"], ["Contents", "1.1 Safety first", "Text.", "B Caretaking", "Text."], ["See Care", "Care"]]
    ):
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 40 * number, line)
        for key, (title, place, level) in enumerate(bookmarks):
            if place == page:
                canvas.bookmarkPage(str(key))
                canvas.addOutlineEntry(title, str(key), level)
        canvas.showPage()
    canvas.save()
    return checked(pdf.read(data.getvalue(), Reading()))


def lines_of(document: Document) -> list[tuple[int, str, str]]:
    return [
        (heading.level, heading.text, document.text[heading.offset :].split("\n")[0]) for heading in document.headings
    ]


def test_the_outline_gives_the_headings_where_their_words_are() -> None:
    document = outlined(("Cover", 0, 0), ("Safety first", 1, 0), ("Appendix B  Caretaking", 1, 1), ("Care", 2, 0))

    assert lines_of(document) == [
        (1, "Cover", "Cover"),
        (1, "Safety first", "1.1 Safety first"),
        (2, "Appendix B Caretaking", "B Caretaking"),
        (1, "Care", "Care"),
    ]
    assert document.title == "Cover"


def test_a_heading_whose_words_are_nowhere_stands_where_its_page_begins() -> None:
    assert lines_of(outlined(("Figure", 1, 0), ("***", 2, 0))) == [(1, "Figure", "Contents"), (1, "***", "See Care")]


# Titles


@pytest.mark.parametrize(
    ("stored", "title"),
    [
        ("Pump manual", "Pump manual"),
        ("Microsoft Word - pump_manual.docx", "pump_manual"),
        ("Microsoft PowerPoint - Slides", "Slides"),
        ("thesis.dvi", "thesis"),
        ("Version 2.0", "Version 2.0"),
        ("untitled", None),
        ("(anonymous)", None),
        ("PowerPoint Presentation", None),
        ("Document1", None),
        ("", None),
    ],
)
def test_the_title_is_the_one_that_is_stored_unless_a_program_made_it_up(stored: str, title: str | None) -> None:
    data = io.BytesIO()
    canvas = Canvas(data)
    canvas.setTitle(stored)
    canvas.drawString(72, 700, "Text.")
    canvas.save()

    assert checked(pdf.read(data.getvalue(), Reading())).title == title


# Pages without text


def blank(*texts: str, **settings: Any) -> bytes:
    """A page for each text."""
    data = io.BytesIO()
    canvas = Canvas(data, **settings)
    for text in texts:
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def test_pages_without_text_keep_their_numbers_and_are_named() -> None:
    document = checked(pdf.read(blank("", "Two", "", "Four", ""), Reading()))

    assert document.text == "Two\n\nFour\n"
    assert [document.page_at(document.text.index(word)) for word in ("Two", "Four")] == [2, 4]
    assert len(document.pages) == 5
    assert document.notes == ("3 of 5 pages hold no text that can be read (scanned or damaged?): 1, 3, 5",)


def test_at_most_ten_pages_are_named() -> None:
    (note,) = pdf.read(blank(*[""] * 12, "Text"), Reading()).notes

    assert note.startswith("12 of 13 pages hold no text")
    assert note.endswith(": 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ...")


def test_a_document_without_any_text_asks_for_ocr() -> None:
    with pytest.raises(DataError, match=r"^no text found \(scanned\?\); run text recognition \(OCR\) over it first$"):
        pdf.read(blank("", ""), Reading())


# Damage


@pytest.mark.parametrize("strength", [40, 128])
def test_an_encrypted_document_is_refused_unless_anybody_may_read_it(strength: int) -> None:
    locked = blank("Text", encrypt=StandardEncryption("secret", strength=strength))
    with pytest.raises(DataError, match=r"^it is encrypted with a password; save it without one$"):
        pdf.read(locked, Reading())

    open_to_all = blank("Text", encrypt=StandardEncryption("", "owner", canCopy=0, strength=strength))
    assert pdf.read(open_to_all, Reading()).text == "Text\n"


def without_pages() -> bytes:
    data = io.BytesIO()
    with contextlib.closing(pypdfium2.PdfDocument.new()) as document:
        document.save(data)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"Dear Sir", "it is no PDF inside"),
        (b"PK\x03\x04", "it is no PDF inside"),
        (writers.pdf(writers.LATIN)[:-100], "it is cut off: its end is missing"),
        (writers.pdf(writers.LATIN)[:500], "it is cut off: its end is missing"),
        (b"%PDF-1.7\n%%EOF\n", "it is damaged"),
        (without_pages(), "it is damaged, or has no pages"),
    ],
    ids=["empty", "text", "zip", "torn", "short", "hollow", "no pages"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        pdf.read(data, Reading())


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = writers.pdf(writers.LATIN)
    for seed in range(200):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DataError):
            checked(pdf.read(bytes(data), Reading()))


def test_a_page_takes_no_more_work_among_many() -> None:
    def calls_per_page(paragraphs: int) -> float:
        made = io.BytesIO()
        SimpleDocTemplate(made, pagesize=A4).build([Paragraph(LONG, BODY) for _ in range(paragraphs)])
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += 1

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            pages = len(pdf.read(made.getvalue(), Reading()).pages)
        finally:
            sys.setprofile(before)
        return calls / pages

    few, many = calls_per_page(100), calls_per_page(700)
    assert many < 1.5 * few
    assert many < 100_000
