"""What the pump moves, and what it needs to know of a task and of a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from qagen.formats import Chunk, RawReply, TokenCounts
from qagen.llm.types import Attempts, ChatReply, ChatRequest, Usage
from qagen.state import Counts

MOST_ROUNDS = 3
"""How often a chunk is asked about, the first time included."""


def token_counts(usage: Usage) -> TokenCounts:
    """The counts as files hold them."""
    return TokenCounts(
        input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        output_tokens=usage.output_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


@dataclass(frozen=True, slots=True)
class Item:
    """A chunk to work on, and its document."""

    document: OpenDocument
    position: int
    chunk: Chunk
    key: str
    kept: tuple[RawReply, ...] = ()
    """Replies to earlier tries that were paid for and not used: perhaps they can be, today."""
    failed_before: bool = False
    """In an earlier run: if it fails again, nobody else needs to be doubted."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The chunk is done. `result` is what the document remembers of it."""

    result: Any
    fully_used: bool = True
    """False: the reply is kept raw, because something in it was not used."""
    useful: bool = True
    """False: nothing in the replies was of use; there is a result all the same."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The reply was no use, or not enough; this request may bring a better one."""

    request: ChatRequest
    code: str
    why: str
    """What was wrong with the reply."""
    fallback: Settled | None = None
    """What the reply was good for, should nothing better come."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The chunk failed, by something about this chunk."""

    code: str
    message: str


class Task(Protocol):
    """What is done with each chunk."""

    def plan(self, item: Item) -> ChatRequest | Settled:
        """The first request, or the result where none is needed, because of the chunk or of a reply that was kept."""

    def understand(
        self, reply: ChatReply, item: Item, request: ChatRequest, turn: int, before: Settled | None
    ) -> Settled | AskAgain | Rejected:
        """What the reply means. `turn` counts the rounds from 1; in the last one asking again is refused.

        `before` is what earlier rounds were good for (`AskAgain.fallback`): a result holds it, too.
        """


@dataclass(frozen=True, slots=True)
class Made:
    """What a chunk brought, in figures."""

    made: int = 0
    """Things that count, such as pairs."""
    rejected: int = 0
    """Things that a check refused."""
    short: bool = False
    """Less than was asked for."""
    trimmed: int = 0
    """More than was asked for."""


@dataclass(slots=True)
class Trail:
    """What it took to settle a chunk."""

    attempts: Attempts = field(default_factory=Attempts)
    usage: Usage = field(default_factory=Usage)
    unused: list[RawReply] = field(default_factory=list)
    last: ChatReply | None = None


class Unopened(Protocol):
    """A document that is known, and not yet in memory."""

    @property
    def name(self) -> str:
        """What the user is shown."""

    def open(self) -> OpenDocument:
        """Read it.

        Raises:
            DataError, UsageError: it cannot be worked on; the others go on.
        """


class OpenDocument(Protocol):
    """A document in memory: what is to do, what is done, and the file that remembers it."""

    @property
    def name(self) -> str:
        """What the user is shown."""

    @property
    def path(self) -> Path:
        """The file that remembers it."""

    @property
    def items(self) -> Iterable[Item]:
        """What is still to do, in order."""

    @property
    def changed(self) -> bool:
        """Whether the file must be written although nothing is to do."""

    @property
    def counts(self) -> Counts:
        """The document in figures, as of now."""

    def settle(self, item: Item, result: Any, trail: Trail) -> Made:
        """Remember a result; gives its figures."""

    def fail(self, item: Item, code: str, message: str, trail: Trail) -> None:
        """Remember that the chunk failed."""

    def postpone(self, item: Item, trail: Trail) -> None:
        """Remember what was paid for a chunk that the run leaves unsettled."""

    def status(self, *, interrupted: bool) -> str:
        """What the file says of the whole document."""

    def encode(self, *, interrupted: bool) -> list[bytes]:
        """The whole file in pieces, but for its seal, which is put on where they are put together."""
