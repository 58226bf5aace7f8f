"""Markdown. The text stays as it is; its headings give the title and the sections."""

from __future__ import annotations

import re

from qagen.documents.text import decode
from qagen.documents.types import Document, Heading

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$")
_EMPHASIS = re.compile(r"[*_`]+")
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
    offset = 0
    before = ""
    before_offset = 0
    for line in text.splitlines(keepends=True):
        content = line.rstrip("\n")
        if mark := _FENCE.match(content):
            if fence is None:
                fence = mark[1]
            elif mark[1].startswith(fence) and not content[mark.end() :].strip():
                fence = None
        elif fence is None:
            if match := _HEADING.match(content):
                found.append(Heading(offset, len(match[1]), _plain(match[2])))
            elif before.strip() and (level := _underline(content)):
                found.append(Heading(before_offset, level, _plain(before)))
                content = ""
        before, before_offset = ("" if fence or content.lstrip().startswith(("#", "|", ">", "-")) else content), offset
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
    if not text.startswith("---\n"):
        return None
    head = text[4:].split("\n---", 1)[0]
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "title":
            return value.strip().strip("\"'") or None
    return None
