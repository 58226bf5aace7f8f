"""What comes in and what goes out: a passage with what is known of it, and the questions found in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from qagen.formats import COLUMNS
from qagen.llm.rules import markup

QuestionType = Literal["definition", "glossary", "steps", "cloze"]
SkipReason = Literal["boilerplate", "toc_or_index", "references", "too_short", "garbled", "no_facts"]

_LONGEST_NAME = 90
_FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def _quiet(title: str) -> str:
    """A title that shouts, in capitals at the beginnings of its longer words only."""
    words = title.lower().split()
    return " ".join(word if at and len(word) < 4 else word.capitalize() for at, word in enumerate(words))


@dataclass(frozen=True, slots=True)
class Material:
    """One passage, and where it stands."""

    passage: str
    title: str | None = None
    section: str | None = None
    """Path of headings, outermost first: `Safety > Valves`."""
    language: str | None = None
    """ISO code, such as `de` or `de-AT`."""
    questions: int = 3
    """At most so many."""

    @property
    def name(self) -> str:
        """The title as a reader would say it; a file name becomes words; empty where none is fit to be said."""
        title = markup.plain(self.title or "")
        if _FILE_ENDING.search(title) and " " not in title:
            title = re.sub(r"[-_]+", " ", _FILE_ENDING.sub("", title))
        title = title.replace('"', "").strip(" .:-")
        if title.isupper() and " " in title:
            title = _quiet(title)
        return title if len(title) <= _LONGEST_NAME else ""

    @property
    def heading(self) -> str:
        """The innermost heading above the passage, without its number; the header of a table is none."""
        parts = [part for part in (self.section or "").split(COLUMNS)[0].split(" > ") if part.strip()]
        return markup.heading(parts[-1]) if parts else ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the passage, as offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A question that may be asked, before the choice."""

    question_type: QuestionType
    question: str
    answer: str
    quotes: tuple[Span, ...]
    claims: bool = True
    """Whether the quotes are used up by it, so that nothing else is asked about them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with its answer. Every quote in `evidence` stands in the passage letter by letter."""

    question_type: QuestionType
    evidence: tuple[str, ...]
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What was found. `skip_reason` says why there is nothing."""

    pairs: tuple[Pair, ...] = ()
    skip_reason: SkipReason | None = None
