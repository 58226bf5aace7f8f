"""The chunks that pairs were made of: found by chunk_key, else by document and index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from qagen.corpus import find_chunk_files, qa_path_of, read_chunks
from qagen.errors import DataError
from qagen.formats import ChunkFile, LeftOut
from qagen.state import chunk_keys

_MOST = 2**63
"""SQLite's integers end there."""
OnChunk = Callable[[str, str], None]
"""Told of each chunk: its key, and the text by which it is found."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk's core: the text that its questions were asked about."""

    key: str
    text: str


class Passages:
    """All chunks of a folder, in a nameless temporary file: the corpus may be larger than the memory."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")
        for setting in ("journal_mode = OFF", "synchronous = OFF"):
            self._base.execute(f"PRAGMA {setting}")
        self._base.execute("CREATE TABLE passages (key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")
        self._base.execute("CREATE TABLE places (document, chunk INTEGER, key TEXT, PRIMARY KEY (document, chunk))")
        self.problems: list[LeftOut] = []
        """Chunk files that cannot be read."""
        self.sources: set[str] = set()
        """What the documents are called, as negatives call them."""
        self._documents: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def read(self, directory: Path, on_chunk: OnChunk) -> None:
        """Take in the chunk files of a folder.

        Raises:
            DataError: there is no such folder, or no such file in it.
        """
        for path in find_chunk_files(directory).paths:
            try:
                chunk_file = read_chunks(path)
            except DataError as error:
                self.problems.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
            else:
                self._add(chunk_file, qa_path_of(path, Path()).name, on_chunk)

    def _add(self, chunk_file: ChunkFile, document: str, on_chunk: OnChunk) -> None:
        self._documents.add(document)
        self.sources.add(chunk_file.metadata.source_file or chunk_file.metadata.file_name)
        title = chunk_file.metadata.title or ""
        for chunk, key in zip(chunk_file.chunks, chunk_keys(chunk_file.chunks), strict=True):
            self._base.execute("INSERT OR IGNORE INTO passages VALUES (?, ?)", (key, chunk.core))
            self._base.execute("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", (document, chunk.chunk_index, key))
            # A question names what its document and section are about, which its chunk need not.
            on_chunk(key, f"{title}\n{chunk.section or ''}\n{chunk.core}")

    def keys(self, qa_name: str) -> frozenset[str] | None:
        """Those of all chunks of the document that has that QA file; None: its chunk file was not read."""
        if qa_name not in self._documents:
            return None
        found = self._base.execute("SELECT key FROM places WHERE document = ?", (qa_name,))
        return frozenset(key for (key,) in found)

    def has(self, key: str) -> bool:
        """Whether any document has a chunk with that key."""
        return bool(self._base.execute("SELECT 1 FROM passages WHERE key = ?", (key,)).fetchone())

    def find(self, chunk_key: str, chunk_index: object, qa_name: str) -> Passage | None:
        """The chunk of a pair that stands in that QA file; None: it is not there any more."""
        key: str | None = chunk_key
        if not key and isinstance(chunk_index, int) and abs(chunk_index) < _MOST:
            place = (qa_name, chunk_index)
            found = self._base.execute("SELECT key FROM places WHERE document = ? AND chunk = ?", place).fetchone()
            key = found[0] if found else None
        row = self._base.execute("SELECT text FROM passages WHERE key = ?", (key,)).fetchone()
        return Passage(str(key), str(row[0])) if row else None
