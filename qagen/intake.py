"""Documents in, chunk files out: what `qagen chunk` does for each document, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qagen import chunks, documents, files
from qagen.corpus import read_chunks
from qagen.documents import Source
from qagen.errors import DataError, UsageError
from qagen.formats import ChunkFile, LeftOut, ProcessingInfo, encode, utc_time
from qagen.settings import Settings


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that was cut, or that needed no cutting."""

    label: str
    characters: int
    chunks: int
    unchanged: bool
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Prepared:
    """What became of each document."""

    done: list[PreparedDocument] = field(default_factory=list)
    skipped: list[LeftOut] = field(default_factory=list)
    """Files that no reader is for."""
    failed: list[LeftOut] = field(default_factory=list)


def prepare(places: Sequence[Path], settings: Settings) -> Prepared:
    """Cut every document below the places. A document that fails is noted, and the others go on.

    Raises:
        UsageError: the chunk folder cannot be written.
        DataError: a place does not exist, or no document could be cut.
        StorageError: a chunk file could not be saved.
    """
    sources = documents.find(list(places), leave_out=settings.chunks_dir)
    prepared = Prepared()
    readable = _with_names_kept([source for source in sources if not source.unsupported], settings.chunks_dir)
    for source in sources:
        if source.unsupported:
            why = f"there is no reader for {source.path.suffix or 'files without an ending'}"
            prepared.skipped.append(LeftOut(file=source.label, why=why))
    if not readable:
        endings = ", ".join(documents.READERS)
        named = ", ".join(str(place) for place in places)
        raise DataError(f"{named}: there is no document with a known ending ({endings}) in it.")
    _refuse_to_overwrite(readable, settings.chunks_dir)
    files.make_writable(settings.chunks_dir)
    for source in readable:
        try:
            prepared.done.append(_prepare_one(source, settings))
        except DataError as error:
            prepared.failed.append(LeftOut(file=source.label, why=str(error).removeprefix(f"{source.path}: ")))
    if not prepared.done:
        reasons = "; ".join(f"{one.file}: {one.why}" for one in prepared.failed[:10])
        raise DataError(f"no document could be cut: {reasons}")
    return prepared


def _prepare_one(source: Source, settings: Settings) -> PreparedDocument:
    document, info = documents.read(source)
    path = settings.chunks_dir / f"{source.name}_chunks.json"
    processing = ProcessingInfo(
        splitting_strategy=settings.splitting_strategy,
        chunk_size=settings.chunk_size,
        chunk_overlap=settings.overlap,
    )
    pieces = chunks.split(document, source.name, settings.chunk_size, settings.overlap)
    chunk_file = ChunkFile(
        metadata=info.model_copy(update={"processed_at": utc_time()}),
        processing_info=processing.model_copy(update={"total_chunks": len(pieces)}),
        chunks=pieces,
    )
    text_path = path.with_name(f"{source.name}.txt")
    unchanged = _is_same(path, chunk_file) and text_path.exists()
    if not unchanged:
        files.write(text_path, document.text.encode("utf-8", "replace"))
        files.write(path, encode(chunk_file.model_dump(mode="json"), indent=True) + b"\n")
    return PreparedDocument(source.label, len(document.text), len(pieces), unchanged, document.notes)


def _refuse_to_overwrite(sources: Sequence[Source], chunks_dir: Path) -> None:
    """The text beside a chunk file must not take the place of a document.

    Raises:
        UsageError: it would.
    """
    originals = {source.path.resolve() for source in sources}
    for source in sources:
        text = chunks_dir / f"{source.name}.txt"
        not_ours = text.exists() and not (chunks_dir / f"{source.name}_chunks.json").exists()
        if text.resolve() in originals or not_ours:
            raise UsageError(
                f"{chunks_dir}: {source.name}.txt would be overwritten there. Name another folder with --chunks-dir."
            )


def _with_names_kept(sources: Sequence[Source], chunks_dir: Path) -> list[Source]:
    """Who has a chunk file keeps its name; who comes later with the same stem gets another one.

    Otherwise a new document would take the place of an older one, whose questions would be paid for again.
    """
    named = []
    for source in sources:
        owner = _owner(chunks_dir / f"{files.safe_name(source.path.stem)}_chunks.json")
        if owner == source.label:
            source = replace(source, name=files.safe_name(source.path.stem))
        elif owner is not None and source.name == files.safe_name(source.path.stem):
            source = replace(source, name=documents.distinct_name(source))
        named.append(source)
    return named


def _owner(path: Path) -> str | None:
    """The document that a chunk file was made of; None where there is no such file, or it is not ours."""
    try:
        return read_chunks(path).metadata.source_file or None
    except DataError:
        return None


def _is_same(path: Path, chunk_file: ChunkFile) -> bool:
    """Whether the file says the same already, but for the time."""
    try:
        earlier = read_chunks(path)
    except DataError:
        return False
    when = {"processed_at": None}
    return earlier.model_copy(update={"metadata": earlier.metadata.model_copy(update=when)}) == chunk_file.model_copy(
        update={"metadata": chunk_file.metadata.model_copy(update=when)}
    )
