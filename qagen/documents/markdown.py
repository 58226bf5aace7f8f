"""Markdown. The text stays as it is; its headings give the title and the sections."""

from __future__ import annotations

import re

from qagen.documents.text import decode
from qagen.documents.types import Document, Heading

_FENCE = re.compile(r" {0,3}(?:(`{3,})(?=[^`]*$)|(~{3,}))")
"""An opening or closing fence; more backticks on the line make it a span of code."""
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_CLOSING = re.compile(r"[ \t]#+$")
_NO_PARAGRAPH = re.compile(r"\s*(?:[#|>]|[-+*]\s|-{2}|\d+[.)]\s)")
"""Lines that a line of dashes below them does not make a heading."""
_EMPHASIS = re.compile(r"[*_`]+")
_FRONT_MATTER = re.compile(r"---\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)")


def read(data: bytes) -> Document:
    """A document whose title is its front matter's `title:`, or its first heading."""
    text, notes = decode(data)
    headings = tuple(_headings(text))
    return Document(
        text=text,
        title=_front_matter_title(text) or (headings[0].text if headings else None),
        headings=headings,
        notes=notes,
    )


def _headings(text: str) -> list[Heading]:
    """ATX and underlined headings; what looks like one inside a code fence is none."""
    found: list[Heading] = []
    fence: str | None = None
    offset = _front_matter_end(text)
    before = ""
    before_offset = 0
    for line in text[offset:].splitlines(keepends=True):
        content = line.rstrip("\n")
        if mark := _FENCE.match(content):
            sign = mark[1] or mark[2]
            if fence is None:
                fence = sign
            elif sign.startswith(fence) and not content[mark.end() :].strip():
                fence = None
            content = ""  # what is underlined below it is no heading
        elif fence is None:
            if match := _HEADING.match(content):
                found.append(Heading(offset, len(match[1]), _plain(_CLOSING.sub("", match[2].rstrip()))))
            elif before.strip() and (level := _underline(content)):
                found.append(Heading(before_offset, level, _plain(before)))
                content = ""
        before, before_offset = ("" if fence or _NO_PARAGRAPH.match(content) else content), offset
        offset += len(line)
    return found


def _underline(line: str) -> int:
    """1 for a line of `=`, 2 for one of `-`, else 0. Short lines are rules or list marks."""
    stripped = line.strip()
    if len(stripped) < 3:
        return 0
    return {"=": 1, "-": 2}.get(stripped[0], 0) if not stripped.strip(stripped[0]) else 0


def _plain(text: str) -> str:
    return _EMPHASIS.sub("", _LINK.sub(r"\1", text)).strip()


def _front_matter_title(text: str) -> str | None:
    for line in text[: _front_matter_end(text)].splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "title":
            return value.strip().strip("\"'") or None
    return None


def _front_matter_end(text: str) -> int:
    """Where the text begins after the front matter; 0 where there is none."""
    match = _FRONT_MATTER.match(text)
    return match.end() if match else 0
