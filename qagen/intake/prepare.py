"""The work itself: each document read, cut and saved, or left alone because nothing changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from qagen import cutting, documents, files
from qagen.corpus import ChunkFacts, read_chunks
from qagen.documents import Source
from qagen.errors import DataError
from qagen.formats import ENDING, ChunkFile, DocumentInfo, LeftOut, encode, utc_time
from qagen.intake import names
from qagen.intake.lost import CutBefore, cut_before
from qagen.intake.plan import Plan, load, plan, vanished
from qagen.intake.task import CutDocument, Task, cut
from qagen.intake.workshop import Bounds, Workshop
from qagen.settings import Settings

_WORTH_CHILDREN = 4_000_000
"""Bytes of text documents from which children pay for their start."""
_LONGEST_NAME = 255
_LOCK = ".qagen-chunk.lock"
"""Beside those of runs that write answers, should they stand in the same folder."""
_AHEAD = 2
"""Documents that wait for each worker: what is read early stands in memory."""

Fate = Literal["new", "changed", "cut again", "moved", "unchanged"]


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that was cut, or that needed no cutting."""

    label: str
    fate: Fate
    size: int
    """Bytes of the file."""
    characters: int
    chunks: int
    pages: int | None = None
    tokens: int = 0
    """Estimated."""
    notes: tuple[str, ...] = ()
    moved_from: str | None = None
    """What it was called when it was cut before, where that has changed."""
    document_id: str = ""
    before: CutBefore | None = None
    """How it was cut before, where that is why it was cut again."""


@dataclass(slots=True)
class Prepared:
    """What became of each document."""

    done: list[PreparedDocument] = field(default_factory=list)
    """In order of their paths."""
    skipped: list[LeftOut] = field(default_factory=list)
    """Files below folders that no reader is for."""
    failed: list[LeftOut] = field(default_factory=list)
    """Documents that cannot be read, and named files that no reader is for."""
    vanished: list[LeftOut] = field(default_factory=list)
    """Chunk files whose documents are there no more."""
    copies: list[LeftOut] = field(default_factory=list)
    """Documents whose bytes are those of another one."""


Progress = Callable[[int, int, int], None]
"""(documents done, of how many, bytes of them) is called after each document."""


def prepare(
    places: Sequence[Path], settings: Settings, progress: Progress = lambda *_: None, *, break_lock: bool = False
) -> Prepared:
    """Cut every document below the places. A document that fails is noted, and the others go on.

    One run at a time in a chunk folder: two would give the same name to two documents, and mix two sizes.

    Raises:
        UsageError: the chunk folder cannot be written, or is that of the documents.
        LockedError: another run cuts into it; the text names its owner.
        DataError: a place does not exist, or no document could be cut.
        StorageError: a chunk file could not be saved.
    """
    folder = settings.chunks_dir
    with ExitStack() as held:
        lock = files.locked(folder, _LOCK, break_lock=break_lock)
        is_there = folder.is_dir()
        if is_there:  # what the plan finds in it must be true until the end
            held.enter_context(lock)
        job = plan(places, settings)
        if not is_there:  # no folder is made for a plan that comes to nothing
            held.enter_context(lock)
            if any(folder.glob("*_chunks.json")):  # another run came and went meanwhile
                job = plan(places, settings)
        return _prepare_all(job, places, settings, progress)


def _prepare_all(job: Plan, places: Sequence[Path], settings: Settings, progress: Progress) -> Prepared:
    prepared = Prepared(skipped=job.skipped, failed=list(job.refused))
    results: dict[Source, PreparedDocument | LeftOut] = {}
    size = 0
    for source, result in _work(job, settings):
        results[source] = result
        size += result.size if isinstance(result, PreparedDocument) else 0
        progress(len(results), len(job.sources), size)
    for source in job.sources:
        result = results[source]
        (prepared.failed if isinstance(result, LeftOut) else prepared.done).append(result)  # type: ignore[arg-type]
    prepared.vanished = vanished(job, places)
    prepared.copies = list(_copies(job, results))
    if not prepared.done:
        reasons = "; ".join(f"{one.file}: {one.why}" for one in prepared.failed[:10])
        raise DataError(f"no document could be cut: {reasons}")
    return prepared


def _work(job: Plan, settings: Settings) -> Iterator[tuple[Source, PreparedDocument | LeftOut]]:
    """Every document, as it is done."""
    bounds = Bounds.shared_by(job.jobs, settings.document_timeout)
    waiting = iter(job.sources)
    with Workshop(job.jobs, bounds) as workshop:
        cutter = _cutter(job, workshop)
        threads = ThreadPoolExecutor(job.jobs, "chunk")
        try:
            running: dict[Future[PreparedDocument | LeftOut], Source] = {}
            while True:
                for source in islice(waiting, _AHEAD * job.jobs - len(running)):
                    running[threads.submit(_one, source, job, cutter)] = source
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            # An error or Ctrl-C: what waits is not begun; what a child has in hand ends with the workshop.
            threads.shutdown(wait=False, cancel_futures=True)


def _cutter(job: Plan, workshop: Workshop) -> Callable[[bytes, Task], CutDocument]:
    """Cuts in a child what a library takes apart, and large amounts of text, to use all cores."""
    text_bytes = sum(_size(source.path) for source in job.sources if not documents.READERS[source.suffix].binary)
    spread = job.jobs > 1 and text_bytes >= _WORTH_CHILDREN

    def run(data: bytes, task: Task) -> CutDocument:
        in_child = spread or documents.READERS[task.suffix].binary
        return workshop.cut(data, task) if in_child else cut(data, task)

    return run


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _one(source: Source, job: Plan, cutter: Callable[[bytes, Task], CutDocument]) -> PreparedDocument | LeftOut:
    try:
        return _prepare(source, job, cutter)
    except DataError as error:
        return LeftOut(file=source.label, why=str(error).removeprefix(f"{source.path}: "))


def _prepare(source: Source, job: Plan, cutter: Callable[[bytes, Task], CutDocument]) -> PreparedDocument:
    data = load(source)
    document_id = names.document_id(data)
    _copy_settings(source, job)
    facts = names.facts_of(job.chunks_path(source))
    fate = _fate(facts, source, document_id, job)
    was = facts.metadata.source_file if facts else ""
    moved_from = was if was not in ("", source.label) else None
    before: CutBefore | None = None
    figures: tuple[int, int, int | None, int, tuple[str, ...]]
    if facts and fate in ("unchanged", "moved"):
        if fate == "moved":
            _relabel(source, job)
        known = facts.metadata
        figures = (facts.characters, facts.chunks, known.pages, known.tokens or 0, ())
    else:
        result = cutter(data, Task(source.suffix, job.reading, job.order))
        made = _save(result, source, document_id, len(data), job)
        if facts and fate == "cut again":
            before = cut_before(facts.processing, made, job.chunks_path(source), job.qa_dir)
        figures = (len(result.text), len(result.pieces), result.pages, result.tokens, result.notes)
    return PreparedDocument(source.label, fate, len(data), *figures, moved_from, document_id, before)


def _relabel(source: Source, job: Plan) -> None:
    """Say in the chunk file what its document is called now; the chunks stay as they are, and so do their answers."""
    path = job.chunks_path(source)
    chunk_file = read_chunks(path)
    info = chunk_file.metadata
    was_untitled = info.title == Path(info.file_name).stem
    names_now = {
        "file_name": source.path.name,
        "source_file": source.label,
        "file_type": source.suffix,
        "title": source.path.stem if was_untitled else info.title,
    }
    _write_chunks(chunk_file.model_copy(update={"metadata": info.model_copy(update=names_now)}), path)


def _copies(job: Plan, results: Mapping[Source, PreparedDocument | LeftOut]) -> Iterator[LeftOut]:
    """Documents that stand in the chunk files twice, because there is another one with the same bytes."""
    first: dict[str, Source] = {}
    for source in job.sources:
        result = results[source]
        if isinstance(result, LeftOut):
            continue
        same = first.setdefault(result.document_id, source)
        others = [job.chunks_path(same)] if same is not source else job.copies.get(source.label)
        if others:
            why = (
                f"the same content stands in {others[0].name} ({names.owner(others[0])}) too, so its chunks are paid "
                f"for twice. Remove one of the two documents, and its chunk file (this one's: "
                f"{job.chunks_path(source).name})"
            )
            yield LeftOut(file=source.label, why=why)


def _copy_settings(source: Source, job: Plan) -> None:
    """`<document>.qagen.toml` beside the document goes beside its chunk file, where `generate-qa` looks for it."""
    beside = source.path.with_name(f"{source.path.stem}{ENDING}")
    copy = job.chunks_dir / f"{source.name}{ENDING}"
    too_long = len(os.fsencode(beside.name)) > _LONGEST_NAME  # asking for such a file is an error
    if too_long or not beside.is_file() or files.leads_out(beside, beside.parent):
        return
    data = files.read_bytes(beside)
    if not copy.exists() or files.read_bytes(copy) != data:
        files.write(copy, data)


def _fate(facts: ChunkFacts | None, source: Source, document_id: str, job: Plan) -> Fate:
    """What is to be done with a document, by what its chunk file says."""
    if facts is None:
        return "new"
    if facts.metadata.document_id != document_id or not facts.metadata.source_file:
        return "changed"
    wanted = job.processing_info(source)
    row = documents.READERS[source.suffix]
    # None stands for a choice only where there is one; else an older file may say what did not concern it.
    concerned = {*(["text_field"] if row.has_records else []), *([] if row.binary else ["encoding"])}
    same = all(
        getattr(facts.processing, name) == value for name, value in wanted if value is not None or name in concerned
    )
    if not same or not _is_read_alike(facts.metadata.file_type, source.suffix) or not job.text_path(source).exists():
        return "cut again"
    return "unchanged" if facts.metadata.source_file == source.label else "moved"


def _is_read_alike(suffix: str, other: str) -> bool:
    """Whether two endings have the same reader."""
    return suffix == other or (suffix in documents.READERS and documents.READERS[suffix] == documents.READERS[other])


def _save(result: CutDocument, source: Source, document_id: str, size: int, job: Plan) -> ChunkFile:
    pieces = cutting.chunks(result.text, source.name, result.pieces)
    info = DocumentInfo(
        file_name=source.path.name,
        source_file=source.label,
        file_type=source.suffix,
        file_size=size,
        document_id=document_id,
        title=result.title or source.path.stem,
        language=result.language,
        pages=result.pages,
        tokens=result.tokens,
        processed_at=utc_time(),
    )
    processing = job.processing_info(source).model_copy(
        update={"splitting_strategy": result.strategy, "total_chunks": len(pieces)}
    )
    chunk_file = ChunkFile(metadata=info, processing_info=processing, chunks=pieces)
    files.write(job.text_path(source), result.text.encode("utf-8"))
    _write_chunks(chunk_file, job.chunks_path(source))
    return chunk_file


def _write_chunks(chunk_file: ChunkFile, path: Path) -> None:
    files.write(path, encode(chunk_file.model_dump(mode="json"), indent=True) + b"\n")
