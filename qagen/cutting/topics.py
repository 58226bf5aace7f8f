"""Text -> where its topic changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of topic."""

    offset: int
    depth: float


def shifts(text: str, starts: Sequence[int] | None = None) -> list[Shift]:
    """Under construction."""
    return []
