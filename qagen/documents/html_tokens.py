"""HTML -> its tags and text, balanced as browsers do, without what scripts, menus and forms show.

The tags are taken apart here, not by the standard library's parser: the time that one takes grows with the square of
what is left unclosed (120 kB of `<a ` take minutes), and what it makes of a page differs between releases of Python.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qagen.documents import tags
from qagen.documents.composer import one_line
from qagen.documents.tags import BLOCKS, INLINE, Close, LinkText, Open, Token, words

_LEFT_OUT = words(
    "audio button canvas datalist del embed iframe input map nav noembed noframes noscript object output progress rp "
    "script select style svg template textarea title video"
)
_LEFT_OUT_CLASSES = frozenset({"headerlink", "hash-link", "anchorjs-link", "mw-editsection"})
"""Signs beside headings that lead to themselves."""
_LEFT_OUT_ROLES = frozenset({"navigation", "search", "pagebreak", "doc-pagebreak", "doc-toc"})
_DISPLAY_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_VOID = words("area base br col embed hr img input link meta param source track wbr")
BREAKS = frozenset({"br", "hr", "img"})
"""Those of the elements without content that the text shows."""
_RAW = words("iframe noembed noframes script style textarea title xmp")
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
    **dict.fromkeys(
        ("thead", "tbody", "tfoot"), (("thead", "tbody", "tfoot", "tr", "td", "th", "caption"), ("table",))
    ),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), (("h1", "h2", "h3", "h4", "h5", "h6"), _CELLS)),
    "rt": (("rt", "rp"), ("ruby",)),
    "rp": (("rt", "rp"), ("ruby",)),
    "body": (("head",), ()),
}
"""Which open elements end where one begins, unless one of the others stands between."""
_TRACKED = (BLOCKS | INLINE | _LEFT_OUT | {"head", "ruby"}) - {"a", "note", "page"}
"""What is followed from its start to its end; other inline elements say nothing that is kept."""
_ATTRIBUTES = words(
    "alt alttext aria-hidden class colspan content encoding epub:type hidden href http-equiv id lang name open "
    "property role rowspan start style type value xml:lang"
)

_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_PREFIX = re.compile(r"(?:m|mml|svg|html|xhtml|h):")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")
_TAG_END = re.compile(r"[\s/]*>")
_COMMENT_END = re.compile(r"--!?>")
_DOCUMENT_TYPE = re.compile(r"\s*(?:<\?xml[^>]*>)?\s*<!DOCTYPE[^>\[]*\[[^\]]*\]\s*>", re.IGNORECASE)
"""One with declarations, which hold tags."""
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")
"""No character has one; Python refuses to read thousands of digits."""


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
        """The text of the first <title>."""
        self._social_title: str | None = None
        self._in_link = False
        self._unclosed: set[str] = set()
        """Raw elements whose end was looked for in vain."""

    def run(self) -> None:
        declared = _DOCUMENT_TYPE.match(self._source)
        position = declared.end() if declared else 0
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
        self.page.title = one_line("".join(self._title or ())) or self._social_title

    def _after(self, mark: str, start: int) -> int:
        """The place after the next mark."""
        found = self._source.find(mark, start)
        return found + len(mark) if found >= 0 else self._lost(start)

    def _lost(self, start: int) -> int:
        """What is never closed reaches to the end, as in browsers."""
        size = len(self._source) - start
        self.page.notes.append(f"it is cut off, or a tag is never closed: its last {size:,} characters are left out")
        return len(self._source)

    def _text(self, raw: str) -> None:
        self._add_text(_unescaped(raw))

    def _add_text(self, content: str) -> None:
        if not content:
            return
        if self._hidden is None:
            self.page.tokens.append(LinkText(content) if self._in_link else content)
        elif self._title is not None and self._stack[-1] == "title":
            self._title.append(content)

    def _declaration(self, start: int) -> int:
        """A comment, a document type, or text that stands for itself in XML."""
        source = self._source
        if source.startswith("<!--", start):
            if source.startswith((">", "->"), start + 4):
                return self._after(">", start)
            end = _COMMENT_END.search(source, start + 4)
            return end.end() if end else self._lost(start)
        if source.startswith("<![CDATA[", start) and (self._is_xml or self._places.get("math")):
            after = self._after("]]>", start)
            self._add_text(source[start + 9 : after - 3])
            return after
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
            return self._lost(start)
        is_whole = "/" in end[0] and (self._is_xml or self._is_foreign(name))
        self._start(name, attributes)
        if name == "a":
            self._in_link = "href" in attributes and not is_whole
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
        if name in _VOID:
            if name in BREAKS and not leaves_out and self._hidden is None:
                self.page.tokens.append(Open(name, attributes))
        elif self._is_tracked(name, attributes) or leaves_out:
            self._places.setdefault(name, []).append(len(self._stack))
            if self._hidden is None:
                self._begin(name, attributes, leaves_out)
            self._stack.append(name)

    def _is_tracked(self, name: str, attributes: Mapping[str, str]) -> bool:
        """Whether it is followed. Inside of what is left out all are, so that its end is not mistaken."""
        if name == "a":
            kinds = {*attributes.get("epub:type", "").split(), attributes.get("role")}
            in_sup = bool(self._stack) and self._stack[-1] == "sup" and "href" in attributes
            leads_to_note = in_sup or "noteref" in kinds or "doc-noteref" in kinds
        return (
            name in _TRACKED
            or self._hidden is not None
            or bool(self._places.get("math"))
            or (name == "a" and leads_to_note)
        )

    def _begin(self, name: str, attributes: Mapping[str, str], leaves_out: bool) -> None:
        if not leaves_out:
            self.page.tokens.append(Open(name, attributes))
            return
        self._hidden = len(self._stack)
        if name == "title" and self._title is None:
            self._title = []

    def _end(self, name: str) -> None:
        if name in ("html", "body"):
            return
        if name == "a":
            self._in_link = False
        places = self._places.get(name)
        barrier = -1 if name == "table" else self._last(("table",) if name in _ROW_PARTS else _CELLS)
        if places and places[-1] > barrier:
            self._pop(places[-1])
        elif name == "p" and self._hidden is None:
            self.page.tokens += (Open("p"), Close("p"))  # browsers begin a new paragraph there

    def _end_implied(self, name: str) -> None:
        if name in BLOCKS and name not in ("html", "body"):
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
        """The innermost place of any of them; -1 where none is open."""
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
        """What the page says of itself."""
        page = self.page
        if name in ("html", "body"):
            page.language = page.language or tags.language(attributes.get("lang") or attributes.get("xml:lang"))
            page.kinds |= set(attributes.get("epub:type", "").split())
        elif name == "meta" and "og:title" in (attributes.get("property"), attributes.get("name")):
            self._social_title = self._social_title or attributes.get("content")


def _is_left_out(name: str, attributes: Mapping[str, str]) -> bool:
    if name in ("html", "body"):
        return False  # pages hide themselves until a script shows them
    if name in _LEFT_OUT or (name == "dialog" and "open" not in attributes):
        return True
    if not attributes:
        return False
    kinds = {*attributes.get("epub:type", "").split(), attributes.get("role", "")}
    return bool(
        ("hidden" in attributes and attributes["hidden"].lower() != "until-found")
        or attributes.get("aria-hidden", "").lower() == "true"
        or _DISPLAY_NONE.search(attributes.get("style", ""))
        or kinds & _LEFT_OUT_ROLES
        or _LEFT_OUT_CLASSES.intersection(attributes.get("class", "").split())
    )


def _local(name: str) -> str:
    return _PREFIX.sub("", name.lower(), count=1)


def _unescaped(raw: str) -> str:
    """With its entities resolved, once."""
    return html.unescape(_LONG_NUMBER.sub("\ufffd", raw)) if "&" in raw else raw
