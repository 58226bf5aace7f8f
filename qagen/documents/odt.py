"""OpenDocument text (.odt): its elements under HTML's names, so that `elements` makes the parts.

Deleted text, comments, hidden sections and tables of contents stay out. Frames follow the paragraph that holds them.
"""

from __future__ import annotations

import functools
import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qagen.documents import archives, elements, html, html_tokens, tags
from qagen.documents.composer import Composer
from qagen.documents.tags import Close, Open, Token
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

MOST_BYTES = 200_000_000
"""Of one part of the file."""
DEEPEST_FRAME = 8
"""The text of deeper frames stays in its line."""

_SHORT = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.w3.org/1999/xlink": "xlink",
    "drawing": "draw",
    "svg-compatible": "svg",
    "xsl-fo-compatible": "fo",
}
_LEFT_OUT = tags.words(
    "text:tracked-changes text:note-citation text:table-of-content text:illustration-index text:table-index "
    "text:object-index text:user-index text:alphabetical-index text:hidden-text text:hidden-paragraph text:number "
    "text:sequence-decls text:variable-decls text:user-field-decls office:annotation office:forms office:scripts "
    "office:font-face-decls office:event-listeners table:covered-table-cell"
)
_NAMES = {
    "text:list-header": "div",
    "table:table-header-rows": "thead",
    "table:table-row": "tr",
    "text:ruby-text": "rt",
}
"""Those that have the same sense in HTML."""
_ROLES = {"Title": "h1", "Quotations": "blockquote", "Preformatted_20_Text": "pre", "Source_20_Code": "pre"}
"""What paragraphs are by their style, or by one that it derives from."""


def read(data: bytes, _: Reading) -> Document:
    """A document with the pages that the program laid out, where it recorded them."""
    archives.check(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        _check_kind(archive, names)
        styles = _Styles()
        facts = _Facts()
        reader = _Reader(archive, styles)
        for name, target in (("styles.xml", styles), ("meta.xml", facts), ("content.xml", reader)):
            if name in names or target is reader:
                _feed(archives.read_member(archive, name, MOST_BYTES), target)
    composer = Composer()
    elements.write(reader.tokens(), composer)
    return composer.document(
        title=facts.found.get("dc:title"),
        language=tags.language(facts.found.get("dc:language")) or styles.language,
    )


def _check_kind(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "META-INF/manifest.xml" in names:
        manifest = archives.read_member(archive, "META-INF/manifest.xml", MOST_BYTES)
        if b"encryption-data" in manifest:
            raise DataError("it is encrypted with a password; save it without one")
    kind = archives.read_member(archive, "mimetype", 1000) if "mimetype" in names else b""
    if b"opendocument" in kind and b"opendocument.text" not in kind:
        raise DataError("it is an OpenDocument file, but no text document. Export it as .pdf, .xlsx or .pptx")


def _feed(xml: bytes, target: Any) -> None:
    archives.refuse_dtd(xml)
    with archives.guarded():
        parser = ET.XMLParser(target=target)  # noqa: S314 - it declares no entities: that was checked
        parser.feed(xml)
        parser.close()


@functools.lru_cache(maxsize=4096)
def _name(tag: str) -> str:
    """`{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p` -> `text:p`."""
    space, _, name = tag.removeprefix("{").rpartition("}")
    space = space.removeprefix("urn:oasis:names:tc:opendocument:xmlns:").removesuffix(":1.0")
    return f"{_SHORT.get(space, space)}:{name}"


def _attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    return {_name(key): value for key, value in attributes.items()}


class _Facts:
    """What the file says of itself."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._name = ""

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        self._name = _name(tag)

    def data(self, text: str) -> None:
        if self._name.startswith("dc:"):
            self.found[self._name] = self.found.get(self._name, "") + text

    def end(self, _: str) -> None:
        self._name = ""


class _Styles:
    """What styles say of the text that has them."""

    def __init__(self) -> None:
        self.language: str | None = None
        self._parents: dict[str, str] = {}
        self._breaks: set[str] = set()
        self._raised: dict[str, str] = {}
        self._numbered: set[tuple[str, str]] = set()
        self._style = ""
        """The one whose properties come now."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.take(_name(tag), _attributes(attributes))

    def end(self, _: str) -> None:
        """The parser wants it."""

    def take(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins, of the style that began last."""
        if name in ("style:style", "text:list-style", "style:default-style"):
            self._style = attributes.get("style:name", "")
            self._parents[self._style] = attributes.get("style:parent-style-name", "")
            if attributes.get("style:master-page-name"):
                self._breaks.add(self._style)
        elif name == "style:paragraph-properties" and attributes.get("fo:break-before") == "page":
            self._breaks.add(self._style)
        elif name == "style:text-properties":
            if not self._style:
                self.language = self.language or tags.language(attributes.get("fo:language"))
            self._raise(attributes.get("style:text-position", ""))
        elif name == "text:list-level-style-number" and attributes.get("style:num-format"):
            self._numbered.add((self._style, attributes.get("text:level", "1")))

    def _raise(self, position: str) -> None:
        """`super 58%`, `sub 58%`, `33% 58%`, `0% 100%`."""
        shift = position.split(" ")[0]
        if shift.startswith(("sub", "-")):
            self._raised[self._style] = "sub"
        elif shift and shift != "0%":
            self._raised[self._style] = "sup"

    def role(self, style: str) -> str:
        """The name in HTML of a paragraph with the style."""
        for _ in range(20):
            if style in _ROLES or not style:
                break
            style = self._parents.get(style, "")
        return _ROLES.get(style, "p")

    def breaks_page(self, style: str) -> bool:
        """Whether a new page begins with what has the style."""
        return style in self._breaks or self._parents.get(style, "") in self._breaks

    def raised(self, style: str) -> str | None:
        """`sup` or `sub`."""
        return self._raised.get(style)

    def is_numbered(self, style: str, level: int) -> bool:
        """Whether the items of a list have numbers."""
        return (style, str(level)) in self._numbered


@dataclass(slots=True)
class _Flow:
    """The text of the document, or of a frame."""

    tokens: list[Token] = field(default_factory=list)
    paragraphs: int = 0
    """How many are open."""
    after: list[Token] = field(default_factory=list)
    """What comes when the open paragraph ends: frames in it, and the page that begins in it."""
    alt: str = ""
    """What the picture in the frame shows, as the author describes it."""
    is_formula: bool = False
    """The picture is only that of a formula."""


@dataclass(slots=True)
class _List:
    style: str
    next: int


class _Reader:
    """Takes the events of the parser, and gives tokens."""

    def __init__(self, archive: zipfile.ZipFile, styles: _Styles) -> None:
        self._archive = archive
        self._objects = set(archive.namelist())
        """Parts that may yet be read."""
        self._styles = styles
        self._flows = [_Flow()]
        self._ends: list[str] = []
        """For each open element the name of what ends with it: HTML's, or `frame`, `alt`, or none."""
        self._skipped = 0
        """How many elements are open of one that is left out."""
        self._in_note = 0
        self._lists: list[_List] = []
        self._last_numbers: dict[tuple[str, int], int] = {}
        self._has_pages = False
        self._is_text = False

    def tokens(self) -> list[Token]:
        """Without pages where only those are known that the author began."""
        if not self._is_text:
            raise DataError("it is no text document inside. Open it in its own program and save it as .odt")
        found = self._flows[0].tokens
        if self._has_pages:
            return [Open("page"), *found]
        return [token for token in found if not (isinstance(token, Open) and token.name == "page")]

    def start(self, tag: str, raw: Mapping[str, str]) -> None:
        name = _name(tag)
        attributes = _attributes(raw)
        self._styles.take(name, attributes)
        if self._skipped or name in _LEFT_OUT or attributes.get("text:display") == "none":
            self._skipped += 1
            return
        self._ends.append(self._begin(name, attributes) or "")

    def data(self, text: str) -> None:
        flow = self._flows[-1]
        if self._skipped:
            return
        if self._ends and self._ends[-1] == "alt":
            flow.alt += text
        elif flow.paragraphs or self._in_note:
            flow.tokens.append(text)

    def end(self, _: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        name = self._ends.pop()
        if name == "frame":
            self._end_frame()
        elif name and name != "alt":
            self._end(name)

    def _begin(self, name: str, attributes: Mapping[str, str]) -> str | None:
        """Open what the element stands for; gives what is to be closed with it."""
        flow = self._flows[-1]
        match name:
            case "office:text":
                self._is_text = True
            case "text:s":
                flow.tokens.append(" " * min(_count(attributes, "text:c"), 1000))
            case "text:tab":
                flow.tokens.append("\t")
            case "text:line-break":
                flow.tokens.append(Open("br"))
            case "text:soft-page-break":
                self._has_pages = True
                self._page()
            case "text:note":
                return self._open("note")
            case "text:span" if raised := self._styles.raised(attributes.get("text:style-name", "")):
                return self._open(raised)
            case "draw:frame" | "draw:custom-shape" if len(self._flows) <= DEEPEST_FRAME:
                self._flows.append(_Flow())
                return "frame"
            case "svg:title" | "svg:desc" if len(self._flows) > 1 and not flow.alt:
                return "alt"
            case "draw:object":
                self._formula(attributes.get("xlink:href", ""))
            case _ if not self._in_note:
                return self._begin_block(name, attributes)
            case "text:p" | "text:h":
                flow.tokens.append(" ")
        return None

    def _begin_block(self, name: str, attributes: Mapping[str, str]) -> str | None:
        match name:
            case "text:h":
                self._break_page(attributes)
                return self._open(f"h{min(_count(attributes, 'text:outline-level'), 6)}")
            case "text:p":
                self._break_page(attributes)
                return self._paragraph(self._styles.role(attributes.get("text:style-name", "")))
            case "text:list":
                return self._begin_list(attributes)
            case "text:list-item" if self._lists:
                return self._begin_item(attributes)
            case "table:table":
                self._break_page(attributes)
                return self._open("table")
            case "table:table-cell":
                repeated = _count(attributes, "table:number-columns-repeated")
                columns = max(_count(attributes, "table:number-columns-spanned"), repeated)
                rows = _count(attributes, "table:number-rows-spanned")
                return self._open("td", {"colspan": str(columns), "rowspan": str(rows)})
            case _ if name in _NAMES:
                return self._open(_NAMES[name])
        return None

    def _open(self, name: str, attributes: Mapping[str, str] | None = None) -> str:
        flow = self._flows[-1]
        flow.tokens.append(Open(name, attributes or {}))
        flow.paragraphs += _is_paragraph(name)
        self._in_note += name == "note"
        return name

    def _end(self, name: str) -> None:
        flow = self._flows[-1]
        flow.tokens.append(Close(name))
        flow.paragraphs -= _is_paragraph(name)
        self._in_note -= name == "note"
        if name in ("ul", "ol"):
            self._lists.pop()
        if not flow.paragraphs:
            flow.tokens += flow.after
            flow.after.clear()

    def _paragraph(self, name: str) -> str:
        """Lines of code are paragraphs of their own here."""
        tokens = self._flows[-1].tokens
        if name != "pre" or not tokens or tokens[-1] != Close("pre"):
            return self._open(name)
        tokens[-1] = "\n"
        self._flows[-1].paragraphs += 1
        return name

    def _begin_list(self, attributes: Mapping[str, str]) -> str:
        style = attributes.get("text:style-name") or (self._lists[-1].style if self._lists else "")
        level = len(self._lists) + 1
        goes_on = attributes.get("text:continue-numbering") == "true" or "text:continue-list" in attributes
        self._lists.append(_List(style, self._last_numbers.get((style, level), 0) + 1 if goes_on else 1))
        return self._open("ol" if self._styles.is_numbered(style, level) else "ul")

    def _begin_item(self, attributes: Mapping[str, str]) -> str:
        inner = self._lists[-1]
        number = _count(attributes, "text:start-value", inner.next)
        inner.next = number + 1
        self._last_numbers[inner.style, len(self._lists)] = number
        return self._open("li", {"value": str(number)})

    def _break_page(self, attributes: Mapping[str, str]) -> None:
        style = attributes.get("text:style-name") or attributes.get("table:style-name", "")
        if self._styles.breaks_page(style) and self._flows[-1].tokens:
            self._page()

    def _page(self) -> None:
        flow = self._flows[-1]
        (flow.after if flow.paragraphs else flow.tokens).append(Open("page"))

    def _end_frame(self) -> None:
        """The text of a frame and its picture stand after the paragraph that holds the frame."""
        inner, outer = self._flows.pop(), self._flows[-1]
        tokens = inner.tokens + inner.after
        if inner.alt.strip() and not inner.is_formula:
            tokens += [Open("p"), Open("img", {"alt": inner.alt}), Close("p")]
        if self._in_note:
            outer.tokens += [token for token in tokens if isinstance(token, str)]
        elif outer.paragraphs:
            outer.after += tokens
        else:
            outer.tokens += tokens

    def _formula(self, href: str) -> None:
        """An object in a frame: a formula goes into the line in which the frame stands."""
        name = f"{href.removeprefix('./')}/content.xml"
        if len(self._flows) < 2 or name not in self._objects:
            return
        self._objects.remove(name)  # each once: many references to one would fill the memory
        source = html.decode(archives.read_member(self._archive, name, MOST_BYTES))[0]
        if "/MathML" in source[:2000]:
            self._flows[-2].tokens += html_tokens.parse(source, is_xml=True).tokens
            self._flows[-1].is_formula = True


def _is_paragraph(name: str) -> bool:
    return name in ("p", "pre", "blockquote") or (len(name) == 2 and name[0] == "h")


def _count(attributes: Mapping[str, str], name: str, default: int = 1) -> int:
    value = attributes.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else default
