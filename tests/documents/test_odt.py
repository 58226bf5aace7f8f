"""OpenDocument: what odfpy wrote comes back, and what LibreOffice writes is understood."""

from __future__ import annotations

import contextlib
import random
import time

import pytest

from qagen.documents import odt
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound, blocks, odt_of, zipped

STYLES = (
    '<style:style style:name="Break" style:parent-style-name="Standard">'
    '<style:paragraph-properties fo:break-before="page"/></style:style>'
    '<style:style style:name="Up"><style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="Down"><style:text-properties style:text-position="-33% 58%"/></style:style>'
    '<style:style style:name="P1" style:parent-style-name="Preformatted_20_Text"/>'
    '<style:style style:name="P2" style:parent-style-name="Quotations"/>'
    '<style:style style:name="Loop" style:parent-style-name="Loop"/>'
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>'
    '<text:list-level-style-bullet text:level="2"/></text:list-style>'
)


def read(body: str, styles: str = "", meta: str = "") -> Document:
    document = odt.read(odt_of(body, styles, STYLES, meta), Reading())
    assert_sound(document)
    return document


def text_of(body: str) -> str:
    return read(body).text.rstrip("\n")


def p(text: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def li(inside: str) -> str:
    return f"<text:list-item>{inside}</text:list-item>"


def cell(inside: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{inside}</table:table-cell>"


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def test_every_sentence_comes_back_in_its_section() -> None:
    document = odt.read(text_writers.odt(writers.UNICODE), Reading())

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.notes == ()


def test_headings_have_their_levels() -> None:
    document = read('<text:h text:outline-level="2">Two</text:h><text:h>One</text:h>' + p("The title", "Title"))

    assert [(heading.level, heading.text) for heading in document.headings] == [
        (2, "Two"),
        (1, "One"),
        (1, "The title"),
    ]


def test_spaces_tabs_and_breaks_are_read() -> None:
    assert text_of(p('a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d\n e')) == "a b c\nd e"


def test_raised_and_lowered_text_is_readable() -> None:
    body = p('a<text:span text:style-name="Up">2</text:span> x<text:span text:style-name="Down">i</text:span>')

    assert text_of(body) == "a² x_i"


def test_bold_words_are_not_glued() -> None:
    assert text_of(p("<text:span>bold</text:span> and <text:a>link</text:a>")) == "bold and link"


def test_lines_of_code_are_one_block() -> None:
    body = p("def f():", "P1") + p('<text:s text:c="4"/>return 1', "P1") + p("", "P1") + p("end", "P1") + p("text")

    assert text_of(body) == "```\ndef f():\n    return 1\n\nend\n```\n\ntext"


def test_quotations_and_styles_that_derive_from_themselves() -> None:
    assert text_of(p("quoted", "P2") + p("text", "Loop")) == "> quoted\n\ntext"


def test_lists_have_their_numbers_and_depth() -> None:
    inner = f"<text:list>{li(p('deep'))}</text:list>"
    first = f'<text:list text:style-name="L1">{li(p("one") + inner)}{li(p("two"))}</text:list>'
    goes_on = f'<text:list text:style-name="L1" text:continue-numbering="true">{li(p("three"))}</text:list>'
    anew = f'<text:list text:style-name="L1">{li(p("first"))}</text:list><text:list>{li(p("dot"))}</text:list>'
    document = read(first + p("between") + goes_on + p("and") + anew)

    assert blocks(document) == [
        ("list", "1. one\n  - deep\n2. two"),
        ("list", "3. three"),
        ("list", "1. first"),
        ("list", "- dot"),
    ]


def test_tables_are_blocks() -> None:
    body = (
        "<table:table><table:table-columns/><table:table-header-rows>"
        + row(cell(p("A")), cell(p("B")), cell(p("C")))
        + "</table:table-header-rows>"
        + row(cell(p("1|2"), 'table:number-rows-spanned="2"'), cell(p("x") + p("y")), cell(p("z")))
        + row("<table:covered-table-cell/>", cell("", 'table:number-columns-repeated="2"'))
        + "</table:table>"
    )

    assert blocks(read(body)) == [("table", "| A | B | C |\n| --- | --- | --- |\n| 1\\|2 | x y | z |\n| 1\\|2 |  |  |")]


def test_cells_that_are_repeated_without_end_are_not() -> None:
    body = (
        "<table:table>" + row(cell(p("A")), cell("", 'table:number-columns-repeated="99999999"')) * 2 + "</table:table>"
    )

    assert len(text_of(body)) < 1000


def test_notes_stand_in_brackets() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        + p("See")
        + p("there.")
        + "</text:note-body></text:note>"
    )

    assert text_of(p(f"word{note} and more")) == "word [note: See there.] and more"


def test_what_is_no_text_of_the_document_stays_out() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion>" + p("deleted") + "</text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body>" + p("contents") + "</text:index-body></text:table-of-content>"
        '<text:section text:display="none">'
        + p("hidden")
        + "</text:section>"
        + p("a<office:annotation><dc:creator>Ada</dc:creator>" + p("comment") + "</office:annotation>b<text:change/>")
    )

    assert text_of(body) == "ab"


def test_frames_follow_the_paragraph_that_holds_them() -> None:
    box = f"<draw:frame><draw:text-box>{p('in the box')}</draw:text-box></draw:frame>"
    picture = "<draw:frame><draw:image/><svg:title>A pump</svg:title><svg:desc>more</svg:desc></draw:frame>"

    assert (
        text_of(p(f"before {box}{picture}after") + p("next")) == "before after\n\nin the box\n\n[image: A pump]\n\nnext"
    )


def test_formulas_stand_in_their_line() -> None:
    formula = '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/><svg:desc>formula</svg:desc></draw:frame>'
    document = odt.read(odt_of(p(f"so {frame} holds"), extra={"Object 1/content.xml": formula}), Reading())

    assert document.text == "so x^2 holds\n"


def test_pages_begin_where_the_program_broke_them() -> None:
    document = read(
        p("one")
        + p("two <text:soft-page-break/>goes on")
        + p("three")
        + p("four", "Break")
        + "<text:soft-page-break/>"
        + p("five")
    )

    starts = [document.text[page:].split("\n")[0] for page in document.pages]
    assert starts == ["one", "three", "four", "five"]


def test_without_the_breaks_of_the_program_there_are_no_pages() -> None:
    assert read(p("one") + p("two", "Break")).pages == ()


def test_a_break_in_a_table_comes_after_it() -> None:
    body = (
        p("one")
        + "<table:table>"
        + row(cell(p("a")), cell(p("b<text:soft-page-break/>"))) * 2
        + "</table:table>"
        + p("x")
    )
    document = read(body)

    assert [document.text[page:].split("\n")[0] for page in document.pages] == ["one", "x", "x"]


def test_the_title_and_the_language_are_those_of_the_file() -> None:
    language = '<style:default-style><style:text-properties fo:language="de" fo:country="AT"/></style:default-style>'
    document = read(p("x"), meta="<dc:title>Pumpe &amp; Ventil</dc:title>", styles=language)

    assert (document.title, document.language) == ("Pumpe & Ventil", "de")
    assert read(p("x"), meta="<dc:language>fr-FR</dc:language>", styles=language).language == "fr"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"{\\rtf1 x}", r"it is RTF inside: rename it to end in \.rtf"),
        (text_writers.odt(writers.LATIN)[:-50], "it is damaged"),
        (zipped({"a": "b"}), r"its part content\.xml is missing"),
        (odt_of("").replace(b"content.xml", b"contemt.xml"), "it is damaged"),
        (zipped({"content.xml": "<a/>"}), "it is no text document inside"),
        (zipped({"content.xml": "<a>"}), "it is damaged"),
        (zipped({"content.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "it declares entities"),
        (
            odt_of(p("x"), extra={"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
            "it is encrypted with a password",
        ),
        (
            zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
            "but no text document",
        ),
    ],
    ids=["empty", "rtf", "torn", "no content", "renamed", "no text", "bad xml", "bomb", "encrypted", "sheet"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        odt.read(data, Reading())


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("<text:section>", "</text:section>"),
        ("<text:list><text:list-item>", "</text:list-item></text:list>"),
        ("<text:p><draw:frame><draw:text-box>", "</draw:text-box></draw:frame></text:p>"),
        ("<table:table><table:table-row><table:table-cell>", "</table:table-cell></table:table-row></table:table>"),
    ],
)
def test_100_000_levels_are_read_in_linear_time(start: str, end: str) -> None:
    began = time.process_time()
    # A comment of noise keeps the archive from being refused as a bomb.
    noise = f"<!--{random.Random(0).randbytes(150_000).hex()}-->"

    assert "deep" in text_of(noise + start * 100_000 + p("deep") + end * 100_000)
    assert time.process_time() - began < 30


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = text_writers.odt(writers.LATIN)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DataError):
            assert_sound(odt.read(bytes(data), Reading()))


def test_flipped_bits_below_the_checksums_give_a_document_or_a_data_error() -> None:
    sound = odt_of(
        p("a <text:s text:c='3'/>") + f'<text:list text:style-name="L1">{li(p("one"))}</text:list>' + row(cell(p("x"))),
        automatic=STYLES,
    )
    for seed in range(300):
        with contextlib.suppress(DataError):
            assert_sound(odt.read(writers.with_flipped_parts(sound, random.Random(seed)), Reading()))
