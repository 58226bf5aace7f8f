"""Presentations: what python-pptx wrote comes back, slide by slide."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

import pptx as python_pptx
import pytest
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from qagen.documents import pptx
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import writers

A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
TITLE_AND_BODY, BLANK = 1, 6


def read(build: Callable[[Any], None], layout: int = BLANK) -> Document:
    """One slide that `build` fills."""
    presentation = python_pptx.Presentation()
    build(presentation.slides.add_slide(presentation.slide_layouts[layout]))
    return checked(pptx.read(saved(presentation), Reading()))


def saved(presentation: Any) -> bytes:
    data = io.BytesIO()
    presentation.save(data)
    return data.getvalue()


def checked(document: Document) -> Document:
    """The document, whose offsets are right."""
    for heading in document.headings:
        assert document.text[heading.offset :].startswith(f"# {heading.text}\n")
    for block in document.blocks:
        assert document.text[block.start - 2 : block.start] in ("", "\n\n")
        assert document.text[block.end : block.end + 1] == "\n"
    assert list(document.pages) == sorted(document.pages)
    return document


def box(slide: Any, text: str, left: float, top: float) -> Any:
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(1))
    shape.text_frame.text = text
    return shape


def test_every_sentence_comes_back_in_order_on_its_slide_and_in_its_section() -> None:
    document = checked(pptx.read(writers.pptx(writers.UNICODE), Reading()))

    at = 0
    for page, (section, said) in enumerate(writers.UNICODE, 1):
        for sentence in said:
            at = document.text.index(f"{sentence}\n", at)
            assert document.section_at(at) == section
            assert document.page_at(at) == page
    assert len(document.pages) == len(writers.UNICODE)
    assert document.title == writers.TITLE
    assert document.markup == "markdown"


def test_points_are_a_list_by_their_levels_and_a_single_one_is_a_paragraph() -> None:
    def points(slide: Any) -> None:
        slide.shapes.title.text = "Two\vlines"
        frame = slide.placeholders[1].text_frame
        frame.text = "a"
        for text, level in [("b", 1), ("", 0), ("c", 0)]:
            paragraph = frame.add_paragraph()
            paragraph.text, paragraph.level = text, level

    document = read(points, TITLE_AND_BODY)
    assert document.text == "# Two lines\n\n- a\n  - b\n- c\n"
    assert [block.kind for block in document.blocks] == ["list"]

    assert read(lambda slide: setattr(slide.placeholders[1], "text", "Alone."), TITLE_AND_BODY).text == "Alone.\n"


def test_bullets_and_numbers_of_a_text_box_make_a_list() -> None:
    def marked(slide: Any) -> None:
        frame = box(slide, "First", 1, 1).text_frame
        for text in ("One", "Two", "Point", "Plain"):
            frame.add_paragraph().text = text
        marks = [
            "",
            '<a:buAutoNum type="arabicPeriod" startAt="3"/>',
            '<a:buAutoNum type="arabicPeriod"/>',
            '<a:buChar char="•"/>',
            "",
        ]
        for paragraph, mark in zip(frame.paragraphs, marks, strict=True):
            if mark:
                paragraph._p.get_or_add_pPr().append(parse_xml(mark.replace(" ", f" {A} ", 1)))

    assert read(marked).text == "First\n\n3. One\n4. Two\n- Point\n\nPlain\n"


def test_shapes_are_read_from_top_to_bottom_and_from_left_to_right() -> None:
    def shapes(slide: Any) -> None:
        box(slide, "bottom", 1, 5)
        box(slide, "right", 4, 1.05)
        box(slide, "left", 1, 1.1)
        group = slide.shapes.add_group_shape()
        for text, top in [("inner bottom", 3), ("inner top", 2)]:
            shape = group.shapes.add_textbox(Inches(1), Inches(top), Inches(1), Inches(1))
            shape.text_frame.text = text

    assert read(shapes).text.split("\n\n") == ["left", "right", "inner top", "inner bottom", "bottom\n"]


def test_a_table_is_a_table_and_merged_cells_are_not_repeated() -> None:
    def table(slide: Any) -> None:
        cells = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
        cells.cell(0, 0).merge(cells.cell(0, 1))
        cells.cell(0, 0).text, cells.cell(1, 0).text, cells.cell(1, 1).text = "Price", "a & b", "5 €\nor 6 €"

    document = read(table)
    assert document.text == "| Price |  |\n| --- | --- |\n| a & b | 5 € or 6 € |\n"
    assert [block.kind for block in document.blocks] == ["table"]


def test_a_chart_gives_its_title_and_its_values() -> None:
    def chart(slide: Any) -> None:
        data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
        data.categories = ["2023", "2024"]
        data.add_series("Pumps", (1.1 + 2.2, None))
        data.add_series("Valves", (3, 4))
        shape = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
        shape.chart.has_title = True
        shape.chart.chart_title.text_frame.text = "Sales & more"

    assert read(chart).text == (
        "Sales & more\n\n|  | Pumps | Valves |\n| --- | --- | --- |\n| 2023 | 3.3 | 3 |\n| 2024 |  | 4 |\n"
    )


def test_a_chart_of_points_gives_each_series_its_own_table() -> None:
    def chart(slide: Any) -> None:
        data: Any = XyChartData()  # type: ignore[no-untyped-call]
        for name, x in [("A", 1), ("B", 2)]:
            data.add_series(name).add_data_point(x, 0.5)
        slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, Inches(4), Inches(3), data)

    assert read(chart).text.split("\n\n") == [
        "|  | A |\n| --- | --- |\n| 1 | 0.5 |",
        "|  | B |\n| --- | --- |\n| 2 | 0.5 |\n",
    ]


def test_a_chart_that_claims_a_billion_points_gives_those_that_it_has() -> None:
    presentation = python_pptx.Presentation()
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["2024"]
    data.add_series("Pumps", (5,))
    slide = presentation.slides.add_slide(presentation.slide_layouts[BLANK])
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(4), Inches(3), data)

    lying = changed(saved(presentation), "ppt/charts/", b'ptCount val="1"', b'ptCount val="999999999"')
    assert pptx.read(lying, Reading()).text.endswith("| 2024 | 5 |\n")


def changed(data: bytes, folder: str, old: bytes, new: bytes) -> bytes:
    """The same archive with other bytes in the parts of a folder."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content.replace(old, new) if name.startswith(folder) else content)
    return made.getvalue()


def test_what_stands_on_every_slide_is_left_out() -> None:
    def footer(slide: Any) -> None:
        slide.shapes.title.text = "Title"
        shape = box(slide, "Page ", 1, 5)
        shape.text_frame.paragraphs[0]._p.append(
            parse_xml(f'<a:fld {A} id="{{0}}" type="slidenum"><a:rPr/><a:t>7</a:t></a:fld>')
        )
        shape.text_frame.paragraphs[0]._p.append(parse_xml(f'<a:fld {A} id="{{0}}" type="x"><a:t>of 9</a:t></a:fld>'))
        presentation = "http://schemas.openxmlformats.org/presentationml/2006/main"
        placeholder = parse_xml(f'<p:nvPr xmlns:p="{presentation}"><p:ph type="ftr" idx="11"/></p:nvPr>')
        other = box(slide, "ACME confidential", 1, 6)._element.nvSpPr
        other.replace(other.nvPr, placeholder)

    assert read(footer, TITLE_AND_BODY).text == "# Title\n\nPage of 9\n"


def test_a_raised_number_is_no_digit_of_the_one_before() -> None:
    def raised(slide: Any) -> None:
        paragraph = box(slide, "10", 1, 1).text_frame.paragraphs[0]
        for text, baseline in [("6", "30000"), (" H", "0"), ("2", "-25000"), ("O 1", ""), ("st", "30000")]:
            run = paragraph.add_run()
            run.text = text
            if baseline:
                run._r.get_or_add_rPr().set("baseline", baseline)

    assert read(raised).text == "10⁶ H2O 1st\n"


def test_the_first_of_alternatives_is_read_and_formulas_are_told_of() -> None:
    def alternatives(slide: Any) -> None:
        shape = box(slide, "With a formula: ", 1, 1)._element
        tree = shape.getparent()
        wrapped = parse_xml(
            '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<mc:Choice/><mc:Fallback/></mc:AlternateContent>"
        )
        tree.replace(shape, wrapped)
        wrapped[0].append(shape)
        shape.txBody.p_lst[0].append(
            parse_xml('<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r/></m:oMath>')
        )
        wrapped[1].append(box(slide, "picture", 1, 1)._element)

    document = read(alternatives)
    assert document.text == "With a formula:\n"
    assert document.notes == ("formulas are left out, on slides 1",)


def test_the_points_of_a_smart_art_graphic_are_a_list() -> None:
    presentation = python_pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[BLANK])
    dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    frame = (
        f'<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="d"/><p:cNvGraphicFramePr/><p:nvPr/>'
        f'</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="1" cy="1"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="{dgm}"><dgm:relIds xmlns:dgm="{dgm}" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:dm="rId99"/>'
        "</a:graphicData></a:graphic></p:graphicFrame></p:spTree>"
    )
    point = '<dgm:pt type="{}"><dgm:t><a:p><a:r><a:t>{}</a:t></a:r><a:r><a:t>!</a:t></a:r></a:p></dgm:t></dgm:pt>'
    points = point.format("doc", "no") + point.format("node", "Plan") + point.format("node", "Do &amp; check")
    data = io.BytesIO(changed(saved(presentation), "ppt/slides/slide1", b"</p:spTree>", frame.encode()))
    relation = b'<Relationship Id="rId99" Type="http://x/diagramData" Target="../diagrams/data1.xml"/></Relationships>'
    data = io.BytesIO(changed(data.getvalue(), "ppt/slides/_rels/", b"</Relationships>", relation))
    with zipfile.ZipFile(data, "a") as packed:
        packed.writestr("ppt/diagrams/data1.xml", f'<dgm:dataModel xmlns:dgm="{dgm}" {A}>{points}</dgm:dataModel>')

    assert pptx.read(data.getvalue(), Reading()).text == "- Plan!\n- Do & check!\n"


def test_slides_without_text_and_hidden_ones_keep_their_numbers() -> None:
    presentation = python_pptx.Presentation()
    for title in ("One", "", "Three", ""):
        slide: Any = presentation.slides.add_slide(presentation.slide_layouts[TITLE_AND_BODY])
        slide.shapes.title.text = title
        slide._element.set("show", "0")

    document = checked(pptx.read(saved(presentation), Reading()))
    assert document.text == "# One\n\n# Three\n"
    assert len(document.pages) == 4
    assert [document.page_at(heading.offset) for heading in document.headings] == [1, 3]


@pytest.mark.parametrize("title", ["", "PowerPoint Presentation", "PowerPoint-Präsentation", "Présentation PowerPoint"])
def test_a_title_that_says_nothing_is_none(title: str) -> None:
    assert pptx.read(writers.pptx([("Heading", ["Text."])], title), Reading()).title == "Heading"


# Damage


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (b"Dear Sir", "it is not what its ending says"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "it is encrypted with a password"),
        (writers.pptx(writers.LATIN)[:-100], "it is damaged"),
        (writers.docx(writers.LATIN), r"it is a Word document inside: rename it to end in \.docx"),
    ],
    ids=["empty", "text", "encrypted", "torn", "docx"],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        pptx.read(data, Reading())


def test_flipped_bits_give_a_document_or_a_data_error() -> None:
    sound = writers.pptx(writers.LATIN)
    for seed in range(100):
        chance = random.Random(seed)
        data = bytearray(sound)
        for _ in range(chance.choice([1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        read_or_refused(bytes(data))


def test_flipped_bits_below_the_checksums_give_a_document_or_a_data_error() -> None:
    sound = writers.pptx(writers.LATIN)
    for seed in range(100):
        read_or_refused(writers.with_flipped_parts(sound, random.Random(seed)))


def read_or_refused(data: bytes) -> None:
    with contextlib.suppress(DataError):
        checked(pptx.read(data, Reading()))
