"""Which documents a run takes up, what they are called, and what is known of them already. Nothing is written here."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qagen import documents, files
from qagen.cutting import CutOrder
from qagen.documents import Choice, Reading, Source
from qagen.errors import DataError, UsageError
from qagen.formats import LeftOut, ProcessingInfo
from qagen.intake import names
from qagen.settings import Settings

_MOST_JOBS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """The documents of a run, and how to cut them."""

    sources: list[Source]
    """Those that there is a reader for."""
    skipped: list[LeftOut]
    """Files below folders that no reader is for."""
    refused: list[LeftOut]
    """Files that no reader is for although the user named them."""
    order: CutOrder
    reading: Reading
    jobs: int
    chunks_dir: Path
    qa_dir: Path
    """Where answers are looked for that cutting again would lose."""
    copies: Mapping[str, Sequence[Path]]
    """By label of a new document: the chunk files of documents that are not of this run and have the same bytes."""

    def chunks_path(self, source: Source) -> Path:
        """Where the chunks of a document go."""
        return self.chunks_dir / f"{source.name}_chunks.json"

    def text_path(self, source: Source) -> Path:
        """Where its text goes."""
        return self.chunks_dir / f"{source.name}.txt"

    def processing_info(self, source: Source) -> ProcessingInfo:
        """What a chunk file says of how it was cut; of a strategy that is not chosen yet, that it was chosen."""
        row = documents.READERS[source.suffix]
        order, auto = self.order, self.order.strategy == "auto"
        return ProcessingInfo(
            splitting_strategy=None if auto else order.strategy,
            chosen_by="auto" if auto else "user",
            size_unit=order.unit,
            chunk_size=order.size,
            chunk_overlap=order.overlap,
            min_chunk_size=order.limits.least,
            text_field=self.reading.text_field if row.has_records else None,
            encoding=None if row.binary else self.reading.encoding,
        )


def plan(places: Sequence[Path], settings: Settings) -> Plan:
    """Look for documents.

    Raises:
        DataError: a place does not exist, or there is no document that can be read.
        UsageError: outputs would replace documents.
    """
    choice = Choice(tuple(settings.include), tuple(settings.exclude), settings.chunks_dir)
    found = documents.find(places, choice)
    supported = [source for source in found if source.is_supported]
    if not supported:
        raise DataError(". ".join(_nothing_at(place, choice) for place in places))
    named = names.with_names_kept(supported, settings.chunks_dir)
    readable = named.sources
    unknown = [source for source in found if not source.is_supported]
    _refuse_to_overwrite(readable, settings.chunks_dir)
    return Plan(
        readable,
        [_without_reader(source) for source in unknown if source.path not in places],
        [_without_reader(source) for source in unknown if source.path in places],
        order_of(settings),
        Reading(",".join(settings.text_field) or None, settings.encoding),
        settings.jobs or min(os.cpu_count() or 1, _MOST_JOBS),
        settings.chunks_dir,
        settings.qa_dir,
        named.copies,
    )


def _without_reader(source: Source) -> LeftOut:
    return LeftOut(file=source.label, why=f"there is no reader for {source.suffix or 'files without an ending'}")


def _nothing_at(place: Path, choice: Choice) -> str:
    """Why no document was found there."""
    endings = ", ".join(documents.READERS)
    if not place.is_dir():
        return f"{place}: it has none of the known endings ({endings})"
    documents_there = sum(one.is_supported for one in documents.find([place], Choice(leave_out=choice.leave_out)))
    if not documents_there:
        return f"{place}: there is no document with a known ending ({endings}) in it"
    flags = [f"--include {shlex.quote(one)}" for one in choice.include]
    flags += [f"--exclude {shlex.quote(one)}" for one in choice.exclude]
    return f"{place}: of the {documents_there:,} documents in it none is left by {' '.join(flags)}"


def load(source: Source) -> bytes:
    """The bytes of a document.

    Raises:
        DataError: it cannot be read, or is empty.
    """
    if source.problem:
        raise DataError(source.problem)
    data = files.read_bytes(source.path)
    if not data:
        raise DataError("it is empty")
    return data


def order_of(settings: Settings) -> CutOrder:
    """How the settings want documents to be cut."""
    return CutOrder(
        settings.splitting_strategy, settings.size, settings.overlap, settings.unit, settings.min_chunk_size
    )


def vanished(plan: Plan, places: Sequence[Path]) -> list[LeftOut]:
    """Chunk files of documents that were below the places, and are there no more."""
    roots = [Path(os.path.abspath(place)) for place in places if place.is_dir()]  # noqa: PTH100 - links keep their names
    ours = {plan.chunks_path(source) for source in plan.sources}
    gone = []
    for path in sorted(plan.chunks_dir.glob("*_chunks.json")) if roots else ():
        if path in ours:
            continue
        label = names.owner(path)
        source = Path.cwd() / label if label else None
        if source and any(source.is_relative_to(root) for root in roots) and not source.exists():
            why = f"the document is gone; its chunks stay in {path.name}. Delete that file to leave them out"
            gone.append(LeftOut(file=str(label), why=why))
    return gone


def _refuse_to_overwrite(sources: Sequence[Source], chunks_dir: Path) -> None:
    """The text beside a chunk file must not take the place of a document.

    Raises:
        UsageError: it would.
    """
    originals = {source.path.resolve() for source in sources if source.path.exists()}  # links may lead nowhere
    for source in sources:
        text = chunks_dir / f"{source.name}.txt"
        not_ours = text.exists() and not (chunks_dir / f"{source.name}_chunks.json").exists()
        if text.resolve() in originals or not_ours:
            raise UsageError(
                f"{chunks_dir}: {source.name}.txt would be overwritten there. Name another folder with --chunks-dir."
            )
