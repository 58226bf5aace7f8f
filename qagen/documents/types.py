"""What a reader gives."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Markup = Literal["plain", "markdown", "html"]
"""How a text shows its structure. `html`: the reader turned elements into Markdown, and knows every block."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a document's text."""

    offset: int
    """Where its line begins, in characters."""
    level: int
    """1 is the highest."""
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part that is not cut in the middle where it fits: text[start:end]."""

    start: int
    end: int
    kind: Literal["table", "list", "code"]


@dataclass(frozen=True)
class Document:
    """The text of a file and what stands over it."""

    text: str
    title: str | None = None
    headings: tuple[Heading, ...] = ()
    """In order of their offsets."""
    blocks: tuple[Block, ...] = ()
    """In order, none inside another."""
    pages: tuple[int, ...] = ()
    """Where each page (or slide) begins, the first at 0; empty where the format has none."""
    sections_are_apart: bool = False
    """They are texts of their own, as records are: what stands over one says nothing of the next."""
    markup: Markup = "plain"
    language: str | None = None
    """As the file itself says, an ISO 639-1 code."""
    notes: tuple[str, ...] = ()
    """What the user should know of the reading, such as an encoding that was guessed."""

    def section_at(self, offset: int) -> str | None:
        """The headings over a position, `A > B`; None where there is none."""
        at = bisect_right(self.headings, offset, key=lambda heading: heading.offset)
        return self._paths[at - 1] if at else None

    def page_at(self, offset: int) -> int | None:
        """The page on which a position lies, from 1; None where there are no pages."""
        return bisect_right(self.pages, offset) or None

    @cached_property
    def _paths(self) -> list[str]:
        """The path to each heading."""
        found: list[str] = []
        path: list[Heading] = []
        for heading in self.headings:
            path = [above for above in path if above.level < heading.level] + [heading]
            found.append(" > ".join(one.text for one in path))
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """How the user wants files read."""

    text_field: str | None = None
    """The field of JSON records that holds the text, or several with commas between them."""
    encoding: str | None = None
    """That of text files without a BOM, by Python's name."""
