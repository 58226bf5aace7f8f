"""Which pairs may be duplicates of each other or contradict each other: those that share a key.

Every rule of `duplicates` has a key that all pairs it could hold for share, so that none is looked for among all. The
names of a question (numbers, codes, capitals) are in its keys: questions about valve A17 and valve B12 never meet.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qagen.checks.twins import normal_questions
from qagen.dataset.rows import Rows
from qagen.formats import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qagen.dataset.wording import Wording

_AT_A_TIME = 256
"""Texts whose signatures are made together: what they need then fits into the processor's cache."""
SHORTEST_QUOTE = 20
"""Characters. Shorter quotes, such as a number, stand in many documents."""
_DIGITS = re.compile(r"\d+")
_NOWHERE = -1
"""No place in the document's text."""
_LONGEST_TEXT = 2**40
"""Places beyond it are mistakes."""


@dataclass(frozen=True, slots=True)
class Column:
    """Keys of one kind. Rows with the same key meet; 0 is none."""

    rows: NDArray[np.int64]
    keys: NDArray[np.uint64]


class Keys:
    """The keys of the pairs, added in their order."""

    def __init__(self, *, near: bool, exact: bool) -> None:
        self._near = near
        self._exact = exact
        self.pairs = array("q")
        """Of question and answer: equal where both are, but for case, white space and final marks."""
        self._questions = array("Q")
        self._wordings = array("Q")
        self._quotes = array("Q")
        self._starts = array("q")
        self._ends = array("q")
        self._count = 0
        self._long: list[tuple[int, str, int]] = []
        """Row, question and salt of those whose signatures are still to be made."""
        self._long_rows = array("q")
        self._bands: list[NDArray[np.uint64]] = []

    def extend(self, rows: Sequence[Row]) -> None:
        """The keys of the next pairs."""
        if not (self._exact or self._near):
            return
        questions = normal_questions([row["question"] for row in rows])
        answers = normal_questions([row["answer"] for row in rows])
        if self._exact:
            self.pairs.extend(map(hash, zip(questions, answers, strict=True)))
        if self._near:
            for row, question, answer in zip(rows, questions, answers, strict=True):
                self._add(row, question, answer)

    def _add(self, row: Row, question: str, answer: str) -> None:
        """The keys by which a pair meets those that say nearly the same, or something else about the same."""
        from qagen.dataset.wording import says_much, stems, wording

        asked = wording(row["question"])
        names = sorted(asked.names)
        self._questions.append(_key(question))
        self._wordings.append(_key(*names, "", *stems(asked)))
        self._quotes.append(_quote_key(row, asked))
        start, end = _place(row)
        self._starts.append(start)
        self._ends.append(end)
        if self._exact and says_much(row["answer"]):
            salt = _key(*names, "", *sorted(set(_DIGITS.findall(answer))))
            self._long.append((self._count, question, salt))
            if len(self._long) == _AT_A_TIME:
                self._sign()
        self._count += 1

    def _sign(self) -> None:
        from qagen.dataset import minhash

        rows, questions, salts = zip(*self._long, strict=True)
        self._long_rows.extend(rows)
        self._bands.append(minhash.bands(questions, salts))
        self._long.clear()

    def columns(self, rows: Rows, origins: Sequence[int]) -> list[Column]:
        """All keys, those of exact duplicates first. `origins`: of each document, which one it is, however it came."""
        import numpy as np

        found = [self.pairs] if self._exact else []
        found += [self._questions, self._wordings]
        columns = [_dense(np.frombuffer(column, dtype=np.uint64)) for column in found if column]
        if self._exact and self._count:
            columns.append(_dense(np.frombuffer(self._quotes, dtype=np.uint64)))
            columns.append(_dense(self._places(rows, origins)))
            if self._long:
                self._sign()
            if self._bands:
                bands, numbers = np.concatenate(self._bands), np.frombuffer(self._long_rows, dtype=np.int64)
                self._bands.clear()
                columns += [Column(numbers, band) for band in bands.T]
        return columns

    def _places(self, rows: Rows, origins: Sequence[int]) -> NDArray[np.uint64]:
        """A key for each chain of quotes that overlap in a document; 0 for a pair whose quote has no place."""
        import numpy as np

        starts = np.frombuffer(self._starts, dtype=np.int64)
        placed = np.flatnonzero(starts != _NOWHERE)
        keys = np.zeros(len(starts), dtype=np.uint64)
        if not len(placed):
            return keys
        # All documents one behind the other, as if they were one text.
        origin = np.array(origins, dtype=np.int64)[np.frombuffer(rows.documents, dtype=np.int32)[placed]]
        ends = np.frombuffer(self._ends, dtype=np.int64)[placed]
        shift = origin * (int(ends.max()) + 1)
        order = np.argsort(starts[placed] + shift, kind="stable")
        begins, reached = (starts[placed] + shift)[order], np.maximum.accumulate((ends + shift)[order])
        chains = np.concatenate(([1], 1 + np.cumsum(begins[1:] >= reached[:-1])))
        keys[placed[order]] = chains.astype(np.uint64)
        return keys


def _dense(keys: NDArray[np.uint64]) -> Column:
    import numpy as np

    rows = np.flatnonzero(keys)
    return Column(rows, keys[rows])


def _place(row: Row) -> tuple[int, int]:
    """Where the quote begins and ends in the document's text."""
    start, end = row["evidence_start"], row["evidence_end"]
    is_placed = start is not None and end is not None and 0 <= start < end < _LONGEST_TEXT
    return (start, end) if is_placed else (_NOWHERE, _NOWHERE)


def _quote_key(row: Row, asked: Wording) -> int:
    evidence = row["evidence"]
    quote = " ".join(evidence[0].casefold().split()) if evidence else ""
    return _key(*sorted(asked.names), "", quote) if len(quote) >= SHORTEST_QUOTE else 0


def _key(*parts: str) -> int:
    """64 bits, and never 0: equal for equal parts, and hardly ever for others (which then are found to be unlike)."""
    return int.from_bytes(_digest(parts), "big") | 1


def _digest(parts: Iterable[str]) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest()
