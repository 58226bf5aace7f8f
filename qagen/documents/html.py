"""HTML, as tolerant as browsers are: the page's own text, without what scripts, menus and forms show."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qagen.documents import elements, encodings, html_tokens, text
from qagen.documents.composer import Composer
from qagen.documents.html_tokens import BREAKS
from qagen.documents.tags import Open, Token
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

_BOILERPLATE = frozenset({"header", "footer", "aside"})
MAIN_SHARE = 0.25
"""Of the page's text. A smaller <main> or <article> is not what the page is about."""

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
    elements.write(_main_part(page.tokens), composer)
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
