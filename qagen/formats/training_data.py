"""`training_data.json`: the pairs of all finished documents, ready for a trainer or an export."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qagen.formats.json_text import FileModel
from qagen.formats.negatives_file import ExtraPositive, Negative
from qagen.formats.qa_file import Pair


class LeftOut(FileModel):
    """A QA file that did not go in, and why."""

    file: str
    why: str


class ProcessingConfig(FileModel):
    """What the documents were made with. A value on which they differ is the list of all its values."""

    llm_provider: Any = None
    model_used: Any = None
    questions_per_chunk: Any = None
    temperature: Any = None
    chunk_size: Any = None
    chunk_overlap: Any = None
    splitting_strategy: Any = None
    max_tokens: Any = None


class FunnelStep(FileModel):
    """One reason to leave pairs out, or a group of them."""

    step: str
    left_out: dict[str, int] = Field(default_factory=dict)
    """Pairs that go no further, by the code of the reason."""
    pairs: int
    """Pairs that go on."""


class Funnel(FileModel):
    """From chunks to the dataset: what each step left out. Each step begins with the pairs of the one before it."""

    chunks: int = 0
    answered: int = 0
    """Chunks that are completed, with or without pairs."""
    parsed: int = 0
    """Pairs that stand in the input files, those rejected at generation included."""
    steps: list[FunnelStep] = Field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether every pair is accounted for, at every step."""
        left = self.parsed
        for step in self.steps:
            left -= sum(step.left_out.values())
            if step.pairs != left:
                return False
        return self.answered <= self.chunks


class ConflictingAnswer(FileModel):
    """One of the answers to a question that has several."""

    pair_id: str
    answer: str
    source_file: str
    source_qa_file: str


class Conflict(FileModel):
    """A question, and answers to it that contradict each other. A person must choose."""

    question: str
    answers: list[ConflictingAnswer]
    """The first twenty of them."""


class RoundTrip(FileModel):
    """How many questions find the chunk that they were made of, when they are searched over all chunks (BM25)."""

    chunks: int
    """Chunks that were searched."""
    limit: int = 50
    """The last rank that counts as found."""
    first_10: int = 0
    """Questions whose chunk is among the first ten."""
    within_limit: int = 0
    """Found after these: they could be clearer."""
    beyond: int = 0
    """Not found: Q_VAGUE."""
    other_language: int = 0
    """Not judged: question and chunk are of different languages."""
    without_chunk: int = 0
    """Not judged: the chunk is not there any more."""


class TrainingMetadata(FileModel):
    """The dataset as a whole. `generated_at` is the only clock in the file."""

    generated_by: str = "qa_combiner"
    generated_at: str
    qagen_version: str
    total_qa_pairs: int
    num_documents: int
    source_qa_files: list[str]
    left_out: list[LeftOut] = Field(default_factory=list)
    changed: list[LeftOut] = Field(default_factory=list)
    """QA files whose documents were cut anew since: chunks that are not asked, pairs about text that is gone."""
    duplicates_removed: int = 0
    conflicts: int = 0
    """Questions that have more than one answer."""
    conflicting: list[Conflict] = Field(default_factory=list)
    """The first thousand of them."""
    funnel: Funnel | None = None
    round_trip: RoundTrip | None = None
    """None: it could not be told, or was not to be."""
    processing_config: ProcessingConfig


class TrainingDocument(FileModel):
    """One document of the dataset, without what changes from run to run."""

    file_info: dict[str, Any]
    processing_info: dict[str, Any]
    qa_generation_info: dict[str, Any]
    summary: dict[str, Any]
    qa_pairs_count: int
    source_file: str
    """Name of its QA file."""


class TrainingPair(Pair):
    """A pair as it stands in the dataset, with what was joined to it."""

    judge: Any = None
    negatives: list[Negative] = Field(default_factory=list)
    extra_positives: list[ExtraPositive] = Field(default_factory=list)
    source_text: str | None = None
    """The chunk's core, where it was joined; None: the chunk is not there any more."""
