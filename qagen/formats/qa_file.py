"""`<doc>_qa.json`: what was asked and answered of one document. It is the result and the memory of a run in one."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from qagen.formats.chunk_file import DocumentInfo, ProcessingInfo
from qagen.formats.json_text import FileModel, OpenModel, check_tag, decode

DocumentStatus = Literal["in_progress", "interrupted", "completed", "failed"]


class Pair(FileModel):
    """One question with its answer, where it came from, and what the checks say of it. It carries no clock."""

    pair_id: str = ""
    """First 16 hex digits of SHA-256 over question, answer and chunk_key. Empty in files of older tools."""
    chunk_key: str = ""
    question: str
    answer: str
    question_type: str | None = None
    evidence: list[str] = Field(default_factory=list)
    """Quotes of the passage that carry the answer, as the model gave them."""
    source_file: str = ""
    file_name: str = ""
    file_type: str = ""
    chunk_id: str = ""
    chunk_index: int | None = None
    chunk_start: int | None = None
    chunk_end: int | None = None
    evidence_start: int | None = None
    """Offset in the document's text of the first quote that was found."""
    evidence_end: int | None = None
    section: str | None = None
    page_start: int | None = None
    page_end: int | None = None
    language: str | None = None
    checks: list[str] = Field(default_factory=list)
    """Codes of the checks that the pair did not pass; empty: clean."""
    grounding: float | None = None
    """Share of the quotes that stand in the passage, 0 to 1; None where there is no quote."""
    generator_kind: Literal["llm", "rules"] = "llm"
    model: str = ""


class TokenCounts(FileModel):
    """Tokens as the provider counted them."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    """Left out where it is 0: most providers do not charge for it."""


class RawReply(FileModel):
    """A reply that was paid for and not fully used, kept so that a better parser can still use it."""

    text: str
    finish: Literal["stop", "length", "refused", "other"] = "stop"
    usage: TokenCounts = Field(default_factory=TokenCounts)
    model: str = ""


class ChunkError(FileModel):
    """Why a chunk failed."""

    type: str
    """Short name such as `context_length` or `transient:reset`."""
    message: str
    at: str = ""


class ChunkRecord(FileModel):
    """What is known of one chunk. A chunk without a record, or with a pending one, has not been settled."""

    chunk_key: str
    status: Literal["completed", "failed", "pending"]
    """`pending`: something was paid for it, and the run ended before it was settled."""
    asked: int = 0
    """Questions asked for."""
    kept: int = 0
    rejected: dict[str, int] = Field(default_factory=dict)
    """Pairs left out, by the code of the check."""
    notes: dict[str, int] = Field(default_factory=dict)
    """What was unusual about the reply, counted: `short_by`, `trimmed`, `malformed`."""
    skip_reason: str | None = None
    """Why a completed chunk rightly has no pairs."""
    error: ChunkError | None = None
    attempts: int = 0
    """Requests sent for it, tries again included."""
    usage: TokenCounts = Field(default_factory=TokenCounts)
    model: str = ""
    finish: str | None = None
    fingerprint: str = ""
    """Parameters it was made with, where they are not the file's."""
    raw_replies: list[RawReply] = Field(default_factory=list)


class GenerationInfo(OpenModel):
    """With what the pairs were made."""

    provider: str | None = None
    model: str | None = None
    questions_per_chunk: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    prompt_sha256: str | None = None
    fingerprint: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the fingerprint was made of, readable, so that a change can be named."""
    earlier_parameters: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By fingerprint: what chunks were made with whose record names another fingerprint than the file's."""
    qagen_version: str | None = None
    run_id: str | None = None
    serial: int = 0
    """Counts the writes of the file."""
    generated_at: str | None = None
    updated_at: str | None = None


class Summary(FileModel):
    """The file in figures: total_chunks = completed + failed + pending; skipped ones are among the completed."""

    total_chunks: int = 0
    completed_chunks: int = 0
    failed_chunks: int = 0
    skipped_chunks: int = 0
    total_qa_pairs: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """None: the price is unknown."""
    reason: str | None = None
    """Why a completed document has no pairs."""


class QAMetadata(DocumentInfo):
    """The document, and the chunk file that its chunks came from."""

    chunks_file: str = ""


class QAFile(FileModel):
    """One document's questions and answers, and which of its chunks are settled."""

    format: Literal["qagen/qa@1"] = "qagen/qa@1"
    checksum: str = ""
    """SHA-256 of the file's bytes with this one's digits as zeros: tells whether it is as it was written."""
    metadata: QAMetadata = Field(default_factory=QAMetadata)
    processing_info: ProcessingInfo = Field(default_factory=ProcessingInfo)
    qa_generation_info: GenerationInfo = Field(default_factory=GenerationInfo)
    status: DocumentStatus
    completed_chunks: list[int] = Field(default_factory=list)
    failed_chunks: list[int] = Field(default_factory=list)
    chunks: dict[int, ChunkRecord] = Field(default_factory=dict)
    """By chunk index. Files of older tools have none."""
    training_pairs: list[Pair]
    rejected_pairs: list[Pair] = Field(default_factory=list)
    summary: Summary = Field(default_factory=Summary)
    completion_time: str | None = None

    @property
    def info(self) -> GenerationInfo:
        """With what it was made."""
        return self.qa_generation_info

    @classmethod
    def parse(cls, data: bytes) -> QAFile:
        """Read a file of ours or of an older tool.

        Raises:
            DataError: made by a newer qagen, or another kind of file.
            ValueError: not JSON, or of an unknown shape.
        """
        value = decode(data)
        check_tag(value, "qa", newest=1)
        return cls.model_validate(value)
