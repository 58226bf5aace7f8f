"""A document whose pairs are made, as the pump sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qagen.formats import ChunkRecord, DocumentInfo, Pair
from qagen.generate.recipe import Recipe
from qagen.pump import Item, Made, Trail
from qagen.runs import OpenState, trail_fields
from qagen.state import DocumentState, Entry


@dataclass(frozen=True, slots=True)
class Answer:
    """What was made of a chunk. The record lacks what the pump knows: attempts, tokens, replies."""

    record: ChunkRecord
    pairs: tuple[Pair, ...] = ()
    rejected: tuple[Pair, ...] = ()


class OpenQA(OpenState):
    """A document in memory, and how it is asked about."""

    def __init__(
        self, document: DocumentState, name: str, positions: Iterable[int], recipe: Recipe, *, changed: bool
    ) -> None:
        super().__init__(document, name, positions, changed=changed)
        self.recipe = recipe

    @property
    def metadata(self) -> DocumentInfo:
        """Facts about the document, for prompts and pairs."""
        return self.document.chunk_file.metadata

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        """Remember an `Answer`; gives its figures."""
        record = result.record.model_copy(update=trail_fields(trail))
        self.document.settle(item.position, Entry(record, result.pairs, result.rejected))
        return Made(
            len(result.pairs),
            len(result.rejected),
            short="short_by" in record.notes,
            trimmed=record.notes.get("trimmed", 0),
        )
