"""Word documents (.docx): paragraphs, headings, lists, tables, notes and text boxes, in the order of the document.

Out stay what no reader of the pages sees (deleted and hidden text, comments) and what stands on each page or repeats
the headings (headers, footers, tables of contents).
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace

import docx
from docx.document import Document as WordDocument
from docx.opc.part import Part
from docx.oxml.parser import parse_xml

from qagen.documents import archives, office_text, word_xml
from qagen.documents.composer import Composer, one_line
from qagen.documents.office_text import Element, M
from qagen.documents.types import Document, Reading
from qagen.documents.word_styles import Numbers, Style, Styles
from qagen.documents.word_xml import W

_JUNK_TITLES = re.compile(r"(?:word document|untitled|document ?\d*)$", re.IGNORECASE)
_INLINE = word_xml.WRAPPERS | {f"{W}{tag}" for tag in ("hyperlink", "fldSimple", "ruby", "rubyBase", "r")}
_CHARACTERS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def read(data: bytes, _: Reading) -> Document:
    """The text of a Word document, its tables and lists as Markdown.

    Raises:
        DataError: it is none, or damaged, or encrypted.
    """
    with archives.guarded():
        return _Reader(docx.Document(archives.office(data, "word/"))).document()


@dataclass(slots=True)
class _Inline:
    """A paragraph's text, and what hangs on it."""

    pieces: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    has_words: bool = False
    breaks_before: int = 0
    """Pages that begin before the first word."""
    breaks_after: int = 0
    """Pages that begin later: what begins them is the next paragraph."""

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip("\n")


class _Reader:
    """Walks through the body once."""

    def __init__(self, package: WordDocument) -> None:
        self._core = package.core_properties
        self._part = package.part
        self._body: Element = package.element.body
        self._styles = Styles(self._part.styles.element)
        self._numbers = Numbers(_related(self._part, "numbering"), self._styles)
        self._notes = {
            kind: word_xml.by_id(_related(self._part, f"{kind}s"), kind, "id") for kind in ("footnote", "endnote")
        }
        self._composer = Composer()
        self._code: list[str] = []
        """Paragraphs of one block of code."""
        self._drop_cap = ""
        self._title: str | None = None
        self._at_break = True
        """No word has come since the last page break that the author set: Word's own mark for it says nothing new."""
        self._has_pages = False
        self._inserted_files = 0
        self._section_breaks = _section_breaks(self._body)

    def document(self) -> Document:
        self._composer.page()
        self._content(self._body)
        self._end_code()
        title = one_line(self._core.title or "")
        notes = [f"{self._inserted_files} inserted files are left out: open it in Word and save it anew"]
        document = self._composer.document(
            title=self._title if not title or _JUNK_TITLES.match(title) else title,
            language=_language(self._core.language) or _language(self._styles.language),
            notes=notes if self._inserted_files else (),
        )
        return document if self._has_pages else replace(document, pages=())

    def _content(self, parent: Element) -> None:
        for child in word_xml.children(parent):
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._table(child)
            elif child.tag == f"{W}altChunk":
                self._inserted_files += 1

    def _paragraph(self, paragraph: Element) -> None:
        style = self._styles.of(paragraph)
        inline = self._inline(paragraph, style)
        self._pages(inline.breaks_before)
        if _is_drop_cap(paragraph):
            self._drop_cap += inline.text
        elif style.role == "code":
            self._code.append(inline.text)
        else:
            self._end_code()
            if style.role != "contents":
                self._add(paragraph, style, self._drop_cap + inline.text)
            self._drop_cap = ""
        self._hanging(inline)
        self._pages(inline.breaks_after)
        if paragraph in self._section_breaks:
            self._pages(1)
            self._at_break = True

    def _add(self, paragraph: Element, style: Style, text: str) -> None:
        if not text.strip():
            return
        if style.role in ("title", "heading"):
            if style.role == "title" and not self._title:
                self._title = one_line(text)
            self._composer.heading(style.level, text)
        elif place := self._numbers.place(paragraph, style):
            self._composer.item(text, max(place[1], style.depth), self._numbers.mark(*place))
        elif style.role == "quote":
            self._composer.quote(text)
        else:
            self._composer.paragraph(text)

    def _hanging(self, inline: _Inline) -> None:
        """What could not stand in the paragraph itself: notes of headings and code, text boxes."""
        for note in inline.notes:
            self._end_code()
            self._composer.paragraph(note)
        for box in inline.boxes:
            self._end_code()
            self._content(box)

    def _pages(self, count: int) -> None:
        for _ in range(count):
            self._end_code()
            self._composer.page()
            self._has_pages = True

    def _end_code(self) -> None:
        if self._code:
            self._composer.code("\n".join(self._code))
            self._code = []

    # Tables

    def _table(self, table: Element) -> None:
        self._end_code()
        rows = list(word_xml.rows(table))
        cells = [cell for row in rows for cell in word_xml.cells(row)]
        if len(cells) == 1:
            self._content(cells[0])  # a frame around text
            return
        breaks = 0
        lines = []
        for row in rows:
            line = [""] * word_xml.columns(row.find(f"{W}trPr"), "gridBefore")
            in_row = 0
            for cell in word_xml.cells(row):
                text, in_cell = self._cell(cell)
                in_row = max(in_row, in_cell)  # each cell of a row that is cut by the end of a page has a mark
                line += [text, *[""] * (word_xml.columns(cell.find(f"{W}tcPr"), "gridSpan") - 1)]
            breaks += in_row
            lines.append(line)
        self._composer.table(lines)
        self._pages(breaks)

    def _cell(self, cell: Element) -> tuple[str, int]:
        """The text of a cell, tables in it included, and the page breaks in it."""
        if _is_covered(cell):
            return "", 0
        found = []
        breaks = 0
        for child in word_xml.children(cell):
            if child.tag == f"{W}p":
                inline = self._inline(child, self._styles.of(child))
                inner = [self._cell(box) for box in inline.boxes]
                found += [inline.text, *inline.notes, *(text for text, _ in inner)]
                breaks += inline.breaks_before + inline.breaks_after
            elif child.tag == f"{W}tbl":
                lines = [[self._cell(one) for one in word_xml.cells(row)] for row in word_xml.rows(child)]
                breaks += sum(count for line in lines for _, count in line)
                found.append("; ".join(", ".join(text for text, _ in line if text) for line in lines))
        return " ".join(text for text in found if text.strip()), breaks

    # Text

    def _inline(self, paragraph: Element, style: Style) -> _Inline:
        inline = _Inline()
        own = word_xml.flag(paragraph.find(f"{W}pPr"), "pageBreakBefore")
        if (style.page_before if own is None else own) and not self._at_break:
            self._break(inline)
        self._walk(paragraph, inline)
        if style.role not in ("title", "heading", "code", "contents"):
            inline.pieces += [f" {note}" for note in inline.notes]
            inline.notes = []
        return inline

    def _walk(self, element: Element, inline: _Inline) -> None:
        for child in word_xml.children(element):
            tag = child.tag
            if tag in _INLINE:
                if tag != f"{W}r" or not word_xml.flag(child.find(f"{W}rPr"), "vanish"):
                    self._walk(child, inline)
            elif tag == f"{W}t":
                self._text(_raised(child, child.text or ""), inline)
            elif tag in _CHARACTERS:
                inline.pieces.append(_CHARACTERS[tag])
            elif tag == f"{W}br" and child.get(f"{W}type") != "page":
                inline.pieces.append("\n")
            elif tag in (f"{W}br", f"{W}lastRenderedPageBreak"):
                self._break(inline, rendered=tag != f"{W}br")
            elif tag == f"{W}sym":
                self._text(_symbol(child), inline)
            elif tag in (f"{M}oMath", f"{M}oMathPara"):
                self._text(office_text.formula(child), inline)
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                self._note(child, inline)
            elif tag in (f"{W}drawing", f"{W}pict", f"{W}object"):
                inline.boxes += word_xml.boxes(child)

    def _text(self, text: str, inline: _Inline) -> None:
        inline.pieces.append(text)
        if text.strip():
            inline.has_words = True
            self._at_break = False

    def _break(self, inline: _Inline, *, rendered: bool = False) -> None:
        known = rendered and self._at_break
        self._at_break = not rendered
        if known:
            return
        if inline.has_words:
            inline.breaks_after += 1
        else:
            inline.breaks_before += 1

    def _note(self, reference: Element, inline: _Inline) -> None:
        kind = "footnote" if reference.tag == f"{W}footnoteReference" else "endnote"
        # Taken out: a note is given once, and one that refers to itself has an end.
        note = self._notes[kind].pop(reference.get(f"{W}id"), None)
        if note is None:
            return
        text = one_line(self._cell(note)[0])
        if text:
            inline.notes.append(f"[note: {text}]")


# Elements


def _is_covered(cell: Element) -> bool:
    """Whether it is the rest of a merged cell."""
    for tag in ("vMerge", "hMerge"):
        merge = word_xml.find(cell.find(f"{W}tcPr"), tag)
        if merge is not None and merge.get(f"{W}val", "continue") == "continue":
            return True
    return False


def _is_drop_cap(paragraph: Element) -> bool:
    frame = paragraph.find(f"{W}pPr/{W}framePr")
    return frame is not None and frame.get(f"{W}dropCap", "none") != "none"


def _section_breaks(body: Element) -> set[Element]:
    """The paragraphs that end a section after which a page begins; the next section says so."""
    sections = [one for one in body.iter(f"{W}sectPr") if one.getparent().tag != f"{W}sectPrChange"]
    return {
        section.getparent().getparent()
        for section, following in itertools.pairwise(sections)
        if section.getparent().tag == f"{W}pPr"
        and word_xml.value(following, "type") not in ("continuous", "nextColumn")
    }


def _raised(text_element: Element, text: str) -> str:
    """10 with a raised 6 is not 106."""
    raised = word_xml.value(text_element.getparent().find(f"{W}rPr"), "vertAlign") == "superscript"
    return office_text.superscript(text) if raised else text


def _symbol(symbol: Element) -> str:
    return office_text.symbol(int(symbol.get(f"{W}char", "0"), 16), symbol.get(f"{W}font", ""))


def _related(part: Part, name: str) -> Element | None:
    """What the part with that relation holds, such as `footnotes`."""
    relations = (relation for relation in part.rels.values() if not relation.is_external)
    found = next((relation.target_part for relation in relations if relation.reltype.endswith(f"/{name}")), None)
    return None if found is None else parse_xml(found.blob)


def _language(code: str | None) -> str | None:
    match = re.match(r"([A-Za-z]{2})(?![A-Za-z])", code or "")
    return match[1].lower() if match else None
