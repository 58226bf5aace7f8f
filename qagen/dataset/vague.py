"""Whether a question stands for itself: searched over all chunks, it should find the one that it was made of.

"What are the main findings of the study?" finds any chunk but its own. BM25 finds the source of a question in a
chunk's own words among the first 50 in 99.8 % of cases (measured over 2,230 chunks), that of a vague one in 2.5 %.
"""

from __future__ import annotations

import re

from qagen.dataset.passages import Passage
from qagen.dataset.types import Q_VAGUE
from qagen.formats import Row
from qagen.formats.training_data import RoundTrip
from qagen.search import Index, terms

FEWEST_CHUNKS = 50
"""Among fewer, every chunk is among the first 50."""
_NEAR, _FAR = 10, 50
_SHARE = 0.05
"""Of all chunks. Among few hundred, a vague question finds its own among the first 50 by chance: of 242 chunks 77 % do,
and 49 % among the first 10."""
_LETTERS = 60
"""From which on the language of a text is told."""


class Vagueness:
    """Looks for each question's chunk, and counts what was found."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._limit = max(_NEAR, min(_FAR, int(_SHARE * len(index))))
        self._counts = {"first_10": 0, "within_limit": 0, "beyond": 0, "other_language": 0, "without_chunk": 0}

    def code(self, row: Row, passage: Passage | None) -> str | None:
        """`Q_VAGUE`, or None."""
        finding = "without_chunk" if passage is None else self._finding(row, passage)
        self._counts[finding] += 1
        return Q_VAGUE if finding == "beyond" else None

    def _finding(self, row: Row, passage: Passage) -> str:
        rank = self._index.rank(row["question"], passage.key)
        if rank is not None and rank <= self._limit:
            return "first_10" if rank <= _NEAR else "within_limit"
        return "other_language" if _differ_in_language(row, passage.text) else "beyond"

    def result(self) -> RoundTrip:
        """All that was found."""
        return RoundTrip(chunks=len(self._index), limit=self._limit, **self._counts)


def _differ_in_language(row: Row, text: str) -> bool:
    """Whether the question is of another language than its passage. Only asked of those that found nothing."""
    asked = " ".join((row["question"], row["answer"]))
    letters = [re.sub(r"[\W\d_]+", " ", one) for one in (asked, text)]
    if min(map(len, letters)) >= _LETTERS:
        import py3langid  # type: ignore[import-untyped]

        languages = {py3langid.classify(one)[0] for one in letters}
        return len(languages) > 1
    # Too short to tell: the answer to a vague question still shares words with its passage.
    return set(terms(row["answer"])).isdisjoint(terms(text))
