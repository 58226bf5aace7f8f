"""The pairs that may go into the dataset: on the disk what they say, in memory what is decided by.

About 40 bytes of memory a pair, so that a million of them fit anywhere. They are taken in by the list: a column of
some hundred values costs little more than a single one.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import IO, Any

from qagen.dataset.types import OF_THE_RUN
from qagen.formats import Row, decode, encode_lines

Label = tuple[str, tuple[str, ...], str]
"""A pair's question type, codes of checks and `generator_kind`: of all these, few are different."""
_NO_CHUNK = -1
_PIECE = 1 << 18


class Rows:
    """Pairs by number, in the order in which they came."""

    def __init__(self, spool: IO[bytes], *, with_chunks: bool) -> None:
        self._spool = spool
        self._starts = array("Q", [0])
        self.documents = array("i")
        """Number of the pair's document."""
        self.chunks = array("i")
        """Number of its chunk, where that is wanted."""
        self._with_chunks = with_chunks
        self.groundings = array("f")
        """-1 where nothing was quoted."""
        self.quoted = array("i")
        """Characters of its evidence."""
        self._label_numbers = _Numbers()
        self._labels = array("i")
        self._chunks = _Numbers()
        """Of the document that came last."""
        self._earlier_chunks = 0

    def __len__(self) -> int:
        return len(self.documents)

    def extend(self, rows: Sequence[Row], document: int) -> None:
        """Remember pairs of a document, as they are to be written."""
        lines = encode_lines(rows)
        self._spool.write(b"".join(lines))
        ends = accumulate(map(len, lines), initial=self._starts.pop())
        self._starts.extend(ends)
        if self._with_chunks:
            self._number_chunks(rows, document)
        self.documents.extend([document] * len(rows))
        self.groundings.extend([-1 if row["grounding"] is None else row["grounding"] for row in rows])
        self.quoted.extend([sum(map(len, row["evidence"])) for row in rows])
        labels = [(row["question_type"] or "unknown", tuple(row["checks"]), row["generator_kind"]) for row in rows]
        self._labels.extend(map(self._label_numbers.__getitem__, labels))

    def _number_chunks(self, rows: Sequence[Row], document: int) -> None:
        if not self.documents or self.documents[-1] != document:
            self._earlier_chunks += len(self._chunks)
            self._chunks.clear()
        for row in rows:
            index = row["chunk_index"]
            chunk = row["chunk_key"] or (_NO_CHUNK if index is None else index)
            self.chunks.append(self._earlier_chunks + self._chunks[chunk])

    def labels(self, numbers: Iterable[int]) -> Counter[Label]:
        """How many of the pairs have each label."""
        labels = list(self._label_numbers)
        counted = Counter(map(self._labels.__getitem__, numbers))
        return Counter({labels[number]: count for number, count in counted.items()})

    @cached_property
    def remarks(self) -> array[int]:
        """How many codes of checks each has, once all are there."""
        # What was found by an earlier run depends on what was combined then.
        remarks = [sum(code not in OF_THE_RUN for code in codes) for _, codes, _ in self._label_numbers]
        return array("i", map(remarks.__getitem__, self._labels))

    def rank(self, number: int) -> tuple[float, int, int, int, int]:
        """The best come first: better grounded, fewer remarks, longer evidence, then the order."""
        quality = (-self.groundings[number], self.remarks[number], -self.quoted[number])
        return *quality, self.documents[number], number

    def lines(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Pairs as lines of JSON with their ends; neighbours together, in pieces of some hundred kilobytes."""
        begin = end = 0
        for number in numbers:
            if number != end or self._starts[end] - self._starts[begin] > _PIECE:
                if end > begin:
                    yield self._read(begin, end)
                begin = number
            end = number + 1
        if end > begin:
            yield self._read(begin, end)

    def _read(self, begin: int, end: int) -> bytes:
        self._spool.seek(self._starts[begin])
        return self._spool.read(self._starts[end] - self._starts[begin])

    def value(self, number: int) -> Row:
        """The pair as it is written."""
        value = decode(self._read(number, number + 1))
        assert isinstance(value, dict)
        return value


class _Numbers(dict[Any, int]):
    """A number for each value that it is asked for."""

    def __missing__(self, value: Any) -> int:
        number = self[value] = len(self)
        return number
