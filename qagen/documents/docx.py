"""Word documents (.docx): paragraphs, headings, lists, tables, notes and text boxes, in the order of the document.

Out stay what no reader of the pages sees (deleted and hidden text, comments) and what stands on each page or repeats
the headings (headers, footers, tables of contents).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import docx
from docx.document import Document as WordDocument
from docx.opc.part import Part
from docx.oxml.parser import parse_xml

from qagen.documents import archives
from qagen.documents.composer import Composer, one_line
from qagen.documents.types import Document, Reading

T = TypeVar("T")
Role = Literal["title", "heading", "quote", "code", "contents"]
Element = Any
"""Of lxml, which has no types."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_HEADING = re.compile(r"heading ?(\d)$")
_DEPTH = re.compile(r"list (?:bullet|number) (\d)$")
_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"toc |table of figures$|table of contents$"), "contents"),
    (re.compile(r"title$"), "title"),
    (_HEADING, "heading"),
    (re.compile(r".*(?:\bcode|code\b|preformatted|source text)"), "code"),
    (re.compile(r"(?:intense )?quote$|quotations$|block text$"), "quote"),
)
"""By the style's name in lower case: Word stores its own styles under English names in every language."""
_MOST_LEVELS = 9
"""Of lists, as in Word."""
_JUNK_TITLES = re.compile(r"(?:word document|untitled|document ?\d*)$", re.IGNORECASE)
_WRAPPERS = {f"{_W}{tag}" for tag in ("ins", "moveTo", "customXml", "smartTag", "sdtContent", "dir", "bdo")}
"""Elements that only hold others: inserted text is in, what is deleted or moved away (`del`, `moveFrom`) is not."""
_INLINE = _WRAPPERS | {f"{_W}{tag}" for tag in ("hyperlink", "fldSimple", "ruby", "rubyBase", "r")}
_CHARACTERS = {f"{_W}tab": "\t", f"{_W}ptab": "\t", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_SUPERSCRIPT = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
_MATH_SIGNS = bytes.fromhex("a3a5abacadaeafb0b1b3b4b5b6b7b8b9babbd1d5d6d7e5f2")
_SYMBOLS = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    **dict(zip(_MATH_SIGNS, "≤∞↔←↑→↓°±≥×∝∂•÷≠≡≈∇∏√⋅∑∫", strict=True)),
}
"""What the bytes of the font Symbol show: measures and formulas are written with it."""
_WINGDINGS = {0xDF: "←", 0xE0: "→", 0xE8: "→", 0xF0: "→", 0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xA8: "☐", 0xA7: "▪"}


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
        self._styles = _Styles(self._part.styles.element)
        self._numbers = _Numbers(_related(self._part, "numbering"), self._styles)
        self._notes = {kind: _notes(_related(self._part, f"{kind}s"), kind) for kind in ("footnote", "endnote")}
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
        for child in _children(parent):
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif child.tag == f"{_W}altChunk":
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

    def _add(self, paragraph: Element, style: _Style, text: str) -> None:
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
        rows = list(_rows(table))
        cells = [cell for row in rows for cell in _cells(row)]
        if len(cells) == 1:
            self._content(cells[0])  # a frame around text
            return
        breaks = 0
        lines = []
        for row in rows:
            line = [""] * _count(row.find(f"{_W}trPr"), "gridBefore")
            in_row = 0
            for cell in _cells(row):
                text, in_cell = self._cell(cell)
                in_row = max(in_row, in_cell)  # each cell of a row that is cut by the end of a page has a mark
                line += [text, *[""] * (_count(cell.find(f"{_W}tcPr"), "gridSpan") - 1)]
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
        for child in _children(cell):
            if child.tag == f"{_W}p":
                inline = self._inline(child, self._styles.of(child))
                inner = [self._cell(box) for box in inline.boxes]
                found += [inline.text, *inline.notes, *(text for text, _ in inner)]
                breaks += inline.breaks_before + inline.breaks_after
            elif child.tag == f"{_W}tbl":
                lines = [[self._cell(one) for one in _cells(row)] for row in _rows(child)]
                breaks += sum(count for line in lines for _, count in line)
                found.append("; ".join(", ".join(text for text, _ in line if text) for line in lines))
        return " ".join(text for text in found if text.strip()), breaks

    # Text

    def _inline(self, paragraph: Element, style: _Style) -> _Inline:
        inline = _Inline()
        own = _flag(paragraph.find(f"{_W}pPr"), "pageBreakBefore")
        if (style.page_before if own is None else own) and not self._at_break:
            self._break(inline)
        self._walk(paragraph, inline)
        if style.role not in ("title", "heading", "code", "contents"):
            inline.pieces += [f" {note}" for note in inline.notes]
            inline.notes = []
        return inline

    def _walk(self, element: Element, inline: _Inline) -> None:
        for child in _children(element):
            tag = child.tag
            if tag in _INLINE:
                if tag != f"{_W}r" or not _flag(child.find(f"{_W}rPr"), "vanish"):
                    self._walk(child, inline)
            elif tag == f"{_W}t":
                self._text(_raised(child, child.text or ""), inline)
            elif tag in _CHARACTERS:
                inline.pieces.append(_CHARACTERS[tag])
            elif tag == f"{_W}br" and child.get(f"{_W}type") != "page":
                inline.pieces.append("\n")
            elif tag in (f"{_W}br", f"{_W}lastRenderedPageBreak"):
                self._break(inline, rendered=tag != f"{_W}br")
            elif tag == f"{_W}sym":
                self._text(_symbol(child), inline)
            elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
                self._text(_formula(child), inline)
            elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
                self._note(child, inline)
            elif tag in (f"{_W}drawing", f"{_W}pict", f"{_W}object"):
                inline.boxes += _boxes(child)

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
        kind = "footnote" if reference.tag == f"{_W}footnoteReference" else "endnote"
        # Taken out: a note is given once, and one that refers to itself has an end.
        note = self._notes[kind].pop(reference.get(f"{_W}id"), None)
        if note is None:
            return
        text = one_line(self._cell(note)[0])
        if text:
            inline.notes.append(f"[note: {text}]")


# Styles


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph is, as its style and those below it say."""

    id: str | None = None
    role: Role | None = None
    level: int = 1
    """Of a heading."""
    depth: int = 0
    """Of `List Bullet 2`, whose numbering knows only one level."""
    numbering: Element | None = None
    page_before: bool = False


class _Styles:
    """The paragraph styles, resolved through those that they are based on."""

    def __init__(self, element: Element) -> None:
        self._elements = {style.get(f"{_W}styleId"): style for style in element.iterchildren(f"{_W}style")}
        self._default = next(
            (
                key
                for key, style in self._elements.items()
                if style.get(f"{_W}default") in ("1", "true") and style.get(f"{_W}type") == "paragraph"
            ),
            None,
        )
        self._known: dict[str | None, _Style] = {}
        language = element.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr/{_W}lang")
        self.language: str | None = None if language is None else language.get(f"{_W}val")

    def of(self, paragraph: Element) -> _Style:
        """Of a paragraph; an outline level of its own makes it a heading."""
        properties = paragraph.find(f"{_W}pPr")
        style = self.get(_value(properties, "pStyle") or self._default)
        outline = _outline(properties)
        if outline is None or style.role not in (None, "heading"):
            return style
        return replace(style, role="heading" if outline < 9 else None, level=outline + 1)

    def get(self, key: str | None) -> _Style:
        """By its id."""
        if key not in self._known:
            self._known[key] = self._resolve(key)
        return self._known[key]

    def _resolve(self, key: str | None) -> _Style:
        chain = list(self._chain(key))
        properties = [style.find(f"{_W}pPr") for style in chain]
        names = [(_value(style, "name") or "").lower() for style in chain] or [(key or "").lower()]
        role, level = _first(_role(name) for name in names) or (None, 1)
        outline = _first(_outline(one) for one in properties)
        if outline is not None and role in (None, "heading"):
            role, level = ("heading" if outline < 9 else None), outline + 1
        return _Style(
            id=key,
            role=role,
            level=level,
            depth=next((int(match[1]) - 1 for name in names if (match := _DEPTH.match(name))), 0),
            numbering=_first(_find(one, "numPr") for one in properties),
            page_before=bool(_first(_flag(one, "pageBreakBefore") for one in properties)),
        )

    def _chain(self, key: str | None) -> Iterator[Element]:
        """The style and those that it is based on, each once."""
        seen = set()
        while key in self._elements and key not in seen:
            seen.add(key)
            yield self._elements[key]
            key = _value(self._elements[key], "basedOn")


def _role(name: str) -> tuple[Role, int] | None:
    for pattern, role in _ROLES:
        if match := pattern.match(name):
            return role, int(match[1]) if role == "heading" else 1
    return None


def _outline(properties: Element | None) -> int | None:
    value = _value(properties, "outlineLvl")
    return int(value) if value and value.isdigit() else None


# Lists


class _Numbers:
    """The definitions of lists, and how far each has counted."""

    def __init__(self, part: Part | None, styles: _Styles) -> None:
        root = None if part is None else parse_xml(part.blob)
        self._styles = styles
        self._lists = _by_id(root, "num", "numId")
        self._definitions = _by_id(root, "abstractNum", "abstractNumId")
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        """Lists that have set their own start."""

    def place(self, paragraph: Element, style: _Style) -> tuple[str, int] | None:
        """The list of a paragraph and its level there; None where it is in none."""
        own = _find(paragraph.find(f"{_W}pPr"), "numPr")
        number = _value(own, "numId") or _value(style.numbering, "numId")
        level = _value(own, "ilvl") or _value(style.numbering, "ilvl")
        if not number or number == "0" or number not in self._lists:
            return None
        return number, min(int(level) if level else self._level_of(number, style), _MOST_LEVELS - 1)

    def mark(self, number: str, level: int) -> str:
        """`-`, or the number that its turn gives it, such as `3.`."""
        definition = self._definition(number)
        form = _find_level(definition, level)
        if definition is None or form is None or (_value(form, "numFmt") or "bullet") in ("bullet", "none"):
            return "-"
        # Lists of one definition count on where the others stopped, unless they set a start of their own.
        counts = self._counts.setdefault(definition.get(f"{_W}abstractNumId"), {})
        start = self._override(number, level)
        if start is not None and (number, level) not in self._begun:
            self._begun.add((number, level))
            counts[level] = start - 1
        counts[level] = counts.get(level, int(_value(form, "start") or 1) - 1) + 1
        for deeper in range(level + 1, _MOST_LEVELS):
            counts.pop(deeper, None)
        return f"{counts[level]}."

    def _definition(self, number: str) -> Element | None:
        """What a list looks like; a definition may refer to a style that has it."""
        for _ in range(5):
            definition = self._definitions.get(_value(self._lists.get(number), "abstractNumId"))
            linked = _value(definition, "numStyleLink")
            if not linked:
                return definition
            number = _value(self._styles.get(linked).numbering, "numId") or ""
        return None

    def _level_of(self, number: str, style: _Style) -> int:
        """Where the style names no level, the level names the style."""
        definition = self._definition(number)
        for form in () if definition is None else definition.iterchildren(f"{_W}lvl"):
            if style.id and _value(form, "pStyle") == style.id:
                return int(form.get(f"{_W}ilvl"))
        return 0

    def _override(self, number: str, level: int) -> int | None:
        for override in self._lists[number].iterchildren(f"{_W}lvlOverride"):
            if override.get(f"{_W}ilvl") == str(level) and (start := _value(override, "startOverride")):
                return int(start)
        return None


def _find_level(definition: Element | None, level: int) -> Element | None:
    forms = () if definition is None else definition.iterchildren(f"{_W}lvl")
    return next((form for form in forms if form.get(f"{_W}ilvl") == str(level)), None)


def _by_id(root: Element | None, tag: str, key: str) -> dict[str | None, Element]:
    return {} if root is None else {one.get(f"{_W}{key}"): one for one in root.iterchildren(f"{_W}{tag}")}


# Elements


def _children(parent: Element) -> Iterator[Element]:
    """What stands in an element, through wrappers; of alternatives the first, which Word shows."""
    for child in parent:
        if child.tag == f"{_W}sdt":
            if child.find(f"{_W}sdtPr/{_W}showingPlcHdr") is None:  # `Click here to enter text`
                yield from _children(child)
        elif child.tag in _WRAPPERS:
            yield from _children(child)
        elif child.tag == f"{_MC}AlternateContent":
            yield from _children(next(iter(child), ()))
        else:
            yield child


def _boxes(drawing: Element) -> Iterator[Element]:
    """The contents of text boxes, without those inside of others."""
    for child in _children(drawing):
        if child.tag == f"{_W}txbxContent":
            yield child
        else:
            yield from _boxes(child)


def _rows(table: Element) -> Iterator[Element]:
    for row in _children(table):
        if row.tag == f"{_W}tr" and row.find(f"{_W}trPr/{_W}del") is None:
            yield row


def _cells(row: Element) -> Iterator[Element]:
    return (cell for cell in _children(row) if cell.tag == f"{_W}tc")


def _count(properties: Element | None, tag: str) -> int:
    """Of columns; a wrong one must not fill the memory."""
    value = _value(properties, tag) or ""
    return min(int(value), 100) if value.isdigit() else 0


def _is_covered(cell: Element) -> bool:
    """Whether it is the rest of a merged cell."""
    for tag in ("vMerge", "hMerge"):
        merge = _find(cell.find(f"{_W}tcPr"), tag)
        if merge is not None and merge.get(f"{_W}val", "continue") == "continue":
            return True
    return False


def _is_drop_cap(paragraph: Element) -> bool:
    frame = paragraph.find(f"{_W}pPr/{_W}framePr")
    return frame is not None and frame.get(f"{_W}dropCap", "none") != "none"


def _section_breaks(body: Element) -> set[Element]:
    """The paragraphs that end a section after which a page begins; the next section says so."""
    sections = [one for one in body.iter(f"{_W}sectPr") if one.getparent().tag != f"{_W}sectPrChange"]
    return {
        section.getparent().getparent()
        for section, following in itertools.pairwise(sections)
        if section.getparent().tag == f"{_W}pPr" and _value(following, "type") not in ("continuous", "nextColumn")
    }


def _raised(text_element: Element, text: str) -> str:
    """10 with a raised 6 is not 106."""
    raised = _value(text_element.getparent().find(f"{_W}rPr"), "vertAlign") == "superscript"
    shifted = text.translate(_SUPERSCRIPT)
    return shifted if raised and all(old != new for old, new in zip(text, shifted, strict=True)) else text


def _symbol(symbol: Element) -> str:
    """A character of a symbol font; none where nobody can tell what it shows."""
    code = int(symbol.get(f"{_W}char", "0"), 16)
    font = symbol.get(f"{_W}font", "").lower()
    if 0xF000 <= code <= 0xF0FF or code < 0x100:
        table = _WINGDINGS if font.startswith("wingdings") else _SYMBOLS if font == "symbol" else {}
        return table.get(code & 0xFF, chr(code) if 0x20 <= code < 0x7F else "")
    return "" if 0xD800 <= code <= 0xF8FF else chr(code)


def _formula(element: Element) -> str:
    """A formula on one line: `x^2`, `(a+b)/2`, `√(x)`."""
    if element.tag == f"{_M}t":
        return element.text or ""
    if element.tag in (f"{_M}f", f"{_M}sSup", f"{_M}sSub", f"{_M}sSubSup", f"{_M}rad", f"{_M}d"):
        return _structure(element)
    return "".join(_formula(child) for child in element)


def _structure(element: Element) -> str:
    part = {child.tag.removeprefix(_M): _formula(child) for child in element.iterchildren("*")}
    if element.tag == f"{_M}f":
        return f"{_grouped(part.get('num', ''))}/{_grouped(part.get('den', ''))}"
    if element.tag == f"{_M}rad":
        return f"{part.get('deg', '')}√({part.get('e', '')})"
    if element.tag == f"{_M}d":
        return f"({', '.join(_formula(child) for child in element.iterchildren(f'{_M}e'))})"
    lowered = f"_{_grouped(part['sub'])}" if part.get("sub") else ""
    raised = f"^{_grouped(part['sup'])}" if part.get("sup") else ""
    return f"{_grouped(part.get('e', ''))}{lowered}{raised}"


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w*|\d+[.,]\d+|\(.*\)", text) else f"({text})"


def _related(part: Part, name: str) -> Part | None:
    """The part with that relation, such as `footnotes`."""
    relations = (relation for relation in part.rels.values() if not relation.is_external)
    return next((relation.target_part for relation in relations if relation.reltype.endswith(f"/{name}")), None)


def _notes(part: Part | None, kind: str) -> dict[str | None, Element]:
    root = None if part is None else parse_xml(part.blob)
    return _by_id(root, kind, "id")


def _first(found: Iterable[T | None]) -> T | None:
    """The first that says something."""
    return next((one for one in found if one is not None), None)


def _find(parent: Element | None, tag: str) -> Element | None:
    return None if parent is None else parent.find(f"{_W}{tag}")


def _value(parent: Element | None, tag: str) -> str | None:
    found = _find(parent, tag)
    value: str | None = None if found is None else found.get(f"{_W}val")
    return value


def _flag(properties: Element | None, tag: str) -> bool | None:
    """A property that is on or off; None where nothing is said."""
    found = _find(properties, tag)
    return None if found is None else found.get(f"{_W}val", "true") not in ("0", "false", "off")


def _language(code: str | None) -> str | None:
    match = re.match(r"([A-Za-z]{2})(?![A-Za-z])", code or "")
    return match[1].lower() if match else None
