"""What must not be a negative: each guard one question about a pair and a passage, answered by code alone. Pure.

A guard that is wrong costs a good negative; one that is missing teaches a retriever that an answer is none. There are
mostly more candidates than are needed, so they err on the side of leaving out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from qagen.checks import words
from qagen.negatives.texts import Asked, Text, names, plain, taken_apart
from qagen.negatives.types import Candidate, Found, Guarded
from qagen.pairs.evidence import FOUND_SCORE

_SHARED = 0.3
"""Of the shingles of the shorter text."""
_ALIKE = 0.7
"""Jaccard of shingles."""
_MOST_OF_QUESTION = 0.6
_ALL_OF_QUESTION = 0.75
_PART_OF_ANSWER = 0.3
_MOST_OF_ANSWER = 0.6
_RELATIVE_MARGIN = 0.95
"""A passage whose embedding is nearly as close to the question as the answer's own most likely answers it."""
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*")
_NUMBER = re.compile(r"\d+")
_QUOTE = 20
"""Characters from which on a quote is looked for approximately."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A reason to leave a candidate out, and how it is found."""

    name: str
    """As it is counted in `MinedPair.dropped`."""
    holds: Callable[[Asked, Candidate], bool]


def is_itself(asked: Asked, candidate: Candidate) -> bool:
    """The passage that the question was made of, or one of the same text or place."""
    one, own = candidate.passage, asked.own
    if _digest(one.chunk_key) in {_digest(own.chunk_key), _digest(asked.pair.chunk_key)}:
        return True
    return one.document == own.document and own.start >= 0 and (one.start, one.end) == (own.start, own.end)


def _digest(chunk_key: str) -> str:
    """The key without the count of identical texts in a document."""
    return chunk_key.partition("#")[0] or "none"


def overlaps(asked: Asked, candidate: Candidate) -> bool:
    """A neighbour that repeats a part of it, as far as places in the document tell."""
    one, own = candidate.passage, asked.own
    placed = one.document == own.document and min(one.start, own.start) >= 0
    return placed and one.start < own.end and own.start < one.end


def shares_text(asked: Asked, candidate: Candidate) -> bool:
    """A third of the shorter of both texts stands in the longer one."""
    mine, theirs = taken_apart(asked.own).shingles, taken_apart(candidate.passage).shingles
    return len(mine & theirs) >= _SHARED * min(len(mine), len(theirs))


def is_near_duplicate(asked: Asked, candidate: Candidate) -> bool:
    """Nearly the same text, a few letters changed in every sentence."""
    mine, theirs = taken_apart(asked.own), taken_apart(candidate.passage)
    shorter, longer = sorted((len(mine.text), len(theirs.text)))
    if shorter < _ALIKE * longer or len(mine.stems & theirs.stems) < 0.5 * len(mine.stems | theirs.stems):
        return False
    ones, others = _grams(mine.text), _grams(theirs.text)
    return len(ones & others) >= _ALIKE * len(ones | others)


def _grams(text: str) -> set[str]:
    plain = " ".join(text.casefold().split())
    return {plain[at : at + 5] for at in range(max(1, len(plain) - 4))}


def holds_evidence(asked: Asked, candidate: Candidate) -> bool:
    """A quote that carries the answer stands in it, as it is or nearly so."""
    text = taken_apart(candidate.passage)
    return any(_holds_quote(asked, text, quote) for quote in asked.pair.evidence)


def _holds_quote(asked: Asked, text: Text, quote: str) -> bool:
    said = frozenset(word[: words.PREFIX] for word in words.of(quote))
    if not said or 2 * len(said & text.stems) < len(said):
        return False
    parts = [part for part in map(plain, _ELLIPSIS.split(quote)) if part]
    if parts and all(part in text.plain for part in parts):
        return True
    # The same sentence of another subject, or with another value, is the best of negatives.
    if not names(quote, asked.pack) <= text.tokens:
        return False
    return bool(parts) and all(_stands_nearly_in(part, text.plain) for part in parts)


def _stands_nearly_in(quote: str, text: str) -> bool:
    """Whether a place of the text is like the quote, and has its numbers."""
    if len(quote) < _QUOTE or len(quote) > len(text):
        return quote in text
    found = fuzz.partial_ratio_alignment(quote, text, score_cutoff=FOUND_SCORE)
    if found is None:
        return False
    region = text[max(0, found.dest_start - _QUOTE) : found.dest_end + _QUOTE]
    return set(_NUMBER.findall(quote)) <= set(_NUMBER.findall(region))


def holds_values(asked: Asked, candidate: Candidate) -> bool:
    """All that a short answer gives; of a longer one its numbers and names, together with most of what is asked."""
    text = taken_apart(candidate.passage)
    if not says_values(asked, text):
        return False
    return asked.is_short or _covered(asked, text.stems | text.about) >= _MOST_OF_QUESTION


def says_values(asked: Asked, text: Text) -> bool:
    """Whether all values of the answer stand in the text; False where it has none."""
    if asked.numbers or asked.said_names:
        known = text.values(asked.pack) if asked.numbers else frozenset()
        return all(one.is_in(known) for one in asked.numbers) and asked.said_names <= text.tokens
    return asked.is_short and bool(asked.said) and asked.said <= text.stems


def has_values(asked: Asked) -> bool:
    """Whether the answer has what `says_values` looks for."""
    return bool(asked.numbers or asked.said_names or (asked.is_short and asked.said))


def restates(asked: Asked, candidate: Candidate) -> bool:
    """It speaks of what the question names, and within two sentences of what is asked or of what is answered."""
    text = taken_apart(candidate.passage)
    if not asked.names <= text.tokens:
        return False
    if asked.names and not asked.said_names.isdisjoint(text.tokens):
        return True  # a part of a name: Ms Keller
    for window in text.windows:
        covered = _covered(asked, window)
        answered = _answered(asked, window)
        if covered >= _ALL_OF_QUESTION and (asked.names or covered == 1 or answered >= _PART_OF_ANSWER):
            return True
        if asked.names and answered >= _PART_OF_ANSWER and len(asked.said & window) >= min(2, len(asked.said)):
            return True
        if covered >= _MOST_OF_QUESTION and answered >= _MOST_OF_ANSWER:
            return True
    return False


def _covered(asked: Asked, stems: frozenset[str]) -> float:
    """How much of what is asked stands there, rare words counting more; 0 where the question is all names."""
    total = sum(asked.asked.values())
    return sum(weight for stem, weight in asked.asked.items() if stem in stems) / total if total else 0.0


def _answered(asked: Asked, stems: frozenset[str]) -> float:
    return len(asked.said & stems) / len(asked.said) if asked.said else 0.0


def is_in_other_language(asked: Asked, candidate: Candidate) -> bool:
    """It is clearly not written as the question's own passage is."""
    mine, theirs = taken_apart(asked.own), taken_apart(candidate.passage)
    if mine.script and theirs.script and mine.script != theirs.script:
        return True
    if mine.pack and theirs.pack:
        return mine.pack is not theirs.pack
    told = asked.own.language, candidate.passage.language
    return bool(all(told) and _code(told[0]) != _code(told[1]))


def _code(language: str | None) -> str:
    return re.split("[-_]", (language or "").casefold())[0]


def is_boilerplate(_: Asked, candidate: Candidate) -> bool:
    """It says nothing that a question could be about: contents, licences, menus, or hardly a word."""
    return taken_apart(candidate.passage).is_boilerplate


def is_too_near(asked: Asked, candidate: Candidate) -> bool:
    """Its embedding is nearly as close to the question's as that of the answer's own passage."""
    own, theirs = asked.own_similarity, candidate.similarity
    return own is not None and theirs is not None and theirs > _RELATIVE_MARGIN * own


GUARDS: tuple[Guard, ...] = (
    Guard("itself", is_itself),
    Guard("overlap", overlaps),
    Guard("boilerplate", is_boilerplate),
    Guard("language", is_in_other_language),
    Guard("too_near", is_too_near),
    Guard("shared_text", shares_text),
    Guard("near_duplicate", is_near_duplicate),
    Guard("values", holds_values),
    Guard("evidence", holds_evidence),
    Guard("restated", restates),
)
"""In the order in which they are asked: what costs least first."""


def reason_against(asked: Asked, candidate: Candidate) -> str | None:
    """The name of the first guard that keeps it out; None: it may be a negative."""
    return next((guard.name for guard in GUARDS if guard.holds(asked, candidate)), None)


def sift(asked: Asked, found: Found, *, searched: int, chunks: int, enough: int | None = None) -> Guarded:
    """What may be a negative, and the counts of what may not, up to the `enough`-th that may.

    `chunks`: of the corpus, as among few every question finds its own.
    """
    if found.own_rank is None and chunks >= searched:
        return Guarded((), {}, is_vague=True)
    asked = replace(asked, own_similarity=found.own_similarity)
    kept: list[Candidate] = []
    dropped: Counter[str] = Counter()
    for candidate in found.candidates:
        if len(kept) == enough:
            break
        reason = reason_against(asked, candidate)
        if reason is None:
            kept.append(candidate)
        else:
            dropped[reason] += 1
    del dropped["itself"]
    return Guarded(tuple(kept), dict(sorted(dropped.items())))
