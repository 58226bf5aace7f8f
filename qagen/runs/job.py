"""Everything that is decided before the first request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from qagen.formats import LeftOut
from qagen.llm.prices import Price
from qagen.llm.providers import Endpoint
from qagen.pump import Unopened
from qagen.state import Counts


class Planned(Unopened, Protocol):
    """A document of a run, known and not in memory."""

    @property
    def path(self) -> Path:
        """The file that remembers what is done of it."""

    @property
    def counts(self) -> Counts:
        """As that file says."""

    @property
    def to_ask(self) -> int:
        """Chunks that this run asks about."""

    @property
    def needs_writing(self) -> bool:
        """Whether the file must be written although nothing is asked."""


@dataclass(slots=True, kw_only=True)
class Job(ABC):
    """What there is to do, and what was found on the way there."""

    endpoint: Endpoint
    price: Price | None
    run_id: str
    noun: str
    """What a run makes, for people: pair, negative."""
    promise: str
    """How many of them, for people: up to 5 pairs a chunk."""
    folder: Path
    """Where the results go."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the account says besides."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Files that cannot be used, and why."""
    ignored: list[Path] = field(default_factory=list)
    """Other JSON files beside the chunk files."""
    accept_changes: bool = False
    """What is done stays, and the rest is asked with the parameters of today."""
    retry_failed: bool = True
    recovered: list[LeftOut] = field(default_factory=list)
    """State files that are damaged, and why; the run goes on from their backups."""
    by_index: list[str] = field(default_factory=list)
    """QA files of an older tool, whose chunks are known by their numbers."""
    edited: list[str] = field(default_factory=list)
    """State files that somebody else changed since they were written."""
    archived: int = 0
    """Documents whose earlier results were set aside ..."""
    archive: Path | None = None
    """... into this folder ..."""
    archived_usd: float | None = 0.0
    """... which had cost so many US dollars; None where that is unknown."""
    cautions: list[str] = field(default_factory=list)
    """What the user should know before documents leave the machine."""
    remarks: list[str] = field(default_factory=list)
    """What the user should know of the files, whether anything is asked or not."""
    made_otherwise: int = 0
    """Documents that are done, with other parameters than this run's."""
    differences: Counter[str] = field(default_factory=Counter)
    """Which those are, by how many of these documents."""
    stale: int = 0
    """Earlier chunks that are in their documents no more."""

    @property
    @abstractmethod
    def plans(self) -> Sequence[Planned]:
        """The documents of the run, in order."""

    @property
    def counts(self) -> Counts:
        """All documents in figures, before the run."""
        return sum((plan.counts for plan in self.plans), Counts())

    @property
    def to_ask(self) -> int:
        """Chunks that this run asks about."""
        return sum(plan.to_ask for plan in self.plans)

    def to_open(self) -> Iterator[Planned]:
        """The documents that there is something to do for, in order."""
        return (plan for plan in self.plans if plan.to_ask or plan.needs_writing)
