"""Document -> [Chunk]: pieces of the text, with exact offsets.

Every strategy is the same pass (`packing.Packer`) with other places to cut: a new one is a row in `STRATEGIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from qagen.cutting import structure, tables, topics
from qagen.cutting.packing import PLAIN, Limits, Packer, Span
from qagen.cutting.rulers import Ruler, ruler_of
from qagen.cutting.tokens import count as count_tokens
from qagen.documents import Document
from qagen.formats import Chunk

__all__ = ["STRATEGIES", "CutOrder", "Piece", "chunks", "count_tokens", "pieces", "strategy_for"]

_LEAST_SHARE = 4


@dataclass(frozen=True, slots=True)
class CutOrder:
    """How to cut."""

    strategy: str = "auto"
    """A name of `STRATEGIES`, or `auto`: as the document's own structure suggests."""
    size: int = 4000
    """Most units of a chunk, what it repeats included."""
    overlap: int = 400
    """Most units that a chunk repeats of the one before it."""
    unit: str = "characters"
    """`characters` or (estimated) `tokens`."""
    least: int | None = None
    """Smaller chunks join their neighbours; None: a quarter of the size."""

    @property
    def limits(self) -> Limits:
        """The sizes."""
        least = self.size // _LEAST_SHARE if self.least is None else self.least
        return Limits(self.size, self.overlap, max(1, min(least, self.size - self.overlap)))


class Piece(NamedTuple):
    """Where a chunk stands in its document's text."""

    start: int
    core: int
    """Where its new text begins; before it stands what it repeats."""
    end: int
    section: str | None = None
    page_start: int | None = None
    page_end: int | None = None


def pieces(document: Document, order: CutOrder) -> Iterator[Piece]:
    """The chunks of a document, from left to right; their cores join to its text."""
    strategy = strategy_for(document, order.strategy)
    document = structure.outlined(document, strategy)
    ruler = ruler_of(document.text, "tokens" if strategy == "token" else order.unit)
    for span in STRATEGIES[strategy](document, ruler, order.limits).spans():
        yield _piece(document, span)


def chunks(text: str, name: str, found: Iterable[Piece]) -> list[Chunk]:
    """The same with their texts. `chunk_id` is `<name>-<index>`."""
    return [
        Chunk(
            chunk_index=index,
            chunk_id=f"{name}-{index}",
            text=text[piece.start : piece.end],
            start_char=piece.start,
            end_char=piece.end,
            core_start=piece.core,
            section=piece.section,
            page_start=piece.page_start,
            page_end=piece.page_end,
        )
        for index, piece in enumerate(found)
    ]


def strategy_for(document: Document, wanted: str) -> str:
    """The strategy that is meant: for `auto` that of the document's own structure."""
    if wanted != "auto":
        return wanted
    return {"html": "html", "markdown": "markdown"}.get(structure.markup_of(document), "recursive")


def _recursive(document: Document, ruler: Ruler, limits: Limits) -> Packer:
    """At paragraphs, then sentences, then lines, then words."""
    headings = [heading.offset for heading in document.headings]
    return Packer(document.text, ruler, limits, headings=headings, blocks=document.blocks)


def _by_sections(document: Document, ruler: Ruler, limits: Limits) -> Packer:
    """At headings first, then as `_recursive`."""
    headings = [heading.offset for heading in document.headings]
    return Packer(document.text, ruler, limits, sections=headings, headings=headings, blocks=document.blocks)


def _by_topics(document: Document, ruler: Ruler, limits: Limits) -> Packer:
    """Where the words change, and at headings; then as `_recursive`."""
    headings = [heading.offset for heading in document.headings]
    shifts = [shift.offset for shift in topics.shifts(document.text)]
    sections = sorted({*headings, *shifts})
    return Packer(document.text, ruler, limits, sections=sections, headings=headings, blocks=document.blocks)


def _plain(document: Document, ruler: Ruler, limits: Limits) -> Packer:
    """As large as possible, between words."""
    return Packer(document.text, ruler, limits, PLAIN)


STRATEGIES: dict[str, Callable[[Document, Ruler, Limits], Packer]] = {
    "recursive": _recursive,
    "markdown": _by_sections,
    "html": _by_sections,
    "character": _plain,
    "token": _plain,
    "semantic": _by_topics,
}
"""By name. `token` counts in tokens, whatever the unit is otherwise."""


def _piece(document: Document, span: Span) -> Piece:
    core = document.text[span.core : span.end]
    blank = not core.strip()
    first = span.core if blank else span.end - len(core.lstrip())
    last = first if blank else span.core + len(core.rstrip()) - 1
    headings = (
        None
        if structure.is_collection(document, first, span.end)
        else document.section_at(structure.body_at(document, first, span.end))
    )
    section = " > ".join(filter(None, (headings, tables.columns_at(document, first)))) or None
    return Piece(*span, section, document.page_at(first), document.page_at(last))
