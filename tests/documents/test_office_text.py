"""What runs of text hold, apart from the documents that they stand in; and formulas on slides."""

from __future__ import annotations

import io
from typing import Any

import pptx as python_pptx
import pytest
from pptx.oxml import parse_xml
from pptx.util import Inches

from qagen.documents import office_text, pptx
from qagen.documents.types import Document, Reading

M = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
A14 = 'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
SQUARE = "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
IN_ALTERNATIVES = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="a14">{}</mc:Choice><mc:Fallback/></mc:AlternateContent>'
)


def slide_with(*formulas: str) -> Document:
    """A slide that says `Area: `, then the formulas, as PowerPoint writes them, in the same paragraph."""
    presentation = python_pptx.Presentation()
    slide: Any = presentation.slides.add_slide(presentation.slide_layouts[6])
    shape = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1))
    shape.text_frame.text = "Area: "
    for formula in formulas:
        shape._element.txBody.p_lst[0].append(parse_xml(formula))
    data = io.BytesIO()
    presentation.save(data)
    return pptx.read(data.getvalue(), Reading())


@pytest.mark.parametrize(
    "formula",
    [
        f"<m:oMath {M}>{SQUARE}</m:oMath>",
        f"<a14:m {A14}><m:oMath {M}>{SQUARE}</m:oMath></a14:m>",
        f"<a14:m {A14}><m:oMathPara {M}><m:oMath>{SQUARE}</m:oMath></m:oMathPara></a14:m>",
        IN_ALTERNATIVES.format(f"<a14:m {A14}><m:oMath {M}>{SQUARE}</m:oMath></a14:m>"),
    ],
)
def test_a_slide_keeps_its_formulas_in_their_places(formula: str) -> None:
    document = slide_with(formula)
    assert document.text == "Area: x^2\n"
    assert document.notes == ()


def test_a_formula_without_text_is_told_of() -> None:
    document = slide_with(f"<m:oMath {M}>{SQUARE}</m:oMath>", f"<m:oMath {M}><m:r/></m:oMath>")
    assert document.text == "Area: x^2\n"
    assert document.notes == ("formulas are left out, on slides 1",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("6", "⁶"),
        ("-3", "⁻³"),
        ("−i", "⁻ⁱ"),
        ("(n+1)", "⁽ⁿ⁺¹⁾"),
        (" 2 ", " ² "),
        ("st", "st"),
        ("2x", "2x"),
        (" ", " "),
        ("", ""),
    ],
)
def test_raised_text_is_shown_so_where_there_are_signs_for_it(text: str, shown: str) -> None:
    assert office_text.superscript(text) == shown


@pytest.mark.parametrize(
    ("code", "font", "shown"),
    [
        (0xF061, "Symbol", "α"),
        (0xB3, "symbol", "≥"),
        (0xF0E0, "Wingdings 3", "→"),
        (0x41, "Webdings", "A"),
        (0xF041, "Webdings", ""),
        (0x2022, "Arial", "•"),
        (0xD800, "Arial", ""),
    ],
)
def test_a_symbol_is_what_its_font_shows(code: int, font: str, shown: str) -> None:
    assert office_text.symbol(code, font) == shown
