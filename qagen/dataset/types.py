"""What the user chose, what came out, and the codes of the reasons to leave a pair out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from qagen.formats import LeftOut, TrainingDocument
from qagen.formats.training_data import Conflict, Funnel, RoundTrip

UNFINISHED = "UNFINISHED"
"""Its document is not completed."""
FAILED_CHUNKS = "FAILED_CHUNKS"
"""Its document has chunks that failed, and `strict` was asked for."""
OUTDATED = "OUTDATED"
"""The text that it is about is not in its document's chunk file any more."""
LOW_GROUNDING = "LOW_GROUNDING"
DUP_EXACT = "DUP_EXACT"
"""The same question and answer, but for case and white space."""
DUP_NEAR = "DUP_NEAR"
"""The same question in other words that make no difference, and an answer that says the same."""
DUP_DOC = "DUP_DOC"
"""A similar question about the same sentence, and an answer that says the same."""
CONFLICT = "CONFLICT"
"""Another answer to the same question contradicts it."""
OVER_MOST = "MAX_PER_DOCUMENT"
"""Its document has enough pairs."""
Q_VAGUE = "Q_VAGUE"
"""The question does not find its chunk among all others."""

OF_THE_RUN = frozenset({CONFLICT, Q_VAGUE})
"""Codes that depend on what else is combined, so that they say nothing of the pair alone."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What goes in, and what is looked for."""

    lines: bool = False
    """JSON Lines and a `.meta.json`, instead of one JSON file."""
    strict: bool = False
    """Leave out documents with failed chunks."""
    include_unfinished: bool = False
    include_outdated: bool = False
    """Also take pairs, negatives and extra positives of text that is not in the chunk files any more."""
    dedupe: bool = True
    checks: bool = True
    """False: only exact duplicates are looked for, no near ones, no contradictions, no vague questions; and pairs that
    have the code of an error stay."""
    conflicts: Literal["keep", "drop", "fail"] = "keep"
    drop: frozenset[str] = frozenset()
    """Codes of checks: a pair that has one is left out, as one with an error is."""
    min_grounding: float | None = None
    max_per_document: int | None = None
    chunks_dir: Path | None = None
    """None: no chunk files are at hand."""
    include_source_text: bool = False
    negatives_dir: Path | None = None
    """None: negatives files are looked for beside the QA files."""
    rejects: Path | None = None
    """Where all pairs go that are left out."""


@dataclass(slots=True)
class Joined:
    """What was joined of mined negatives."""

    files: int = 0
    pairs: int = 0
    """Pairs that have negatives now."""
    negatives: int = 0
    extra_positives: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    """Negatives and extra positives whose passages are in no chunk file any more, by document: they were left out."""
    gone_positives: int = 0
    """Of these, extra positives."""
    emptied: int = 0
    """Pairs that have no negatives for that reason."""
    unclaimed: int = 0
    """Entries of negatives files that belong to no pair of the dataset."""
    unfinished: list[LeftOut] = field(default_factory=list)
    """Files of which some chunks are not mined yet; what there is was joined."""
    problems: list[LeftOut] = field(default_factory=list)
    """Files that cannot be used."""


@dataclass(slots=True)
class Combined:
    """What went in, what was left out, and why: the figures that the user is shown."""

    documents: list[TrainingDocument] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unfinished: int = 0
    """Of those that are left out, documents that are not completed."""
    invalid: list[LeftOut] = field(default_factory=list)
    changed: list[LeftOut] = field(default_factory=list)
    """QA files that were finished, and whose documents have other chunks now: what is not asked, what is outdated."""
    pairs: int = 0
    duplicates: int = 0
    conflicts: int = 0
    """Questions whose answers contradict each other."""
    conflicting: list[Conflict] = field(default_factory=list)
    """The first thousand of them."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Pairs by question type."""
    checks: Counter[str] = field(default_factory=Counter)
    """Pairs by check code."""
    generators: Counter[str] = field(default_factory=Counter)
    """Pairs by `generator_kind`."""
    funnel: Funnel = field(default_factory=Funnel)
    round_trip: RoundTrip | None = None
    not_checked: dict[str, str] = field(default_factory=dict)
    """Codes of checks that could not run, and why."""
    without_source_text: int = 0
    """Pairs whose chunk is not there any more."""
    joined: Joined = field(default_factory=Joined)
    chunk_problems: list[LeftOut] = field(default_factory=list)
    """Chunk files that could not be read."""
    replaced: int = 0
    """Pairs of the dataset that stood where this one went; 0 where there was none."""
    is_written: bool = False
    """False: answers contradict each other, and that was to be a failure."""

    @property
    def dropped(self) -> set[str]:
        """The codes for which pairs were left out."""
        return {code for step in self.funnel.steps for code in step.left_out}

    @property
    def outdated(self) -> int:
        """Pairs that were left out because their text is there no more."""
        return sum(step.left_out.get(OUTDATED, 0) for step in self.funnel.steps)
