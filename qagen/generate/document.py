"""A document whose pairs are made, as the pump sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qagen.formats import ChunkError, ChunkRecord, DocumentInfo, Pair, utc_time
from qagen.generate.recipe import Recipe
from qagen.pump import Item, Made, Trail, token_counts
from qagen.state import Counts, DocumentState, Entry


@dataclass(frozen=True, slots=True)
class Answer:
    """What was made of a chunk. The record lacks what the pump knows: attempts, tokens, replies."""

    record: ChunkRecord
    pairs: tuple[Pair, ...] = ()
    rejected: tuple[Pair, ...] = ()


class OpenQA:
    """A document in memory, as the pump sees it."""

    def __init__(
        self, document: DocumentState, name: str, positions: Iterable[int], recipe: Recipe, *, changed: bool
    ) -> None:
        self.name = name
        self.path = document.path
        self.changed = changed
        self.recipe = recipe
        self._document = document
        self._positions = positions

    @property
    def items(self) -> Iterable[Item]:
        """The chunks still to ask."""
        document, chunks = self._document, self._document.chunk_file.chunks
        return [
            Item(self, at, chunks[at], document.keys[at], document.kept_replies(at), document.failed_before(at))
            for at in self._positions
        ]

    @property
    def metadata(self) -> DocumentInfo:
        """Facts about the document, for prompts and pairs."""
        return self._document.chunk_file.metadata

    @property
    def counts(self) -> Counts:
        """The document in figures."""
        return self._document.counts

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        """Remember an `Answer`; gives its figures."""
        record = result.record.model_copy(update=_trail_fields(trail))
        self._document.settle(item.position, Entry(record, result.pairs, result.rejected))
        return Made(
            len(result.pairs),
            len(result.rejected),
            short="short_by" in record.notes,
            trimmed=record.notes.get("trimmed", 0),
        )

    def fail(self, item: Item, code: str, message: str, trail: Trail) -> None:
        """Remember that the chunk failed, and every reply that was paid for."""
        error = ChunkError(type=code, message=message, at=utc_time())
        record = ChunkRecord(chunk_key=item.key, status="failed", error=error, **_trail_fields(trail))
        self._document.settle(item.position, Entry(record))

    def postpone(self, item: Item, trail: Trail) -> None:
        """Keep the replies that brought nothing yet: they were paid for. What had failed has failed still."""
        error = self._document.error_before(item.position)
        record = ChunkRecord(
            chunk_key=item.key, status="failed" if error else "pending", error=error, **_trail_fields(trail)
        )
        self._document.settle(item.position, Entry(record))

    def status(self, *, interrupted: bool) -> str:
        """The status of the QA file."""
        return self._document.status(interrupted=interrupted)

    def encode(self, *, interrupted: bool) -> list[bytes]:
        """The QA file in pieces, but for its seal."""
        return self._document.encode(interrupted=interrupted)


def _trail_fields(trail: Trail) -> dict[str, Any]:
    """What the record says of the requests."""
    return {
        "attempts": trail.attempts.sent,
        "usage": token_counts(trail.usage),
        "model": trail.last.model if trail.last else "",
        "finish": trail.last.finish if trail.last else None,
        "raw_replies": trail.unused,
    }
