"""Pairs of a chunk -> candidates that passed the guards -> negatives: all steps but asking a model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from qagen.checks import words
from qagen.formats import Pair
from qagen.formats.negatives_file import Flag, MinedPair
from qagen.negatives import candidates, guards, labels, selection
from qagen.negatives.candidates import Dense
from qagen.negatives.corpus import Corpus
from qagen.negatives.labels import LabelRequest
from qagen.negatives.texts import Asked, ask
from qagen.negatives.types import Candidate, Choices, Guarded, Labelled, Passage

_MOST_DRAWN = 40
"""Passages that are tried of the same document, and as many of others."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pair, what was found for it, and why nothing was where nothing was."""

    pair: Pair
    guarded: Guarded
    flags: tuple[Flag, ...] = ()
    asked: Asked | None = None
    """None: its chunk is gone."""
    found: frozenset[str] = frozenset()
    """Keys of all that the search brought, what guards kept out among it."""

    @property
    def is_to_label(self) -> bool:
        """Whether there is something that a model can judge."""
        return not self.flags and bool(self.guarded.candidates)


class Miner:
    """Looks for negatives in a corpus. The same pair gets the same ones, whatever was asked before."""

    def __init__(self, corpus: Corpus, choices: Choices = Choices()) -> None:  # noqa: B008 - frozen
        self._corpus = corpus
        self.choices = choices

    def passage(self, pair: Pair, document: str | None = None) -> Passage | None:
        """The passage that a pair was made of, if possible in that document; None: it is gone."""
        return self._corpus.passage(pair.chunk_key, document)

    def prepare(
        self, pairs: Sequence[Pair], document: str | None = None, dense: Mapping[str, Dense] | None = None
    ) -> list[Prepared]:
        """The candidates of each pair. `dense`: by pair_id, what embeddings found."""
        return [self._prepare(pair, document, (dense or {}).get(pair.pair_id)) for pair in pairs]

    def _prepare(self, pair: Pair, document: str | None, dense: Dense | None) -> Prepared:
        own = self._corpus.number(pair.chunk_key, document)
        if own is None:
            return Prepared(pair, Guarded(()), ("chunk_gone",))
        asked = ask(pair, self._corpus.at(own), self._rarity(pair.question))
        searched = self.choices.searched
        found = candidates.find(self._corpus, pair, own, searched, dense)
        # A model may take half of what it is shown for answers; beyond that, nothing would be used.
        enough = 2 * max(self.choices.candidates, self.choices.negatives)
        guarded = guards.sift(asked, found, searched=searched, chunks=len(self._corpus), enough=enough)
        keys = frozenset(candidate.passage.chunk_key for candidate in found.candidates)
        return Prepared(pair, guarded, ("vague",) if guarded.is_vague else (), asked, keys)

    def select(self, prepared: Prepared, said: Mapping[str, Labelled] | None = None) -> MinedPair:
        """Its negatives. `said`: by chunk_key, what a model said; None where none was asked."""
        pair = prepared.pair
        if prepared.asked is None or prepared.flags:
            return MinedPair(
                pair_id=pair.pair_id, chunk_key=pair.chunk_key, question=pair.question, flags=list(prepared.flags)
            )
        return selection.select(prepared.asked, prepared.guarded, said, self.choices, self._spare(prepared))

    def request(self, prepared: Sequence[Prepared]) -> LabelRequest | None:
        """What to ask a model about the pairs of a chunk; None where there is nothing that it could judge."""
        own = next((one.asked.own for one in prepared if one.asked is not None), None)
        if own is None:
            return None
        return labels.request(own, [(one.pair, one.guarded) for one in prepared], self.choices.candidates)

    def select_all(
        self,
        prepared: Sequence[Prepared],
        request: LabelRequest | None = None,
        said: Mapping[int, Mapping[str, Labelled]] | None = None,
    ) -> list[MinedPair]:
        """The negatives of a chunk's pairs. `said`: the labels of the reply to `request`; None: nobody was asked."""
        if request is None or said is None:
            return [self.select(one) for one in prepared]
        return [
            self.select(one, labels.by_chunk(request, said, number) if number in request.questions else None)
            for number, one in enumerate(prepared, 1)
        ]

    def _rarity(self, question: str) -> dict[str, float]:
        """How much each word of a question tells: what few passages have, more."""
        count = len(self._corpus)
        return {word: log(1 + count / (1 + self._corpus.frequency(word))) for word in words.unique(question)}

    def _spare(self, prepared: Prepared) -> Iterator[Candidate]:
        """Passages that were not searched for: of the same document, then of others, in an order drawn by the pair."""
        asked = prepared.asked
        assert asked is not None
        same = self._corpus.numbers_of(asked.own.document)
        for number in _drawn(prepared.pair.pair_id, same, _MOST_DRAWN):
            passage = self._corpus.at(number)
            if passage.section != asked.own.section or passage.section is None:
                yield from self._passing(prepared, Candidate(passage, None, None, method="same_document"))
        for number in _drawn(prepared.pair.pair_id, range(len(self._corpus)), _MOST_DRAWN):
            passage = self._corpus.at(number)
            if passage.document != asked.own.document:
                yield from self._passing(prepared, Candidate(passage, None, None, method="random"))

    def _passing(self, prepared: Prepared, candidate: Candidate) -> Iterator[Candidate]:
        assert prepared.asked is not None
        is_new = candidate.passage.chunk_key not in prepared.found
        if is_new and guards.reason_against(prepared.asked, candidate) is None:
            yield candidate


def _drawn(seed: str, numbers: range, most: int) -> Iterator[int]:
    """Some of the numbers, or all in another order, where they are few; the same ones for the same seed."""
    if len(numbers) <= most:
        yield from sorted(numbers, key=lambda number: _hash(seed, number))
        return
    seen: set[int] = set()
    for attempt in range(2 * most):
        number = numbers[_hash(seed, attempt) % len(numbers)]
        if number not in seen:
            seen.add(number)
            yield number


def _hash(seed: str, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|{number}".encode()).digest()[:8], "big")
