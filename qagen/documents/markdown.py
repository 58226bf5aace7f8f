"""Markdown. The text stays as it is; its headings give the title and the sections."""

from __future__ import annotations

import re

from qagen.documents.text import decode
from qagen.documents.types import Block, Document, Heading, Reading

_FENCE = re.compile(r" {0,3}(?:(`{3,})(?=[^`]*$)|(~{3,}))")
"""An opening or closing fence; more backticks on the line make it a span of code."""
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_CLOSING = re.compile(r"[ \t]#+$")
_NO_PARAGRAPH = re.compile(r"\s*(?:[#|>]|[-+*]\s|-{2}|\d+[.)]\s)")
"""Lines that a line of dashes below them does not make a heading."""
_ITEM = re.compile(r"\s*(?:[-+*]|\d{1,9}[.)])[ \t]")
"""The beginning of an item of a list."""
_EMPHASIS = re.compile(r"[*_`]+")
_FRONT_MATTER = re.compile(r"---\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)")


def read(data: bytes, reading: Reading) -> Document:
    """A document whose title is its front matter's `title:`, or its first heading."""
    text, notes = decode(data, reading.encoding)
    headings, blocks = outline(text)
    return Document(
        text=text,
        title=_front_matter_title(text) or (headings[0].text if headings else None),
        headings=headings,
        blocks=blocks,
        markup="markdown",
        notes=notes,
    )


def outline(text: str) -> tuple[tuple[Heading, ...], tuple[Block, ...]]:
    """The headings, and the tables, lists and blocks of code.

    ATX and underlined headings; what looks like one inside a fence is none.
    """
    scan = _Scan(_front_matter_end(text))
    for line in text[scan.offset :].splitlines(keepends=True):
        scan.take(line)
    scan.end()
    return tuple(scan.headings), tuple(scan.blocks)


class _Scan:
    """Goes through the lines once."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.headings: list[Heading] = []
        self.blocks: list[Block] = []
        self._fence: str | None = None
        self._kind: str | None = None
        """Of the block that is open: table, list, code, or None."""
        self._start = 0
        self._reached = 0
        """End of the last line that surely belongs to it."""
        self._before = ""
        """The line before, where a line of dashes below it would make it a heading."""
        self._before_offset = 0
        self._after_blank = True

    def take(self, line: str) -> None:
        """The next line, with its end."""
        content = line.rstrip("\n")
        if self._fence is not None or content.lstrip(" ")[:3] in {"```", "~~~"}:
            content = self._take_fenced(content, len(line))
        elif self._fence is None:
            content = self._take_plain(content, len(line))
        self._before = "" if self._fence or _NO_PARAGRAPH.match(content) else content
        self._before_offset = self.offset
        self._after_blank = not content.strip()
        self.offset += len(line)

    def end(self) -> None:
        """There are no more lines."""
        if self._kind is not None:
            self.blocks.append(Block(self._start, self._reached, self._kind))  # type: ignore[arg-type]
            self._kind = None

    def _take_fenced(self, content: str, length: int) -> str:
        mark = _FENCE.match(content)
        if self._fence is None and mark is None:
            return self._take_plain(content, length)
        if self._fence is None and mark is not None:
            if self._kind != "list" or not content.startswith(" "):
                self._open("code")
            self._fence = mark[1] or mark[2]
        elif (
            mark is not None
            and (mark[1] or mark[2]).startswith(self._fence or "")
            and not content[mark.end() :].strip()
        ):
            self._fence = None
        self._reached = self.offset + length
        if self._fence is None and self._kind == "code":
            self.end()
        return ""  # what is underlined below it is no heading

    def _take_plain(self, content: str, length: int) -> str:
        if content.startswith(("#", " #", "  #", "   #")) and (match := _HEADING.match(content)):
            self.end()
            self.headings.append(Heading(self.offset, len(match[1]), _plain(_CLOSING.sub("", match[2].rstrip()))))
            return content
        if self._before.strip() and (level := _underline(content)):
            self.end()
            self.headings.append(Heading(self._before_offset, level, _plain(self._before)))
            return ""
        self._take_block(content, length)
        return content

    def _take_block(self, content: str, length: int) -> None:
        """Open, continue or end a table, a list or indented code."""
        if not content.strip():
            if self._kind == "table":
                self.end()
            return
        kind = self._kind_of(content)
        if kind != self._kind:
            self._open(kind)
        if kind is not None:
            self._reached = self.offset + length

    def _kind_of(self, content: str) -> str | None:
        """The block that the line belongs to."""
        first = content.lstrip(" \t")
        indented = len(content) - len(first) >= 2 or content.startswith("\t")
        if first.startswith("|"):
            return "list" if self._kind == "list" and indented else "table"
        if self._kind == "list" and (indented or not self._after_blank):
            return "list"
        if content.startswith(("    ", "\t")) and (self._kind == "code" or self._after_blank):
            return "code"
        return "list" if first[0] in "-+*0123456789" and _ITEM.match(content) else None

    def _open(self, kind: str | None) -> None:
        self.end()
        self._kind, self._start = kind, self.offset


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
