"""Whether two questions ask the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from qagen.checks import words
from qagen.checks.case import Case, Thresholds
from qagen.checks.packs import Pack

_NUMBERED = re.compile(r"[^\W_]*\d[^\W_]*")
_SINGLE = re.compile(r"[A-Z](?<!\w.)\b")
_LONGEST_COMPARED = 2000
_FINAL = " ?.!？。！؟"
_BETWEEN = "\0"


@lru_cache(maxsize=64)
def normal_question(question: str) -> str:
    """The question without case, white space and final marks: equal ones ask the same."""
    return " ".join(question.casefold().split()).rstrip(_FINAL)


def normal_questions(questions: Sequence[str]) -> list[str]:
    """The same of each of many, in half of the time: as one text."""
    whole = _BETWEEN.join(questions)
    if whole.count(_BETWEEN) != len(questions) - 1:
        return [normal_question(question) for question in questions]
    return [one.lstrip().rstrip(_FINAL) for one in " ".join(whole.casefold().split()).split(_BETWEEN)]


def is_duplicate(case: Case, limits: Thresholds) -> bool:
    """The chunk has the question already, in the same words or nearly."""
    return any(ask_the_same(case.question, other, case.pack, case.title, limits) for other in case.earlier)


def ask_the_same(one: str, other: str, pack: Pack | None, title: str = "", limits: Thresholds | None = None) -> bool:
    """Equal but for their form, or of nearly the same words while nothing that carries meaning differs.

    "Pressure of valve A" and "pressure of valve B" differ in one letter and are two questions: what stands in one of
    them alone may only be a word of the document's title, which says what both are about.
    """
    plain, other_plain = normal_question(one), normal_question(other)
    if plain == other_plain:
        return True
    if max(len(plain), len(other_plain)) > _LONGEST_COMPARED:
        return False
    # The likeness last: the meaning of a question is remembered, and settles most pairs of questions of a chunk.
    if not _meaning(one, pack) ^ _meaning(other, pack) <= words.stems(title):
        return False
    cutoff = (limits or Thresholds()).duplicate_ratio
    from rapidfuzz import fuzz  # combine goes without it where it checks nothing

    return fuzz.token_set_ratio(words.spaced(one), words.spaced(other), score_cutoff=cutoff) > 0


@lru_cache(maxsize=64)
def _meaning(question: str, pack: Pack | None) -> frozenset[str]:
    """What makes a question another one: numbers, names, content words, interrogatives, negations."""
    unique = words.unique(question)
    if question.isascii():
        numbered = [word for word in unique if not word.isalpha()]
    else:
        numbered = _NUMBERED.findall(question.casefold())
    content = words.content(question, pack.stop if pack else frozenset())
    small = unique & _small_words(pack) if pack else frozenset[str]()
    return content.union(numbered, _SINGLE.findall(question), small)


@cache
def _small_words(pack: Pack) -> frozenset[str]:
    """Those that make a question another one."""
    return (pack.interrogatives - pack.any_interrogatives) | pack.negations
