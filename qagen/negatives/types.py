"""What candidates, guards and selection pass to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Label = Literal["answers", "partly", "related", "unrelated"]
"""What a model says of a candidate: it answers the question; a part of it; it is about the same and does not; or it is
about something else."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of the corpus as it will be indexed."""

    chunk_key: str
    chunk_id: str
    document: str
    """Stem of the chunk file: what tells documents apart."""
    source_file: str
    text: str
    """The chunk's core."""
    whole: str
    """The chunk with its overlap."""
    start: int
    end: int
    """Offsets of `whole` in the document's text; -1 where they are not known."""
    section: str | None = None
    language: str | None = None
    title: str | None = None
    """Of the document."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a search found for a question."""

    passage: Passage
    rank: int | None
    """From 1; None: it was not searched for, but drawn."""
    score: float | None
    shares: tuple[str, ...] = ()
    """Terms of the question that it holds, the rarest first."""
    method: Literal["bm25", "dense", "same_document", "random"] = "bm25"
    """`dense`: found by embeddings alone."""
    similarity: float | None = None
    """Cosine of the embeddings of question and passage."""
    is_merged: bool = False
    """Whether rank and score are those of words and embeddings together."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought, the best first."""

    candidates: tuple[Candidate, ...]
    own_rank: int | None
    """Of the question's own chunk; None: it is not among the candidates looked at."""
    own_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Guarded:
    """What may be a negative, the best first, and what may not."""

    candidates: tuple[Candidate, ...]
    dropped: dict[str, int] = field(default_factory=dict)
    """By the name of the guard."""
    is_vague: bool = False
    """The question does not find its own chunk, so nothing is mined for it."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a model said of one candidate."""

    label: Label
    reason: str
    """In at most twenty words."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user asked for."""

    negatives: int = 4
    """Of each question."""
    candidates: int = 10
    """Shown to the model for each question."""
    searched: int = 50
    """Looked at in the search."""
