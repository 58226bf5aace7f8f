"""What two texts say alike: the words of questions and answers, and what may be said of two of them. Pure.

Likeness of letters is no proof: "maximum pressure" and "minimum pressure" are more alike than most ways to ask the same
thing twice. So two questions are one only where no word is left over that could make a difference, and where numbers,
codes and names are the same. Which words make none is data (`data/words.toml`); in a language without such a list every
word counts, and less is taken for the same.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from rapidfuzz import fuzz

from qagen.checks import normal_question
from qagen.dataset.amounts import all_in, amounts, unsaid
from qagen.search import MARKS, UNSPACED

_WORD = re.compile(rf"[{UNSPACED}]|[\w{MARKS}]+(?:(?:[-./']|(?<=\d)[,:](?=\d))[\w{MARKS}]+)*")
_ONE_CHARACTER = re.compile(f"([{UNSPACED}])")
_SENTENCE_END = re.compile(r"[.!?:;…。！？]")
_DIGIT = re.compile(r"\d")
_AMOUNT = re.compile(r"(\d[\d.,':]*)([^\W\d_]{1,4})")
_GROUPED = re.compile(r"\d{1,3}(?:[.,']\d{3})+")
_STEM = 3
"""Letters that a word must have before its ending is looked at, and by which candidates are found."""
_GRAM = 5
_MUCH = 8
"""Words of its own from which on an answer says so much that another one says the same by no accident."""
_LEAST_RATIO = 40
_LIKE_ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class Wording:
    """A question or an answer, as far as it matters to whether another one says the same."""

    plain: str
    """Without case, white space and final marks."""
    words: tuple[str, ...]
    """In order, without case, and without the words that make no difference."""
    names: frozenset[str]
    """Numbers, codes, and words that are written large though no sentence begins with them."""
    numbers: frozenset[str]
    """Those of the names that have a digit."""
    tokens: tuple[str, ...]
    """All words in order, without case; numbers in one notation."""


@dataclass(frozen=True, slots=True)
class _Lists:
    empty: frozenset[str]
    turning: frozenset[str]
    endings: frozenset[str]
    same: dict[str, str]
    exchanged: dict[str, str]
    affirming: frozenset[str]
    denying: frozenset[str]


@cache
def _lists() -> _Lists:
    data = tomllib.loads(resources.files("qagen.dataset").joinpath("data/words.toml").read_text(encoding="utf-8"))

    def gathered(name: str) -> frozenset[str]:
        return frozenset(word for line in data[name].values() for word in line.split())

    return _Lists(
        empty=gathered("empty"),
        turning=gathered("turning"),
        endings=gathered("endings"),
        same={word: first for line in data["same"].values() for first, *rest in [line.split()] for word in rest},
        exchanged={word: name for name, line in data["exchanged"].items() for word in line.split()},
        affirming=gathered("affirming"),
        denying=gathered("denying"),
    )


def wording(text: str) -> Wording:
    """The text, taken apart."""
    lists = _lists()
    words: list[str] = []
    names: set[str] = set()
    tokens: list[str] = []
    for token, begins in _tokens(text):
        folded = token.casefold()
        tokens.append(folded)
        if not folded.isalpha() and _DIGIT.search(folded):
            number = tokens[-1] = _number(folded)
            names.add(number)
            words.append(number)
        elif token[0].isupper() and (not begins or (not token[1:].islower() and len(token) > 1)):
            names.add(folded)
            words.append(folded)
        elif folded not in lists.empty:
            words.append(lists.same.get(folded, folded))
    numbers = frozenset(name for name in names if _DIGIT.search(name))
    return Wording(normal_question(text), tuple(words), frozenset(names), numbers, tuple(tokens))


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Each word, and whether a sentence begins with it; that is only looked for where it is written large."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("’", "'")
    reached = 0
    for match in _WORD.finditer(text):
        before, reached = reached, match.end()
        token = match[0].strip("_")
        if "'" in token:
            first, _, rest = token.partition("'")
            # l'eau, d'eau; what's, pump's. But don't and n'est are not cut: the short part turns the sense.
            if rest in {"s", "S"}:
                token = first
            elif first.casefold() in {"l", "d", "qu", "dell", "all", "nell", "un", "s", "j"}:
                token = rest
        amount = _AMOUNT.fullmatch(token) if token[:1].isdecimal() else None
        if amount:  # 12bar is 12 bar
            yield amount[1], False
            yield amount[2], False
        elif token:
            is_large = token[0].isupper()
            yield token, is_large and (before == 0 or _SENTENCE_END.search(text, before, match.start()) is not None)


def _number(token: str) -> str:
    """1,000 and 1.000 as 1000; 2,5 as 2.5; digits of all scripts as ours."""
    if not token.isascii():
        token = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in token)
    if _GROUPED.fullmatch(token):
        return re.sub("[.,']", "", token)
    return token.replace(",", ".").rstrip(".:'")


def alike(word: str, other: str) -> bool:
    """Whether they are one word, but for an ending such as that of a plural."""
    if word == other:
        return True
    short, long = sorted((word, other), key=len)
    return len(short) >= _STEM and long.startswith(short) and long[len(short) :] in _lists().endings


def stems(text: Wording) -> list[str]:
    """What the words of equal wordings have in common, whatever their order."""
    return sorted(word[:_STEM] for word in text.words)


def left_over(words: Sequence[str], others: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that only the one has, and those that only the other has."""
    mine, theirs = [], list(others)
    for word in words:
        found = next((place for place, other in enumerate(theirs) if alike(word, other)), None)
        if found is None:
            mine.append(word)
        else:
            del theirs[found]
    return mine, theirs


def mean_the_same(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether each word can stand for one of the others: highest, maximum."""
    kinds = [[_lists().exchanged.get(word, "") for word in side] for side in (words, others)]
    return "" not in kinds[0] and sorted(kinds[0]) == sorted(kinds[1])


def same_question(one: Wording, other: Wording) -> bool:
    """Whether both ask the same in the same words, a clause perhaps moved from the front to the end.

    In another order the same words may ask the opposite: from A to B, from B to A.
    """
    if one.plain == other.plain:
        return True
    if one.names != other.names or len(one.words) != len(other.words) or not one.words:
        return False
    twice = other.words + other.words
    return any(all(map(alike, one.words, twice[start : start + len(one.words)])) for start in range(len(other.words)))


def similar_question(one: Wording, other: Wording) -> bool:
    """Whether their letters are much alike, the names are the same, and one has all words of the other in order."""
    if one.names != other.names:
        return False
    short, long = sorted((one.words, other.words), key=len)
    following = iter(long)
    in_order = all(any(alike(word, other_word) for other_word in following) for word in short)
    return in_order and likeness(one.plain, other.plain) >= _LIKE_ENOUGH


def likeness(one: str, other: str) -> float:
    """Jaccard of both texts' runs of five characters."""
    ones, others = grams(one), grams(other)
    return len(ones & others) / len(ones | others)


def grams(text: str) -> set[str]:
    """Its runs of five characters; of a shorter text, the text."""
    return {text[place : place + _GRAM] for place in range(max(1, len(text) - _GRAM + 1))}


def says_much(text: str) -> bool:
    """Whether an answer is so long that another one is like it by no accident; told without taking it apart."""
    return text.count(" ") >= _MUCH or (bool(_ONE_CHARACTER.search(text)) and len(text) >= 2 * _MUCH)


def agree(one: Wording, other: Wording, asked: Wording) -> bool:
    """Whether two answers say the same: the one may say again what was asked, and long ones may word it differently."""
    if one.plain == other.plain:
        return True
    if one.numbers - asked.numbers != other.numbers - asked.numbers:
        return False
    mine, theirs = left_over(one.words, other.words)
    unasked = _own(mine + theirs, asked)
    if not _lists().turning.isdisjoint(unasked) or (mine and theirs and not unasked):
        return False
    own, others_own = _own(one.words, asked), _own(other.words, asked)
    if own and others_own and left_over(own, others_own) == ([], []):
        return True
    return _alike_at_length(own, others_own)


def agree_at_length(one: Wording, other: Wording, asked: Wording) -> bool:
    """Whether they do, and say so much that it is no accident: tables give short answers to unlike questions."""
    return agree(one, other, asked) and _alike_at_length(_own(one.words, asked), _own(other.words, asked))


def _alike_at_length(own: Sequence[str], others: Sequence[str]) -> bool:
    """Whether both say much, and four of five words the same."""
    if min(len(own), len(others)) < _MUCH:
        return False
    mine, theirs = left_over(own, others)
    common = len(own) - len(mine)
    return common >= _LIKE_ENOUGH * (common + max(len(mine), len(theirs)))


def contradict(one: Wording, other: Wording, asked: Wording) -> bool:
    """Whether two answers to one question cannot both stand unseen: other amounts, a negation, or nothing in common.

    An answer that says more than the other, or the same in other units, contradicts nothing.
    """
    known = amounts(asked.tokens)
    said, said_too = unsaid(amounts(one.tokens), known), unsaid(amounts(other.tokens), known)
    if said and said_too and not (all_in(said, said_too) or all_in(said_too, said)):
        return True
    mine, theirs = left_over(one.words, other.words)
    if _is_bare(one) or _is_bare(other):
        return _verdict(one, asked) * _verdict(other, asked) < 0
    if _turns(_own(mine, asked), _own(theirs, asked), is_more=not (mine and theirs)):
        return True
    if not (mine and theirs) or (said and said_too):
        return False
    own, others_own = _own(one.words, asked), _own(other.words, asked)
    if own and others_own and left_over(own, others_own)[0] == own:
        return True
    return fuzz.ratio(one.plain, other.plain) < _LEAST_RATIO


def _turns(mine: Sequence[str], theirs: Sequence[str], *, is_more: bool) -> bool:
    """Whether what only the one says, or only the other, turns the sense: before and after, allowed and not allowed.

    `is_more`: the one says all that the other says. A long addition may have a negation of its own.
    """
    turning = _lists().turning
    if is_more:
        added = [*mine, *theirs]
        return bool(added) and 2 * sum(word in turning for word in added) >= len(added)
    return len(mine) == len(theirs) > 0 and turning.issuperset([*mine, *theirs])


def _is_bare(answer: Wording) -> bool:
    """Whether it is yes or no, and nothing else."""
    lists = _lists()
    return len(answer.words) == 1 and answer.words[0] in lists.affirming | lists.denying


def _verdict(answer: Wording, asked: Wording) -> int:
    """1: it says yes, in a word or by repeating the question; -1: no; 0: that cannot be told."""
    lists = _lists()
    if answer.words[:1] and answer.words[0] in lists.affirming:
        return 1
    if not lists.denying.isdisjoint(answer.words):
        return -1
    return 0 if _own(answer.words, asked) else 1


def _own(words: Sequence[str], asked: Wording) -> list[str]:
    """The words of an answer that do not stand in the question."""
    return [word for word in words if not any(alike(word, other) for other in asked.words)]
