"""One document while it is worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from qagen.formats import (
    NO_CHECKSUM,
    ChunkFile,
    ChunkRecord,
    GenerationInfo,
    MiningInfo,
    RawReply,
    TokenCounts,
    encode,
    utc_time,
)
from qagen.formats.qa_file import DocumentStatus
from qagen.llm.prices import Price, without_dust
from qagen.llm.types import Usage
from qagen.state.layout import Raw, lay_out
from qagen.state.matching import Entry
from qagen.state.saved import Saved, Totals

Info = GenerationInfo | MiningInfo
"""With what results were made."""
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
    """What was made, or other things than pairs."""
    cost_usd: float | None = 0.0
    """Spent in all runs; None where a price is unknown."""
    figures: Mapping[str, int] = field(default_factory=dict)
    """What the form counts besides."""

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
            None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd,
            Counter(self.figures) + Counter(other.figures),
        )


class Form(Protocol):
    """What a kind of state file calls its parts."""

    tag: str
    results: str
    """Name of the list of what was made."""
    rejected: str | None
    """Name of the list of what checks refused; None: there is none."""

    def head(self, document: DocumentState, info: dict[str, Any]) -> dict[str, Any]:
        """What stands before the chunks. `info`: with what it was made."""

    def made(self, entry: Entry) -> int:
        """How many things an entry holds, such as pairs."""

    def figures(self, entry: Entry) -> Mapping[str, int]:
        """What the summary counts of an entry besides."""

    def summary(self, document: DocumentState) -> dict[str, Any]:
        """The file in figures."""


@dataclass(slots=True)
class DocumentState:
    """One document while it is worked on: what `<doc>_qa.json` will say. One writer saves it."""

    path: Path
    """Of its state file."""
    chunk_file: ChunkFile
    chunks_name: str
    keys: list[str]
    info: Info
    form: Form
    price: Price | None = None
    """None where it is unknown."""
    totals: Totals = field(default_factory=Totals)
    _saved: dict[int, Saved] = field(default_factory=dict)
    _unsettled_before: dict[int, ChunkRecord] = field(default_factory=dict)
    """Records of earlier tries that a new one adds to: what they cost was paid."""
    _again: frozenset[int] = frozenset()
    """Positions of chunks that are settled and asked about again; what is there stays until something better comes."""
    _earlier: Info | None = None
    """What an earlier run said of itself; it stands until this run adds a result."""
    _spent_before: float | None = 0.0
    """US dollars by the file's own account; None where a price was unknown."""
    _usage_before: Usage = field(default_factory=Usage)

    def settle(self, position: int, entry: Entry) -> None:
        """Take over a result of this run, on top of what earlier tries of the chunk cost."""
        earlier = self._unsettled_before.pop(position, None)
        if earlier is not None:
            entry = replace(entry, record=_added(earlier, entry.record))
        if entry.record.status != "completed":
            self._unsettled_before[position] = entry.record
        if self._earlier is not None:
            times = {"generated_at": self._earlier.generated_at, "serial": self.info.serial}
            self.info, self._earlier = self.info.model_copy(update=times), None
        self.remember(position, entry)

    def resume(
        self, info: Info, cost_usd: float | None, entries: Mapping[int, Entry], again: frozenset[int] = frozenset()
    ) -> None:
        """Take over what an earlier run remembers: what it said of itself, what all runs had cost, what was made.

        What was made with other parameters than this run's says so from now on, in its own record. `again`: positions
        of settled chunks that are asked about once more.
        """
        self._again = again
        other = info.fingerprint if info.fingerprint and info.fingerprint != self.info.fingerprint else ""
        for position, entry in entries.items():
            record = entry.record
            # Said outright, so that it stays true whether the file keeps its parameters or gets those of today.
            made_with = record.fingerprint or other
            if made_with != record.fingerprint:
                entry = replace(entry, record=record.model_copy(update={"fingerprint": made_with}))
            self.remember(position, entry)
            if record.status != "completed" or position in again:
                self._unsettled_before[position] = entry.record
        parameters = {**info.earlier_parameters, **({other: info.parameters} if other else {})}
        parameters.pop(self.info.fingerprint or "", None)
        self.info = self.info.model_copy(update={"serial": info.serial, "earlier_parameters": parameters})
        self._earlier = info
        self._usage_before = self.totals.usage
        same = (info.provider, info.model) == (self.info.provider, self.info.model)
        self._spent_before = cost_usd
        if self._spent_before is None and (same or not self._usage_before.input_tokens):
            self._spent_before = self._cost(self._usage_before)

    def kept_replies(self, position: int) -> tuple[RawReply, ...]:
        """Replies to earlier tries of the chunk: paid for, and not used."""
        record = self._unsettled_before.get(position)
        return tuple(record.raw_replies) if record else ()

    def remember(self, position: int, entry: Entry) -> None:
        """Take over what is known of the chunk at `position`, as the bytes that will be saved."""
        usage = entry.record.usage
        if position in self._saved:
            self.totals.remove(self._saved[position])
        saved = self._saved[position] = Saved(
            status=entry.record.status,
            kept=self.form.made(entry),
            skipped=entry.record.skip_reason is not None,
            requests=entry.record.attempts,
            usage=Usage(usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.cache_write_tokens),
            figures=self.form.figures(entry),
            record_json=_lean(encode(_record(entry.record))),
            pairs_json=_lean(_BETWEEN_LINES.join(encode(pair.model_dump(mode="json")) for pair in entry.pairs)),
            rejected_json=_lean(_BETWEEN_LINES.join(encode(pair.model_dump(mode="json")) for pair in entry.rejected)),
        )
        self.totals.add(saved)

    def failed_before(self, position: int) -> bool:
        """Whether an earlier run failed at the chunk."""
        record = self._unsettled_before.get(position)
        return record is not None and record.status == "failed"

    def before(self, position: int) -> ChunkRecord | None:
        """What earlier runs recorded of a chunk that this one asks about; None where they did not reach it."""
        return self._unsettled_before.get(position)

    def pending(self, most: int | None = None, *, retry_failed: bool = True) -> list[int]:
        """Positions still to ask, in document order, among the first `most`."""
        positions = range(len(self.keys) if most is None else min(most, len(self.keys)))
        done = {"completed"} if retry_failed else {"completed", "failed"}
        again = self._again if retry_failed else frozenset()
        return [at for at in positions if at in again or at not in self._saved or self._saved[at].status not in done]

    @property
    def counts(self) -> Counts:
        """The document in figures, as of now."""
        totals = self.totals
        return Counts(
            total=len(self.keys),
            completed=totals.by_status["completed"],
            failed=totals.by_status["failed"],
            skipped=totals.skipped,
            pairs=totals.kept,
            cost_usd=self.cost_usd,
            figures=dict(+totals.figures),
        )

    @property
    def cost_usd(self) -> float | None:
        """What the document cost in all runs; None where a price is unknown."""
        now = self._cost(self.totals.usage - self._usage_before)
        return None if now is None or self._spent_before is None else self._spent_before + now

    def _cost(self, usage: Usage) -> float | None:
        if not (usage.input_tokens or usage.output_tokens):
            return 0.0
        return None if self.price is None else self.price.cost(usage)

    def status(self, *, interrupted: bool = False) -> DocumentStatus:
        """`completed` once every chunk is settled and not all of them failed."""
        counts = self.counts
        if counts.pending:
            return "interrupted" if interrupted else "in_progress"
        return "failed" if counts.failed and not counts.completed else "completed"

    def encode(self, *, interrupted: bool = False) -> list[bytes]:
        """The whole file in pieces, but for its seal. Each call counts the serial up: it is meant to be written."""
        status = self.status(interrupted=interrupted)
        now = utc_time()
        serial = self.info.serial + 1
        self.info = self.info.model_copy(update={"serial": serial, "generated_at": self.info.generated_at or now})
        info = (self._earlier or self.info).model_copy(update={"serial": serial, "updated_at": now})
        ordered = sorted(self._saved.items())
        indexes = [chunk.chunk_index for chunk in self.chunk_file.chunks]
        document: dict[str, Any] = {
            "format": self.form.tag,
            "checksum": NO_CHECKSUM,
            "metadata": {**self.chunk_file.metadata.model_dump(mode="json"), "chunks_file": self.chunks_name},
            **self.form.head(self, _info(info)),
            "status": status,
            "completed_chunks": [indexes[at] for at, one in ordered if one.status == "completed"],
            "failed_chunks": [indexes[at] for at, one in ordered if one.status == "failed"],
            "chunks": Raw({str(indexes[at]): one.record_json for at, one in ordered}),
            self.form.results: Raw(one.pairs_json for _, one in ordered if one.pairs_json),
            **self._refused(ordered),
            "summary": self.form.summary(self),
            "completion_time": now if status == "completed" else None,
        }
        return lay_out(document)

    def _refused(self, ordered: Sequence[tuple[int, Saved]]) -> dict[str, Raw]:
        """What checks refused, where the form has a place for it."""
        name = self.form.rejected
        return {name: Raw(one.rejected_json for _, one in ordered if one.rejected_json)} if name else {}

    def spent(self) -> dict[str, Any]:
        """Requests, tokens and money of all runs, for the summary."""
        usage = self.totals.usage
        return {
            "requests": self.totals.requests,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_usd": without_dust(self.cost_usd),
        }


def _added(earlier: ChunkRecord, record: ChunkRecord) -> ChunkRecord:
    """The new record, with what the earlier tries cost and brought."""
    counts = {name: getattr(earlier.usage, name) + value for name, value in record.usage.model_dump().items()}
    return record.model_copy(
        update={
            "attempts": earlier.attempts + record.attempts,
            "usage": TokenCounts(**counts),
            "raw_replies": [*earlier.raw_replies, *record.raw_replies],
            "model": record.model or earlier.model,
            # A reply that was read again was bought with the parameters of then.
            "fingerprint": record.fingerprint if record.attempts else earlier.fingerprint,
        }
    )


def _record(record: ChunkRecord) -> dict[str, Any]:
    fields = record.model_dump(mode="json")
    if not record.usage.cache_write_tokens:
        del fields["usage"]["cache_write_tokens"]
    return {name: value for name, value in fields.items() if value or name not in _ONLY_WHERE_SAID}


def _info(info: Info) -> dict[str, Any]:
    fields = info.model_dump(mode="json")
    if not info.earlier_parameters:
        del fields["earlier_parameters"]
    return fields


def _lean(data: bytes) -> bytes:
    # orjson.dumps keeps its over-allocated buffer alive as long as its result lives: three times the memory.
    return bytes(memoryview(data))
