"""HTML, as tolerant as browsers are: the page's own text, without what scripts, menus and forms show.

The tags are taken apart here, not by the standard library's parser: the time that one takes grows with the square of
what is left unclosed (120 kB of `<a ` take minutes), and what it makes of a page differs between releases of Python.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qagen.documents import elements, text
from qagen.documents.composer import Composer, one_line
from qagen.documents.elements import Close, Open, Token
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

_LEFT_OUT = frozenset(
    "audio button canvas datalist del embed iframe input map nav noembed noframes noscript object output progress rp "
    "script select style svg template textarea title video".split()
)
_LEFT_OUT_CLASSES = frozenset({"headerlink", "hash-link", "anchorjs-link", "mw-editsection"})
"""Signs beside headings that lead to themselves."""
_LEFT_OUT_ROLES = frozenset({"navigation", "search", "pagebreak", "doc-pagebreak", "doc-toc"})
_DISPLAY_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BOILERPLATE = frozenset({"header", "footer", "aside"})
MAIN_SHARE = 0.25
"""Of the page's text. A smaller <main> or <article> is not what the page is about."""

_VOID = frozenset("area base br col embed hr img input link meta page param source track wbr".split())
_RAW = frozenset("iframe noembed noframes script style textarea title xmp".split())
"""In these, tags are text."""
_CELLS = ("td", "th", "caption", "table")
_ROW_PARTS = frozenset({"td", "th", "tr", "thead", "tbody", "tfoot", "caption"})
_ENDED_BY = {
    "li": (("li",), ("ul", "ol", "menu", "dir", *_CELLS)),
    "dt": (("dt", "dd"), ("dl", *_CELLS)),
    "dd": (("dt", "dd"), ("dl", *_CELLS)),
    "td": (("td", "th", "caption"), ("table",)),
    "th": (("td", "th", "caption"), ("table",)),
    "tr": (("tr", "td", "th", "caption"), ("table",)),
    **dict.fromkeys(("thead", "tbody", "tfoot"), (("thead", "tbody", "tfoot", "tr", "td", "th", "caption"), ("table",))),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), (("h1", "h2", "h3", "h4", "h5", "h6"), _CELLS)),
    "rt": (("rt", "rp"), ("ruby",)),
    "rp": (("rt", "rp"), ("ruby",)),
    "body": (("head",), ()),
}
"""Which open elements end where one begins, unless one of the others stands between."""
_TRACKED = elements.BLOCKS | elements.INLINE | _LEFT_OUT | {"head", "ruby"}
"""What is followed from its start to its end; other inline elements say nothing that is kept."""
_ATTRIBUTES = frozenset(
    "alt alttext aria-hidden class colspan content encoding epub:type hidden href http-equiv lang name open property "
    "role rowspan start style type value xml:lang".split()
)

_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_PREFIX = re.compile(r"(?:m|mml|svg|html|xhtml|h):")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
_TAG_END = re.compile(r"[\s/]*>")
_COMMENT_END = re.compile(r"--!?>")
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
"""No character has one; Python refuses to read thousands of digits."""
_DECLARED = re.compile(rb"""(?:<meta[^>]{1,200}?charset|<\?xml[^>]{1,200}?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_ENCODINGS = re.compile(
    r"utf-?8|iso[-_]?8859-?\d+|latin-?\d|(?:windows-|cp)\d+|koi8-[ru]|gb\w+|big5\w*|(?:x-)?s(?:hift[-_]?)?jis|"
    r"euc-(?:jp|kr|cn)|ks_c_5601-1987|iso-2022-(?:jp|kr)|mac\w+|tis-620|us-ascii|ascii"
)
_BROADER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What browsers read instead, by Python's names: pages use signs that the declared encoding lacks."""


def read(data: bytes, _: Reading = Reading()) -> Document:
    """A document with the main part of a page, or all of its text. Its title is that of <title>, og:title or h1."""
    source, notes = decode(data)
    page = parse(source, is_xml=source.lstrip().startswith("<?xml"))
    composer = Composer()
    elements.write(_main_part(page.tokens), composer)
    document = composer.document(
        title=page.title, language=page.language, notes=(*notes, *page.notes), markup="html"
    )
    if not document.text.strip():
        raise DataError("it holds no text (a page that scripts fill? save it from the browser after it has loaded)")
    return document


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a page and what had to be guessed: by its BOM, as UTF-8, as the page declares, as Windows-1252.

    UTF-8 stands before what is declared: text in another encoding is hardly ever valid UTF-8 by chance, and pages that
    were saved anew often declare the old one.
    """
    encoding = _declared(data)
    if encoding and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            if not data.isascii():
                data.decode("utf-8")
        except UnicodeDecodeError:
            return _lines(data.decode(encoding, "replace")), ()
        if encoding.startswith("iso2022"):  # it has ASCII bytes alone
            return _lines(data.decode(encoding, "replace")), ()
    return text.decode(data)


def _declared(data: bytes) -> str | None:
    """Python's name of the encoding that the page declares, if it is one that pages have."""
    found = _DECLARED.search(data, 0, 4096)
    name = found[1].decode("ascii", "replace").lower() if found else ""
    if not _ENCODINGS.fullmatch(name):
        return None
    try:
        encoding = codecs.lookup(name.removeprefix("x-").replace("windows-", "cp").replace("ks_c_5601-1987", "cp949")).name
    except LookupError:
        return None
    return None if encoding == "utf-8" else _BROADER.get(encoding, encoding)


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


@dataclass(slots=True)
class Page:
    """What stands in a page, without what is left out of every page."""

    tokens: list[Token] = field(default_factory=list)
    title: str | None = None
    language: str | None = None
    kinds: frozenset[str] = frozenset()
    """What an EPUB says its body is (`epub:type`)."""
    notes: list[str] = field(default_factory=list)


def parse(source: str, *, is_xml: bool = False) -> Page:
    """The elements of a page, balanced as browsers do. In XML, `<p/>` is an element without content."""
    parser = _Parser(source, is_xml)
    parser.run()
    return parser.page


class _Parser:
    """Takes the source apart. Time is linear: no place is looked at twice but for a bounded number of times."""

    def __init__(self, source: str, is_xml: bool) -> None:
        self._source = source
        self._is_xml = is_xml
        self.page = Page()
        self._stack: list[str] = []
        """The open elements."""
        self._places: dict[str, list[int]] = {}
        """By name: where in the stack it stands."""
        self._hidden: int | None = None
        """Where in the stack the outermost element stands that is left out."""
        self._title: list[str] | None = None
        self._unclosed: set[str] = set()
        """Raw elements whose end was looked for in vain."""

    def run(self) -> None:
        position = 0
        while found := _MARKUP.search(self._source, position):
            start = found.start()
            self._text(self._source[position:start])
            sign = self._source[start + 1 : start + 2]
            if sign == "!":
                position = self._declaration(start)
            elif sign == "?":
                position = self._after(">", start)
            elif sign == "/":
                position = self._end_tag(start)
            else:
                position = self._start_tag(start)
        self._text(self._source[position:])
        self._pop(0)
        if self._title is not None and self.page.title is None:
            self.page.title = one_line("".join(self._title))

    def _after(self, mark: str, start: int) -> int:
        """The place after the next mark; the end of the source where there is none."""
        found = self._source.find(mark, start)
        return found + len(mark) if found >= 0 else len(self._source)

    def _text(self, raw: str) -> None:
        self._add_text(_unescaped(raw))

    def _add_text(self, words: str) -> None:
        if not words:
            return
        if self._hidden is None:
            self.page.tokens.append(words)
        elif self._title is not None and self._stack[-1] == "title":
            self._title.append(words)

    def _declaration(self, start: int) -> int:
        """A comment, a document type, or text that stands for itself in XML."""
        source = self._source
        if source.startswith("<!--", start):
            if source.startswith((">", "->"), start + 4):
                return self._after(">", start)
            end = _COMMENT_END.search(source, start + 4)
            return end.end() if end else len(source)
        if source.startswith("<![CDATA[", start) and (self._is_xml or self._places.get("math")):
            end_ = source.find("]]>", start)
            self._add_text(source[start + 9 : end_ if end_ >= 0 else len(source)])
            return self._after("]]>", start)
        return self._after(">", start)

    def _end_tag(self, start: int) -> int:
        if name := _NAME.match(self._source, start + 2):
            self._end(_local(name[0]))
        return self._after(">", start)

    def _start_tag(self, start: int) -> int:
        found = _NAME.match(self._source, start + 1)
        assert found is not None
        name, position = _local(found[0]), found.end()
        attributes: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(self._source, position):
            position = attribute.end()
            key = attribute[1].lower()
            if key in _ATTRIBUTES:
                value = attribute[2] or ""
                quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
                attributes.setdefault(key, _unescaped(value[1:-1] if quoted else value))
        end = _TAG_END.match(self._source, position)
        if end is None:
            self.page.notes.append(f"it is cut off inside of a tag; the last {len(self._source) - start} characters are lost")
            return len(self._source)
        is_whole = "/" in end[0] and (self._is_xml or self._is_foreign(name))
        self._start(name, attributes)
        if is_whole and self._stack and self._stack[-1] == name:
            self._pop(len(self._stack) - 1)
            return end.end()
        return self._raw(name, end.end()) if name in _RAW else end.end()

    def _is_foreign(self, name: str) -> bool:
        return name in ("svg", "math") or bool(self._places.get("svg") or self._places.get("math"))

    def _raw(self, name: str, start: int) -> int:
        """The content of an element in which tags are text. Without an end its content is read like any other."""
        if name in self._unclosed:
            return start
        end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(self._source, start)
        if end is None:
            self._unclosed.add(name)
            return start
        content = self._source[start : end.start()]
        self._add_text(_unescaped(content) if name in ("title", "textarea") else content)
        return end.start()

    # The tree

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._facts(name, attributes)
        self._end_implied(name)
        leaves_out = _is_left_out(name, attributes)
        inside = self._hidden is not None or bool(self._places.get("math"))
        if name in _VOID:
            if not leaves_out and self._hidden is None and name != "page":
                self.page.tokens.append(Open(name, attributes))
        elif name in _TRACKED or leaves_out or inside:
            if name == "a" and not (inside or leaves_out or self._leads_to_note(attributes)):
                return
            self._push(name, attributes, leaves_out)

    def _push(self, name: str, attributes: Mapping[str, str], leaves_out: bool) -> None:
        self._places.setdefault(name, []).append(len(self._stack))
        if self._hidden is None:
            if leaves_out:
                self._hidden = len(self._stack)
                self._title = [] if name == "title" and self._title is None else self._title
            else:
                self.page.tokens.append(Open(name, attributes))
        self._stack.append(name)

    def _leads_to_note(self, attributes: Mapping[str, str]) -> bool:
        kinds = (attributes.get("epub:type", "") + " " + attributes.get("role", "")).split()
        return bool({"noteref", "doc-noteref"}.intersection(kinds)) or bool(self._places.get("sup") and "href" in attributes)

    def _end(self, name: str) -> None:
        if name in ("html", "body"):
            return
        places = self._places.get(name)
        barrier = -1 if name == "table" else self._last(("table",) if name in _ROW_PARTS else _CELLS)
        if places and places[-1] > barrier or places and name in _CELLS and places[-1] == barrier:
            self._pop(places[-1])
        elif name == "p" and self._hidden is None:
            self.page.tokens += (Open("p"), Close("p"))  # browsers begin a new paragraph there

    def _end_implied(self, name: str) -> None:
        if name in elements.BLOCKS and name not in ("html", "body", "page"):
            self._end_above(("p",), _CELLS)
        if name in _ENDED_BY:
            self._end_above(*_ENDED_BY[name])

    def _end_above(self, names: Sequence[str], barriers: Sequence[str]) -> None:
        """End the outermost of these elements that stands above every barrier, and all inside of it."""
        barrier = self._last(barriers)
        above = [places[-1] for name in names if (places := self._places.get(name)) and places[-1] > barrier]
        if above:
            self._pop(min(above))

    def _last(self, names: Sequence[str]) -> int:
        return max((places[-1] for name in names if (places := self._places.get(name))), default=-1)

    def _pop(self, place: int) -> None:
        """End all elements from that place of the stack on."""
        while len(self._stack) > place:
            name = self._stack.pop()
            self._places[name].pop()
            if self._hidden is None:
                self.page.tokens.append(Close(name))
            elif self._hidden == len(self._stack):
                self._hidden = None

    def _facts(self, name: str, attributes: Mapping[str, str]) -> None:
        """What the page says of itself. The title element is read when it ends."""
        page = self.page
        if name in ("html", "body"):
            tag = attributes.get("lang") or attributes.get("xml:lang")
            page.language = page.language or elements.language(tag)
            page.kinds |= set(attributes.get("epub:type", "").split())
        elif name == "meta":
            kind = (attributes.get("property") or attributes.get("name", "")).lower()
            if kind == "og:title" and not page.title:
                self._og_title = attributes.get("content")
