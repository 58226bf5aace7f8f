"""What may be blanked in a sentence: figures with their unit first, then codes, marked terms, the heads of phrases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qagen.llm.rules import markup
from qagen.llm.rules.sentences import Sentence
from qagen.llm.rules.words import AUXILIARIES, POINTERS, STOP_WORDS

BLANK = "____"
_NO_UNITS = AUXILIARIES.union(*STOP_WORDS.values())

_NUMBER = r"\d{1,3}(?:[.,\u00a0\u202f']\d{3})+(?:[.,]\d+)?|\d{1,9}(?:[.,:]\d{1,4})?"
_FIGURE = re.compile(
    rf"(?<![\w.,:/#§-])(?P<currency>[€$£¥])?\s?(?P<number>(?:{_NUMBER})(?:\s?(?:–|-|to|bis|à)\s?(?:{_NUMBER}))?)"
    r"(?P<symbol>\s?(?:%|°dH\b|°\s?[CF]\b|[€$£]))?(?![\w/-])"
)
_UNIT_WORDS = re.compile(r"\s([^\W\d_][\w/³²°µ()%-]*)(?:\s([^\W\d_][\w-]*))?(?=(?:\s([^\W\d_]+))?)")
_CODE = re.compile(r"(?<![\w-])(?=[\w/-]*[A-Z])(?=[\w/-]*\d)[A-Z0-9][A-Za-z0-9]*(?:[-/][A-Za-z0-9]+){0,3}(?![\w-])")
_HEAD = re.compile(
    r"\b(?:the|an?|der|die|das|den|dem|ein|eine|einen|einem|el|la|los|las|un|una|le|les|une) (?P<term>[^\W\d_]{6,25})"
    r"(?=[,.;]| (?:of|in|on|at|is|are|for|by|with|from|to|must|von|im|ist|wird|mit|zu|de|del|en|es|du|des|est|à)\b)"
)


@dataclass(frozen=True, slots=True)
class Blank:
    """A place in a sentence's text, with the answer that fills it."""

    start: int
    end: int
    answer: str
    rank: int
    """0: a figure with a unit, 1: a code or marked term, 2: a bare figure, 3: a word."""


def find(sentence: Sentence, raw: str, context: str) -> Iterator[Blank]:
    """All that may be blanked. `raw` is the sentence with its markup; nothing that `context` or the rest gives away."""
    for blank in (
        *_figures(sentence.text),
        *_codes(sentence.text),
        *_terms(sentence.text, raw),
        *_heads(sentence.text),
    ):
        if not _given_away(sentence.text, blank, context):
            yield blank


def _given_away(text: str, blank: Blank, context: str) -> bool:
    """Whether what is blanked stands elsewhere in what the reader sees, alone or inside a longer word."""
    hidden = text[blank.start : blank.end].casefold()
    shown = f"{context} {text[: blank.start]} {text[blank.end :]}".casefold()
    if hidden.isdigit() and len(hidden) < 3:
        return re.search(rf"(?<![\d.,]){hidden}(?![\d.,]\d|\d)", shown) is not None
    return hidden in shown


def _figures(text: str) -> Iterator[Blank]:
    for match in _FIGURE.finditer(text):
        before = re.search(r"([^\W_]+)[.\s]*$", text[max(0, match.start() - 20) : match.start()])
        if before and before[1].casefold() in POINTERS:
            continue
        unit = match["symbol"] or _unit(text[match.end() : match.end() + 60])
        answer = f"{match['currency'] or ''}{match['number']}{unit}"
        yield Blank(match.start("number"), match.end("number"), answer, 0 if unit or match["currency"] else 2)


def _unit(after: str) -> str:
    """What a number counts, read from the text behind it: ` bar`, ` working days`; empty where that is not sure.

    Two words count together where a small word or a stop follows the second: "30,000 operating hours, whichever".
    """
    match = _UNIT_WORDS.match(after)
    if not match or match[1].casefold() in _NO_UNITS:
        return ""
    first, second, third = match[1], match[2], match[3]
    if first.count("(") != first.count(")"):
        first, second = first.strip("()"), None
    # A capital there is a German noun, and what follows is its verb.
    if not second or second.casefold() in _NO_UNITS or len(first) <= 3 or first[0].isupper():
        return f" {first}"
    pair_ends = not third or third.casefold() in _NO_UNITS
    return f" {first} {second}" if pair_ends else ""


def _codes(text: str) -> Iterator[Blank]:
    for match in _CODE.finditer(text):
        yield Blank(match.start(), match.end(), match[0], 1)


def _terms(text: str, raw: str) -> Iterator[Blank]:
    for term in markup.marked(raw):
        at = text.find(term)
        if at > 0 and len(term.split()) <= 4 and term[-1:].isalnum():
            yield Blank(at, at + len(term), term, 1)


def _heads(text: str) -> Iterator[Blank]:
    for match in _HEAD.finditer(text):
        yield Blank(match.start("term"), match.end("term"), match["term"], 3)
