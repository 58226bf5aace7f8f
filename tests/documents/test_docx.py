"""Word documents: what python-docx wrote comes back, and what Word writes is understood."""

from __future__ import annotations

import contextlib
import io
import random
import re
import zipfile

import docx as python_docx
import pytest

from qagen.documents import docx
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import writers

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package(body: str, **parts: str) -> bytes:
    """A document of its XML; `parts` are those beside it, such as `styles`."""
    types = f'<Override PartName="/word/document.xml" ContentType="{TYPES}.document.main+xml"/>'
    relations = ""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, content in parts.items():
            types += f'<Override PartName="/word/{name}.xml" ContentType="{TYPES}.{name}+xml"/>'
            relations += f'<Relationship Id="{name}" Type="{RELATIONS}/{name}" Target="{name}.xml"/>'
            packed.writestr(f"word/{name}.xml", f"<w:{name} {NAMESPACES}>{content}</w:{name}>")
        packed.writestr("word/document.xml", f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>")
        packed.writestr("word/_rels/document.xml.rels", _relations(relations))
        packed.writestr(
            "_rels/.rels",
            _relations(f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/>'),
        )
        packed.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        )
    return data.getvalue()


def _relations(inside: str) -> str:
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'
    )


def read(body: str, **parts: str) -> Document:
    return checked(docx.read(package(body, **parts), Reading()))


def checked(document: Document) -> Document:
    """The document, whose offsets are right."""
    for heading in document.headings:
        assert document.text[heading.offset :].startswith(f"{'#' * heading.level} {heading.text}\n")
    for block in document.blocks:
        assert document.text[block.start - 2 : block.start] in ("", "\n\n")
        assert document.text[block.end : block.end + 1] == "\n"
    assert list(document.pages) == sorted(document.pages)
    return document


def p(inside: str, style: str = "", properties: str = "") -> str:
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style}{properties}</w:pPr>{inside}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def numbered(text: str, level: int = 0, number: int = 1) -> str:
    return p(r(text), "", f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def style(key: str, name: str, properties: str = "", based_on: str = "") -> str:
    based = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{based}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


BREAK = '<w:r><w:br w:type="page"/></w:r>'
RENDERED = "<w:r><w:lastRenderedPageBreak/></w:r>"

# What another program wrote


def test_every_sentence_comes_back_in_order_on_its_page_and_in_its_section() -> None:
    document = checked(docx.read(writers.docx(writers.UNICODE), Reading()))

    at = 0
    for page, (section, said) in enumerate(writers.UNICODE, 1):
        for sentence in said:
            at = document.text.index(f"{sentence}\n", at)
            assert document.section_at(at) == section
            assert document.page_at(at) == page
    assert len(document.pages) == len(writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.language == "en"
    assert document.markup == "markdown"


def test_the_lists_quotes_and_tables_of_python_docx_become_markdown() -> None:
    written = python_docx.Document()
    written.add_heading("The pump", 0)
    written.add_heading("Steps", 2)
    for text, name in [("One", "List Number"), ("Two", "List Number"), ("a", "List Bullet"), ("b", "List Bullet 2")]:
        written.add_paragraph(text, style=name)
    written.add_paragraph("Said so.", style="Intense Quote")
    table = written.add_table(rows=2, cols=2)
    for cell, text in zip([*table.rows[0].cells, *table.rows[1].cells], ["Part", "Price", "a|b", "5 €"], strict=True):
        cell.text = text
    data = io.BytesIO()
    written.save(data)

    document = checked(docx.read(data.getvalue(), Reading()))
    assert document.text == (
        "# The pump\n\n## Steps\n\n1. One\n2. Two\n- a\n  - b\n\n> Said so.\n\n"
        "| Part | Price |\n| --- | --- |\n| a\\|b | 5 € |\n"
    )
    assert [block.kind for block in document.blocks] == ["list", "table"]
    assert document.title == "The pump"
    assert document.pages == ()


# Text

RAISED = '<w:vertAlign w:val="superscript"/>'
LOWERED = '<w:vertAlign w:val="subscript"/>'


def symbol(font: str, code: str) -> str:
    return f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (r("a &amp; b &lt;c&gt; "), "a & b <c>"),
        (r("a") + "<w:r><w:tab/></w:r>" + r("b"), "a b"),
        (r("a") + "<w:r><w:br/></w:r>" + r("b"), "a\nb"),
        (r("a") + "<w:r><w:cr/></w:r>" + r("b"), "a\nb"),
        ("<w:r><w:t>e</w:t><w:noBreakHyphen/><w:t>mail sof</w:t><w:softHyphen/><w:t>t</w:t></w:r>", "e-mail soft"),
        (f'<w:hyperlink r:id="x">{r("link")}</w:hyperlink>{r(" on")}', "link on"),
        (f"{r('a')}<w:ins>{r('b')}</w:ins><w:del><w:r><w:delText>c</w:delText></w:r></w:del>", "ab"),
        (f"<w:moveFrom>{r('a')}</w:moveFrom>{r('b')}<w:moveTo>{r('c')}</w:moveTo>", "bc"),
        (r("seen") + r("hidden", "<w:vanish/>") + r("!", '<w:vanish w:val="0"/>'), "seen!"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{r('field')}</w:sdtContent></w:sdt>", "field"),
        (f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('Click')}</w:sdtContent></w:sdt>", ""),
        (f"<w:r><w:instrText>PAGE</w:instrText></w:r><w:fldSimple>{r('7')}</w:fldSimple>", "7"),
        (f"<w:smartTag>{r('a')}</w:smartTag><w:commentRangeStart/>{r('b')}", "ab"),
        (r("10") + r("6", RAISED) + r(" m") + r("2", RAISED), "10⁶ m²"),
        (r("1") + r("st", RAISED), "1st"),
        (r("H") + r("2", LOWERED) + r("O"), "H2O"),
        (symbol("Symbol", "F0B3") + r(" 5 ") + symbol("Symbol", "F06D"), "≥ 5 μ"),
        (symbol("Wingdings", "F0E0") + symbol("Wingdings", "F001") + symbol("Arial", "20AC"), "→€"),
        (f"<w:ruby><w:rt>{r('kan')}</w:rt><w:rubyBase>{r('漢')}</w:rubyBase></w:ruby>", "漢"),
        (
            f"<mc:AlternateContent><mc:Choice>{r('new')}</mc:Choice>"
            f"<mc:Fallback>{r('old')}</mc:Fallback></mc:AlternateContent>",
            "new",
        ),
    ],
)
def test_a_paragraph_reads_as_it_does_on_paper(inside: str, text: str) -> None:
    assert read(p(inside)).text.rstrip("\n") == text


def m(**parts: str) -> str:
    """Parts of a formula, each with a text."""
    return "".join(f"<m:{tag}><m:r><m:t>{text}</m:t></m:r></m:{tag}>" for tag, text in parts.items())


def brackets(left: str, right: str) -> str:
    return f'<m:dPr><m:begChr m:val="{left}"/><m:endChr m:val="{right}"/></m:dPr>'


SUM = '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<m:r><m:t>E=m</m:t></m:r><m:sSup>{m(e='c', sup='2')}</m:sSup>", "E=mc^2"),
        (f"<m:f>{m(num='a+b', den='2')}</m:f>", "(a+b)/2"),
        (f"<m:rad><!-- root --><m:deg/>{m(e='x')}</m:rad>", "√(x)"),
        (f"<m:d>{m(e='a')}{m(e='b')}</m:d>", "(a, b)"),
        (f"<m:d>{brackets('[', ')')}{m(e='a')}{m(e='b')}</m:d>", "[a, b)"),
        (f"<m:d>{brackets('{', '')}{m(e='a')}</m:d>", "{a"),
        (f"<m:sSup><m:e><m:d>{brackets('|', '|')}{m(e='a+b')}</m:d></m:e>{m(sup='2')}</m:sSup>", "|a+b|^2"),
        (f"<m:f><m:num><m:d>{m(e='a')}</m:d><m:d>{m(e='b')}</m:d></m:num>{m(den='2')}</m:f>", "((a)(b))/2"),
        (f"<m:nary>{SUM}{m(sub='i=1', sup='n', e='i')}</m:nary>", "∑_(i=1)^n i"),
        (f"<m:nary><m:naryPr><m:limLoc/></m:naryPr><m:sub/><m:sup/>{m(e='f(x)dx')}</m:nary>", "∫ f(x)dx"),
        (f"<m:sSub>{m(e='x', sub='i+1')}</m:sSub>", "x_(i+1)"),
        (f"<m:sSubSup>{m(e='x', sub='i', sup='2')}</m:sSubSup>", "x_i^2"),
    ],
)
def test_a_formula_stands_on_one_line(formula: str, text: str) -> None:
    assert read(p(r("So ") + f"<m:oMath>{formula}</m:oMath>")).text == f"So {text}\n"


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{p(r('In the box.'))}{p(r('Twice.'))}</w:txbxContent>"
    drawing = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )

    assert read(p(r("Before") + drawing + r(" and on.")) + p(r("After."))).text == (
        "Before and on.\n\nIn the box.\n\nTwice.\n\nAfter.\n"
    )


def test_an_old_text_box_is_read_too() -> None:
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{p(r('Old.'))}</w:txbxContent></v:textbox></w:pict></w:r>"

    assert read(p(box)).text == "Old.\n"


def test_a_big_first_letter_goes_to_its_word() -> None:
    assert read(p(r("O"), properties='<w:framePr w:dropCap="drop"/>') + p(r("nce upon a time."))).text == (
        "Once upon a time.\n"
    )


def test_an_inserted_file_is_told_of() -> None:
    assert read(p(r("a")) + '<w:altChunk r:id="x"/>').notes == (
        "1 inserted files are left out: open it in Word and save it anew",
    )


# Notes

NOTE = (
    '<w:footnote w:id="2">'
    + p("<w:r><w:footnoteRef/></w:r>" + r(" See &lt;page&gt; 5."))
    + p(r("Or 6."))
    + "</w:footnote>"
)
REFERENCE = '<w:r><w:footnoteReference w:id="2"/></w:r>'


def test_a_note_follows_its_paragraph_in_brackets() -> None:
    separator = '<w:footnote w:type="separator" w:id="0">' + p(r("----")) + "</w:footnote>"

    document = read(p(r("Open") + REFERENCE + r(" it.")) + p(r("Next.")), footnotes=separator + NOTE)
    assert document.text == "Open it. [note: See <page> 5. Or 6.]\n\nNext.\n"


def test_an_endnote_is_a_note() -> None:
    note = '<w:endnote w:id="1">' + p(r("End.")) + "</w:endnote>"

    document = read(p(r("Open it.") + '<w:r><w:endnoteReference w:id="1"/></w:r>'), endnotes=note)
    assert document.text == "Open it. [note: End.]\n"


def test_the_note_of_a_heading_stands_below_it() -> None:
    document = read(p(r("Safety") + REFERENCE, "Heading1") + p(r("Text.")), footnotes=NOTE)

    assert document.text == "# Safety\n\n[note: See <page> 5. Or 6.]\n\nText.\n"
    assert document.headings[0].text == "Safety"


def test_a_note_that_is_used_twice_or_in_itself_is_given_once() -> None:
    note = '<w:footnote w:id="2">' + p(r("Again") + REFERENCE) + "</w:footnote>"

    assert read(p(r("a") + REFERENCE) + p(r("b") + REFERENCE), footnotes=note).text == "a [note: Again]\n\nb\n"


# Headings

STYLES = (
    '<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults>'
    + style("Standard", "Normal")
    + style("berschrift2", "heading 2", '<w:outlineLvl w:val="1"/>', "Standard")
    + style("Eigen", "Meine Überschrift", "", "berschrift2")
    + style("Body", "Looks big", '<w:outlineLvl w:val="9"/>', "berschrift2")
    + style("Gliederung", "Kapitel", '<w:outlineLvl w:val="2"/>')
    + style("Titel", "Title")
    + style("TOC1", "toc 1")
    + style("TOCTitle", "TOC Heading", "", "berschrift2")
    + style("Loop", "a", "", "Pool")
    + style("Pool", "b", "", "Loop")
    + style("Zitat", "Quote")
    + style("Code", "Source Code")
    + style("Pre", "HTML Preformatted")
    + style("Neu", "heading 1", '<w:pageBreakBefore/><w:outlineLvl w:val="0"/>')
)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("berschrift2", "## Words"),
        ("Eigen", "## Words"),
        ("Gliederung", "### Words"),
        ("Titel", "# Words"),
        ("Body", "Words"),
        ("Loop", "Words"),
        ("Unknown", "Words"),
        ("TOC1", ""),
        ("TOCTitle", ""),
        ("Zitat", "> Words"),
    ],
)
def test_a_style_is_known_by_its_name_or_by_those_below_it(key: str, line: str) -> None:
    assert read(p(r("Words"), key), styles=STYLES).text.rstrip("\n") == line


def test_a_style_that_is_not_defined_is_known_by_its_key() -> None:
    assert read(p(r("Words"), "Heading2")).text == "## Words\n"


@pytest.mark.parametrize(("level", "line"), [(0, "# Words"), (3, "#### Words"), (8, "###### Words"), (9, "Words")])
def test_an_outline_level_makes_a_heading(level: int, line: str) -> None:
    assert read(p(r("Words"), "", f'<w:outlineLvl w:val="{level}"/>')).text == f"{line}\n"


def test_sections_follow_the_headings() -> None:
    document = read(
        p(r("Manual"), "Titel") + p(r("Kapitel"), "Neu") + p(r("Teil"), "berschrift2") + p(r("Text.")), styles=STYLES
    )

    assert document.section_at(document.text.index("Text.")) == "Kapitel > Teil"
    assert document.title == "Manual"
    assert document.language == "de"


@pytest.mark.parametrize("title", ["", "Word Document", "untitled", "Dokument1", "Document 3"])
def test_a_title_that_says_nothing_is_none(title: str) -> None:
    assert docx.read(writers.docx([("Heading", ["Text."])], title), Reading()).title == (
        "Dokument1" if title == "Dokument1" else "Heading"
    )


def test_code_is_one_block_and_keeps_its_spaces() -> None:
    lines = ["def f(x):", "    return x  # &lt;1&gt;", "", "f(2)"]
    document = read(
        "".join(p(r(line), "Code") for line in lines) + p(r("After.")) + p(r("x = 1"), "Pre"), styles=STYLES
    )

    assert document.text == ("```\ndef f(x):\n    return x  # <1>\n\nf(2)\n```\n\nAfter.\n\n```\nx = 1\n```\n")
    assert [block.kind for block in document.blocks] == ["code", "code"]


# Lists

LISTS = (
    '<w:abstractNum w:abstractNumId="7">'
    '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:pStyle w:val="Deep"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="9"><w:numStyleLink w:val="ListStyle"/></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="7"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    '<w:num w:numId="4"><w:abstractNumId w:val="9"/></w:num>'
    '<w:num w:numId="5"><w:abstractNumId w:val="7"/></w:num>'
)


def test_numbers_are_counted_and_deeper_ones_begin_anew() -> None:
    body = numbered("a") + numbered("b", 1) + numbered("c", 1) + numbered("d", 2) + numbered("e") + numbered("f", 1)

    document = read(body, numbering=LISTS)
    assert document.text == "3. a\n  1. b\n  2. c\n    - d\n4. e\n  1. f\n"
    assert [(block.kind, block.start, block.end) for block in document.blocks] == [("list", 0, len(document.text) - 1)]


def test_a_list_counts_on_after_a_paragraph_unless_it_starts_anew() -> None:
    body = numbered("a") + p(r("Between.")) + numbered("b", 0, 5) + numbered("c", 0, 3) + numbered("d", 0, 3)

    assert read(body, numbering=LISTS).text == "3. a\n\nBetween.\n\n4. b\n1. c\n2. d\n"


def test_bullets_and_paragraphs_that_are_in_no_list() -> None:
    body = numbered("a", 0, 2) + numbered("", 0, 2) + numbered("b", 0, 0) + numbered("c", 0, 99)

    assert read(body, numbering=LISTS).text == "- a\n\nb\n\nc\n"


def test_a_style_may_bring_the_list_and_its_level() -> None:
    styles = (
        style("Deep", "Deep item", '<w:numPr><w:numId w:val="2"/></w:numPr>')
        + style("Deeper", "Like it", "", "Deep")
        + style("ListStyle", "Numbers", '<w:numPr><w:numId w:val="1"/></w:numPr>')
    )
    off = p(r("c"), "Deep", '<w:numPr><w:numId w:val="0"/></w:numPr>')

    document = read(p(r("a"), "Deep") + p(r("b"), "Deeper") + off + numbered("d", 0, 4), numbering=LISTS, styles=styles)
    assert document.text == "  - a\n- b\n\nc\n\n3. d\n"


def test_a_level_that_no_list_has_does_not_fill_the_memory() -> None:
    assert len(read(numbered("a", 999_999_999), numbering=LISTS).text) < 100


def test_a_numbered_heading_is_a_heading() -> None:
    styles = style("H", "heading 1", '<w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr>')

    assert read(p(r("Safety"), "H"), styles=styles, numbering=LISTS).text == "# Safety\n"


# Tables


def tbl(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def tc(inside: str, properties: str = "") -> str:
    inside = inside if inside.startswith("<") else p(r(inside)) if inside else p("")
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def rows_of(*rows: str) -> list[str]:
    return [line for line in read(tbl(*rows)).text.splitlines() if not line.startswith("| ---")]


def test_merged_cells_are_not_repeated() -> None:
    assert rows_of(
        tc("wide", '<w:gridSpan w:val="2"/>') + tc("c"),
        tc("tall", '<w:vMerge w:val="restart"/>') + tc("e") + tc("f"),
        tc("tall", "<w:vMerge/>") + tc("h") + tc("i"),
    ) == ["| wide |  | c |", "| tall | e | f |", "|  | h | i |"]


def test_deleted_rows_are_out_and_missing_cells_are_empty() -> None:
    body = "<w:tbl>" + "".join(
        f"<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>"
        for properties, cells in [
            ("", tc("a") + tc("b")),
            ("<w:del/>", tc("gone") + tc("too")),
            ('<w:gridBefore w:val="1"/>', tc("c")),
        ]
    )

    assert read(f"{body}</w:tbl>").text.splitlines()[2:] == ["|  | c |"]


def test_a_cell_holds_paragraphs_notes_boxes_and_tables_on_one_line() -> None:
    inner = tbl(tc("Volt") + tc("230"), tc("Ampere") + tc("5"))
    box = f"<w:r><w:pict><w:txbxContent>{p(r('Box.'))}</w:txbxContent></w:pict></w:r>"

    document = read(
        tbl(tc(p(r("One.")) + p(r("Two.") + REFERENCE) + p(box)) + tc(p(r("Data:")) + inner + p(""))), footnotes=NOTE
    )
    assert document.text.splitlines()[0] == (
        "| One. Two. [note: See <page> 5. Or 6.] Box. | Data: Volt, 230; Ampere, 5 |"
    )


def test_a_table_of_one_cell_is_a_frame_around_text() -> None:
    assert read(tbl(tc(p(r("Note"), "Heading1") + p(r("Text."))))).text == "# Note\n\nText.\n"


def test_rows_in_wrappers_are_found() -> None:
    body = f"<w:tbl><w:sdt><w:sdtContent><w:tr>{tc('a')}<w:ins>{tc('b')}</w:ins></w:tr></w:sdtContent></w:sdt></w:tbl>"

    assert read(body).text.splitlines()[0] == "| a | b |"


# Pages


def pages_of(body: str, **parts: str) -> list[str]:
    document = read(body, **parts)
    ends = [*document.pages[1:], len(document.text)]
    return [" ".join(document.text[a:b].split()) for a, b in zip(document.pages, ends, strict=True)]


def test_a_document_without_breaks_has_no_pages() -> None:
    assert read(p(r("a"))).pages == ()


def test_a_page_begins_with_the_paragraph_that_holds_or_follows_the_break() -> None:
    assert pages_of(p(r("a")) + p(BREAK + r("b")) + p(r("c") + BREAK) + p(r("d"))) == ["a", "b c", "d"]
    assert pages_of(p(r("a")) + p(BREAK) + p(r("b"))) == ["a", "b"]
    assert pages_of(p(r("a ") + RENDERED + r("goes on")) + p(r("b"))) == ["a goes on", "b"]


def test_what_word_rendered_after_a_break_is_that_break() -> None:
    assert pages_of(p(r("a") + BREAK) + p(RENDERED + r("b")) + p(RENDERED + r("c"))) == ["a", "b", "c"]


def test_an_empty_page_counts() -> None:
    assert pages_of(p(BREAK) + p(BREAK) + p(r("c"))) == ["", "", "c"]
    assert pages_of(p(r("a") + BREAK)) == ["a", ""]


def test_a_style_may_begin_a_page_but_not_the_first() -> None:
    body = p(r("a"), "Neu") + p(r("b"), "Neu") + p(BREAK) + p(r("c"), "Neu") + p(RENDERED + r("d"), "Neu")

    assert pages_of(body, styles=STYLES) == ["# a", "# b", "# c", "# d"]
    assert read(p(r("a")) + p(r("b"), "Neu", '<w:pageBreakBefore w:val="0"/>'), styles=STYLES).pages == ()


def section(kind: str, before: str = "") -> str:
    """Where a section ends, how it began, and what was there before a tracked change."""
    change = f"<w:sectPrChange>{section(before)}</w:sectPrChange>" if before else ""
    return f'<w:sectPr><w:type w:val="{kind}"/>{change}</w:sectPr>'


def test_a_section_begins_a_page_unless_it_says_otherwise() -> None:
    body = (
        p(r("a"), "", section("continuous"))
        + p(RENDERED + r("b"), "", section("nextPage", before="continuous"))
        + p(r("c"), "", "<w:sectPr/>")
        + p(r("d"))
        + section("continuous")
    )

    assert pages_of(body) == ["a", "b", "c d"]


def test_a_row_that_is_cut_counts_once() -> None:
    cut = p(r("x ") + RENDERED + r("y"))

    assert pages_of(p(r("a")) + tbl(tc(cut) + tc(cut), tc("c") + tc("d")) + p(r("b")))[-1] == "b"
    assert len(pages_of(p(r("a")) + tbl(tc(cut) + tc(cut), tc("c") + tc("d")) + p(r("b")))) == 2


# Damage


def test_a_strict_document_is_read() -> None:
    data = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(writers.docx(writers.LATIN))) as usual,
        zipfile.ZipFile(data, "w") as strict,
    ):
        for name in usual.namelist():
            pattern = rb"http://schemas\.openxmlformats\.org/(officeDocument|wordprocessingml|drawingml)/2006/"
            strict.writestr(name, re.sub(pattern, rb"http://purl.oclc.org/ooxml/\1/", usual.read(name)))

    document = docx.read(data.getvalue(), Reading())
    assert [heading.text for heading in document.headings] == [heading for heading, _ in writers.LATIN]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"Dear Sir", "it is not what its ending says"),
        (b"\xd0\xcf\x11\xe0 old", "it is an old Office file inside"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted with a password"),
        (writers.docx(writers.LATIN)[:-100], "it is damaged"),
        (writers.xlsx(writers.LATIN), r"it is an Excel workbook inside: rename it to end in \.xlsx"),
        (writers.pptx(writers.LATIN), r"it is a PowerPoint presentation inside: rename it to end in \.pptx"),
        (writers.pdf(writers.LATIN), r"it is a PDF inside: rename it to end in \.pdf"),
    ],
    ids=["empty", "text", "doc", "encrypted", "torn", "xlsx", "pptx", "pdf"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        docx.read(data, Reading())


def test_a_document_without_a_body_is_damaged() -> None:
    data = package("").replace(b"w:body", b"w:bode")

    with pytest.raises(DataError, match="it is damaged"):
        docx.read(data, Reading())


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = writers.docx(writers.LATIN)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        read_or_refused(bytes(data))


def test_flipped_bits_below_the_checksums_give_a_document_or_a_data_error() -> None:
    sound = package(
        p(r("a") + REFERENCE, "berschrift2") + numbered("b") + tbl(tc("c") + tc("d")) + p(BREAK),
        styles=STYLES,
        numbering=LISTS,
        footnotes=NOTE,
    )
    for seed in range(300):
        read_or_refused(writers.with_flipped_parts(sound, random.Random(seed)))


def read_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError):
        checked(docx.read(data, Reading()))
