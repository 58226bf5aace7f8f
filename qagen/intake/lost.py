"""What cutting again costs: answers about chunks that are there no more, and the settings that would keep them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qagen.corpus import qa_path_of, read_qa
from qagen.cutting import CutOrder
from qagen.errors import DataError
from qagen.formats import ChunkFile, ProcessingInfo
from qagen.state import chunk_keys, still_there

_FLAGS = {
    "size_unit": "--size-unit",
    "chunk_size": "--chunk-size",
    "chunk_overlap": "--chunk-overlap",
    "min_chunk_size": "--min-chunk-size",
    "text_field": "--text-field",
    "encoding": "--encoding",
}


@dataclass(frozen=True, slots=True)
class CutBefore:
    """How a document was cut before, and what was answered about it."""

    flags: tuple[str, ...]
    """Options that cut it so again, as far as they differ from those of today."""
    answered: int
    """Chunks, by its QA file; 0 where there is none."""
    lost: int
    """Those of them whose text no chunk of today has."""


def cut_before(old: ProcessingInfo, new: ChunkFile, chunks_path: Path, qa_dir: Path) -> CutBefore:
    """Compare with what the chunk file and the QA file remember."""
    flags = tuple(_flags(old, new.processing_info))
    keys = set(chunk_keys(new.chunks))
    try:
        saved = read_qa(qa_path_of(chunks_path, qa_dir))
    except DataError:  # generate-qa says what is wrong with it; here it only could not be counted
        return CutBefore(flags, 0, 0)
    answered = sum(record.status == "completed" for record in saved.chunks.values())
    kept = sum(record.status == "completed" for record in still_there(saved, keys, chunks_path.name) or ())
    return CutBefore(flags, answered, answered - kept)


def _flags(old: ProcessingInfo, new: ProcessingInfo) -> Iterator[str]:
    """What follows from the size by itself is left out, unless the command of today sets it: it would do so again."""
    before, now = _strategy(old), _strategy(new)
    if before != now:
        yield f"--strategy {before}"
    follows, followed = _derived(new), _derived(old)
    for name, flag in _FLAGS.items():
        value, today = getattr(old, name), getattr(new, name)
        by_itself = name in followed and value == followed[name] and today == follows[name]
        if value is not None and value != today and not by_itself:
            yield f"{flag} {shlex.quote(str(value))}"


def _derived(info: ProcessingInfo) -> dict[str, int]:
    """What follows from the size where nothing else is set."""
    size = info.chunk_size or 0
    least = CutOrder(size=size, overlap=info.chunk_overlap or 0).limits.least
    return {"chunk_overlap": size // 10, "min_chunk_size": least}


def _strategy(info: ProcessingInfo) -> str | None:
    return "auto" if info.chosen_by == "auto" else info.splitting_strategy
