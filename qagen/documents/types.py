"""What a reader gives."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a document's text."""

    offset: int
    """Where it begins, in characters."""
    level: int
    """1 is the highest."""
    text: str


@dataclass(frozen=True)
class Document:
    """The text of a file and what stands over it."""

    text: str
    title: str | None = None
    headings: tuple[Heading, ...] = ()
    """In order of their offsets."""
    notes: tuple[str, ...] = ()
    """What the user should know of the reading, such as an encoding that was guessed."""

    def section_at(self, offset: int) -> str | None:
        """The headings over a position, `A > B`; None where there is none."""
        at = bisect_right(self.headings, offset, key=lambda heading: heading.offset)
        return self._paths[at - 1] if at else None

    @cached_property
    def _paths(self) -> list[str]:
        """The path to each heading."""
        found: list[str] = []
        path: list[Heading] = []
        for heading in self.headings:
            path = [above for above in path if above.level < heading.level] + [heading]
            found.append(" > ".join(one.text for one in path))
        return found
