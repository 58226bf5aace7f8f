"""Abbreviations in brackets behind their long form, matched letter by letter: `net positive suction head (NPSH)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.llm.rules import markup
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Draft, Span
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.words import PASSED_OVER

_BRACKETED = re.compile(r"\(([A-Z][A-Za-z]{1,7})\)")
_WORD = re.compile(r"[^\W_]+")
_REACH = 160
"""How far before the bracket the long form may begin, in characters."""


def find(passage: str, blocks: list[Block], voice: Voice) -> Iterator[Draft]:
    """What each abbreviation stands for. It claims nothing: the sentence around it says something else."""
    if not voice.phrases:
        return
    for block in blocks:
        if block.kind not in {"text", "item"}:
            continue
        for match in _BRACKETED.finditer(passage, block.start, block.end):
            short = match[1]
            start = _start(passage, max(block.start, match.start() - _REACH), match.start(), short)
            if start is None or sum(char.isupper() for char in short) < 2:
                continue
            long = markup.plain(passage[start : match.start()])
            question = voice.ask(voice.phrases.stands_for, short, x=voice.quoted(short))
            answer = voice.phrases.stands_for_answer.format(x=short, long=long)
            yield Draft("glossary", question, answer, (Span(start, match.end()),), claims=False)


def _start(passage: str, begin: int, end: int, short: str) -> int | None:
    """Where the words begin whose first letters spell `short`, read from the back; small words may be passed over."""
    words = list(_WORD.finditer(passage, begin, end))
    if passage[begin:end].count("(") or not passage[begin:end].rstrip("*_ \n"):
        return None
    letters = [char for char in short.casefold() if char.isalpha()]
    at = len(words) - 1
    for letter in reversed(letters):
        while at >= 0 and words[at][0].casefold() in PASSED_OVER and not words[at][0].casefold().startswith(letter):
            at -= 1
        if at < 0 or not words[at][0].casefold().startswith(letter):
            return None
        at -= 1
    start = words[at + 1].start()
    # Matching letters across a full stop would be chance.
    return None if re.search(r"[.;:!?]\s", passage[start:end]) else start
