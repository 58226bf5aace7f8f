"""Question -> passages that share its words, the best first; with embeddings, those that mean something near, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qagen.checks import packs, words
from qagen.formats import Pair
from qagen.negatives.corpus import Corpus, indexed_text
from qagen.negatives.types import Candidate, Found
from qagen.search import terms

_SMOOTHING = 60
"""Of reciprocal ranks: how little the first places count more than the next ones."""
_MOST_SHARED = 6
"""Terms that are remembered."""


@dataclass(frozen=True, slots=True)
class Dense:
    """What a search by embeddings found for a question."""

    similarities: Sequence[tuple[int, float]]
    """Numbers of passages and their cosine, the best first."""
    own: float | None = None
    """Of the question's own passage."""


def find(corpus: Corpus, pair: Pair, own: int, searched: int, dense: Dense | None = None) -> Found:
    """What the search brings for a question. `own` is the number of the passage that it was made of."""
    by_words = corpus.search(pair.question, searched)
    own_rank = next((rank for rank, (number, _) in enumerate(by_words, 1) if number == own), None)
    wanted = _rarest_first(corpus, pair.question)
    if dense is None:
        candidates = tuple(
            _candidate(corpus, number, rank, score, wanted) for rank, (number, score) in enumerate(by_words, 1)
        )
        return Found(candidates, own_rank)
    near = list(dense.similarities[:searched])
    merged = merge([number for number, _ in by_words], [number for number, _ in near])
    said, similar = {number for number, _ in by_words}, dict(near)
    candidates = tuple(
        _candidate(
            *(corpus, number, rank, score, wanted),
            similarity=similar.get(number),
            is_dense=number not in said,
            is_merged=True,
        )
        for rank, (number, score) in enumerate(merged[:searched], 1)
    )
    ranks = [rank for rank, (number, _) in enumerate(merged, 1) if number == own]
    return Found(candidates, ranks[0] if ranks else None, dense.own if dense.own is not None else similar.get(own))


def merge(*rankings: Sequence[int]) -> list[tuple[int, float]]:
    """Numbers by the sum of their reciprocal ranks, the best first; of equal ones the lower number."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking, 1):
            scores[number] = scores.get(number, 0.0) + 1 / (_SMOOTHING + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _candidate(
    corpus: Corpus,
    number: int,
    rank: int,
    score: float,
    wanted: Mapping[str, int],
    *,
    similarity: float | None = None,
    is_dense: bool = False,
    is_merged: bool = False,
) -> Candidate:
    passage = corpus.at(number)
    present = set(terms(indexed_text(passage)))
    return Candidate(
        passage=passage,
        rank=rank,
        score=round(score, 6),
        shares=tuple([term for term in wanted if term in present][:_MOST_SHARED]),
        method="dense" if is_dense else "bm25",
        similarity=similarity,
        is_merged=is_merged,
    )


def _rarest_first(corpus: Corpus, question: str) -> Mapping[str, int]:
    """The terms of a question that carry meaning, with how many passages have them."""
    pack = packs.of_text(question)
    said = {term for term in terms(question) if words.is_content(term, pack.stop if pack else frozenset())}
    counts = sorted((count, term) for term in said if (count := corpus.frequency(term)))
    return {term: count for count, term in counts}
