"""The passages of a corpus in one file on the disk, found by number, key or place. Texts are read when asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from qagen.negatives.types import Passage

_COLUMNS = "chunk_key, chunk_id, document, source_file, text, before, start, end, section, language, title"
_KEPT = 2000
"""Passages in memory: neighbouring questions find the same ones."""
_TABLE = """
    CREATE TABLE passages (number INTEGER PRIMARY KEY, chunk_key TEXT, chunk_id TEXT, document TEXT, source_file TEXT,
    text TEXT, before TEXT, start INTEGER, end INTEGER, section TEXT, language TEXT, title TEXT)
"""


class Writer:
    """Takes passages in, in order; the first has number 0."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(path)
        for setting in ("journal_mode = OFF", "synchronous = OFF"):
            self._base.execute(f"PRAGMA {setting}")
        self._base.execute(_TABLE)

    def add(self, passages: Iterable[tuple[int, Passage]]) -> None:
        """Write each under its number."""
        marks = ", ".join("?" * 12)
        self._base.executemany(
            f"INSERT INTO passages VALUES ({marks})",  # noqa: S608 - question marks
            ((number, *_row(passage)) for number, passage in passages),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def save(self) -> None:
        """Make it ready to be asked."""
        self._base.execute("CREATE INDEX by_key ON passages (chunk_key)")
        self._base.execute("CREATE INDEX by_document ON passages (document)")
        self._base.commit()


class Store:
    """The passages of a file that was written before."""

    def __init__(self, path: Path) -> None:
        self._base = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._count = int(self._base.execute("SELECT count(*) FROM passages").fetchone()[0])
        self.at = lru_cache(maxsize=_KEPT)(self._at)
        """The passage of a number."""

    def close(self) -> None:
        self._base.close()

    def __len__(self) -> int:
        return self._count

    def number(self, chunk_key: str, document: str | None) -> int | None:
        """Of the passage with that key, if possible in that document; None: there is none."""
        row = self._base.execute(
            "SELECT number FROM passages WHERE chunk_key = ? ORDER BY document != ?, number LIMIT 1",
            (chunk_key, document or ""),
        ).fetchone()
        return int(row[0]) if row else None

    def numbers_of(self, document: str) -> range:
        """Of a document's passages, which stand together; none where it is unknown."""
        first, last = self._base.execute(
            "SELECT min(number), max(number) FROM passages WHERE document = ?", (document,)
        ).fetchone()
        return range(0) if first is None else range(int(first), int(last) + 1)

    def each(self) -> Iterator[tuple[int, str]]:
        """Number and key of all passages, in order."""
        for number, key in self._base.execute("SELECT number, chunk_key FROM passages ORDER BY number"):
            yield int(number), str(key)

    def _at(self, number: int) -> Passage:
        row = self._base.execute(
            f"SELECT {_COLUMNS} FROM passages WHERE number = ?",  # noqa: S608 - our own names
            (number,),
        ).fetchone()
        if row is None:
            raise IndexError(f"there is no passage {number}")
        key, chunk_id, document, source_file, text, before, start, end, section, language, title = row
        return Passage(
            chunk_key=key,
            chunk_id=chunk_id,
            document=document,
            source_file=source_file,
            text=text,
            whole=before + text,
            start=start,
            end=end,
            section=section,
            language=language,
            title=title,
        )


def _row(passage: Passage) -> tuple[str | int | None, ...]:
    before = passage.whole.removesuffix(passage.text)
    return (
        *(passage.chunk_key, passage.chunk_id, passage.document, passage.source_file, passage.text, before),
        *(passage.start, passage.end, passage.section, passage.language, passage.title),
    )
