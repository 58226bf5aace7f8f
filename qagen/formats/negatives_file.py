"""`<doc>_negatives.json`: for each pair of a document, passages that share its words and do not answer it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from qagen.formats.json_text import FileModel, OpenModel, check_tag, decode
from qagen.formats.qa_file import ChunkRecord, DocumentStatus, QAMetadata

Method = Literal["llm_verified", "bm25_filtered", "dense_filtered", "same_document", "random"]
"""How a negative was found. `llm_verified`: a model read it; `*_filtered`: by search and guards; `same_document`:
another section of the same document; `random`: a passage of another document."""
Flag = Literal["negatives_short", "vague", "chunk_gone", "unlabelled"]
"""`negatives_short`: fewer than asked for; `vague`: the question does not find its own chunk, so that nothing was
mined; `chunk_gone`: its chunk is in no chunk file any more; `unlabelled`: the model's reply said nothing of its
candidates."""


class Negative(FileModel):
    """A passage that does not answer the question."""

    document: str
    """The passage's text: a chunk's core."""
    chunk_id: str
    chunk_key: str
    source_file: str
    explanation: str
    """Why it does not answer: a model's reason, or facts that were computed."""
    method: Method
    rank: int | None = None
    """Place in the search for the question, from 1; None where it was not searched for."""
    score: float | None = None
    """BM25 of that search; by reciprocal rank where embeddings were searched, too."""
    verified: bool = False
    """Whether a model read it."""


class ExtraPositive(FileModel):
    """A passage that answers the question as well."""

    document: str
    chunk_id: str
    chunk_key: str
    source_file: str
    explanation: str = ""


class MinedPair(FileModel):
    """What was found for one pair."""

    pair_id: str
    chunk_key: str
    question: str
    negatives: list[Negative] = Field(default_factory=list)
    extra_positives: list[ExtraPositive] = Field(default_factory=list)
    flags: list[Flag] = Field(default_factory=list)
    dropped: dict[str, int] = Field(default_factory=dict)
    """Candidates that a guard or a label kept out, by its name."""


class MiningInfo(OpenModel):
    """With what the negatives were chosen."""

    provider: str | None = None
    """None: no model was asked."""
    model: str | None = None
    negatives: int | None = None
    candidates: int | None = None
    engine: str | None = None
    """What searched: `tantivy` or `sqlite`."""
    embedding_model: str | None = None
    corpus_hash: str | None = None
    """Of all chunks that were searched."""
    fingerprint: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the fingerprint was made of, readable."""
    earlier_parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    qagen_version: str | None = None
    run_id: str | None = None
    serial: int = 0
    generated_at: str | None = None
    updated_at: str | None = None


class MiningSummary(FileModel):
    """The file in figures; chunks without pairs are not counted."""

    total_chunks: int = 0
    completed_chunks: int = 0
    failed_chunks: int = 0
    total_qa_pairs: int = 0
    total_negatives: int = 0
    by_method: dict[str, int] = Field(default_factory=dict)
    extra_positives: int = 0
    flags: dict[str, int] = Field(default_factory=dict)
    """Pairs by flag."""
    dropped: dict[str, int] = Field(default_factory=dict)
    """Candidates by the guard or the label that kept them out."""
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class NegativesFile(FileModel):
    """One document's negatives, and which of its chunks are settled."""

    format: Literal["qagen/negatives@1"] = "qagen/negatives@1"
    checksum: str = ""
    metadata: QAMetadata = Field(default_factory=QAMetadata)
    mining_info: MiningInfo = Field(default_factory=MiningInfo)
    status: DocumentStatus
    completed_chunks: list[int] = Field(default_factory=list)
    failed_chunks: list[int] = Field(default_factory=list)
    chunks: dict[int, ChunkRecord] = Field(default_factory=dict)
    """By chunk index; only chunks that have pairs."""
    mined_pairs: list[MinedPair] = Field(default_factory=list)
    summary: MiningSummary = Field(default_factory=MiningSummary)
    completion_time: str | None = None

    @property
    def info(self) -> MiningInfo:
        """With what it was made."""
        return self.mining_info

    @classmethod
    def parse(cls, data: bytes) -> NegativesFile:
        """Read a file of ours.

        Raises:
            DataError: made by a newer qagen, or another kind of file.
            ValueError: not JSON, or of an unknown shape.
        """
        value = decode(data)
        check_tag(value, "negatives", newest=1)
        return cls.model_validate(value)
