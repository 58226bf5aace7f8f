"""The paragraphs of a PDF: lines that the page's width broke, joined again.

A PDF knows no paragraphs, only letters in places. Two lines become one where the first word of the second would not
have fitted on the first, and nothing else speaks against it: another size, a wider gap, the mark of a list, columns of
a table, a typewriter's font.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from qagen.documents.pdf_lines import HYPHEN, MARK, MOST_COLUMNS, WITHOUT_SPACE, Line

Kind = Literal["text", "list", "table", "code"]

_END = ".:;!?。：；！？"
"""Of a sentence, or of what stands before a list."""
_FROM_THE_RIGHT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_COMPOUND = re.compile(r"\b(\w+)-(\w+)\b")

# In sizes of the font:
_LIST_GAP = 3.5
"""Between the baselines of items or rows; the lines of other paragraphs tell on their page how far they are apart."""
_CLOSE = 1.45
"""Between baselines: lines that are farther apart may be paragraphs of one line each, unless they read as prose."""
_RAGGED = 3.5
"""By how much lines end before the edge that is not straight."""
_NARROWEST = 15
"""Columns of text; what is narrower are addresses, captions, cells."""


@dataclass(slots=True)
class Part:
    """A paragraph, an item of a list, or a line that stands for itself."""

    pieces: list[str]
    """Its text."""
    last: Line
    kind: Kind
    apart: bool
    """Whether a gap sets it off from what stands above."""
    lines: int = 1
    text: str = ""
    """Known when all of its lines are."""
    offset: int = 0
    """In the document."""


def find_compounds(lines: Iterable[Line]) -> set[str]:
    """The words that have a hyphen inside of a line: where a line's end breaks one of them, the hyphen stays."""
    return {match[0].casefold() for line in lines for match in _COMPOUND.finditer(line.text)}


def join(lines: Sequence[Line], compounds: Collection[str]) -> list[Part]:
    """The lines of a page, those of one paragraph joined; `compounds` are words of the document with a hyphen."""
    gaps = _usual_gaps(lines)
    edges = _edges(lines)
    parts: list[Part] = []
    for at, line in enumerate(lines):
        part = parts[-1] if parts else None
        if part and _continues(part, line, edges[at - 1], gaps):
            part.pieces[-1:] = _joined(part.pieces[-1], line.text, compounds)
            part.last = line
            part.lines += 1
        else:
            parts.append(Part([line.text], line, _kind(line), _is_apart(part, line, gaps)))
    _finish(parts)
    return parts


def _kind(line: Line) -> Kind:
    if line.is_code:
        return "code"
    if line.is_row:
        return "table"
    return "list" if line.is_item else "text"


def _is_apart(part: Part | None, line: Line, gaps: _Gaps) -> bool:
    if part is None or (part.kind == "code") != line.is_code or not _same_size(part.last, line):
        return True
    widest = _LIST_GAP if part.kind == _kind(line) and part.kind in ("list", "table") else gaps.close
    return not 0 < part.last.height - line.height <= widest * line.size


@dataclass(frozen=True, slots=True)
class _Gaps:
    """From baseline to baseline, in sizes of the font."""

    close: float
    """Up to here lines are of one paragraph, if they reach the edge."""
    widest: float
    """Up to here they may be, in the middle of a sentence."""


def _usual_gaps(lines: Sequence[Line]) -> _Gaps:
    """What is usual on a page, and a bit."""
    pairs = [
        ((above.height - below.height) / below.size, _is_mid_sentence(above, below))
        for above, below in pairwise(lines)
        if _same_size(above, below)
    ]
    gaps = sorted(gap for gap, _ in pairs if 0.8 < gap < 3.5)
    if not gaps:
        return _Gaps(_CLOSE, _CLOSE)
    # Lines of one paragraph are the closest, but a few closer ones (formulas) do not decide.
    usual = gaps[len(gaps) // 4]
    in_prose = [mid_sentence for gap, mid_sentence in pairs if 0.8 < gap <= 1.25 * usual]
    is_prose = sum(in_prose) >= 0.4 * len(in_prose)
    return _Gaps(max(min(1.25 * usual, _CLOSE), 1.15 * usual if is_prose else 0), 1.25 * usual)


def _is_mid_sentence(above: Line, line: Line) -> bool:
    goes_on = line.text[0].islower() or bool(WITHOUT_SPACE.match(line.text[0]))
    return goes_on and above.text[-1] not in _END


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where a column of text ends on the right."""

    right: float
    sure: bool
    """Several lines reach it, and not all begin with a capital letter, as verses do."""


def _edges(lines: Sequence[Line]) -> list[_Edge]:
    """For each line, the edge of the column that it stands in."""
    edges: list[_Edge] = []
    column: list[Line] = []
    for line in lines:
        if column and not _is_below(column[-1], line):
            edges += _column_edges(column)
            column = []
        column.append(line)
    return edges + _column_edges(column)


def _is_below(above: Line, line: Line) -> bool:
    overlap = above.left < line.right and line.left < above.right
    return overlap and line.height < above.height and round(line.direction) == round(above.direction)


def _column_edges(column: Sequence[Line]) -> list[_Edge]:
    by_size: dict[int, list[Line]] = {}
    for line in column:
        if not line.is_row and not line.is_code:
            by_size.setdefault(round(line.size), []).append(line)
    edges = {size: _edge(lines) for size, lines in by_size.items()}
    return [edges.get(round(line.size), _Edge(line.right, False)) for line in column]


def _edge(lines: Sequence[Line]) -> _Edge:
    """The widest line decides, unless no other comes near it."""
    rights = sorted((line.right for line in lines), reverse=True)
    is_prose = any(line.text[0].isalpha() and not line.text[0].isupper() for line in lines)
    for wide, next_wide in pairwise(rights):
        if wide - next_wide <= _RAGGED * lines[0].size:
            return _Edge(wide, is_prose)
    return _Edge(rights[0], False)


def _continues(part: Part, line: Line, edge: _Edge, gaps: _Gaps) -> bool:
    """Whether a line goes on with the paragraph."""
    last = part.last
    if part.kind in ("code", "table") or line.is_code:
        return False
    if last.text.endswith(HYPHEN):
        return True
    if line.is_row or not _same_size(last, line) or round(last.direction) != round(line.direction):
        return False
    if (line.is_item and not MARK.match(line.text)) or _FROM_THE_RIGHT.search(line.text):
        return False
    wide = last.right - last.left >= _NARROWEST * last.size
    if not wide or edge.right - last.right >= line.first_word + line.size / 4:
        return False
    mid_sentence = _is_mid_sentence(last, line)
    gap = (last.height - line.height) / line.size
    if gap <= 0:
        return mid_sentence and line.left > last.right  # at the top of the next column
    sure = mid_sentence or (edge.sure and gap <= gaps.close)
    return 0.5 < gap <= gaps.widest and _is_aligned(part, line) and sure


def _is_aligned(part: Part, line: Line) -> bool:
    """Whether it begins where a line of that paragraph may."""
    last = part.last
    shift = (line.left - last.left) / line.size
    if MARK.match(line.text):  # the next item of a list, unless a dash or a number came to stand there by chance
        return part.kind == "text" and abs(shift) <= 0.5 and last.text[-1] not in _END
    centred = abs(line.left + line.right - last.left - last.right) <= line.size
    if part.lines > 1:
        return abs(shift) <= 0.5 or centred
    return -0.5 <= shift <= 6 if part.kind == "list" else -6 <= shift <= 0.5 or centred


def _same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= 0.06 * max(one.size, other.size)


def _joined(text: str, more: str, compounds: Collection[str]) -> tuple[str, str]:
    """The line before and the next one, with what stands between them; a hyphen goes where it only broke the word."""
    before = text.removesuffix(HYPHEN).removesuffix("-")
    if before != text and before and not before[-1].isspace():
        left, right = re.search(r"\w*\Z", before), re.match(r"\w*", more)
        whole = f"{left[0] if left else ''}-{right[0] if right else ''}".casefold()
        broken = before[-1].islower() and more[0].islower() and whole not in compounds
        return f"{before}{'' if broken else '-'}", more
    unspaced = WITHOUT_SPACE.search(text) and WITHOUT_SPACE.match(more[0])
    return f"{text}{'' if unspaced else ' '}", more


def _finish(parts: Sequence[Part]) -> None:
    """Give each its text; lines of code get the spaces that they begin with."""
    for kind, same in groupby(parts, key=lambda part: part.kind):
        block = list(same)
        left = min(part.last.left for part in block)
        for part in block:
            part.text = "".join(part.pieces).replace(HYPHEN, "-")
            if kind == "code":
                columns = round((part.last.left - left) / part.last.advance)
                part.text = " " * min(columns, MOST_COLUMNS) + part.text
