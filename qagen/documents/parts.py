"""What a document of elements is made of: its parts, before they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from qagen.documents.composer import Composer, one_line


@dataclass(frozen=True, slots=True)
class Part:
    """What a document is made of."""

    kind: Literal["heading", "paragraph", "quote", "item", "end of list", "code", "table", "page"]
    text: str = ""
    level: int = 0
    """Of a heading, from 1; of an item, from 0."""
    mark: str = "-"
    rows: Sequence[Sequence[str]] = ()


def write(parts: Iterable[Part], composer: Composer) -> None:
    """Add the parts to the document, in their order."""
    for part in parts:
        match part.kind:
            case "heading":
                composer.heading(part.level, part.text)
            case "paragraph":
                composer.paragraph(part.text)
            case "quote":
                composer.quote(part.text)
            case "item":
                composer.item(part.text, part.level, part.mark)
            case "end of list":
                composer.paragraph("")  # else the items of the next list would join those of this one
            case "code":
                composer.code(part.text)
            case "table":
                composer.table(part.rows)
            case "page":
                composer.page()


def flat(parts: Iterable[Part]) -> str:
    """The parts in one line, as those of a cell stand in its row."""
    pieces: list[str] = []
    last = ""
    for part in parts:
        text = "; ".join(", ".join(filter(None, row)) for row in part.rows) if part.rows else part.text
        if text:
            pieces.append("; " if part.kind == last == "item" else " ")
            pieces.append(text)
            last = part.kind
    return one_line("".join(pieces))
