"""The cutting itself: one pass over a text, each part as large as its limits and its sense allow."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from qagen.cutting import boundaries, tables
from qagen.cutting.boundaries import Finder
from qagen.cutting.rulers import Ruler, reach_back
from qagen.documents import Block

PROSE: tuple[Finder, ...] = (boundaries.paragraphs, boundaries.sentence_ends, boundaries.lines, boundaries.words)
PLAIN: tuple[Finder, ...] = (boundaries.words,)
_IN_BLOCKS: tuple[Finder, ...] = (boundaries.paragraphs, boundaries.lines, boundaries.sentence_ends, boundaries.words)
"""A row of a table, an item and a line of code are on lines of their own."""
_UNDER_HEADINGS = "=-~^\"'*+#` \t\n"
"""What may stand between a heading's line and its text: blank lines, and the line that underlines it."""


class Span(NamedTuple):
    """A chunk: text[start:end], of which text[core:end] is new."""

    start: int
    core: int
    end: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes, in the units of the ruler."""

    size: int
    """Of a chunk, what it repeats included."""
    overlap: int
    """What it repeats of the one before it, at most."""
    least: int
    """What is smaller joins its neighbour."""


@dataclass(frozen=True, slots=True)
class Packer:
    """Cuts one text. The cores of its spans join to the whole text, without a gap."""

    text: str
    ruler: Ruler
    limits: Limits
    finders: Sequence[Finder] = PROSE
    sections: Sequence[int] = ()
    """Where something new begins (headings, topics): a chunk ends there once it has its least size."""
    headings: Sequence[int] = ()
    """Beginnings of headings: they stay with what follows them."""
    blocks: Sequence[Block] = ()
    """What is not cut in the middle where it fits."""
    _block_starts: list[int] = field(default_factory=list)

    def spans(self) -> Iterator[Span]:
        """The chunks, from left to right."""
        self._block_starts.extend(block.start for block in self.blocks)
        core = before = 0
        while core < len(self.text):
            span = self._span(before, core)
            yield span
            before, core = core, span.end

    def _span(self, before: int, core: int) -> Span:
        """The chunk whose new text begins at `core`; it repeats less where something whole would not fit otherwise."""
        start = self._overlap_start(before, core)
        for begin in (start, core) if start < core else (core,):
            far = self.ruler.reach(core, self.limits.size - self.ruler.size(begin, core))
            end = self._end(core, far) if far > core else None
            if end is not None:
                return Span(begin, core, end)
        far = max(self.ruler.reach(core, self.limits.size), core + 1)
        return Span(core, core, self._end_inside(core, far))

    # Where a chunk ends

    def _end(self, core: int, far: int) -> int | None:
        """The best place to cut in (core, far]; None where every place divides a word, or a block that fits."""
        length = len(self.text)
        low = max(min(self.ruler.reach(core, self.limits.least), far), core + 1)
        for section in self.sections[bisect_left(self.sections, low) : bisect_right(self.sections, far)]:
            apart = self._before_headings(section, core) == section and self._may_cut(section)
            if apart and self._is_enough(section, length):
                return section
        if far >= length:
            return length
        high = self._leaving_enough(low, far)
        for begin, end in ((low, high), (core + 1, low - 1)):
            place = self._boundary(core, begin, end)
            if place is not None:
                return place
        return None

    def _boundary(self, core: int, low: int, high: int) -> int | None:
        """The latest boundary of the best kind in [low, high]."""
        block = self._block_around(high)
        for finder in _IN_BLOCKS if block and len(self.finders) > 1 and not self._fits(block) else self.finders:
            for at in finder(self.text, low, high):
                place = self._before_headings(at, core)
                if place < low:
                    break
                if self._may_cut(place):
                    return place
        return None

    def _end_inside(self, core: int, far: int) -> int:
        """Inside of a word, or of a block, that does not fit beside anything else: as late as possible."""
        for finder, low in (
            (boundaries.lines, core + 1),
            (boundaries.words, core + 1),
            (boundaries.joints, core + max((far - core) // 2, 1)),
            (boundaries.letters, core + 1),
        ):
            place = next(finder(self.text, low, far), None)
            if place is not None:
                return place
        return far

    def _is_enough(self, start: int, end: int) -> bool:
        return self.ruler.size(start, end) >= self.limits.least

    def _leaving_enough(self, low: int, far: int) -> int:
        """The latest place that leaves a whole chunk before the next section, where that is near."""
        at = bisect_right(self.sections, far)
        end = self.sections[at] if at < len(self.sections) else len(self.text)
        if self._is_enough(far, end):
            return far
        earlier = reach_back(self.ruler, end, self.limits.least)
        return earlier if low <= earlier < far else far

    def _may_cut(self, at: int) -> bool:
        """Whether no block that fits is divided there, and no row of a table that does not fit."""
        block = self._block_around(at)
        return block is None or (not self._fits(block) and (block.kind != "table" or self._parts_rows(block, at)))

    def _parts_rows(self, table: Block, at: int) -> bool:
        """Whether rows end there. A row that is too long for a chunk may be cut anywhere."""
        start, end = tables.row_around(self.text, at)
        if at != start:
            return self.ruler.size(start, end) > self.limits.size
        head = tables.head_end(self.text, table)
        return head is None or at > head

    def _block_around(self, at: int) -> Block | None:
        index = bisect_left(self._block_starts, at) - 1
        if index < 0 or at >= self.blocks[index].end:
            return None
        return self.blocks[index]

    def _fits(self, block: Block) -> bool:
        return self.ruler.size(block.start, block.end) <= self.limits.size

    def _before_headings(self, at: int, core: int) -> int:
        """The same place, or that before the headings that stand right before it: they belong to what follows."""
        while (index := bisect_left(self.headings, at) - 1) >= 0:
            heading = self.headings[index]
            line_end = self.text.find("\n", heading, at)
            if heading <= core or (line_end >= 0 and self.text[line_end:at].strip(_UNDER_HEADINGS)):
                return at
            at = heading
        return at

    # What a chunk repeats

    def _overlap_start(self, before: int, core: int) -> int:
        """Whole sentences where there is room for one, else whole words; of tables whole rows, or nothing.

        Never more than the chunk before.
        """
        if not self.limits.overlap or not core:
            return core
        low = max(reach_back(self.ruler, core, self.limits.overlap), before)
        rows = [at for at in boundaries.lines(self.text, low, core - 1) if self._is_row(at)]
        finders: tuple[Finder, ...] = (boundaries.sentence_ends, boundaries.words)
        for finder in finders if len(self.finders) > 1 else (boundaries.words,):
            starts = [at for at in finder(self.text, low, core - 1) if not self.text[at].isspace()]
            starts = [at for at in starts if boundaries.starts_word(self.text, at) and not self._is_in_table(at)] + rows
            if starts:
                return min(starts)
        return core

    def _is_in_table(self, at: int) -> bool:
        block = self._block_around(at)
        return block is not None and block.kind == "table"

    def _is_row(self, at: int) -> bool:
        """Whether a row of cells begins there: not the header, nor the line below it."""
        block = self._block_around(at)
        return block is not None and block.kind == "table" and at >= (tables.head_end(self.text, block) or 0)
