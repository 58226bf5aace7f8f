"""reStructuredText. The text stays as it is; its underlined titles give the sections."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from qagen.documents.text import decode
from qagen.documents.types import Block, Document, Heading, Reading

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*[ \t]*")
_CODE = re.compile(r"\.\. +(?:code|code-block|sourcecode|parsed-literal|math|productionlist|doctest)::")
_TABLE = re.compile(r"\.\. +(?:list-table|csv-table)::")
_GRID = re.compile(r"\+(?:[-=]+\+)+")
_BORDER = re.compile(r"=+(?:[ \t]+=+)+")
_ITEM = re.compile(r"(?:[-*+•‣⁃]|\(?(?:\d{1,9}|#|[a-z])[.)])[ \t]+\S")
_ROLE = re.compile(r":[\w:.+-]+:(?=`)")
_TARGET = re.compile(r"\s*<[^<>`]*>(?=`)")
_MARKS = re.compile(r"(?<!\w)(?:``?|\*+|\|)(?=\S)|(?<=\S)(?:``?|\*+|\|)_{0,2}(?!\w)")

LONGEST_TITLE = 500


def read(data: bytes, reading: Reading) -> Document:
    """A document whose title is its first heading. Levels follow the order in which the underlines first appear."""
    text, notes = decode(data, reading.encoding)
    scan = _Scan(text.split("\n"))
    scan.run()
    return Document(
        text=text,
        title=scan.headings[0].text if scan.headings else None,
        headings=tuple(scan.headings),
        blocks=tuple(scan.blocks),
        markup="markdown",
        notes=notes,
    )


@dataclass(slots=True)
class _Scan:
    """Goes through the lines once."""

    lines: Sequence[str]
    headings: list[Heading] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    _offsets: list[int] = field(default_factory=list)
    """Where each line begins."""
    _next_borders: list[int] = field(default_factory=list)
    """For each line the next one below that is a border of a simple table; beyond the last line where there is none."""
    _styles: list[str] = field(default_factory=list)
    """Underlines, the highest first; those with a line above the title are others than those without."""

    def run(self) -> None:
        offset = 0
        for line in self.lines:
            self._offsets.append(offset)
            offset += len(line) + 1
        self._next_borders = [len(self.lines)] * len(self.lines)
        for place in range(len(self.lines) - 2, -1, -1):
            is_border = bool(_BORDER.fullmatch(self.lines[place + 1].strip()))
            self._next_borders[place] = place + 1 if is_border else self._next_borders[place + 1]
        place = 0
        starts = True
        while place < len(self.lines):
            after = self._block(place, starts) or (self._title(place) if starts else 0)
            starts = bool(after) or not self.lines[place].strip()
            place = after or place + 1

    def _title(self, place: int) -> int:
        """The line after the title that begins here; 0 where none does."""
        line = self.lines[place]
        under = self._line(place + 1)
        if _ADORNMENT.fullmatch(line):
            below = self._line(place + 2).rstrip()
            if not _is_words(under) or below != line.rstrip() or not _is_wide_enough(below, under):
                return 0
            self._add_title(place, under, f"{line[0]} above")
            return place + 3
        if not _is_words(line) or line[0].isspace() or not _ADORNMENT.fullmatch(under):
            return 0
        if not _is_wide_enough(under.rstrip(), line):
            return 0
        self._add_title(place, line, under[0])
        return place + 2

    def _add_title(self, place: int, line: str, style: str) -> None:
        if style not in self._styles:
            self._styles.append(style)
        level = min(self._styles.index(style) + 1, 6)
        self.headings.append(Heading(self._offsets[place], level, _plain(line)))

    def _block(self, place: int, starts: bool) -> int:
        """The line after the code, table or list that begins here; 0 where none does."""
        line = self.lines[place]
        content = line.lstrip()
        if content.startswith(".. "):
            if _CODE.match(content):
                return self._add("code", place, self._body_end(place))
            return self._add("table", place, self._body_end(place)) if _TABLE.match(content) else 0
        if starts and content.startswith(">>> "):
            return self._add("code", place, self._paragraph_end(place))
        if _GRID.fullmatch(content.rstrip()):
            return self._add("table", place, self._grid_end(place))
        if _BORDER.fullmatch(content.rstrip()):
            return self._simple_table(place)
        if starts and _ITEM.match(content):
            return self._add("list", place, self._list_end(place))
        if line.rstrip().endswith("::"):
            return self._literal(place)
        return 0

    def _literal(self, place: int) -> int:
        """An indented part after a paragraph that ends in `::`."""
        first = place + 1
        while first < len(self.lines) and not self.lines[first].strip():
            first += 1
        if first == place + 1 or first == len(self.lines) or _indent(self.lines[first]) <= _indent(self.lines[place]):
            return 0
        return self._add("code", first, self._body_end(place))

    def _simple_table(self, place: int) -> int:
        """It ends at its second border below, or at the first one where a blank line follows."""
        end = self._next_borders[place]
        if end < len(self.lines) and self._line(end + 1).strip() and self._next_borders[end] < len(self.lines):
            end = self._next_borders[end]
        return self._add("table", place, end + 1) if end < len(self.lines) else 0

    def _add(self, kind: Literal["table", "list", "code"], place: int, end: int) -> int:
        """Note a block of the lines from `place` to before `end`, without blank ones at its end."""
        last = end - 1
        while last > place and not self.lines[last].strip():
            last -= 1
        self.blocks.append(Block(self._offsets[place], self._offsets[last] + len(self.lines[last]), kind))
        return last + 1

    def _body_end(self, place: int) -> int:
        """The line after those that are indented deeper than this one."""
        depth = _indent(self.lines[place])
        end = place + 1
        while end < len(self.lines) and (not self.lines[end].strip() or _indent(self.lines[end]) > depth):
            end += 1
        return end

    def _list_end(self, place: int) -> int:
        """The line after the items at this indentation, and what is indented below them."""
        depth = _indent(self.lines[place])
        end = self._body_end(place)
        while end < len(self.lines) and _indent(self.lines[end]) == depth and _ITEM.match(self.lines[end].lstrip()):
            end = self._body_end(end)
        return end

    def _grid_end(self, place: int) -> int:
        end = place + 1
        while self._line(end).lstrip().startswith(("+", "|")):
            end += 1
        return end

    def _paragraph_end(self, place: int) -> int:
        end = place + 1
        while self._line(end).strip():
            end += 1
        return end

    def _line(self, place: int) -> str:
        return self.lines[place] if place < len(self.lines) else ""


def _indent(line: str) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())


def _is_words(line: str) -> bool:
    return bool(line.strip()) and len(line) <= LONGEST_TITLE and not _ADORNMENT.fullmatch(line)


def _is_wide_enough(adornment: str, line: str) -> bool:
    """Short lines under longer text underline nothing."""
    width = sum(1 + (unicodedata.east_asian_width(sign) in "FW") for sign in line.strip()[:10])
    return len(adornment) >= min(width, 4)


def _plain(line: str) -> str:
    """The words of a title, without the marks of roles, links and emphasis."""
    return _MARKS.sub("", _TARGET.sub("", _ROLE.sub("", line))).strip() or line.strip()
