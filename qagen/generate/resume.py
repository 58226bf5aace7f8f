"""What an earlier run left of a document, and whether this run may go on from it. Nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qagen import files, state
from qagen.corpus import backup_of, recall
from qagen.errors import DamagedError, DataError, UsageError
from qagen.formats import ChunkFile, GenerationInfo, QAFile
from qagen.llm.prices import Price
from qagen.state import DocumentState, Entry, Matching


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, with what its QA file remembers."""

    document: DocumentState
    saved: QAFile | None = None
    stale: tuple[Entry, ...] = ()
    """Entries that no chunk of today claims."""
    changed: bool = True
    """Whether the QA file must be written even if nothing is asked."""
    damage: str | None = None
    """Why the QA file itself is of no use: this is what its backup remembers."""
    by_index: bool = False
    """A file of an older tool, taken by the numbers of its chunks."""
    edited: bool = False
    """The QA file is not as it was written, and makes sense."""


def load(
    chunk_file: ChunkFile, path: Path, qa_path: Path, info: GenerationInfo, price: Price | None, *, fresh: bool = False
) -> Loaded:
    """Match the QA file, or else its backup, with the chunks of today; `fresh`: as if there were none.

    Raises:
        DataError: neither is of use, or the file is a link that leads out of its directory.
        UsageError: a file of an older tool that cannot be matched.
    """
    document = state.start(chunk_file, path.name, info, qa_path, price)
    if files.leads_out(qa_path, qa_path.parent):
        raise DataError(f"{qa_path}: it is a link that leads out of its folder, so it is neither read nor written")
    if fresh or not qa_path.exists():
        return Loaded(document)
    try:
        saved, unchanged, matching = _matched(qa_path, document, chunk_file)
        damage = None
    except DamagedError as error:
        saved, unchanged, matching = _backup(qa_path, document, chunk_file, error)
        damage = str(error)
    document.resume(saved.qa_generation_info, saved.summary.cost_usd, matching.entries)
    changed = bool(matching.stale) or matching.moved or damage is not None
    return Loaded(document, saved, tuple(matching.stale), changed, damage, matching.by_index, edited=not unchanged)


def _matched(qa_path: Path, document: DocumentState, chunk_file: ChunkFile) -> tuple[QAFile, bool, Matching]:
    saved, unchanged = recall(qa_path)
    try:
        return saved, unchanged, state.match(saved, chunk_file, document.keys, document.chunks_name)
    except (DataError, UsageError) as error:
        raise type(error)(f"{qa_path}: {error}") from None


def _backup(
    qa_path: Path, document: DocumentState, chunk_file: ChunkFile, damage: DamagedError
) -> tuple[QAFile, bool, Matching]:
    """The same from the last version but one.

    Raises:
        DataError: it is of no use either; the text is about the file itself.
    """
    try:
        return _matched(backup_of(qa_path), document, chunk_file)
    except (DataError, UsageError):
        raise DataError(
            f"{damage}, and there is no backup of use. It is left as it is: repair it, or set it aside with --no-resume"
        ) from None


def changed_parameters(saved: QAFile, info: GenerationInfo) -> list[str]:
    """Parameters that are others than those of the earlier results, where there are any, as `name: old -> new`.

    A first try that brought nothing binds nobody. Files of older tools say too little to compare.
    """
    old = saved.qa_generation_info
    brought = any(
        (record.status == "completed" and record.attempts) or record.raw_replies for record in saved.chunks.values()
    )
    if not old.fingerprint or old.fingerprint == info.fingerprint or not brought:
        return []
    changes = state.differences(old.parameters, info.parameters) or ["fingerprint: made with other parameters"]
    if old.qagen_version != info.qagen_version:
        versions = f" (qagen {old.qagen_version or 'of unknown version'} -> {info.qagen_version})"
        changes = [change + versions if change.startswith("prompt: ") else change for change in changes]
    return changes


def cut_otherwise(saved: QAFile, chunk_file: ChunkFile) -> list[str]:
    """Another size or strategy of cutting, which makes earlier results useless: nobody should do that by mistake."""
    names = ("splitting_strategy", "chunk_size")
    old, new = (
        {name: getattr(one, name) for name in names} for one in (saved.processing_info, chunk_file.processing_info)
    )
    return state.differences(old, new) if all(old.values()) and all(new.values()) else []
