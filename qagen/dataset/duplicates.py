"""Which pairs go out because another one says the same, and which contradict each other.

The best come first: better grounded, fewer remarks, longer evidence, then the order. Each pair is compared with those
that stay and share a key with it, at most twenty, and goes out for the first that it repeats. So no two that stay
repeat each other, and what was combined can be combined again without a change.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from rapidfuzz import fuzz

from qagen.checks import normal_question
from qagen.dataset import types, wording
from qagen.dataset.contradictions import Edges
from qagen.dataset.keys import SHORTEST_QUOTE, Column
from qagen.dataset.rows import Rows
from qagen.dataset.wording import Wording

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_COMPARED = 20
_REMEMBERED = 8192
"""Pairs that are held taken apart."""
_OVERLAP = 0.5
_LEAST_RATIO = 75


@dataclass(slots=True)
class Verdicts:
    """What was found of the pairs, by number."""

    repeats: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Of each that goes out: the pair that stays for it, and the code."""
    contradictions: Edges = field(default_factory=Edges)
    """Two that stay, with answers that cannot both be right."""


class _Compared:
    """A pair, taken apart as far as it is looked at."""

    def __init__(self, number: int, value: dict[str, Any], origin: int) -> None:
        self.number = number
        self.origin = origin
        self.value = value

    @cached_property
    def plain(self) -> tuple[str, str]:
        """Question and answer without case, white space and final marks."""
        return normal_question(self.value["question"]), normal_question(self.value["answer"])

    @cached_property
    def question(self) -> Wording:
        return wording.wording(self.value["question"])

    @cached_property
    def answer(self) -> Wording:
        return wording.wording(self.value["answer"])

    @property
    def span(self) -> tuple[int, int] | None:
        start, end = self.value["evidence_start"], self.value["evidence_end"]
        return None if start is None or end is None or end <= start else (start, end)

    @cached_property
    def quote(self) -> str:
        return " ".join(self.value["evidence"][0].casefold().split()) if self.value["evidence"] else ""


def find(rows: Rows, columns: Sequence[Column], origins: Sequence[int], *, repeats: bool) -> Verdicts:
    """Look for contradictions, and for `repeats` if wanted. `origins`: of each document, which one it is."""
    found = Verdicts()
    meetings = _Meetings(len(rows), columns)
    ranked, places = _ranked(rows)

    @lru_cache(maxsize=_REMEMBERED)
    def load(number: int) -> _Compared:
        return _Compared(number, rows.value(number), origins[rows.documents[number]])

    for number in meetings.those_that_meet(ranked):
        others = [load(other) for other in meetings.before(number, places)]
        original = _original(load(number), others) if repeats and others else None
        if original:
            found.repeats[number] = original
            continue
        meetings.stay(number)
        for other in others:
            if _contradiction(load(number), other):
                found.contradictions.add(other.number, number)
    return found


def _original(pair: _Compared, others: Sequence[_Compared]) -> tuple[int, str] | None:
    """The first that the pair repeats, and the code."""
    return next(((other.number, code) for other in others if (code := _repetition(pair, other))), None)


def _ranked(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The pairs, the best first; and the place of each."""
    import numpy as np

    order = np.lexsort(
        (
            np.arange(len(rows)),
            np.frombuffer(rows.documents, dtype=np.int32),
            -np.frombuffer(rows.quoted, dtype=np.int32),
            np.frombuffer(rows.remarks, dtype=np.int32),
            -np.frombuffer(rows.groundings, dtype=np.float32),
        )
    )
    places = np.empty(len(rows), dtype=np.int32)
    places[order] = np.arange(len(rows), dtype=np.int32)
    return order, places


class _Meetings:
    """Who shares a key with whom. Nothing is kept of keys that one pair alone has."""

    def __init__(self, count: int, columns: Sequence[Column]) -> None:
        import numpy as np

        members, buckets, sizes = [], [], []
        begun = 0
        for column in columns:
            order = np.argsort(column.keys, kind="stable")
            keys = column.keys[order]
            firsts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
            lengths = np.diff(np.append(firsts, len(keys)))
            shared = lengths > 1
            members.append(column.rows[order][np.repeat(shared, lengths)].astype(np.int32))
            lengths = lengths[shared]
            buckets.append(np.repeat(np.arange(begun, begun + len(lengths), dtype=np.int32), lengths))
            sizes.append(np.minimum(lengths, _MOST_COMPARED).astype(np.int32))
            begun += len(lengths)
            if len(sizes) == 1:
                self._first_column = begun
        everyone, into = np.concatenate(members), np.concatenate(buckets)
        order = np.argsort(everyone, kind="stable")
        self._buckets = array("i", into[order].tobytes())
        counts = np.bincount(everyone, minlength=count)
        self._begins = array("q", np.concatenate(([0], np.cumsum(counts))).astype(np.int64).tobytes())
        self._room = np.concatenate(sizes).astype(np.uint8).tobytes()
        seats = np.concatenate(([0], np.cumsum(np.concatenate(sizes), dtype=np.int64)))
        self._seats = array("q", seats.astype(np.int64).tobytes())
        self._taken = bytearray(len(self._room))
        self._seated = array("i", bytes(4 * int(seats[-1])))

    def those_that_meet(self, ranked: NDArray[np.int64]) -> list[int]:
        """The pairs that share any key, in their order."""
        import numpy as np

        begins = np.frombuffer(self._begins, dtype=np.int64)
        alone = begins[1:] == begins[:-1]
        return [int(number) for number in ranked[~alone[ranked]]]

    def before(self, number: int, places: NDArray[np.int32]) -> list[int]:
        """Those that stay and share keys with it: an exact duplicate before all, then most keys first, then by rank."""
        shared: Counter[int] = Counter()
        for bucket in self._buckets[self._begins[number] : self._begins[number + 1]]:
            seat, weight = self._seats[bucket], 1000 if bucket < self._first_column else 1
            for other in self._seated[seat : seat + self._taken[bucket]]:
                shared[other] += weight
        return nsmallest(_MOST_COMPARED, shared, key=lambda other: (-shared[other], places[other]))

    def stay(self, number: int) -> None:
        """From now on others are compared with the pair."""
        for bucket in self._buckets[self._begins[number] : self._begins[number + 1]]:
            taken = self._taken[bucket]
            if taken < self._room[bucket]:
                self._seated[self._seats[bucket] + taken] = number
                self._taken[bucket] = taken + 1


def _repetition(pair: _Compared, other: _Compared) -> str | None:
    """The code of the rule by which the pair repeats the other; None: it does not."""
    if pair.plain == other.plain:
        return types.DUP_EXACT
    asked, asked_before = pair.question, other.question
    answer, answer_before = pair.answer, other.answer
    if wording.same_question(asked, asked_before):
        return types.DUP_NEAR if wording.agree(answer, answer_before, asked) else None
    # Each answer may repeat its own question, and which pair comes first must make no difference.
    both = (asked, asked_before)
    if _similar_there(pair, other) and any(wording.agree(answer, answer_before, question) for question in both):
        return types.DUP_DOC
    if wording.similar_question(asked, asked_before) and _may_have_one_source(pair, other):
        is_said = any(wording.agree_at_length(answer, answer_before, question) for question in both)
        return types.DUP_NEAR if is_said else None
    return None


def _overlap(pair: _Compared, other: _Compared) -> bool:
    """Whether both come from the same place: a quote that overlaps the other by more than half."""
    if pair.origin != other.origin or not pair.span or not other.span:
        return False
    common = min(pair.span[1], other.span[1]) - max(pair.span[0], other.span[0])
    return common > _OVERLAP * min(pair.span[1] - pair.span[0], other.span[1] - other.span[0])


def _similar_there(pair: _Compared, other: _Compared) -> bool:
    """Whether two questions are about one sentence, and alike though not the same.

    The same words in another order make another question. So does a word in another's place, unless both mean the
    same: a sentence may say of two things, or of all, what is true of both, and stand in the manuals of two appliances.
    But where the overlap of two chunks is asked about twice, one question may take its words from the sentence and the
    other choose its own.
    """
    overlap = _overlap(pair, other)
    if not overlap and (pair.quote != other.quote or len(pair.quote) < SHORTEST_QUOTE):
        return False
    asked, before = pair.question, other.question
    if asked.names != before.names or fuzz.token_set_ratio(asked.plain, before.plain) < _LEAST_RATIO:
        return False
    mine, theirs = wording.left_over(asked.words, before.words)
    if not (mine and theirs):
        return bool(mine or theirs)
    if pair.origin == other.origin and pair.value["chunk_key"] == other.value["chunk_key"]:
        return False  # of one chunk the model was asked for several questions
    if wording.mean_the_same(mine, theirs):
        return True
    quoted = wording.wording(f"{pair.quote} {other.quote}").words
    return overlap and _any_stands_in(mine, quoted) != _any_stands_in(theirs, quoted)


def _any_stands_in(words: Sequence[str], quoted: Sequence[str]) -> bool:
    return any(wording.alike(word, other) for word in words for other in quoted)


def _may_have_one_source(pair: _Compared, other: _Compared) -> bool:
    """Whether the quotes of two similar questions are alike, or one has none.

    A document that says the same twice, in two ways, says it of two things.
    """
    return not (pair.quote and other.quote) or fuzz.ratio(pair.quote, other.quote) >= _LEAST_RATIO


def _contradiction(pair: _Compared, other: _Compared) -> bool:
    return wording.same_question(pair.question, other.question) and wording.contradict(
        pair.answer, other.answer, pair.question
    )
