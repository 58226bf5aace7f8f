"""Text -> where its topic changes, told by its words alone.

A topic repeats its words. Every way to divide a text into segments is priced: a segment pays for its length and is
paid for each word that it has said before, the more the rarer the word is in the whole text; a cut costs a toll. The
cheapest division is found by dynamic programming. In other words, the words of a segment are drawn from a distribution of
its own which leans on that of the text (a Dirichlet-multinomial: Utiyama and Isahara 2001, Eisenstein and Barzilay 2008).
No model and no list of stop words: what is frequent everywhere earns next to nothing.

Measured by `python -m benchmarks.topics`.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import lgamma, log, log1p

from qagen.cutting import sentences

MASS = 600.0
"""How many words the whole text's distribution weighs within a segment."""
UNSEEN = 1000.0
"""Words that the text has not said but might have: they keep short texts whole, where a repetition may be chance."""
TOLL = 6.0
"""What a cut costs, in nats."""
TOLL_INSIDE = 4.0
"""What it costs more inside a paragraph."""
MARGIN = 20.0
"""A beginning that is this much dearer than the best is given up."""
WIDTH = 40
"""Beginnings that are followed at a time."""

_LEAST_WORDS = 4
"""Sentences with fewer, like headings, join the next."""
_LONG = 600
"""Characters from which a sentence is taken line by line: it is code, a table or a list."""
_STEM = 6

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"([{_UNSPACED}]++)|([\uac00-\ud7a3]{{2}})[\uac00-\ud7a3]*+|([^\W\d_{_UNSPACED}\uac00-\ud7a3]{{2,}}+)")
_BLANK_LINE = re.compile(r"\n\s*\n\s*\Z|\u2029\s*\Z")


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of topic."""

    offset: int
    """Where the new topic's first sentence begins."""
    depth: float
    """How much better two topics explain the words than one, in nats: more than `TOLL`, and seldom below 100 where
    long segments have nothing in common."""


def shifts(text: str, starts: Sequence[int] | None = None) -> list[Shift]:
    """The changes of topic, in order, each at one of `starts`: increasing offsets, by default those of the sentences.

    None in a text of a few sentences. Time and memory grow with the length of the text.
    """
    units = _units(text, _sentence_starts(text) if starts is None else starts)
    if len(units) < 2:
        return []
    words = [unit.words for unit in units]
    weights = _weights(words)
    cuts = _cuts(words, weights, [TOLL if unit.opens else TOLL + TOLL_INSIDE for unit in units])
    return [
        Shift(units[cut].offset, depth)
        for cut, depth in zip(cuts, _depths(words, weights, cuts), strict=True)
    ]
