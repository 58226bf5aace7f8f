"""HTML, as tolerant as browsers are: the page's own text, without what scripts, menus and forms show."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qagen.documents import elements, encodings, html_tokens, text
from qagen.documents.composer import Composer
from qagen.documents.html_tokens import BREAKS
from qagen.documents.tags import LinkText, Open, Token, words
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

_BOILERPLATE = frozenset({"header", "footer", "aside"})
MAIN_SHARE = 0.25
"""Of the page's text. A smaller <main> or <article> is not what the page is about."""

_MENUS = words(
    "nav navbar navigation topnav sidenav main-nav site-nav main-navigation menu main-menu breadcrumb breadcrumbs "
    "sidebar pagination pager"
)
_NOTICES = words(
    "footer site-footer page-footer contentinfo cookie-banner cookie-consent cookie-notice cookie-bar cookiebanner "
    "cookieconsent"
)
"""What a class, an id or a role says of an element that is no part of the page's text."""
MENU_LINKS = 0.6
"""Of a menu's text that stands in links. A sidebar or a restaurant's menu that says more stays."""
LONGEST_NOTICE = 1000
"""Characters of a footer or a cookie banner."""
MOST_LEFT_OUT = 0.6
"""Of the page's text: where it would be more, the names mean something else there."""
_CONTENT = frozenset({"main", "article", "h1", "body", "html"})
_NEVER = _CONTENT | BREAKS | words("h2 h3 h4 h5 h6 dt dd")
"""No box of their own: marks without content, headings and terms, which are called by what they are about."""
_CELLS = frozenset({"td", "th"})
_TABLE_PARTS = _CELLS | words("tr thead tbody tfoot caption")
"""A footer of these is the table's: its sums and notes."""
_BOXES = words("div ul ol menu dir nav aside header footer form center table td")
"""Whose id says what they are. That of others is where links lead: a section on footers has the id `footer`."""

_XML = re.compile(r"\s*(?:<\?xml|(?:<!DOCTYPE[^>]*>\s*)?<html[^>]*\sxmlns\s*=)", re.IGNORECASE)
_DECLARED = re.compile(
    rb"""(?:<meta[^>]{1,200}?charset|<\?xml[^>]{1,200}?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I
)
_ENCODINGS = re.compile(
    r"utf-?8|iso[-_]?8859-?\d+|latin-?\d|(?:windows-|cp)\d+|koi8-[ru]|gb\w+|big5\w*|(?:x-)?s(?:hift[-_]?)?jis|"
    r"euc-(?:jp|kr|cn)|ks_c_5601-1987|iso-2022-(?:jp|kr)|mac\w+|tis-620|us-ascii|ascii"
)


def read(data: bytes, reading: Reading) -> Document:
    """A document with the main part of a page, or all of its text. Its title is that of <title>, og:title or h1."""
    source, notes = decode(data, reading.encoding)
    page = html_tokens.parse(source, is_xml=bool(_XML.match(source)))
    composer = Composer()
    tokens, left_out = _without_menus(_main_part(page.tokens))
    elements.write(tokens, composer)
    if left_out:
        page.notes.append(f"{left_out:,} characters of menus, footers and cookie banners are left out")
    document = composer.document(title=page.title, language=page.language, notes=(*notes, *page.notes), markup="html")
    if not document.text.strip():
        raise DataError("it holds no text (a page that scripts fill? save it from the browser after it has loaded)")
    return document


def decode(data: bytes, told: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text of a page and what had to be guessed: by its BOM, as told, as UTF-8, as the page declares, as it looks.

    UTF-8 stands before what is declared: text in another encoding is hardly ever valid UTF-8 by chance, and pages that
    were saved anew often declare the old one.
    """
    encoding = None if told else _declared(data)
    if encoding and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            if not data.isascii():
                data.decode("utf-8")
        except UnicodeDecodeError:
            return _lines(data.decode(encoding, "replace")), ()
        if encoding.startswith("iso2022"):  # it has ASCII bytes alone
            return _lines(data.decode(encoding, "replace")), ()
    return text.decode(data, told)


def _declared(data: bytes) -> str | None:
    """Python's name of the encoding that the page declares, if it is one that pages have."""
    found = _DECLARED.search(data, 0, 4096)
    name = found[1].decode("ascii", "replace").lower() if found else ""
    if not _ENCODINGS.fullmatch(name):
        return None
    try:
        encoding = codecs.lookup(
            name.removeprefix("x-").replace("windows-", "cp").replace("ks_c_5601-1987", "cp949")
        ).name
    except LookupError:
        return None
    return None if encoding == "utf-8" else encodings.broader(encoding)


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


# The main part


@dataclass(slots=True)
class _Region:
    """An element of the page: tokens[start:end]."""

    name: str
    start: int
    end: int
    size: int
    """Characters of text in it."""


def _main_part(tokens: list[Token]) -> list[Token]:
    """<main>, or the only <article>, where it holds enough of the text. Else the page without what stands around it."""
    regions, size = _regions(tokens)
    mains = [region for region in regions if region.name == "main"]
    articles = [region for region in regions if region.name == "article"]
    candidates = mains or (articles if len(articles) == 1 else [])
    best = max(candidates, key=lambda region: region.size, default=None)
    if best and best.size >= MAIN_SHARE * size:
        return tokens[best.start : best.end]
    return _without_boilerplate(tokens) if mains or articles else tokens


def _regions(tokens: Sequence[Token]) -> tuple[list[_Region], int]:
    """The <main> and <article> elements, and how much text there is."""
    found: list[_Region] = []
    open_: list[_Region] = []
    size = 0
    for place, token in enumerate(tokens):
        if isinstance(token, str):
            size += len(token.strip())
        elif isinstance(token, Open):
            if token.name not in BREAKS:
                name = "main" if token.attributes.get("role") == "main" else token.name
                open_.append(_Region(name, place, place, size))
        else:
            region = open_.pop()
            if region.name in ("main", "article"):
                found.append(_Region(region.name, region.start, place + 1, size - region.size))
    return found, size


def _without_boilerplate(tokens: Sequence[Token]) -> list[Token]:
    """Without headers, footers and asides that stand outside of <main> and <article>."""
    kept: list[Token] = []
    inside = outside = 0
    """How many elements are open of those that hold content, and of those that are left out."""
    for token in tokens:
        name = "" if isinstance(token, str) else token.name
        step = 1 if isinstance(token, Open) else -1
        if not outside and name in ("main", "article"):
            inside += step
        if not inside and name in _BOILERPLATE:
            outside += step
        elif not outside:
            kept.append(token)
    return kept


@dataclass(slots=True)
class _Part:
    """An open element that may be left out, and what stands in it."""

    start: int
    is_menu: bool
    depth: int = 0
    size: int = 0
    linked: int = 0
    has_content: bool = False

    def is_left_out(self) -> bool:
        """Whether it is what it is called: links, or a few words."""
        fits = self.linked >= MENU_LINKS * self.size if self.is_menu else self.size <= LONGEST_NOTICE
        return bool(self.size) and fits and not self.has_content


def _without_menus(tokens: Sequence[Token]) -> tuple[list[Token], int]:
    """Without what class, id or role call a menu, a footer or a cookie banner; and how many characters those had."""
    spans: list[tuple[int, int, int]] = []
    """Of what is left out: its tokens, and its characters; none inside another."""
    depth = whole = 0
    part: _Part | None = None
    """The outermost open one; what stands in it goes or stays with it."""
    for place, token in enumerate(tokens):
        if isinstance(token, str):
            size = len(token.strip())
            whole += size
            if part:
                part.size += size
                part.linked += size if isinstance(token, LinkText) else 0
        elif isinstance(token, Open):
            if part is None and (part := _part(token, place)):
                part.depth = depth
            elif part and token.name in _CONTENT:
                part.has_content = True
            depth += token.name not in BREAKS
        else:
            depth -= 1
            if part and part.depth == depth:
                # A cell stays, empty: those after it keep their columns.
                kept_tags = token.name in _CELLS
                span = (part.start + kept_tags, place + (not kept_tags), part.size)
                spans += [span] if part.is_left_out() else []
                part = None
    left_out = sum(size for _, _, size in spans)
    if left_out > MOST_LEFT_OUT * whole:
        return list(tokens), 0
    kept: list[Token] = []
    reached = 0
    for start, end, _ in spans:
        kept += tokens[reached:start]
        reached = end
    return [*kept, *tokens[reached:]], left_out


def _part(token: Open, place: int) -> _Part | None:
    """What may be left out, by whole words of its class, id or role."""
    if token.name in _NEVER:
        return None
    given = " ".join(token.attributes.get(name, "") for name in ("class", "role")).lower().split()
    if token.name in _BOXES and "section" not in given:
        given += token.attributes.get("id", "").lower().split()
    is_menu = not _MENUS.isdisjoint(given)
    is_notice = token.name not in _TABLE_PARTS and not _NOTICES.isdisjoint(given)
    return _Part(place, is_menu) if is_menu or is_notice else None
