"""PowerPoint presentations (.pptx): each slide is a page, its title a heading; then its shapes from top to bottom, then
the speaker's notes. Slides that are hidden in the show are read like the others.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pptx
from lxml import etree  # type: ignore[import-untyped]
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.presentation import Presentation
from pptx.slide import Slide

from qagen.documents import archives, office_text
from qagen.documents.composer import Composer, one_line
from qagen.documents.office_text import Element, M
from qagen.documents.types import Document, Reading

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_A14 = "{http://schemas.microsoft.com/office/drawing/2010/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_BODIES = {
    PP_PLACEHOLDER.BODY,
    PP_PLACEHOLDER.OBJECT,
    PP_PLACEHOLDER.VERTICAL_BODY,
    PP_PLACEHOLDER.VERTICAL_OBJECT,
}
_ON_EVERY_SLIDE = {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.HEADER}
_ROW = 91_440
"""A tenth of an inch: what differs less in height stands side by side."""
_MOST_LEVELS = 9
_JUNK_TITLES = re.compile(r"(?:\S+ )?power\s?point\W*\w*$|untitled|slide \d+$|folie \d+$", re.IGNORECASE)
"""What PowerPoint itself writes where the author gave no title, in its languages."""
_FORMULAS = (f"{_A14}m", f"{M}oMath", f"{M}oMathPara")


def read(data: bytes, _: Reading) -> Document:
    """The text of a presentation, its tables and lists as Markdown.

    Raises:
        DataError: it is none, or damaged, or encrypted.
    """
    with archives.guarded():
        return _Reader(pptx.Presentation(archives.office(data, "ppt/"))).document()


class _Reader:
    """Walks through the slides once."""

    def __init__(self, presentation: Presentation) -> None:
        self._presentation = presentation
        self._composer = Composer()
        self._formulas: list[int] = []
        """Slides on which there are any that hold no text."""

    def document(self) -> Document:
        for number, slide in enumerate(self._presentation.slides, 1):
            self._composer.page()
            self._slide(slide)
            if not all(office_text.formula(one).strip() for one in slide.element.iter(f"{M}oMath")):
                self._formulas.append(number)
        core = self._presentation.core_properties
        title = one_line(core.title or "")
        language = re.match(r"([A-Za-z]{2})(?![A-Za-z])", core.language or "")
        return self._composer.document(
            title=None if _JUNK_TITLES.match(title) else title,
            language=language[1].lower() if language else None,
            notes=list(self._notes()),
        )

    def _notes(self) -> Iterator[str]:
        if self._formulas:
            more = "" if len(self._formulas) <= 10 else " ..."
            yield f"formulas are left out, on slides {', '.join(map(str, self._formulas[:10]))}{more}"

    def _slide(self, slide: Slide) -> None:
        _choose(slide.element)
        title = slide.shapes.title
        if title is not None and title.has_text_frame:
            self._composer.heading(1, " ".join(_text(one) for one in title.text_frame.paragraphs))
        self._shapes(shape for shape in slide.shapes if title is None or shape.element is not title.element)
        if slide.has_notes_slide:
            frame = slide.notes_slide.notes_text_frame
            said = "" if frame is None else "\n".join(_text(one) for one in frame.paragraphs).strip()
            self._composer.paragraph(f"Notes: {said}" if said else "")

    def _shapes(self, shapes: Iterable[Any]) -> None:
        for shape in _in_visual_order(shapes):
            if hasattr(shape, "shapes"):
                self._shapes(shape.shapes)
            elif getattr(shape, "has_table", False):
                self._composer.table([[_cell(cell) for cell in row.cells] for row in shape.table.rows])
            elif getattr(shape, "has_chart", False):
                self._chart(shape.chart)
            elif shape.has_text_frame:
                self._frame(shape)
            else:
                self._diagram(shape)

    def _frame(self, shape: Any) -> None:
        kind = shape.placeholder_format.type if shape.is_placeholder else None
        if kind in _ON_EVERY_SLIDE:
            return
        paragraphs = [one for one in shape.text_frame.paragraphs if _text(one).strip()]
        in_list = kind in _BODIES and len(paragraphs) > 1
        counts = [0] * _MOST_LEVELS
        for paragraph in paragraphs:
            level = min(paragraph.level, _MOST_LEVELS - 1)
            mark = _mark(paragraph, counts, level)
            if mark or (in_list and not _has(paragraph, "buNone")):
                self._composer.item(_text(paragraph), level, mark or "-")
            else:
                self._composer.paragraph(_text(paragraph))
        self._composer.paragraph("")  # the next frame is no part of this list

    def _chart(self, chart: Any) -> None:
        """The title, and the values as a table."""
        if chart.has_title and chart.chart_title.has_text_frame:
            self._composer.paragraph(" ".join(_text(one) for one in chart.chart_title.text_frame.paragraphs))
        series = [_Series(one) for one in chart.element.iter(f"{_C}ser")]
        for _, same in itertools.groupby(series, key=lambda one: one.categories):
            self._composer.table(_values(list(same)))

    def _diagram(self, shape: Any) -> None:
        """The points of a SmartArt graphic; the library knows none."""
        for relation in shape.element.iter(f"{_DGM}relIds"):
            part = shape.part.related_part(relation.get(f"{_R}dm"))
            root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False))
            for point in root.iter(f"{_DGM}pt"):
                words = (("".join(t.text or "" for t in p.iter(f"{_A}t"))) for p in point.iter(f"{_A}p"))
                if point.get("type", "node") == "node":
                    self._composer.item(" ".join(words))
            self._composer.paragraph("")


def _choose(slide: Element) -> None:
    """Put the first of alternatives in their place: the library overlooks whatever stands in alternatives."""
    for alternatives in list(slide.iter(f"{_MC}AlternateContent")):
        parent = alternatives.getparent()
        chosen = next(iter(alternatives), None)
        if parent is not None:
            at = parent.index(alternatives)
            parent[at : at + 1] = [] if chosen is None else list(chosen)


def _in_visual_order(shapes: Iterable[Any]) -> list[Any]:
    """From top to bottom; what stands side by side, from left to right."""
    by_height = sorted(shapes, key=lambda shape: shape.top or 0)
    rows: list[list[Any]] = []
    for shape in by_height:
        if rows and (shape.top or 0) - (rows[-1][0].top or 0) <= _ROW:
            rows[-1].append(shape)
        else:
            rows.append([shape])
    return list(itertools.chain.from_iterable(sorted(row, key=lambda shape: shape.left or 0) for row in rows))


def _mark(paragraph: Any, counts: list[int], level: int) -> str:
    """The mark that the paragraph itself sets: `-`, or its number; empty where it sets none."""
    counts[level + 1 :] = [0] * (_MOST_LEVELS - level - 1)
    properties = paragraph._p.pPr  # the library has no other way to bullets
    numbered = None if properties is None else properties.find(f"{_A}buAutoNum")
    if numbered is None:
        counts[level] = 0
        return "-" if _has(paragraph, "buChar") or _has(paragraph, "buBlip") else ""
    counts[level] = counts[level] + 1 if counts[level] else int(numbered.get("startAt", "1"))
    return f"{counts[level]}."


def _has(paragraph: Any, tag: str) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and properties.find(f"{_A}{tag}") is not None


def _text(paragraph: Any) -> str:
    """The words of a paragraph; the number of the slide and the date of today are none."""
    pieces = []
    for child in paragraph._p:
        if child.tag == f"{_A}br":
            pieces.append("\n")
        elif child.tag == f"{_A}r" or (
            child.tag == f"{_A}fld" and not child.get("type", "").startswith(("slide", "date"))
        ):
            pieces.append(_raised(child))
        elif child.tag in _FORMULAS:
            pieces.append(office_text.formula(child))
    return "".join(pieces)


def _raised(run: Element) -> str:
    """10 with a raised 6 is not 106."""
    text = run.findtext(f"{_A}t") or ""
    properties = run.find(f"{_A}rPr")
    baseline = "0" if properties is None else properties.get("baseline", "0")
    return text if baseline.startswith(("0", "-")) else office_text.superscript(text)


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else " ".join(_text(one) for one in cell.text_frame.paragraphs)


class _Series:
    """A row of values in a chart. (The library's own counts as far as the file claims to reach.)"""

    def __init__(self, element: Element) -> None:
        self.name: str = element.findtext(f"{_C}tx//{_C}v") or ""
        self.categories = _points(element, "cat", "xVal")
        self.values = _points(element, "val", "yVal")


def _points(series: Element, *tags: str) -> dict[int, str]:
    """By their index; of categories with several levels the innermost."""
    found: dict[int, str] = {}
    for tag in tags:
        for point in series.iterfind(f"{_C}{tag}//{_C}pt"):
            found.setdefault(int(point.get("idx")), _shown(point.findtext(f"{_C}v") or ""))
    return found


def _values(series: list[_Series]) -> list[list[str]]:
    """A table: the series are columns, the categories rows."""
    places = sorted({place for one in series for place in (*one.categories, *one.values)})
    head = ["", *(one.name for one in series)]
    rows = [[series[0].categories.get(place, ""), *(one.values.get(place, "") for one in series)] for place in places]
    return [head, *rows] if rows else []


def _shown(value: str) -> str:
    """A number as a person writes it: 4.0999999999999996 is 4.1."""
    try:
        return f"{float(value):.15g}"
    except ValueError:
        return value
