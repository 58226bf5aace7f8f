"""Which language a text is in, where its words tell. A wrong language is worse than none: the model believes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

_LEAST_LETTERS = 40
"""Fewer say too little."""
_LEAST_CONFIDENCE = 0.6
"""A sentence of prose has 0.9 and more, its paragraph 0.99; columns of names and codes stay below 0.5."""
_SAMPLE = 2000
"""Characters from the beginning, the middle and the end that it is told from."""
_WORDS_OF_PROSE = 4
"""A cell of a table that has fewer words holds a name or a code, which is in no language."""
_VARIETIES = {"yue": "zh", "wuu": "zh", "pcm": "en", "arz": "ar", "ary": "ar", "ext": "es"}
"""What is written like the language of a standard that it is near to, and asked for under that one's name."""
_EAST_ASIAN = re.compile("[\u3040-\u9fff\uac00-\ud7af]{4}")
_CELLS = re.compile(r"(?<!\\)\|")


def language_of(text: str) -> str | None:
    """Its ISO 639-1 code; None where there is too little running text, or where several languages are as likely."""
    middle = len(text) // 2
    sample = text if len(text) <= 3 * _SAMPLE else text[:_SAMPLE] + text[middle : middle + _SAMPLE] + text[-_SAMPLE:]
    letters = re.sub(r"[\W\d_]+", " ", " ".join(_running(sample)))
    if len(letters) < _LEAST_LETTERS and not _EAST_ASIAN.search(letters):
        return None
    language, confidence = likeliest(letters)
    return language if confidence >= _LEAST_CONFIDENCE else None


def likeliest(words: str) -> tuple[str, float]:
    """The language that is likeliest, and how likely it is, from 0 to 1."""
    shares: Counter[str] = Counter()
    for name, share in _model().rank(words):
        shares[_VARIETIES.get(name, name)] += share
    return max(shares.items(), key=lambda one: one[1])


def load_model() -> None:
    """Now rather than at the first text: it unpacks itself into a temporary file."""
    likeliest("words")


def _running(text: str) -> Iterator[str]:
    """The lines; of rows of tables, the cells that hold more than names and numbers."""
    for line in text.split("\n"):
        if not line.startswith("|"):
            yield line
            continue
        for cell in _CELLS.split(line):
            if len(re.findall(r"[^\W\d_]{2,}", cell)) >= _WORDS_OF_PROSE or _EAST_ASIAN.search(cell):
                yield cell


@cache
def _model() -> Any:
    # Probabilities: scores as they are cannot be compared between texts of different lengths.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
