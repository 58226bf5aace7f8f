"""What a run tells while it runs, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from qagen.errors import BUG, FINISHED_WITH_FAILURES, AccessError, QagenError, UsageError
from qagen.llm.prices import Price
from qagen.llm.types import FailedTry, Usage
from qagen.pump.task import Made
from qagen.state import Counts


@dataclass(frozen=True, slots=True)
class ChunkSaved:
    """A chunk's result is on the disk."""

    document: str
    chunk: str
    made: Made
    failed: ChunkFailure | None = None
    useless: bool = False
    """It has a result although nothing in the replies to it was of use."""


@dataclass(frozen=True, slots=True)
class ChunkFailure:
    """Why a chunk failed."""

    code: str
    message: str
    attempts: int = 0
    excerpt: str = ""
    """The beginning of the reply that could not be used."""


@dataclass(frozen=True, slots=True)
class TryFailed:
    """A request brought no reply; it may be sent again."""

    document: str
    chunk: str
    attempt: FailedTry


@dataclass(frozen=True, slots=True)
class ReplyUnusable:
    """A reply was paid for and is no use; the chunk is asked about again."""

    document: str
    chunk: str
    turn: int
    """Which round it was, from 1."""
    code: str
    message: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class DocumentClosed:
    """A document is finished for this run."""

    document: str
    status: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class DocumentFailed:
    """A document could not be opened; the others go on."""

    document: str
    why: str


@dataclass(frozen=True, slots=True)
class Stopping:
    """No new requests; `in_flight` may still finish."""

    why: str
    in_flight: int
    by_error: bool = False
    """The reason is an error, which is shown at the end."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """What is done before the run can begin."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the user should know, and that stops nothing."""

    text: str


Event = ChunkSaved | TryFailed | ReplyUnusable | DocumentClosed | DocumentFailed | Stopping | Notice | Preparing


@dataclass(slots=True)
class Tally:
    """The run so far, for the display and the summary."""

    saved: int = 0
    failed: int = 0
    made: int = 0
    rejected: int = 0
    trimmed: int = 0
    short: int = 0
    """Chunks that brought less than was asked for."""
    replies: int = 0
    unusable: int = 0
    """Replies that were paid for and led to another round or a failure."""
    uncounted: int = 0
    """Replies without token counts."""
    usage: Usage = field(default_factory=Usage)
    estimated: Usage = field(default_factory=Usage)
    """Tokens of those, by their length. They are not in `usage`."""
    useless: int = 0
    """Chunks that have a result although nothing in the replies to them was of use."""
    wasted: Usage = field(default_factory=Usage)
    """Tokens of the unusable replies."""
    failures: dict[str, int] = field(default_factory=dict)
    """Failed chunks by code."""

    def note(self, event: ChunkSaved) -> None:
        """A chunk is on the disk."""
        self.saved += 1
        self.made += event.made.made
        self.rejected += event.made.rejected
        self.trimmed += event.made.trimmed
        self.short += event.made.short
        self.useless += event.useless
        if event.failed:
            self.failed += 1
            self.failures[event.failed.code] = self.failures.get(event.failed.code, 0) + 1

    def cost_usd(self, price: Price | None) -> float | None:
        """US dollars spent in this run, estimated tokens included; None where there are replies of unknown price."""
        if price is None:
            return None if self.replies else 0.0
        return price.cost(self.usage) + price.cost(self.estimated)


@dataclass(frozen=True, slots=True)
class Rescued:
    """A document that could not be saved in its place."""

    path: Path
    """Where it belongs."""
    copy: Path | None
    """Where it was saved instead; None where no place was left."""
    data: bytes
    """The whole file; empty where there is a copy."""


@dataclass(slots=True)
class Outcome:
    """How the pump ended."""

    stopped_by: QagenError | None = None
    """What ended the run early; None where it ran to its end, or a signal stopped it."""
    exit_signal: int | None = None
    """Exit code of the signal that stopped it."""
    bug: Exception | None = None
    """An error that nobody foresaw; what was received is saved all the same."""
    closed: dict[str, DocumentClosed] = field(default_factory=dict)
    unopened: list[DocumentFailed] = field(default_factory=list)
    lost: int = 0
    """Chunks whose results were received and could not be saved in their place."""
    rescued: list[Rescued] = field(default_factory=list)

    def exit_code(self, *, failed_chunks: int, successes: int) -> int:
        """What the process should end with. An unknown model before the first success is a mistake of the command."""
        if self.bug is not None:
            return BUG
        if self.stopped_by is not None:
            early = isinstance(self.stopped_by, AccessError) and self.stopped_by.code == "model" and not successes
            return UsageError.exit_code if early else self.stopped_by.exit_code
        if self.exit_signal is not None:
            return self.exit_signal
        return FINISHED_WITH_FAILURES if failed_chunks or self.unopened else 0
