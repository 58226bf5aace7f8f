"""What a check looks at, what it is measured by, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from qagen.checks import packs
from qagen.checks.packs import Pack
from qagen.pairs import Match

Level = Literal["error", "warn", "info"]
"""`error`: the pair is kept apart; `warn`: it is kept and flagged; `info`: it is counted."""


class CannotTell(Exception):
    """A rule cannot run on this pair; the text says why, in words for users."""


@dataclass(frozen=True)
class Case:
    """A pair with what is known of its source. None is always "not known", never "there is none"."""

    question: str
    answer: str
    question_type: str | None = None
    quotes: tuple[str, ...] = ()
    matches: tuple[Match | None, ...] | None = None
    """Where each quote stands in context + passage; None where it was not found."""
    passage: str | None = None
    """The text that the question is about: a chunk's core."""
    context: str = ""
    """What stands before it and was shown to the model: the overlap."""
    title: str = ""
    section: str = ""
    language: str | None = None
    """Of the document; ISO 639-1."""
    finish: str | None = None
    """Why the model stopped; `length` where its reply was cut in this pair."""
    prompt: str = ""
    """Our own text of the request, without the passage."""
    earlier: tuple[str, ...] = ()
    """Questions of the same chunk that are kept already."""

    @cached_property
    def pack(self) -> Pack | None:
        """What is known of the pair's language; where the document's is not named, the one that its words tell."""
        if self.language:
            return packs.load(self.language)
        return packs.of_text(self.passage or f"{self.question} {self.answer}")

    @cached_property
    def source(self) -> str:
        """All that the answer may draw on besides the question."""
        return _joined(self.title, self.section, self.context, self.passage or "")


@lru_cache(maxsize=8)
def _joined(*parts: str) -> str:
    """One text for all pairs of a chunk: what rules remember of a text they find by the text itself fastest."""
    return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where each rule begins to speak."""

    least_question_words: int = 4
    """Shorter questions that name nothing are too short."""
    least_question_letters: int = 8
    """The same for scripts that do not separate words."""
    most_question_words: int = 60
    least_answer_words: int = 2
    most_answer_words: int = 350
    most_answer_share: float = 1.2
    """Longest answer, as a share of the passage's length."""
    echo_ratio: float = 92.0
    """Similarity of question and answer (0 to 100) from which one is the echo of the other."""
    most_leaked_words: int = 6
    """Longest answer that counts as given away when it stands in its question."""
    copied_words: int = 40
    """Longer answers are looked at for copying."""
    copied_share: float = 0.9
    """Share of an answer, in one stretch of the passage, from which it is a copy."""
    grounded_share: float = 0.5
    """Share of an answer's content words in the source below which it is only partly grounded."""
    ungrounded_share: float = 0.25
    """The same, below which it is not grounded."""
    least_content_words: int = 5
    """Answers with fewer content words have no meaningful share."""
    language_letters: int = 60
    """Fewer letters do not tell a language."""
    language_margin: float = 3.0
    """How much likelier another language must be: difference of log-probabilities, over the root of the bytes. Pairs in
    their passage's language reach 0.9, others begin at 4.8."""
    script_letters: int = 20
    """Fewer letters do not tell a script."""
    leaked_words: int = 8
    """Words in a row that the pair shares with our prompt and not with the passage."""
    finished_words: int = 6
    """Shorter answers need no full stop."""
    duplicate_ratio: float = 90.0
    """Similarity of two questions (0 to 100), order of words aside, from which they may ask the same."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules say of one pair."""

    codes: tuple[str, ...] = ()
    """In the order of `RULES`; empty: clean."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Code of each rule that could not run, and why."""
