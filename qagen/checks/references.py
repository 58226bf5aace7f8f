"""Questions and answers that only make sense beside the text they come from."""

from __future__ import annotations

import re

from qagen.checks import words
from qagen.checks.case import Case, Thresholds
from qagen.checks.packs import Pack

_QUOTED = re.compile(r"[\"“„«»][^\"“”„«»]{2,80}[\"”“«»]|`[^`]{1,80}`")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W_]+")
_SEARCHED = 8000
"""Characters; longer texts are no questions or answers, and have codes of their own."""
_TITLE_SHARE = 0.5
_BEFORE_VERBS = frozenset({"se", "si"})
"""Reflexive pronouns."""


def question_refers(case: Case, _: Thresholds) -> bool:
    return _refers(case.question, case, case.question)


def answer_refers(case: Case, _: Thresholds) -> bool:
    return _refers(case.answer, case, f"{case.question} {case.answer}")


def _refers(text: str, case: Case, naming: str) -> bool:
    """Whether a text speaks of its source as such: the passage always, a document where it is not named."""
    pack = case.pack
    if pack is None:
        return False
    line = words.on_one_line(text[:_SEARCHED])
    if pack.references.search(line):
        return True
    return pack.document_references.search(line) is not None and not _names_the_source(naming, case, pack)


def _names_the_source(text: str, case: Case, pack: Pack) -> bool:
    """Whether half of the title's words stand in it, or one that is a name or a code."""
    title = words.content(case.title, pack.stop)
    named = title & words.stems(text)
    names = re.findall(r"\b[A-Z]+-?\d[\w-]*|\b[A-Z]{2,}\b", case.title)
    return len(named) >= max(1, _TITLE_SHARE * len(title)) or any(name in text for name in names)


def is_dangling(case: Case, _: Thresholds) -> bool:
    """A pronoun stands in the question before anything that it could point at."""
    pack = case.pack
    if pack is None or _DIGIT.search(case.question) or _QUOTED.search(case.question):
        return False
    line = pack.impersonal.sub(" ", words.on_one_line(case.question[:_SEARCHED]))
    found = _WORD.findall(line)
    if not pack.capitalises_nouns and any(len(word) > 1 and word[0].isupper() for word in found[1:]):
        return False
    telling = pack.interrogatives - pack.any_interrogatives
    for place, word in enumerate(found):
        lower, before = word.casefold(), found[place - 1].casefold() if place else ""
        # German Sie and Ihr are the reader, unless they begin the sentence.
        if lower in pack.pronouns and not (pack.capitalises_nouns and word[0].isupper() and place):
            return True
        # "Who approves them?": what stands behind an interrogative of its own is a verb.
        is_verb = word.islower() and (before in telling or before in _BEFORE_VERBS or _asks_why(found, place))
        is_noun = word[0].isupper() if pack.capitalises_nouns else not (is_verb or pack.verbs.match(lower))
        if place and is_noun and words.is_content(lower, pack.stop):
            return False
    return False


def _asks_why(found: list[str], place: int) -> bool:
    return place == 2 and [word.casefold() for word in found[:2]] in (["por", "qué"], ["por", "que"])
