"""A document in memory, as the pump sees it, whatever is made of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from qagen.formats import ChunkError, ChunkRecord, utc_time
from qagen.pump import Item, Made, Trail, token_counts
from qagen.state import Counts, DocumentState, Entry


class OpenState(ABC):
    """A document of which the state file remembers what is done. What a result is, `settle` of a subclass knows."""

    def __init__(self, document: DocumentState, name: str, positions: Iterable[int], *, changed: bool) -> None:
        self.name = name
        self.path = document.path
        self.changed = changed
        self.document = document
        self._positions = positions

    @property
    def items(self) -> Iterable[Item]:
        """The chunks still to ask."""
        document, chunks = self.document, self.document.chunk_file.chunks
        return [
            Item(self, at, chunks[at], document.keys[at], document.kept_replies(at), document.failed_before(at))
            for at in self._positions
        ]

    @property
    def counts(self) -> Counts:
        """The document in figures."""
        return self.document.counts

    @abstractmethod
    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        """Remember a result; gives its figures."""

    def entry(self, _item: Item, record: ChunkRecord) -> Entry:
        """What is remembered of a chunk that is not settled."""
        return Entry(record)

    def fail(self, item: Item, code: str, message: str, trail: Trail) -> None:
        """Remember that the chunk failed, and every reply that was paid for."""
        error = ChunkError(type=code, message=message, at=utc_time())
        record = ChunkRecord(chunk_key=item.key, status="failed", error=error, **trail_fields(trail))
        self.document.settle(item.position, self.entry(item, record))

    def postpone(self, item: Item, trail: Trail) -> None:
        """Keep the replies that brought nothing yet: they were paid for. What was settled or had failed is so still."""
        before = self.document.before(item.position) or ChunkRecord(chunk_key=item.key, status="pending")
        record = before.model_copy(update={"fingerprint": "", **trail_fields(trail)})
        self.document.settle(item.position, self.entry(item, record))

    def status(self, *, interrupted: bool) -> str:
        """The status of the state file."""
        return self.document.status(interrupted=interrupted)

    def encode(self, *, interrupted: bool) -> list[bytes]:
        """The state file in pieces, but for its seal."""
        return self.document.encode(interrupted=interrupted)


def trail_fields(trail: Trail) -> dict[str, Any]:
    """What the record says of the requests."""
    return {
        "attempts": trail.attempts.sent,
        "usage": token_counts(trail.usage),
        "model": trail.last.model if trail.last else "",
        "finish": trail.last.finish if trail.last else None,
        "raw_replies": trail.unused,
    }
