"""Rows of tables: where they begin, and the header that says what their cells are."""

from __future__ import annotations

import re
from bisect import bisect_left

from qagen.documents import Block, Document
from qagen.formats import COLUMNS

_RULE = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*")
"""The line below a header."""
_MOST_OF_HEADER = 300


def row_around(text: str, at: int) -> tuple[int, int]:
    """Where the row begins that a position lies in or before, and where it ends."""
    end = text.find("\n", at)
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end + 1


def head_end(text: str, table: Block) -> int | None:
    """Where the first row of cells begins, after the header and the line below it; None where there is no header."""
    line = text.find("\n", table.start, table.end) + 1
    end = row_around(text, line)[1]
    return min(end, table.end) if line and _RULE.fullmatch(text, line, min(end - 1, table.end)) else None


def columns_at(document: Document, at: int) -> str | None:
    """`Columns: ` and the header of the table whose rows go on there; None where there is none, or it comes itself."""
    index = bisect_left(document.blocks, at, key=lambda block: block.start) - 1
    if index < 0 or at >= document.blocks[index].end or document.blocks[index].kind != "table":
        return None
    table = document.blocks[index]
    if head_end(document.text, table) is None:
        return None
    header = document.text[slice(*row_around(document.text, table.start))].strip().strip("|").strip()
    return f"{COLUMNS}{header[:_MOST_OF_HEADER]}"
