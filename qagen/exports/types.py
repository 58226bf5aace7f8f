"""What the user chose, what an export is made of, and what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qagen.formats import ExtraPositive, LeftOut, Negative, TrainingPair

if TYPE_CHECKING:
    from qagen.exports.parts import Parts

NO_PASSAGE = "its passage is gone"
LOST = "its passage is not in the chunk files"
BLANK = "blank question or passage"
NO_NEGATIVES = "no negatives"
ONLY_RANDOM = "only random negatives"
ONLY_UNVERIFIED = "only negatives that no model read"
ONLY_ANSWERS = "only negatives that are passages of another pair with the same question"
TOO_FEW = "fewer negatives than the others"
"""Reasons to leave a pair out."""
RANDOM = "random"
UNVERIFIED = "read by no model"
IS_POSITIVE = "the text of a positive"
LOST_NEGATIVE = "not in the chunk files"
ANSWERS = "the passage of another pair with the same question"
REPEATED = "the text of another negative"
EMPTY = "blank"
OVER_MOST = "more than were asked for"
"""Reasons to leave a negative out."""

Split = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What goes in."""

    negatives: int | None = None
    """Most of a pair, the first ones; for tuples the number that each row has. None: all; for tuples what most have."""
    explode_short: bool = False
    """Tuples: rows with fewer negatives become triplets of their own, instead of being set aside."""
    allow_random: bool = False
    verified_only: bool = False
    split: Split = "test"
    """Which judgements these are."""
    chunks_dir: Path | None = None
    """Its chunks are passages, too; None: only those of the dataset are."""


@dataclass(frozen=True, slots=True)
class Example:
    """A pair that goes in, with the passages that do."""

    pair: TrainingPair
    positive: str
    extra_positives: tuple[ExtraPositive, ...]
    negatives: tuple[Negative, ...]

    @property
    def query(self) -> str:
        """The question."""
        return self.pair.question


@dataclass(slots=True)
class Exported:
    """What went in, what was left out, and why: the figures that the user is shown."""

    read: int = 0
    """Pairs of the dataset."""
    pairs: int = 0
    """Those that went in."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Pairs by the reason."""
    methods: Counter[str] = field(default_factory=Counter)
    """Negatives that went in, by how they were found."""
    negatives_left_out: Counter[str] = field(default_factory=Counter)
    """Negatives by the reason."""
    extras_lost: int = 0
    """Extra positives that are not in the chunk files."""
    elsewhere: int = 0
    """Pairs that went in whose documents have no chunk file in the folder."""
    by_rules: int = 0
    """Pairs that no model wrote."""
    respaced: int = 0
    """Texts whose tabs and line ends became spaces."""
    negatives_each: int | None = None
    """Of each tuple."""
    chunk_problems: list[LeftOut] = field(default_factory=list)
    """Chunk files that could not be read."""
    other_splits: list[Path] = field(default_factory=list)
    """Judgements of earlier exports to the same folder: their queries may be gone."""
    files: dict[Path, int] = field(default_factory=dict)
    """What was written, and how many rows it has, in the order of writing; the last is what a reader looks for."""


@dataclass(frozen=True, slots=True)
class Export:
    """A form: what it is for, and who writes it."""

    name: str
    about: str
    write: Callable[[Iterator[Example], Parts], None]
    """Makes the parts of all examples."""
    default: str
    """Name of the file or folder, where none is given."""
    parts: tuple[str, ...]
    """In the order of writing. Of a file: endings instead of its own, `""` is the file itself; of a folder: paths."""
    loads: str
    """One line of Python that loads it; PATH and SPLIT stand for what they say."""
    needs_negatives: bool = True
    is_folder: bool = False
    has_corpus: bool = False
    """Retrieval is measured in it, or trained by numbers: it matters that all passages are there."""
    measures: bool = False
    """It is made to measure with, not to train."""
    optional: frozenset[str] = frozenset()
    """Parts that are written only where there is something in them."""

    def line_of_python(self, output: Path, choices: Choices) -> str:
        """What loads it from there."""
        return self.loads.replace("SPLIT", choices.split).replace("PATH", repr(str(output)))

    @property
    def main(self) -> str:
        """The part that a reader looks for."""
        return self.parts[-1]
