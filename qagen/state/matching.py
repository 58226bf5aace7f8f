"""What a QA file remembers, placed on the chunks of today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qagen.errors import DamagedError, UsageError
from qagen.formats import NO_CHECKSUM, Chunk, ChunkFile, ChunkRecord, NegativesFile, Pair, QAFile, encode, seal
from qagen.pairs import pair_id, place


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one chunk."""

    record: ChunkRecord
    pairs: tuple[Any, ...] = ()
    """What was made of it: `Pair`s, or in a negatives file `MinedPair`s."""
    rejected: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """A QA file's entries, placed on the chunks of today."""

    entries: dict[int, Entry]
    """By position in the chunk file."""
    stale: list[Entry]
    """Entries whose core is in the document no more."""
    moved: bool
    """Whether an entry's index, offsets or section is another one than in the file."""
    by_index: bool = False
    """The file is an older tool's, whose chunks are known by their numbers alone."""
    again: frozenset[int] = frozenset()
    """Positions of chunks that are settled, and that a model shall be asked about once more all the same."""


def match(saved: QAFile, chunk_file: ChunkFile, keys: Sequence[str], chunks_name: str) -> Matching:
    """Place what a QA file remembers on the chunks of today, by key.

    Raises:
        DamagedError: the file remembers another document.
        UsageError: a file of an older tool, which counts chunks by index, and their number has changed.
    """
    if not saved.chunks and (saved.completed_chunks or saved.training_pairs):
        return _match_by_index(saved, chunk_file, keys)
    positions = {key: position for position, key in enumerate(keys)}
    if _is_of_another_document(saved, positions, chunks_name):
        raise DamagedError(f"it belongs to another document ({saved.metadata.chunks_file}, not {chunks_name})")
    pairs, rejected = _by_key(saved.training_pairs), _by_key(saved.rejected_pairs)
    entries: dict[int, Entry] = {}
    stale: list[Entry] = []
    moved = False
    for index, record in saved.chunks.items():
        key = record.chunk_key
        entry = Entry(record, tuple(pairs.get(key, ())), tuple(rejected.get(key, ())))
        position = positions.get(key)
        if position is None:
            stale.append(entry)
            continue
        placed = _placed(entry, chunk_file.chunks[position], chunk_file)
        moved |= index != chunk_file.chunks[position].chunk_index or placed != entry
        entries[position] = placed
    claimed = {record.chunk_key for record in saved.chunks.values()}
    stale += _unclaimed(pair for pair in saved.training_pairs if pair.chunk_key not in claimed)
    return Matching(entries, stale, moved)


def still_there(saved: QAFile, keys: Collection[str], chunks_name: str) -> list[ChunkRecord] | None:
    """What is known of the chunks of today, as `match` finds it, without a look at the pairs.

    None where that cannot be told: the file is another document's, or an older tool's, which recorded no keys.
    """
    if not saved.chunks or _is_of_another_document(saved, keys, chunks_name):
        return None
    return [record for record in saved.chunks.values() if record.chunk_key in keys]


def _is_of_another_document(saved: QAFile, keys: Collection[str], chunks_name: str) -> bool:
    if not saved.chunks or saved.metadata.chunks_file in {"", chunks_name}:
        return False
    return not any(record.chunk_key in keys for record in saved.chunks.values())


def _match_by_index(saved: QAFile, chunk_file: ChunkFile, keys: Sequence[str]) -> Matching:
    """The results of an older tool, which recorded no keys; they are recorded from now on."""
    total = saved.summary.total_chunks or saved.processing_info.total_chunks
    if total != len(keys):
        raise UsageError(
            f"it is a file of an older tool, made from {total or 'an unknown number of'} chunks, and the chunk file "
            f"has {len(keys)}: its results cannot be matched. Use --no-resume to set it aside and begin anew."
        )
    entries: dict[int, Entry] = {}
    if saved.status == "completed" and not saved.completed_chunks:
        done = {chunk.chunk_index for chunk in chunk_file.chunks}
    else:
        done = {chunk.chunk_index for chunk in chunk_file.chunks} & set(saved.completed_chunks)
    by_index: dict[int | None, list[Pair]] = {}
    for pair in saved.training_pairs:
        by_index.setdefault(pair.chunk_index, []).append(pair)
    if None in by_index:
        raise UsageError(
            f"it is a file of an older tool, and {len(by_index[None])} of its pairs do not say which chunk they belong "
            "to. `qagen combine` takes it as it is; to ask again, use --no-resume, which sets it aside."
        )
    for position, (chunk, key) in enumerate(zip(chunk_file.chunks, keys, strict=True)):
        if chunk.chunk_index not in done:
            continue
        pairs = tuple(
            place(_identified(pair, key), chunk, chunk_file.metadata) for pair in by_index.get(chunk.chunk_index, ())
        )
        # What the tool said of all its pairs is true of these, and not of those that are made from now on.
        model = saved.qa_generation_info.model or ""
        record = ChunkRecord(chunk_key=key, status="completed", kept=len(pairs), model=model)
        entries[position] = Entry(record, pairs)
    stale = _unclaimed(pair for pair in saved.training_pairs if pair.chunk_index not in done)
    return Matching(entries, stale, moved=False, by_index=True)


def _unclaimed(pairs: Iterable[Pair]) -> list[Entry]:
    """Pairs that belong to no chunk we know, as an entry to archive: none is dropped without a word."""
    listed = tuple(pairs)
    return [Entry(ChunkRecord(chunk_key="", status="completed", kept=len(listed)), listed)] if listed else []


def _identified(pair: Pair, key: str) -> Pair:
    return pair.model_copy(update={"chunk_key": key, "pair_id": pair_id(pair.question, pair.answer, key)})


def _placed(entry: Entry, chunk: Chunk, chunk_file: ChunkFile) -> Entry:
    return Entry(
        entry.record,
        tuple(place(pair, chunk, chunk_file.metadata) for pair in entry.pairs),
        tuple(place(pair, chunk, chunk_file.metadata) for pair in entry.rejected),
    )


def _by_key(pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(pair.chunk_key, []).append(pair)
    return found


def archive_of(saved: QAFile | NegativesFile, stale: Sequence[Entry]) -> bytes:
    """A state file of its own for entries that no chunk of today claims."""
    indexes = {record.chunk_key: index for index, record in saved.chunks.items()}
    made = [pair for entry in stale for pair in entry.pairs]
    if isinstance(saved, QAFile):
        parts = {"training_pairs": made, "rejected_pairs": [pair for entry in stale for pair in entry.rejected]}
    else:
        parts = {"mined_pairs": made}
    kept = saved.model_copy(
        update={
            "chunks": {indexes[key]: entry.record for entry in stale if (key := entry.record.chunk_key) in indexes},
            **parts,
            "completed_chunks": [],
            "failed_chunks": [],
            "checksum": NO_CHECKSUM,
        }
    )
    return seal(encode(kept.model_dump(mode="json"), indent=True))
