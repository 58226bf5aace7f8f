"""Which chunk file belongs to which document: answers follow the name of a chunk file, so that a document keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice
from pathlib import Path

from qagen import files
from qagen.corpus import ChunkFacts, read_facts
from qagen.documents import Source
from qagen.errors import DataError
from qagen.formats import DocumentInfo, decode

_HEAD_LINES = 64
"""Of a chunk file as we write it, in which its metadata end."""
_HEAD_END = b'  "processing_info": {'


@dataclass(frozen=True, slots=True)
class Named:
    """The documents of a run under the names of their outputs."""

    sources: list[Source]
    copies: dict[str, list[Path]] = field(default_factory=dict)
    """By label of a document that is new: the chunk files of documents outside of this run that have the same bytes."""


def with_names_kept(sources: Sequence[Source], chunks_dir: Path) -> Named:
    """Who has a chunk file keeps its name, also when it was moved; who comes later with the same stem gets another.

    Otherwise a new document would take the place of an older one, or the questions about one that was moved would be
    paid for again. A document that was moved is known by its bytes; those are only read where somebody is new here and
    there are chunk files that nobody has claimed.
    """
    names = {source: name for source in sources if (name := _name_at_once(source, chunks_dir))}
    new = [source for source in sources if source not in names]
    unclaimed = _unclaimed(chunks_dir, names.values()) if new else {}
    by_label = {info.source_file: path for path, info in unclaimed.items()}
    for source in new:
        if path := by_label.get(source.label):  # it was moved before, and its chunk file is called as it was then
            names[source] = _name_of(path)
            unclaimed.pop(path, None)
    labels = {source.label for source in sources}
    moved, copies = _by_content(
        [source for source in new if source not in names],
        {path: info for path, info in unclaimed.items() if info.source_file not in labels},
    )
    names |= moved
    taken = set(names.values())
    for source in new:
        if source not in names:
            names[source] = _free_name(source, chunks_dir, taken)
            taken.add(names[source])
    return Named([replace(source, name=names[source]) for source in sources], copies)


def _name_at_once(source: Source, chunks_dir: Path) -> str | None:
    """The name under which its chunk file is usually found, if it is there."""
    usual = (files.safe_name(source.path.stem), source.distinct_name())
    return next((name for name in usual if owner(_chunks_path(chunks_dir, name)) == source.label), None)


def _free_name(source: Source, chunks_dir: Path, taken: Collection[str]) -> str:
    """A name that no other document has: its own, else with a hash."""
    names = chain([source.name], map(source.distinct_name, count()))
    return next(name for name in names if name not in taken and owner(_chunks_path(chunks_dir, name)) is None)


def _unclaimed(chunks_dir: Path, names: Iterable[str]) -> dict[Path, DocumentInfo]:
    """The chunk files that say what they were made of, without those of the names."""
    claimed = {_chunks_path(chunks_dir, name) for name in names}
    others = (path for path in sorted(chunks_dir.glob("*_chunks.json")) if path not in claimed)
    return {path: info for path in others if (info := origin(path)) and info.source_file}


def _by_content(
    new: Sequence[Source], unclaimed: Mapping[Path, DocumentInfo]
) -> tuple[dict[Source, str], dict[str, list[Path]]]:
    """The names of documents that were moved; and, by label, the chunk files of what others are copies of."""
    sizes = {info.file_size for info in unclaimed.values()}
    by_id: dict[str, list[Source]] = {}
    for source in new:
        if (None in sizes or _size(source) in sizes) and (found := _document_id(source)):
            by_id.setdefault(found, []).append(source)
    alike = [(source, path) for path, info in unclaimed.items() for source in by_id.get(info.document_id or "", ())]
    # Of several with the same bytes each gets the one that it is called most like.
    # What is asked of each is asked once: where many have the same bytes, the pairs are very many.
    places = {path: _place(unclaimed[path].source_file) for path in {path for _, path in alike}}
    own_places = {source.label: source.path.resolve() for same in by_id.values() for source in same}
    parts = {label: Path(label).parts[::-1] for label in own_places}
    other_parts = {path: Path(unclaimed[path].source_file).parts[::-1] for path in places}
    alike.sort(key=lambda pair: -_likeness(parts[pair[0].label], other_parts[pair[1]]))
    moved: dict[Path, Source] = {}
    copies: dict[str, list[Path]] = {}
    settled: set[str] = set()
    for source, path in alike:
        if source.label in settled:
            continue
        if places[path] not in (None, own_places[source.label]):
            copies.setdefault(source.label, []).append(path)
        elif path not in moved:
            moved[path] = source
            settled.add(source.label)
    names = {source: _name_of(path) for path, source in moved.items()}
    for label in settled:
        copies.pop(label, None)
    return names, copies


def _place(label: str) -> Path | None:
    """Where the document is that was called so; None: it is not there any more."""
    try:
        return (Path.cwd() / label).resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except (OSError, RuntimeError):
        return Path(label)  # nobody knows


def _likeness(label: Sequence[str], other: Sequence[str]) -> int:
    """How many first parts of two paths, the last one first, are the same."""
    pairs = zip(label, other, strict=False)
    return next((number for number, (one, two) in enumerate(pairs) if one != two), len(label))


def _size(source: Source) -> int:
    try:
        return source.path.stat().st_size
    except OSError:
        return -1


def _document_id(source: Source) -> str | None:
    try:
        return None if source.problem else document_id(files.read_bytes(source.path))
    except DataError:
        return None  # the document itself will say why


def document_id(data: bytes) -> str:
    """By its bytes, as chunk files say it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _chunks_path(chunks_dir: Path, name: str) -> Path:
    return chunks_dir / f"{name}_chunks.json"


def _name_of(path: Path) -> str:
    return path.name.removesuffix("_chunks.json")


def owner(path: Path) -> str | None:
    """The document that a chunk file was made of; None where there is no such file, or it is not ours."""
    info = origin(path)
    return (info.source_file or None) if info else None


def origin(path: Path) -> DocumentInfo | None:
    """What a chunk file says of its document, by its first lines alone where it is laid out as we write it."""
    if not path.exists():
        return None
    try:
        head = b"".join(_head(path))
        info = decode(head.rstrip().removesuffix(b",") + b"}")
        return DocumentInfo.model_validate(info["metadata"])
    except (DataError, ValueError, KeyError, TypeError):
        facts = facts_of(path)
        return facts.metadata if facts else None


def _head(path: Path) -> Iterator[bytes]:
    """The lines before those that say how it was cut."""
    for line in islice(files.read_lines(path), _HEAD_LINES):
        if line.startswith(_HEAD_END):
            return
        yield line
    raise ValueError("it is laid out in another way")


def facts_of(path: Path) -> ChunkFacts | None:
    """What a chunk file says of its document and of how it was cut; None where it says nothing."""
    try:
        return read_facts(path)
    except DataError:
        return None
