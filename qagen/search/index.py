"""An index of chunks by SQLite's FTS5: in a nameless temporary file, or in one that stays and is opened again.

FTS5 holds which chunk has which word; the scores are ours. Its own bm25() goes through all chunks of every word twice a
query, 3 ms where a corpus has 100,000 chunks. The same words come again and again in questions, so what they weigh in
each chunk is kept, as far as it fits.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from qagen.search.terms import terms

MOST_TERMS = 8
"""Of a question; the rarest say what it is about."""
_MOST_POSTINGS = 5_000
"""What a query costs is the number of chunks that have its terms, so frequent terms are left out beyond it."""
_FEWEST_TERMS = 2
_MOST_KEPT = 24_000_000
"""Postings in memory: 192 MB, and less where the corpus has fewer."""
_CACHE_KB = 64 * 1024
_K1, _B = 1.2, 0.75
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


@dataclass(frozen=True, slots=True)
class _Postings:
    """The chunks that have a term, and what it weighs there."""

    chunks: NDArray[np.int32]
    weights: NDArray[np.float32]


class Index:
    """Chunks by their words. Add all of them first, then ask.

    `path`: a file that stays, a new one; without it SQLite deletes the file at the end.

    Raises:
        Unavailable: SQLite was built without FTS5.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._begin(sqlite3.connect(path or ""))
        try:
            self._base.execute(_TABLE)
        except sqlite3.OperationalError as error:
            self._base.close()
            raise Unavailable(f"this Python's SQLite ({sqlite3.sqlite_version}) has no FTS5: {error}") from None
        self._base.execute("CREATE TABLE chunks (number INTEGER PRIMARY KEY, id TEXT UNIQUE, words INTEGER)")
        self._name_vocabularies()

    @classmethod
    def open(cls, path: Path) -> Self:
        """The index that was saved there, to be asked only."""
        index = cls.__new__(cls)
        # Read only, and nobody writes to it: it needs no locks. Several threads may ask it, one at a time.
        place = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        index._begin(sqlite3.connect(place, uri=True, check_same_thread=False))
        index._name_vocabularies()
        rows = index._base.execute("SELECT words FROM chunks ORDER BY number")
        index._lengths.extend(words for (words,) in rows)
        return index

    def save(self) -> None:
        """Write out all that was added, for `open`."""
        self._make_ready()
        self._base.commit()

    def _name_vocabularies(self) -> None:
        self._base.execute("CREATE VIRTUAL TABLE temp.frequencies USING fts5vocab('main', 'passages', 'row')")
        self._base.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab('main', 'passages', 'instance')")

    def _begin(self, base: sqlite3.Connection) -> None:
        self._base = base
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KB}"):
            self._base.execute(f"PRAGMA {setting}")
        self._lengths = array("i")
        """Words of each chunk; the first has number 0."""
        self._frequencies: dict[str, int] = {}
        self._postings: OrderedDict[str, _Postings] = OrderedDict()
        self._kept = 0
        self._is_optimized = True
        self._is_ready = False
        self._scores = np.zeros(0, dtype=np.float32)
        self._norms = np.zeros(0, dtype=np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._base.close()

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, chunk_id: str, text: str) -> None:
        """A chunk to be found; nothing happens where the id is known already."""
        number = len(self._lengths)
        words = terms(text)
        if self._base.execute("INSERT OR IGNORE INTO chunks VALUES (?, ?, ?)", (number, chunk_id, len(words))).rowcount:
            self._base.execute("INSERT INTO passages (rowid, words) VALUES (?, ?)", (number, " ".join(words)))
            self._lengths.append(len(words))
            self._is_ready = self._is_optimized = False

    def frequency(self, term: str) -> int:
        """How many chunks have the term."""
        self._make_ready()
        found = self._frequencies.get(term)
        if found is None:
            row = self._base.execute("SELECT doc FROM temp.frequencies WHERE term = ?", (term,)).fetchone()
            found = self._frequencies[term] = int(row[0]) if row else 0
        return found

    def search(self, query: str, most: int) -> list[Hit]:
        """The `most` chunks that match the rarest terms of the question best; of equal ones, those added first."""
        chosen = self._rarest(query)
        if not chosen:
            return []
        found = np.unique(np.concatenate([one.chunks for one in chosen]))
        self._add_up(chosen)
        scores = self._scores[found]
        self._forget(chosen)
        best = np.lexsort((found, -scores))[:most]
        return [Hit(self._id(int(found[place])), float(scores[place])) for place in best]

    def rank(self, query: str, chunk_id: str) -> int | None:
        """Place of the chunk among all, 1 for the best; chunks that match equally well share the place in their middle.

        None: it has none of the question's rarest terms, or is not in the index.
        """
        row = self._base.execute("SELECT number FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
        chosen = self._rarest(query)
        if row is None or not chosen:
            return None
        self._add_up(chosen)
        own = self._scores[row[0]]
        as_good = np.unique(np.concatenate([one.chunks[self._scores[one.chunks] >= own] for one in chosen]))
        equal = int((self._scores[as_good] == own).sum())
        self._forget(chosen)
        return len(as_good) - equal // 2 if own > 0 else None

    def _rarest(self, query: str) -> list[_Postings]:
        """Terms of the question, the rarest first, as many as cost allows."""
        known = sorted((count, term) for term in set(terms(query)) if (count := self.frequency(term)))
        chosen: list[_Postings] = []
        room = _MOST_POSTINGS
        for count, term in known[:MOST_TERMS]:
            if len(chosen) >= _FEWEST_TERMS and count > room:
                break
            chosen.append(self._load(term))
            room -= count
        return chosen

    def _add_up(self, chosen: Sequence[_Postings]) -> None:
        for one in chosen:
            self._scores[one.chunks] += one.weights

    def _forget(self, chosen: Sequence[_Postings]) -> None:
        for one in chosen:
            self._scores[one.chunks] = 0

    def _load(self, term: str) -> _Postings:
        """A term's postings, from memory if they were asked for lately."""
        found = self._postings.get(term)
        if found is not None:
            self._postings.move_to_end(term)
            return found
        # One row for each place where the term stands; a hundred thousand would be as many Python objects.
        listed = self._base.execute("SELECT group_concat(doc) FROM temp.places WHERE term = ?", (term,)).fetchone()[0]
        chunks, counts = np.unique(np.fromstring(listed, dtype=np.int32, sep=","), return_counts=True)
        rarity = log(1 + (len(self) - len(chunks) + 0.5) / (len(chunks) + 0.5))
        weights = rarity * counts * (_K1 + 1) / (counts + self._norms[chunks])
        found = self._postings[term] = _Postings(chunks, weights.astype(np.float32))
        self._kept += len(chunks)
        while self._kept > _MOST_KEPT and len(self._postings) > 1:
            self._kept -= len(self._postings.popitem(last=False)[1].chunks)
        return found

    def _id(self, number: int) -> str:
        return str(self._base.execute("SELECT id FROM chunks WHERE number = ?", (number,)).fetchone()[0])

    def _make_ready(self) -> None:
        """After the last chunk: one b-tree instead of many, and what depends on all lengths."""
        if self._is_ready:
            return
        if not self._is_optimized:
            self._base.execute("INSERT INTO passages (passages) VALUES ('optimize')")
            self._is_optimized = True
        lengths = np.array(self._lengths, dtype=np.float32)
        self._norms = (_K1 * (1 - _B + _B * lengths / max(1.0, float(lengths.mean())))).astype(np.float32)
        self._scores = np.zeros(len(lengths), dtype=np.float32)
        self._frequencies.clear()
        self._postings.clear()
        self._kept = 0
        self._is_ready = True
