"""Texts that come up again and again, each once: passages, queries, judgements."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from qagen.corpus import find_chunk_files, read_chunks
from qagen.errors import DataError
from qagen.exports.types import Example, Exported
from qagen.formats import ChunkFile, LeftOut


def identity(text: str) -> str:
    """First 16 hex digits of SHA-256: of a chunk's core they are those of its chunk_key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class Pool:
    """Numbers texts from 0 in the order in which they come, in a nameless temporary file: they may outgrow memory."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("")
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
            self._base.execute(f"PRAGMA {setting}")
        self._base.execute("CREATE TABLE texts (digest BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID")
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def take(self, text: str) -> tuple[int, bool]:
        """The number of the text, and whether it is new."""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        found = self._base.execute("SELECT number FROM texts WHERE digest = ?", (digest,)).fetchone()
        if found:
            return int(found[0]), False
        number, self._count = self._count, self._count + 1
        self._base.execute("INSERT INTO texts VALUES (?, ?)", (digest, number))
        return number, True


def passages_of(example: Example) -> Iterator[str]:
    """Every passage that a pair knows, its own first."""
    yield example.positive
    yield from (extra.document for extra in example.extra_positives)
    yield from (negative.document for negative in example.negatives)


def chunks_of(directory: Path | None, result: Exported) -> Iterator[str]:
    """The cores of all chunks of a folder. Files that cannot be read are named in the result.

    Raises:
        DataError: there is no such folder, or no chunk file in it.
    """
    if directory is None:
        return
    for chunk_file in read_chunk_files(directory, result):
        yield from (chunk.core for chunk in chunk_file.chunks if chunk.core.strip())


def read_chunk_files(directory: Path, result: Exported) -> Iterator[ChunkFile]:
    """The chunk files of a folder. Those that cannot be read are named in the result, each once.

    Raises:
        DataError: there is no such folder, or no chunk file in it.
    """
    for path in find_chunk_files(directory).paths:
        try:
            yield read_chunks(path)
        except DataError as error:
            problem = LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: "))
            if problem not in result.chunk_problems:
                result.chunk_problems.append(problem)
