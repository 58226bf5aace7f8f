"""Text -> where its topic changes, told by its words alone.

A topic repeats its words. Every way to divide a text into segments is priced: a segment pays for its length and is
paid for each word that it has said before, the more the rarer the word is in the whole text; a cut costs a toll. The
cheapest division is found by dynamic programming. In other words, the words of a segment are drawn from a distribution
of its own which leans on that of the text (a Dirichlet-multinomial: Utiyama and Isahara 2001, Eisenstein and Barzilay
2008). No model and no list of stop words: what is frequent everywhere earns next to nothing.

Rejected: TextTiling, the depth of the valleys between neighbouring windows. Its Pk is 0.22 where this has 0.15, and it
finds as many shifts in a text of one topic as in any other, since a valley is judged by the others.
`python -m benchmarks.topics` measures both.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import lgamma, log1p

from qagen.cutting import sentences

MASS = 600.0
"""How many words the whole text's distribution weighs within a segment."""
UNSEEN = 1000.0
"""Words that the text has not said but might have: they keep short texts whole, where a repetition may be chance."""
TOLL = 8.0
"""What a cut costs, in nats."""
TOLL_INSIDE = 4.0
"""What it costs more inside a paragraph."""
MARGIN = 20.0
"""A beginning that is this much dearer than the best is given up."""
WIDTH = 16
"""Beginnings that are followed at a time."""

NEAR = 200
"""Words within which a topic is sure to repeat some, if it does at all."""
LEAST_COHESION = 0.9
"""Where words close by earn less than this share of what their segment pays, it pays less: see `_share`."""

_LEAST_WORDS = 4
"""Sentences with fewer, like headings, join the next."""
_LONG = 600
"""Characters from which a sentence is taken line by line: it is code, a table or a list."""
_STEM = 6

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\uac00-\ud7a3"
_INDIC = "\u0900-\u0963\u0971-\u0dff"
"""With the vowel signs, which are no letters to `\\w`."""
_WORD = re.compile(
    rf"([{_UNSPACED}]++)|([{_HANGUL}]{{2}})[{_HANGUL}]*+|"
    rf"([{_INDIC}]{{2,}}+|[^\W\d_{_UNSPACED}{_HANGUL}{_INDIC}]{{2,}}+)"
)
_LINE_END = re.compile(r"\n\s*+")
_BLANK_LINE = re.compile(r"\n\s*\n\s*\Z|\u2029\s*\Z")


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of topic."""

    offset: int
    """Where the new topic's first sentence begins."""
    depth: float
    """How much better two topics explain the words than one, in nats; more than `TOLL`.

    In the benchmark, half of those at a joint are above 35, half of the others below 22.
    """


def shifts(text: str, starts: Sequence[int] | None = None) -> list[Shift]:
    """The changes of topic, in order, each at one of `starts`: increasing offsets, by default those of the sentences.

    None in a text of a few sentences. Time and memory grow with the length of the text.
    """
    units = _units(text, _sentence_starts(text) if starts is None else starts)
    if len(units) < 2:
        return []
    words = [unit.words for unit in units]
    weights = _weights(words)
    share = _share(words, weights)
    cuts = _cuts(words, weights, share, [TOLL if unit.opens else TOLL + TOLL_INSIDE for unit in units])
    return [Shift(units[cut].offset, depth) for cut, depth in _worth_their_toll(words, weights, share, cuts)]


@dataclass(slots=True)
class _Unit:
    """A sentence, or what is taken as one."""

    offset: int
    opens: bool
    """Whether it is the first of a paragraph."""
    words: list[str]


def _sentence_starts(text: str) -> list[int]:
    starts: list[int] = []
    for start, end in pairwise([*sentences.starts_in(text, 0, len(text)), len(text)]):
        starts.append(start)
        if end - start > _LONG:
            starts.extend(line.end() for line in _LINE_END.finditer(text, start, end) if line.end() < end)
    return starts


def _units(text: str, starts: Sequence[int]) -> list[_Unit]:
    """The sentences; a short one joins the next where it opens a paragraph, like a heading, else the one before it."""
    known: dict[str, str] = {}
    units: list[_Unit] = []
    for start, end in pairwise([*starts, len(text)]):
        words = [known.setdefault(word, word) for word in _words(text[start:end].lower())]
        opens = start == 0 or bool(_BLANK_LINE.search(text, max(0, start - 20), start))
        if units and (len(units[-1].words) < _LEAST_WORDS or (len(words) < _LEAST_WORDS and not opens)):
            units[-1].words.extend(words)
        else:
            units.append(_Unit(start, opens, words))
    return units


def _words(text: str) -> Iterator[str]:
    """Beginnings of words, which drops most endings; pairs of letters where words are written without spaces."""
    for unspaced, hangul, spaced in _WORD.findall(text):
        if unspaced:
            yield from map("".join, pairwise(unspaced)) if len(unspaced) > 1 else unspaced
        else:
            yield hangul or spaced[:_STEM]


def _weights(units: Iterable[list[str]]) -> dict[str, float]:
    """How often each word is expected in `MASS` words of any topic."""
    counts = Counter(word for words in units for word in words)
    scale = MASS / (counts.total() + UNSEEN)
    return {word: count * scale for word, count in counts.items()}


def _share(units: list[list[str]], weights: dict[str, float]) -> float:
    """What share of its due a segment pays: all of it, but in a text whose words hardly ever come again.

    There any cut would pay, as no segment earns anything, and topics cannot be told.
    """
    words = [word for unit in units for word in unit]
    near: dict[str, int] = {}
    earned = due = 0.0
    for index, word in enumerate(words):
        if index >= NEAR:
            near[words[index - NEAR]] -= 1
        count = near.get(word, 0)
        near[word] = count + 1
        earned += log1p(count / weights[word])
        due += log1p(min(index, NEAR) / MASS)
    return min(1.0, LEAST_COHESION * earned / due) if due else 1.0


def _cuts(units: list[list[str]], weights: dict[str, float], share: float, tolls: list[float]) -> list[int]:
    """The units that begin a segment in the cheapest division, without the first."""
    lengths = [0, *accumulate(map(len, units))]
    dues = array("d", accumulate((share * log1p(size / MASS) for size in range(lengths[-1])), initial=0.0))
    places: dict[str, list[int]] = {}
    starts: list[int] = []
    costs: list[float] = []
    back: list[int] = []
    best = -tolls[0]
    for unit, words in enumerate(units):
        starts.append(unit)
        costs.append(best + tolls[unit])
        before, after = lengths[unit], lengths[unit + 1]
        costs = [
            cost + dues[after - lengths[start]] - dues[before - lengths[start]]
            for cost, start in zip(costs, starts, strict=True)
        ]
        for word in words:
            _pay(costs, starts, places.setdefault(word, []), weights[word])
            places[word].append(unit)
        best = min(costs)
        back.append(starts[costs.index(best)])
        starts, costs = _kept(starts, costs, best)
    return _traced(back)


def _pay(costs: list[float], starts: list[int], places: list[int], weight: float) -> None:
    """What each segment is paid for a word that stood at these places."""
    if not places:
        return
    for index, start in enumerate(starts):
        if start > places[-1]:
            return
        costs[index] -= log1p((len(places) - bisect_left(places, start)) / weight)


def _kept(starts: list[int], costs: list[float], best: float) -> tuple[list[int], list[float]]:
    """The beginnings that may still turn out to be the best."""
    limit = best + MARGIN
    if len(costs) > WIDTH:
        limit = min(limit, sorted(costs)[WIDTH - 1])
    kept = [(start, cost) for start, cost in zip(starts, costs, strict=True) if cost <= limit]
    return [start for start, _ in kept], [cost for _, cost in kept]


def _traced(back: list[int]) -> list[int]:
    """From the end to the beginning, where each segment begins that the best division has."""
    cuts = []
    start = back[-1]
    while start > 0:
        cuts.append(start)
        start = back[start - 1]
    return cuts[::-1]


def _worth_their_toll(
    units: list[list[str]], weights: dict[str, float], share: float, cuts: list[int]
) -> Iterator[tuple[int, float]]:
    """The cuts with their depths, but for those which were made only because a better beginning had been given up."""
    left = Counter[str]()
    for start, end in pairwise([0, *cuts, len(units)]):
        right = Counter(word for words in units[start:end] for word in words)
        due = share * _rise(MASS, left.total(), right.total())
        depth = due - sum(_rise(weights[word], left[word], right[word]) for word in right.keys() & left.keys())
        if start > 0 and depth > TOLL:
            yield start, depth
            left = right
        else:
            left.update(right)


def _rise(weight: float, left: int, right: int) -> float:
    """What `left + right` words of this weight count more as one than apart."""
    united, apart = lgamma(weight + left + right) + lgamma(weight), lgamma(weight + left) + lgamma(weight + right)
    return united - apart
