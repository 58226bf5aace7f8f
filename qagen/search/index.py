"""An index of chunks in a nameless temporary file, by SQLite's FTS5."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from qagen.search.terms import terms

MOST_TERMS = 8
"""Of a question; the rarest say what it is about."""
FEWEST_TERMS = 2
MOST_POSTINGS = 4000
"""What a query costs is the number of chunks that have one of its terms, so frequent terms are left out beyond it."""
_CACHE_KB = 64 * 1024
# Our own words, and FTS5 must not cut them again: marks belong to them.
_TABLE = """
    CREATE VIRTUAL TABLE passages
    USING fts5(words, content='', tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* Co'")
"""


class Unavailable(Exception):
    """This Python's SQLite cannot search."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that holds words of the question."""

    chunk_id: str
    score: float
    """BM25 (k1 1.2, b 0.75): higher is better; comparable within one query alone."""


class Index:
    """Chunks by their words. Add all of them first, then ask.

    Raises:
        Unavailable: SQLite was built without FTS5.
    """

    def __init__(self) -> None:
        self._base = sqlite3.connect("")  # a temporary file, which SQLite deletes
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KB}"):
            self._base.execute(f"PRAGMA {setting}")
        try:
            self._base.execute(_TABLE)
        except sqlite3.OperationalError as error:
            self._base.close()
            raise Unavailable(f"this Python's SQLite ({sqlite3.sqlite_version}) has no FTS5: {error}") from None
        self._base.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'passages', 'row')")
        self._base.execute("CREATE TABLE chunks (number INTEGER PRIMARY KEY, id TEXT UNIQUE)")
        self._frequencies: dict[str, int] = {}
        self._is_packed = True
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def __len__(self) -> int:
        return self._size

    def add(self, chunk_id: str, text: str) -> None:
        """A chunk to be found; nothing happens where the id is known already."""
        added = self._base.execute("INSERT OR IGNORE INTO chunks (id) VALUES (?)", (chunk_id,))
        if added.rowcount:
            row = (added.lastrowid, " ".join(terms(text)))
            self._base.execute("INSERT INTO passages (rowid, words) VALUES (?, ?)", row)
            self._frequencies.clear()
            self._is_packed = False
            self._size += 1

    def frequency(self, term: str) -> int:
        """How many chunks have the term."""
        self._pack()
        found = self._frequencies.get(term)
        if found is None:
            row = self._base.execute("SELECT doc FROM temp.vocabulary WHERE term = ?", (term,)).fetchone()
            found = self._frequencies[term] = int(row[0]) if row else 0
        return found

    def search(self, query: str, most: int) -> list[Hit]:
        """The `most` chunks that match the rarest terms of the question best; of equal ones, those added first."""
        found = self._best(self._rarest(query, MOST_POSTINGS, FEWEST_TERMS), most)
        ids = (self._base.execute("SELECT id FROM chunks WHERE number = ?", (number,)).fetchone() for number, _ in found)
        return [Hit(str(row[0]), -score) for row, (_, score) in zip(ids, found, strict=True)]

    def rank(self, query: str, chunk_id: str, most: int, *, postings: int = MOST_POSTINGS) -> int | None:
        """Place of the chunk among all, 1 for the best; None: not among the first `most`, or not in the index.

        Chunks that match equally well share the better place. With few `postings` only the rarest terms are looked at,
        and none at all where even the rarest is more frequent: quick, and a place that is found is good enough.
        """
        row = self._base.execute("SELECT number FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
        found = self._best(self._rarest(query, postings, 0 if postings < MOST_POSTINGS else FEWEST_TERMS), most)
        scores = dict(found)
        if row is None or row[0] not in scores:
            return None
        return 1 + sum(score < scores[row[0]] for score in scores.values())

    def _rarest(self, query: str, postings: int, fewest: int) -> list[str]:
        """Terms of the question, the rarest first, as many as cost allows."""
        known = sorted((count, term) for term in set(terms(query)) if (count := self.frequency(term)))
        chosen: list[str] = []
        for count, term in known[:MOST_TERMS]:
            if len(chosen) >= fewest and count > postings:
                break
            chosen.append(term)
            postings -= count
        return chosen

    def _best(self, chosen: list[str], most: int) -> list[tuple[int, float]]:
        """(number, score) of chunks with any of the terms; SQLite's scores are negative, the best the lowest."""
        if not chosen:
            return []
        wanted = " OR ".join(f'"{term}"' for term in chosen)
        rows = self._base.execute(
            "SELECT rowid, rank FROM passages WHERE passages MATCH ? ORDER BY rank, rowid LIMIT ?", (wanted, most)
        )
        return rows.fetchall()

    def _pack(self) -> None:
        """One b-tree instead of many: queries then look into one."""
        if not self._is_packed:
            self._base.execute("INSERT INTO passages (passages) VALUES ('optimize')")
            self._is_packed = True
