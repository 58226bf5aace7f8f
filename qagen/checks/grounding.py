"""Whether what the answer says can be found in its source: numbers, names, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

from qagen.checks import language, numbers, words
from qagen.checks.case import Case, Thresholds
from qagen.checks.packs import Pack

_DERIVING = frozenset({"inferential", "analytical", "comparative"})
"""Types whose answers may hold a sum or a difference that the passage does not state."""
_NAME = re.compile(r"[^\W\d_][\w'’.&-]*")
_CODE = re.compile(r"\b(?:[A-Z]{2,12}-?\d[\w-]{0,20}|[A-Z]\d{1,6}[A-Z]?|[A-Za-z]{1,12}-\d[\w-]{0,20})\b")
_DIGIT_OF_CODE = re.compile(r"\d(?:(?<=[A-Za-z]\d)|(?<=[A-Za-z]-\d))")
"""Every code has one, and it is found in a tenth of the time."""
_LETTER_AFTER_DIGIT = re.compile(r"\d[A-Za-z]")
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
    in_words = _numbers_in_words(case, pack) if pack else []
    if not in_words and _writes_numbers_alike(case, pack):
        return False
    claimed = [*numbers.claimed(case.answer, pack)]
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


def _writes_numbers_alike(case: Case, pack: Pack | None) -> bool:
    """Whether source or question have the answer's numbers in the same notation: then they need not be read."""
    said = numbers.written(case.answer, pack)
    elsewhere = said - numbers.written(case.source, pack) if said else said
    return not elsewhere or elsewhere <= numbers.written(case.question, pack)


def _numbers_in_words(case: Case, pack: Pack) -> list[str]:
    """Values of number words in the answer, where the source too counts what they count.

    "Four cities: ..." may be the answer's own count; "twelve partitions" is none where the source has eight partitions.
    """
    said, values = words.of(case.answer), _counting(pack)
    if values.keys().isdisjoint(said):
        return []
    counted = _counted(case.source, pack)
    return [values[word] for word, following in pairwise(said) if word in values and following[:4] in counted]


@cache
def _counting(pack: Pack) -> dict[str, str]:
    """The words that count more than two things, each with its value."""
    single = {word: values[0] for word, values in pack.numbers.items() if len(values) == 1}
    return {word: value for word, value in single.items() if len(value) <= 3 and float(value) > 2}


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
    new = words.unique(case.answer) - words.unique(case.source) - words.unique(case.question)
    if _has_names_of_whole_words(case.answer) and new.isdisjoint(_words_with_capitals(case.answer) if new else ()):
        return False
    found = set(_CODE.findall(case.answer) if _DIGIT_OF_CODE.search(case.answer) else ())
    spoken = case.language or (case.pack.language if case.pack else None)
    if spoken and spoken[:2].lower() not in _NOUNS_CAPITALISED:
        found.update(_names(case))
    return any(not _is_known(name, case) for name in found)


def _has_names_of_whole_words(text: str) -> bool:
    """Whether the words of its names are words of the text: not where digits or other scripts may stand before them."""
    return text.isascii() and not _LETTER_AFTER_DIGIT.search(text)


def _words_with_capitals(text: str) -> tuple[str, ...]:
    """The words of all, between white space, that may hold a name or a code: it has capitals, or a hyphen."""
    return words.split(" ".join([part for part in text.split() if not part.islower() or "-" in part]))


def _is_known(name: str, case: Case) -> bool:
    """Whether source or question have all words of a name, in some form, or the name is made of their initials."""
    source, question = case.source, case.question
    known, asked = words.unique(source), words.unique(question)
    new = [part for part in words.split(name) if part not in known and part not in asked]
    if not new:
        return True
    stems = words.stems(source) | words.stems(question)
    if all(_is_form(part, known, stems) or _is_form(part, asked, stems) for part in new):
        return True
    return _is_acronym(name, words.initials(source) + words.initials(question))


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
        lower = words.split(name)
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
    unknown = said - words.stems(case.source)
    return 1 - len(unknown - words.stems(case.question)) / len(said) if unknown else 1.0
