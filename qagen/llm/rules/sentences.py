"""Sentences of a passage, each with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qagen.llm.rules import markup
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Span
from qagen.llm.rules.words import ABBREVIATIONS

LONGEST_QUOTE = 300

# Possessive, and begun only where a run of stops begins: a line of a million dots must not be read a million times.
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s)|[。！？]+[」』”）]*")
_WORD_BEFORE = re.compile(r"(?:^|[\s(])([^\s(]{1,12})$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its offsets in the passage, and its text without markup."""

    start: int
    end: int
    text: str
    block: Block

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def split(passage: str, blocks: list[Block]) -> list[Sentence]:
    """The sentences of texts and list items, in order; the last of a block may lack its full stop."""
    return [sentence for block in blocks if block.kind in {"text", "item"} for sentence in of_block(passage, block)]


def of_block(passage: str, block: Block) -> Iterator[Sentence]:
    """The sentences of one block."""
    start = block.start
    for stop in _STOP.finditer(passage, block.start, block.end):
        if _ends_here(passage, start, stop, block.end):
            yield from _made(passage, start, stop.end(), block)
            start = stop.end()
    yield from _made(passage, start, block.end, block)


def _ends_here(passage: str, start: int, stop: re.Match[str], end: int) -> bool:
    if stop[0] != ".":
        return True
    before = _WORD_BEFORE.search(passage, max(start, stop.start() - 13), stop.start())
    word = before[1].casefold() if before else ""
    # "am 1. Oktober" is far more common than a sentence that ends in a number of one or two digits.
    if word in ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or (word.isdigit() and len(word) <= 2):
        return False
    following = passage[stop.end() : min(end, stop.end() + 12)].lstrip()
    return not following[:1].islower()


def _made(passage: str, start: int, end: int, block: Block) -> Iterator[Sentence]:
    raw = passage[start:end]
    start += len(raw) - len(raw.lstrip())
    end -= len(raw) - len(raw.rstrip())
    if start < end:
        yield Sentence(start, end, markup.plain(passage[start:end]), block)


def quote(passage: str, start: int, end: int) -> Span:
    """The stretch as evidence: without blanks around it, and cut between words where it is too long to be a quote."""
    if end - start > LONGEST_QUOTE:
        blank = passage.rfind(" ", start + LONGEST_QUOTE // 2, start + LONGEST_QUOTE)
        end = blank if blank > 0 else start + LONGEST_QUOTE
    raw = passage[start:end]
    return Span(start + len(raw) - len(raw.lstrip()), end - (len(raw) - len(raw.rstrip())))


def quotes(passage: str, block: Block, most: int = 3) -> tuple[Span, ...]:
    """The first sentences of a block as evidence."""
    found: list[Span] = []
    for sentence in of_block(passage, block):
        found.append(quote(passage, sentence.start, sentence.end))
        if len(found) == most:
            break
    return tuple(found)
