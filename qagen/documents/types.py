"""What a reader gives."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a document's text."""

    offset: int
    """Where it begins, in characters."""
    level: int
    """1 is the highest."""
    text: str


@dataclass(frozen=True, slots=True)
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
        path: list[Heading] = []
        for heading in self.headings[: bisect_right(self.headings, offset, key=lambda heading: heading.offset)]:
            path = [above for above in path if above.level < heading.level] + [heading]
        return " > ".join(heading.text for heading in path) or None
