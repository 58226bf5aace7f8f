"""What the text itself shows of its structure, where its reader did not say."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import islice
from typing import cast

from qagen.documents import Block, Document, Heading, markdown
from qagen.documents.types import Markup

_MARKED_HEADING = re.compile(r"(?:\A|\n\n)#{1,6} [^\n]+\n")
_FEW = 2
"""Headings that make a plain text one in Markdown: one `# word` may be a comment."""
_TAG = re.compile(r"<(?:h[1-6]|p|div|table|ul|ol|section|article)\b[^<>]*>", re.IGNORECASE)
_HEADING_TAG = re.compile(r"<h([1-6])\b[^<>]*>([^<]*(?:<(?!/h[1-6]>)[^<]*)*)</h\1>", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"<(/?)(table|ul|ol|pre)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_UNDERLINE = re.compile(r"[ \t]*[=\-~^\"'*+#`]{3,}[ \t]*")


def markup_of(document: Document) -> Markup:
    """The document's own, or that which its text seems to have. Headings in letters of their own count, too."""
    if document.markup != "plain":
        return document.markup
    if document.headings:
        return "markdown"
    found = islice(_MARKED_HEADING.finditer(document.text), _FEW)
    return "markdown" if len(list(found)) == _FEW else "plain"


def outlined(document: Document, strategy: str) -> Document:
    """The document with the headings and blocks that its text shows, as the strategy reads it."""
    if document.headings or document.blocks or strategy in {"character", "token"}:
        return document
    if strategy == "html" and _TAG.search(document.text):
        headings, blocks = _tags(document.text)
    elif strategy in {"markdown", "html"} or markup_of(document) == "markdown":
        headings, blocks = markdown.outline(document.text)
    else:
        return document
    return replace(document, headings=headings, blocks=blocks)


def is_collection(document: Document, start: int, end: int) -> bool:
    """Whether text[start:end] holds several texts that are apart, each under its own heading there."""
    if not document.sections_are_apart:
        return False
    first = bisect_left(document.headings, start, key=lambda heading: heading.offset)
    inside = [heading.offset for heading in document.headings[first : first + 2] if heading.offset < end]
    return len(inside) == 2 and inside[0] == start


def body_at(document: Document, start: int, end: int) -> int:
    """Where the text begins in text[start:end], after the headings that it begins with."""
    text, at = document.text, start
    while at < end:
        index = bisect_right(document.headings, at, key=lambda heading: heading.offset) - 1
        if index < 0:
            return at
        line_end = text.find("\n", document.headings[index].offset)
        if line_end < at:
            return at
        if match := _UNDERLINE.fullmatch(text, line_end + 1, _line_end(text, line_end + 1)):
            line_end = match.end()
        rest = text[line_end:end]
        following = line_end + len(rest) - len(rest.lstrip())
        if following >= end:
            return at
        at = following
    return start


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _tags(text: str) -> tuple[tuple[Heading, ...], tuple[Block, ...]]:
    """Of text that is HTML source."""
    headings = tuple(
        Heading(match.start(), int(match[1]), " ".join(_ANY_TAG.sub(" ", match[2]).split()))
        for match in _HEADING_TAG.finditer(text)
    )
    kinds = {"table": "table", "pre": "code"}
    blocks: list[Block] = []
    depth, start = 0, 0
    for match in _BLOCK_TAG.finditer(text):
        if not match[1]:
            start = match.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                blocks.append(Block(start, match.end(), cast("Markup", kinds.get(match[2].lower(), "list"))))  # type: ignore[arg-type]
    return headings, tuple(blocks)
