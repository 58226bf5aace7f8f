"""One document while it is worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from qagen.formats import ChunkFile, ChunkRecord, GenerationInfo, TokenCounts, encode, utc_time
from qagen.formats.qa_file import DocumentStatus
from qagen.llm.prices import Price
from qagen.llm.types import Usage
from qagen.state.identity import chunk_keys
from qagen.state.matching import Entry

_BETWEEN_LINES = b",\n    "
"""Pairs stand one per line, indented as their list: users grep and diff these files."""
_ONLY_WHERE_SAID = ("error", "raw_replies", "notes", "fingerprint")
"""Fields of a chunk's record that are left out where they are empty."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A document in figures: total = completed + failed + pending; skipped ones are among the completed."""

    total: int = 0
    completed: int = 0
    failed: int = 0
    skipped: int = 0
    pairs: int = 0

    @property
    def pending(self) -> int:
        """Chunks that are not settled."""
        return self.total - self.completed - self.failed

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.total + other.total,
            self.completed + other.completed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.pairs + other.pairs,
        )


@dataclass(slots=True)
class _Saved:
    """An entry as the bytes that go into the file, and the figures that the summary needs."""

    status: str
    kept: int
    skipped: bool
    requests: int
    usage: Usage
    record_json: bytes
    pairs_json: bytes
    rejected_json: bytes


@dataclass(slots=True)
class DocumentState:
    """One document while it is worked on: what `<doc>_qa.json` will say. One writer saves it."""

    path: Path
    """Of its QA file."""
    chunk_file: ChunkFile
    chunks_name: str
    keys: list[str]
    info: GenerationInfo
    price: Price | None = None
    """None where it is unknown."""
    _saved: dict[int, _Saved] = field(default_factory=dict)
    _failed_before: dict[int, ChunkRecord] = field(default_factory=dict)
    """Records of earlier runs that a new try adds to: what they cost was paid."""
    _earlier: GenerationInfo | None = None
    """What an earlier run said of itself; it stands until this run adds a result."""

    def settle(self, position: int, entry: Entry) -> None:
        """Take over a result of this run, on top of what earlier tries of the chunk cost."""
        earlier = self._failed_before.pop(position, None)
        if earlier is not None:
            entry = replace(entry, record=_added(earlier, entry.record))
        if self._earlier is not None:
            times = {"generated_at": self._earlier.generated_at, "serial": self.info.serial}
            self.info, self._earlier = self.info.model_copy(update=times), None
        self.remember(position, entry)

    def resume(self, info: GenerationInfo, entries: Mapping[int, Entry]) -> None:
        """Take over what an earlier run remembers."""
        for position, entry in entries.items():
            self.remember(position, entry)
            if entry.record.status == "failed":
                self._failed_before[position] = entry.record
        self.info = self.info.model_copy(update={"serial": info.serial})
        self._earlier = info

    def remember(self, position: int, entry: Entry) -> None:
        """Take over what is known of the chunk at `position`, as the bytes that will be saved."""
        usage = entry.record.usage
        self._saved[position] = _Saved(
            status=entry.record.status,
            kept=len(entry.pairs),
            skipped=entry.record.skip_reason is not None,
            requests=entry.record.attempts,
            usage=Usage(usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.cache_write_tokens),
            record_json=_lean(encode(_record(entry.record))),
            pairs_json=_lean(_BETWEEN_LINES.join(encode(pair.model_dump(mode="json")) for pair in entry.pairs)),
            rejected_json=_lean(_BETWEEN_LINES.join(encode(pair.model_dump(mode="json")) for pair in entry.rejected)),
        )

    def pending(self, most: int | None = None) -> list[int]:
        """Positions still to ask, in document order, among the first `most`. A failed chunk is tried again."""
        positions = range(len(self.keys) if most is None else min(most, len(self.keys)))
        return [at for at in positions if at not in self._saved or self._saved[at].status == "failed"]

    @property
    def counts(self) -> Counts:
        """The document in figures, as of now."""
        settled = self._saved.values()
        return Counts(
            total=len(self.keys),
            completed=sum(one.status == "completed" for one in settled),
            failed=sum(one.status == "failed" for one in settled),
            skipped=sum(one.skipped for one in settled),
            pairs=sum(one.kept for one in settled),
        )

    def status(self, *, interrupted: bool = False) -> DocumentStatus:
        """`completed` once every chunk is settled and not all of them failed."""
        counts = self.counts
        if counts.pending:
            return "interrupted" if interrupted else "in_progress"
        return "failed" if counts.failed and not counts.completed else "completed"

    def encode(self, *, interrupted: bool = False) -> bytes:
        """The whole file. Each call counts the serial up: it is meant to be written."""
        status = self.status(interrupted=interrupted)
        now = utc_time()
        serial = self.info.serial + 1
        self.info = self.info.model_copy(update={"serial": serial, "generated_at": self.info.generated_at or now})
        info = (self._earlier or self.info).model_copy(update={"serial": serial, "updated_at": now})
        ordered = sorted(self._saved.items())
        indexes = [chunk.chunk_index for chunk in self.chunk_file.chunks]
        document = {
            "format": "qagen/qa@1",
            "metadata": {**self.chunk_file.metadata.model_dump(mode="json"), "chunks_file": self.chunks_name},
            "processing_info": {
                **self.chunk_file.processing_info.model_dump(mode="json"),
                "total_chunks": len(self.keys),
            },
            "qa_generation_info": info.model_dump(mode="json"),
            "status": status,
            "completed_chunks": [indexes[at] for at, one in ordered if one.status == "completed"],
            "failed_chunks": [indexes[at] for at, one in ordered if one.status == "failed"],
            "chunks": {str(indexes[at]): orjson.Fragment(one.record_json) for at, one in ordered},
            "training_pairs": [orjson.Fragment(one.pairs_json) for _, one in ordered if one.pairs_json],
            "rejected_pairs": [orjson.Fragment(one.rejected_json) for _, one in ordered if one.rejected_json],
            "summary": self._summary(),
            "completion_time": now if status == "completed" else None,
        }
        return encode(document, indent=True) + b"\n"

    def _summary(self) -> dict[str, Any]:
        counts = self.counts
        settled = self._saved.values()
        usage = sum((one.usage for one in settled), Usage())
        return {
            "total_chunks": counts.total,
            "completed_chunks": counts.completed,
            "failed_chunks": counts.failed,
            "skipped_chunks": counts.skipped,
            "total_qa_pairs": counts.pairs,
            "requests": sum(one.requests for one in settled),
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_usd": None if self.price is None else round(self.price.cost(usage), 6),
            "reason": _why_empty(counts),
        }


def start(
    chunk_file: ChunkFile, chunks_name: str, info: GenerationInfo, path: Path, price: Price | None
) -> DocumentState:
    """A document of which nothing is known yet."""
    return DocumentState(path, chunk_file, chunks_name, chunk_keys(chunk_file.chunks), info, price)


def _added(earlier: ChunkRecord, record: ChunkRecord) -> ChunkRecord:
    """The new record, with what the earlier tries cost and brought."""
    counts = {name: getattr(earlier.usage, name) + value for name, value in record.usage.model_dump().items()}
    return record.model_copy(
        update={
            "attempts": earlier.attempts + record.attempts,
            "usage": TokenCounts(**counts),
            "raw_replies": [*earlier.raw_replies, *record.raw_replies],
        }
    )


def _record(record: ChunkRecord) -> dict[str, Any]:
    fields = record.model_dump(mode="json")
    if not record.usage.cache_write_tokens:
        del fields["usage"]["cache_write_tokens"]
    return {name: value for name, value in fields.items() if value or name not in _ONLY_WHERE_SAID}


def _why_empty(counts: Counts) -> str | None:
    if counts.total == 0:
        return "the document has no chunks"
    if counts.pending == 0 and counts.skipped == counts.total:
        return "no chunk has anything to ask about"
    return None


def _lean(data: bytes) -> bytes:
    # orjson.dumps keeps its over-allocated buffer alive as long as its result lives: three times the memory.
    return bytes(memoryview(data))
