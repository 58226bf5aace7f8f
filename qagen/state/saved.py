"""What is known of chunks as it will be written, and its sums, so that a write does not begin by counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from qagen.llm.types import Usage


@dataclass(frozen=True, slots=True)
class Saved:
    """An entry as the bytes that go into the file, and the figures that the summary needs."""

    status: str
    kept: int
    skipped: bool
    requests: int
    usage: Usage
    figures: Mapping[str, int]
    """What the form counts of it."""
    record_json: bytes
    pairs_json: bytes
    rejected_json: bytes


@dataclass(slots=True)
class Totals:
    """The sums of all entries."""

    by_status: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    skipped: int = 0
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    figures: Counter[str] = field(default_factory=Counter)

    def add(self, one: Saved) -> None:
        """An entry is there."""
        self.by_status[one.status] += 1
        self.kept += one.kept
        self.skipped += one.skipped
        self.requests += one.requests
        self.usage += one.usage
        self.figures.update(one.figures)

    def remove(self, one: Saved) -> None:
        """Another one takes its place."""
        self.by_status[one.status] -= 1
        self.kept -= one.kept
        self.skipped -= one.skipped
        self.requests -= one.requests
        self.usage -= one.usage
        self.figures.subtract(one.figures)
