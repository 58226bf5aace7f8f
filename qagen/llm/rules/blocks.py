"""The passage as blocks: headings, texts, list items, table rows. Code and front matter are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from qagen.llm.rules import markup

Kind = Literal["heading", "text", "item", "row"]

_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_ATX = re.compile(r"\s{0,3}#{1,6}\s+(?=\S)")
_UNDERLINE = re.compile(r"\s{0,3}(?:={3,}|-{3,})\s*$")
_RULE = re.compile(r"\s*(?:[-*_=~] ?){3,}\s*$")
_QUOTE = re.compile(r"\s{0,3}(?:>\s?)+")
_BULLET = re.compile(r"\s*(?:[-*+•–·▪◦]|\(?[a-z]\))\s+(?=\S)")
_NUMBERED = re.compile(r"\s*(?:(?:Step|Schritt|Paso|[ÉE]tape)\s+)?\(?(\d{1,3})[.):]\s+(?=\S)", re.IGNORECASE)
_CLAUSE = re.compile(r"\s*(?:§\s?)?\d{1,3}(?:\.\d{1,3}){1,4}[.)]?\s+(?=[^\W\d_*]|\*\*)")
_LABEL = re.compile(r"(?:\*\*)?[^\W\d_][^:.!?*\n]{1,48}(?:\*\*:|:\*\*|:)\s")
_BOLD_LINE = re.compile(r"\*\*[^*\n]{2,120}\*\*:?$")
_ENDS = (".", "!", "?", ":", ";", ",", "…", "。", "！", "？", ".)", '."', ".**", "?**")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the passage; `start` and `end` bound its content, without list or heading markers."""

    kind: Kind
    start: int
    end: int
    indent: int = 0
    number: int | None = None
    """Of an item in a numbered list."""
    lines: int = 1
    heading: str = ""
    """The heading it stands under, plain."""


def split(passage: str, heading: str = "") -> list[Block]:
    """The blocks in order. `heading` is the one above the passage, in effect until the first of its own."""
    reader = _Reader(passage)
    for start, line in _lines(passage):
        reader.take(start, line)
    reader.close()
    return list(_headed(passage, _promoted(passage, reader.blocks), heading))


def _lines(passage: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in passage.splitlines(keepends=True):
        yield start, line.rstrip("\r\n")
        start += len(line)


@dataclass(slots=True)
class _Reader:
    """Takes lines one by one; `open` is the text or item that the next line may continue."""

    passage: str
    blocks: list[Block] = field(default_factory=list)
    open: Block | None = None
    skipping: str = ""
    """What ends the part that is passed over: a code fence, or the end of front matter."""

    def take(self, start: int, line: str) -> None:
        bare = line.strip()
        if self.skipping:
            self.skipping = "" if bare.startswith(self.skipping) else self.skipping
        elif _FENCE.match(line):
            self.close()
            self.skipping = bare[:3]
        elif start == 0 and bare == "---":
            self.skipping = "---"
        elif not bare:
            self.close()
        elif self.open and self.open.kind == "text" and self.open.lines == 1 and _UNDERLINE.match(line):
            self.open = replace(self.open, kind="heading")
            self.close()
        elif _RULE.match(line):
            self.close()
        else:
            self._take_content(start, line)

    def _take_content(self, start: int, line: str) -> None:
        end = start + len(line.rstrip())
        indent = len(line) - len(line.lstrip())
        quote = _QUOTE.match(line)
        if heading := _ATX.match(line):
            self.close()
            self.blocks.append(Block("heading", start + heading.end(), end))
        elif line.lstrip().startswith("|") and line.count("|") > 1:
            self.close()
            self.blocks.append(Block("row", start + indent, end))
        elif numbered := _NUMBERED.match(line):
            self._begin(Block("item", start + numbered.end(), end, indent, int(numbered[1])))
        elif mark := _CLAUSE.match(line) or _BULLET.match(line):
            self._begin(Block("item", start + mark.end(), end, indent))
        elif quote and quote.end() < len(line.rstrip()):
            self._take_text(start + quote.end(), end, indent)
        elif not quote:
            self._take_text(start + indent, end, indent)

    def _take_text(self, start: int, end: int, indent: int) -> None:
        if self.open and not self._is_new(start, end):
            self.open = replace(self.open, end=end, lines=self.open.lines + 1)
        else:
            self._begin(Block("text", start, end, indent))

    def _is_new(self, start: int, end: int) -> bool:
        """Whether a line that follows another without a blank begins something of its own, such as `Term: ...`."""
        assert self.open
        before = self.passage[self.open.start : self.open.end][-200:].rsplit("\n", 1)[-1].strip()
        line = self.passage[start : min(end, start + 200)]
        hard_break = self.passage[self.open.end : self.open.end + 2] == "  "
        record = bool(_LABEL.match(line)) and (before.endswith(_ENDS) or bool(_LABEL.match(before)))
        shouted = before.isupper() and len(before) <= 80 and not before.endswith(_ENDS)
        return hard_break or record or shouted or bool(_BOLD_LINE.match(before)) or before.endswith(("?", "?**"))

    def _begin(self, block: Block) -> None:
        self.close()
        self.open = block

    def close(self) -> None:
        if self.open:
            self.blocks.append(self.open)
            self.open = None


def _promoted(passage: str, blocks: list[Block]) -> Iterator[Block]:
    """Plain text has headings too: short lines that stand alone and end like no sentence."""
    for at, block in enumerate(blocks):
        before = blocks[at - 1] if at else None
        after = blocks[at + 1] if at + 1 < len(blocks) else None
        if after and after.kind in {"text", "item"} and _looks_like_heading(passage, block, before, after):
            yield replace(block, kind="heading", number=None)
        else:
            yield block


def _looks_like_heading(passage: str, block: Block, before: Block | None, after: Block) -> bool:
    if block.kind not in {"text", "item"} or block.lines > 1 or block.end - block.start > 80:
        return False
    text = passage[block.start : block.end]
    if block.kind == "item":
        in_a_list = (before and before.kind == "item" and before.number == (block.number or 0) - 1) or (
            after.number == (block.number or -2) + 1
        )
        if block.number is None or in_a_list or block.indent:
            return False
    is_bold = bool(_BOLD_LINE.match(text))
    bare = markup.plain(text)
    if not is_bold and (bare.endswith(_ENDS) or _LABEL.match(text)):
        return False
    return bool(bare) and len(bare.split()) <= 9 and not bare[0].islower()


def _headed(passage: str, blocks: Iterator[Block], heading: str) -> Iterator[Block]:
    for block in blocks:
        if block.kind == "heading":
            heading = markup.heading(passage[block.start : min(block.end, block.start + 200)])
        yield replace(block, heading=heading)
