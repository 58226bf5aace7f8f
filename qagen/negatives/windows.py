"""The part of a passage that matches a question best: what a model is shown of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.checks import packs, words

MOST_CHARACTERS = 600
"""About 150 tokens."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_GAP = "[...]"


def best_window(text: str, question: str, most: int = MOST_CHARACTERS) -> str:
    """Whole sentences with most of the question's words, the first of equals; the text itself where it is short."""
    text = text.strip()
    if len(text) <= most:
        return text
    pack = packs.of_text(question)
    stop = pack.stop if pack else frozenset()
    wanted = words.content(question, stop)
    best, best_score = (0, min(most, len(text))), -1
    for begin, end in _stretches(text, most):
        score = len(wanted & words.stems(text[begin:end]))
        if score > best_score:
            best, best_score = (begin, end), score
    begin, end = best
    before, after = ("" if begin == 0 else f"{_GAP} "), ("" if end >= len(text) else f" {_GAP}")
    return f"{before}{text[begin:end].strip()}{after}"


def _stretches(text: str, most: int) -> Iterator[tuple[int, int]]:
    """From the beginning of each sentence as many as fit; of one that is too long a part."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    ends = [*starts[1:], len(text)]
    last = 0
    for place, start in enumerate(starts):
        if ends[place] - start > most:
            yield from ((at, min(at + most, ends[place])) for at in range(start, ends[place], most // 2))
            continue
        last = max(last, place)
        while last + 1 < len(starts) and ends[last + 1] - start <= most:
            last += 1
        yield start, ends[last]
