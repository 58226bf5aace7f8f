"""All chunks of one or more folders, kept on the disk so that they can be searched: made once, then opened again.

`<folder>/.index/<hash>/` holds the passages (`passages.sqlite`) and their words (`words.sqlite`, or `words/` of
tantivy). The hash is that of the texts and of what searches them, so a folder is right as long as it is whole. That is
proven before it is opened, because tantivy panics on damaged files, or finds something else than it should, and says
nothing; what is damaged is built again, and older ones are removed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import orjson

from qagen import files
from qagen.corpus import find_chunk_files, read_chunks, stem_of
from qagen.errors import DataError, StorageError, UsageError
from qagen.extras import how_to_install
from qagen.formats import ChunkFile
from qagen.negatives.store import Store, Writer
from qagen.negatives.types import Passage
from qagen.search import Index, Unavailable, quick
from qagen.state import chunk_keys

Engine = Literal["tantivy", "sqlite"]
OnProblem = Callable[[Path, str], None]
"""Told of a chunk file that cannot be read, and why."""
_LAYOUT = 1
"""Counted up when the same texts are indexed in another way."""
_ROOM = ".index"


def choose_engine(wanted: str = "auto") -> Engine:
    """What searches.

    Raises:
        UsageError: what was asked for is not there.
    """
    if wanted == "sqlite" or (wanted == "auto" and quick.version() is None):
        return "sqlite"
    if quick.version() is None:
        raise UsageError(f"tantivy is not installed. Install it with: {how_to_install('negatives')}")
    return "tantivy"


class Corpus:
    """The passages of a run by number, from 0, in the order of their files."""

    def __init__(self, store: Store, index: Index | quick.QuickIndex, engine: Engine, hashed: str, texts: str) -> None:
        self._store = store
        self._index = index
        self.engine: Engine = engine
        """What searches."""
        self.hash = hashed
        """Of all chunks, and of what searches them: the name of the folder."""
        self.texts_hash = texts
        """Of all chunks alone: it is the same whatever searches them."""

    @classmethod
    def open(
        cls,
        chunks_dirs: Sequence[Path],
        folder: Path,
        engine: str = "auto",
        on_problem: OnProblem | None = None,
    ) -> Self:
        """The corpus of those folders of chunk files, its index in `folder`, made if it is not there.

        Raises:
            DataError: there is no such folder, or no chunk in any of them.
            StorageError: the index cannot be written.
            UsageError: that engine is not there.
        """
        chosen = choose_engine(engine)
        paths = [path for directory in dict.fromkeys(chunks_dirs) for path in find_chunk_files(directory).paths]
        texts, usable = _hash(paths, on_problem)
        hashed = hashlib.sha256(f"{texts}|{chosen}|{_version(chosen)}|{_LAYOUT}".encode()).hexdigest()[:16]
        place = folder / _ROOM / hashed
        files.remove_folders(place.parent, keep=place.name)
        if not files.is_whole(place):
            files.remove_folders(place.parent, keep="")  # damaged; it is made of files that are still there
            files.build_folder(place, lambda beside: _build(beside, usable, chosen, texts))
        try:
            store, index = _opened(place, chosen)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"{place}: the index cannot be read: {error}. Remove the folder and run the command again"
            ) from error
        return cls(store, index, chosen, hashed, texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._index.close()
        self._store.close()

    def __len__(self) -> int:
        return len(self._store)

    def at(self, number: int) -> Passage:
        """The passage of that number."""
        return self._store.at(number)

    def number(self, chunk_key: str, document: str | None = None) -> int | None:
        """Of the passage with that key, if possible in that document; None: there is none."""
        return self._store.number(chunk_key, document)

    def passage(self, chunk_key: str, document: str | None = None) -> Passage | None:
        """The passage with that key, if possible in that document; None: it is not there any more."""
        number = self.number(chunk_key, document)
        return None if number is None else self.at(number)

    def numbers_of(self, document: str) -> range:
        """Of all passages of a document."""
        return self._store.numbers_of(document)

    def each(self) -> Iterator[tuple[int, str]]:
        """Number and key of all passages, in order."""
        return self._store.each()

    def search(self, query: str, most: int) -> list[tuple[int, float]]:
        """Numbers and scores of the passages that match best, the best first."""
        return [(int(hit.chunk_id), hit.score) for hit in self._index.search(query, most)]

    def frequency(self, term: str) -> int:
        """How many passages have the term."""
        return self._index.frequency(term)


def indexed_text(passage: Passage) -> str:
    """By what a passage is found: a question names what document and section are about, which a chunk need not."""
    return f"{passage.title or ''}\n{passage.section or ''}\n{passage.text}"


def passages_of(chunk_file: ChunkFile, document: str) -> list[Passage]:
    """Each chunk as it is indexed."""
    metadata = chunk_file.metadata
    return [
        Passage(
            chunk_key=key,
            chunk_id=chunk.chunk_id,
            document=document,
            source_file=metadata.source_file or metadata.file_name,
            text=chunk.core,
            whole=chunk.text,
            start=chunk.start_char if chunk.start_char is not None and chunk.offsets_are_exact else -1,
            end=chunk.end_char if chunk.end_char is not None and chunk.offsets_are_exact else -1,
            section=chunk.section,
            language=metadata.language,
            title=metadata.title,
        )
        for chunk, key in zip(chunk_file.chunks, chunk_keys(chunk_file.chunks), strict=True)
    ]


def _hash(paths: Sequence[Path], on_problem: OnProblem | None) -> tuple[str, list[Path]]:
    """One hash of what all chunk files say of their chunks, and the files that can be read.

    Raises:
        DataError: there is no chunk in any of them.
    """
    digest, usable = hashlib.sha256(), []
    for path, passages in _read(paths, on_problem):
        usable.append(path)
        for passage in passages:
            digest.update(orjson.dumps(_facts(passage)))
    if not usable:
        raise DataError("there is no chunk in the chunk files, so there is nothing to choose negatives from")
    return digest.hexdigest(), usable


def _facts(passage: Passage) -> list[str | int | None]:
    """What decides how a passage is found and shown. Its key stands for its text, what stands before by its length."""
    return [
        *(passage.chunk_key, passage.chunk_id, passage.document, passage.source_file, passage.start, passage.end),
        *(len(passage.whole), passage.section, passage.language, passage.title),
    ]


def _read(paths: Sequence[Path], on_problem: OnProblem | None = None) -> Iterator[tuple[Path, list[Passage]]]:
    """The passages of each file that can be read. Of two files with one name, in two folders, the later is renamed."""
    seen: Counter[str] = Counter()
    for path in paths:
        stem = stem_of(path)
        seen[stem] += 1
        try:
            passages = passages_of(read_chunks(path), stem if seen[stem] == 1 else f"{stem}#{seen[stem]}")
        except DataError as error:
            if on_problem is not None:
                on_problem(path, str(error).removeprefix(f"{path}: "))
        else:
            if passages:
                yield path, passages


def _build(folder: Path, paths: Sequence[Path], engine: Engine, texts: str) -> None:
    """Write passages and words into an empty folder.

    Raises:
        DataError: the files changed since they were hashed.
        StorageError: the disk is full, or the like.
        UsageError: SQLite cannot search.
    """
    try:
        _write(folder, paths, engine, texts)
    except sqlite3.Error as error:
        raise StorageError(f"{folder}: the index cannot be made: {error}") from error
    except Unavailable as error:
        raise UsageError(f"{error}. Install tantivy with: {how_to_install('negatives')}") from error


def _write(folder: Path, paths: Sequence[Path], engine: Engine, texts: str) -> None:
    index: Index | quick.QuickIndex
    if engine == "tantivy":
        (folder / "words").mkdir()
        index = quick.QuickIndex(folder / "words")
    else:
        index = Index(folder / "words.sqlite")
    digest, count = hashlib.sha256(), 0
    with index, Writer(folder / "passages.sqlite") as writer:
        for _, passages in _read(paths):
            writer.add(enumerate(passages, count))
            for number, passage in enumerate(passages, count):
                digest.update(orjson.dumps(_facts(passage)))
                index.add(str(number), indexed_text(passage))
            count += len(passages)
        writer.save()
        index.save()
    if digest.hexdigest() != texts:
        raise DataError("chunk files changed while they were read; run the command again when they are finished")


def _opened(folder: Path, engine: Engine) -> tuple[Store, Index | quick.QuickIndex]:
    """What was built there.

    Raises:
        sqlite3.Error, OSError: it is damaged.
    """
    if not (folder / "passages.sqlite").is_file():
        raise FileNotFoundError(folder)
    store = Store(folder / "passages.sqlite")
    index = quick.QuickIndex.open(folder / "words") if engine == "tantivy" else Index.open(folder / "words.sqlite")
    if len(index) != len(store):
        raise OSError(f"{folder}: there are {len(store)} passages, and the words of {len(index)}")
    return store, index


def _version(engine: Engine) -> str | None:
    return quick.version() if engine == "tantivy" else "fts5"
