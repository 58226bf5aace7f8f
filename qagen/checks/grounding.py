"""Whether what the answer says can be found in its source: numbers, names, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from qagen.checks import language, numbers, words
from qagen.checks.case import Case, Thresholds
from qagen.checks.packs import Pack

_DERIVING = frozenset({"inferential", "analytical", "comparative"})
"""Types whose answers may hold a sum or a difference that the passage does not state."""
_NAME = re.compile(r"[^\W\d_][\w'’.&-]*")
_CODE = re.compile(r"\b(?:[A-Z]{2,12}-?\d[\w-]{0,20}|[A-Z]\d{1,6}[A-Z]?|[A-Za-z]{1,12}-\d[\w-]{0,20})\b")
_SENTENCE_BEFORE = re.compile(r"(?:^|[.!?:;…。\n•\-–*\"“”„«»‘()\[\]]|\d[.)])[\s\"“„«‘*_(`]{0,4}$")
_NOUNS_CAPITALISED = frozenset({"de", "lb"})
_LEAST_INFLECTED = 7
"""Letters of a name from which endings may differ."""


def number_is_unfounded(case: Case, _: Thresholds) -> bool:
    return case.question_type not in _DERIVING and _has_unfounded_number(case)


def derived_number_is_unfounded(case: Case, _: Thresholds) -> bool:
    return case.question_type in _DERIVING and _has_unfounded_number(case)


def _has_unfounded_number(case: Case) -> bool:
    """Whether the answer has a number that source and question lack, and that it does not work out from theirs."""
    pack = case.pack
    claimed = [*numbers.claimed(case.answer, pack)]
    in_words = [*_numbers_in_words(case, pack)] if pack else []
    if not claimed and not in_words:
        return False
    of_source = numbers.known(case.source, pack)
    if not in_words and all(number.is_in(of_source) for number in claimed):
        return False
    known = of_source | numbers.known(case.question, pack)
    # Without a pack, the source may write a small number as a word.
    unfounded = [number for number in claimed if not number.is_in(known) and not (pack is None and number.is_small)]
    if unfounded:
        said = numbers.known(case.answer, pack) | numbers.known(case.question, pack)
        results = numbers.results(known & said, products=case.question_type in _DERIVING)
        if not all(number.is_in(results) for number in unfounded):
            return True
    return any(value not in known for value in in_words)


def _numbers_in_words(case: Case, pack: Pack) -> Iterator[str]:
    """Values of number words in the answer, where the source too counts what they count.

    "Four cities: ..." may be the answer's own count; "twelve partitions" is none where the source has eight partitions.
    """
    said = words.of(case.answer)
    if pack.numbers.keys().isdisjoint(said):
        return
    counted = _counted(case.source, pack)
    for word, following in pairwise(said):
        values = pack.numbers.get(word, ())
        if len(values) == 1 and len(values[0]) <= 3 and float(values[0]) > 2 and following[:4] in counted:
            yield values[0]


@lru_cache(maxsize=64)
def _counted(source: str, pack: Pack) -> frozenset[str]:
    """The beginnings of the words that stand after a number, or after the number's unit or adjective."""
    found = words.of(source)
    after: set[str] = set()
    for place, word in enumerate(found):
        if word.isdigit() or word in pack.numbers:
            after.update(follower[:4] for follower in found[place + 1 : place + 3] if follower not in pack.stop)
    return frozenset(after)


def entity_is_unfounded(case: Case, _: Thresholds) -> bool:
    """A code or a name in the answer that neither source nor question has."""
    source, question = case.source, case.question
    found = dict.fromkeys(_CODE.findall(case.answer))
    spoken = case.language or (case.pack.language if case.pack else None)
    if spoken and spoken[:2].lower() not in _NOUNS_CAPITALISED:
        found |= dict.fromkeys(_names(case))
    if not found:
        return False
    known = words.unique(source) | words.unique(question)
    stems, initials = words.stems(source) | words.stems(question), words.initials(source) + words.initials(question)
    return any(
        not all(part in known or _is_form(part, known, stems) for part in words.of(name))
        and not _is_acronym(name, initials)
        for name in found
    )


def _is_form(part: str, known: frozenset[str], stems: frozenset[str]) -> bool:
    """Whether it may be an inflected word of the text."""
    return part.removesuffix("s") in known or (len(part) >= _LEAST_INFLECTED and part[: words.PREFIX] in stems)


def _is_acronym(name: str, initials: str) -> bool:
    """Whether a name is made of the first letters of words that follow one another: ISS, CET1."""
    letters = "".join(letter.casefold() for letter in name if letter.isalnum())
    return 2 <= len(letters) <= 8 and name.isupper() and letters in initials


def _names(case: Case) -> Iterator[str]:
    """Capitalised words within sentences, but for months, days and emphasis."""
    pack = case.pack
    for match in _NAME.finditer(case.answer):
        if not match[0][0].isupper():
            continue
        name = match[0].removesuffix("'s").removesuffix("’s").strip("'’.-&")
        if len(name) < 2 or "." in name:
            continue
        if _SENTENCE_BEFORE.search(case.answer[max(0, match.start() - 6) : match.start()]):
            continue
        lower = words.of(name)
        if pack and (not lower or lower[0] in pack.stop or lower[0] in pack.months or lower[0] in pack.days):
            continue
        yield name


def is_ungrounded(case: Case, limits: Thresholds) -> bool:
    return _grounded_share(case, limits) < limits.ungrounded_share and not language.is_other(case, limits)


def is_partly_grounded(case: Case, limits: Thresholds) -> bool:
    share = _grounded_share(case, limits)
    return limits.ungrounded_share <= share < limits.grounded_share and not language.is_other(case, limits)


def _grounded_share(case: Case, limits: Thresholds) -> float:
    """Share of the answer's content words that source or question have; 1 where there are too few to tell."""
    stop = case.pack.stop if case.pack else frozenset[str]()
    said = words.content(case.answer, stop)
    if len(said) < limits.least_content_words:
        return 1.0
    unknown = said - words.stems(case.source) - words.stems(case.question)
    return 1 - len(unknown) / len(said)
