"""The pairs that may go into the dataset: on the disk what they say, in memory what is decided by.

About 60 bytes of memory a pair, so that a million of them fit anywhere.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import IO, Any

from qagen.dataset.types import OF_THE_RUN
from qagen.formats import Pair, decode, encode

NOWHERE = -1
"""No place in the document's text."""
_LONGEST_TEXT = 2**40
"""Places beyond it are mistakes."""


class Rows:
    """Pairs by number, in the order in which they came."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool
        self._starts = array("Q", [0])
        self.documents = array("i")
        """Number of the pair's document."""
        self.chunks = array("i")
        """Number of its chunk."""
        self.groundings = array("f")
        """-1 where nothing was quoted."""
        self.remarks = array("i")
        """How many codes of checks it has."""
        self.quoted = array("i")
        """Characters of its evidence."""
        self.evidence_starts = array("q")
        self.evidence_ends = array("q")
        self.kinds = _Labels()
        self.checks = _Labels()
        self.generators = _Labels()
        self._chunks: dict[str | int, int] = {}
        """Of the document that came last."""
        self._chunk_count = 0

    def __len__(self) -> int:
        return len(self.documents)

    def add(self, pair: Pair, joined: dict[str, Any], document: int) -> None:
        """Remember the pair, with what later commands joined to it."""
        # All fields of the pair, and the places of what later commands join to it.
        # Its fields are plain values, so that nothing need be dumped, which takes longer than all else here.
        row = {**vars(pair), "judge": None, "negatives": [], "extra_positives": [], **joined}
        line = encode(row) + b"\n"
        self._spool.write(line)
        self._starts.append(self._starts[-1] + len(line))
        self.chunks.append(self._chunk(pair, document))
        self.documents.append(document)
        self.groundings.append(-1 if pair.grounding is None else pair.grounding)
        # What was found by an earlier run depends on what was combined then.
        self.remarks.append(sum(code not in OF_THE_RUN for code in pair.checks))
        self.quoted.append(sum(map(len, pair.evidence)))
        start, end = pair.evidence_start, pair.evidence_end
        is_placed = start is not None and end is not None and 0 <= start < end < _LONGEST_TEXT
        self.evidence_starts.append(start if start is not None and is_placed else NOWHERE)
        self.evidence_ends.append(end if end is not None and is_placed else NOWHERE)
        self.kinds.add(pair.question_type or "unknown")
        self.checks.add(tuple(pair.checks))
        self.generators.add(pair.generator_kind)

    def _chunk(self, pair: Pair, document: int) -> int:
        if not self.documents or self.documents[-1] != document:
            self._chunks.clear()
        chunk = pair.chunk_key or (NOWHERE if pair.chunk_index is None else pair.chunk_index)
        if chunk not in self._chunks:
            self._chunks[chunk] = self._chunk_count
            self._chunk_count += 1
        return self._chunks[chunk]

    def line(self, number: int) -> bytes:
        """The pair as one line of JSON, with its end."""
        start = self._starts[number]
        self._spool.seek(start)
        return self._spool.read(self._starts[number + 1] - start)

    def value(self, number: int) -> dict[str, Any]:
        """The pair as it is written."""
        value = decode(self.line(number))
        assert isinstance(value, dict)
        return value


class _Labels:
    """A column of which few values are different."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._column = array("i")

    def add(self, label: Any) -> None:
        self._column.append(self._numbers.setdefault(label, len(self._numbers)))

    def count(self, rows: Iterable[int]) -> Counter[Any]:
        """How many of the rows have each label."""
        labels = list(self._numbers)
        counted = Counter(self._column[row] for row in rows)
        return Counter({labels[number]: count for number, count in counted.items()})
