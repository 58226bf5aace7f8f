"""`training_data.json`: the pairs of all finished documents, ready for a trainer or an export."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from qagen.formats.json_text import FileModel


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


class TrainingMetadata(FileModel):
    """The dataset as a whole. `generated_at` is the only clock in the file."""

    generated_by: str = "qa_combiner"
    generated_at: str
    qagen_version: str
    total_qa_pairs: int
    num_documents: int
    source_qa_files: list[str]
    left_out: list[LeftOut] = Field(default_factory=list)
    duplicates_removed: int = 0
    conflicts: int = 0
    """Questions that have more than one answer."""
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
