"""The words of a text, as checks compare them. Of each text asked about lately the answer is remembered."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = bytes(ord(chr(code).lower() if chr(code).isalnum() else " ") for code in range(128)).ljust(256)
"""Leaves of a plain text its words and spaces; to find them by a pattern takes five times as long."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: their words stand without spaces."""
PREFIX = 5
"""Letters that words of one family share: a stemmer for every language, and a poor one."""
_SKIPPED_BY_ACRONYMS = frozenset("of and the for de des du und y".split())
_LEAST_CONTENT_LETTERS = 4
"""Where no stop words are known, shorter words count as such."""


@lru_cache(maxsize=64)
def of(text: str) -> tuple[str, ...]:
    """The words, casefolded; what stands without spaces in pairs of characters."""
    return split(text)


def split(text: str) -> tuple[str, ...]:
    """The same of texts that nobody will ask about again, so that they do not drive out others."""
    if text.isascii():
        return tuple(text.encode("ascii").translate(_ASCII_WORDS).decode("ascii").split())
    words: list[str] = []
    for word in _WORD.findall(_plain(text)):
        if not word.isascii() and _UNSPACED.search(word):
            words += [word[i : i + 2] for i in range(len(word) - 1)] or [word]
        else:
            words.append(word)
    return tuple(words)


@lru_cache(maxsize=64)
def unique(text: str) -> frozenset[str]:
    """Each of its words once."""
    return frozenset(of(text))


@lru_cache(maxsize=64)
def spaced(text: str) -> str:
    """The words with one space between them and around the whole, so that phrases can be searched for."""
    return f" {' '.join(of(text))} "


@lru_cache(maxsize=64)
def initials(text: str) -> str:
    """The first letters of its words, in order, numbers whole: what acronyms are made of."""
    return "".join(word if word.isdigit() else word[0] for word in of(text) if word not in _SKIPPED_BY_ACRONYMS)


@lru_cache(maxsize=64)
def stems(text: str) -> frozenset[str]:
    """The beginnings of its words."""
    return frozenset([word[:PREFIX] for word in unique(text)])


@lru_cache(maxsize=64)
def content(text: str, stop: frozenset[str]) -> frozenset[str]:
    """The stems of its words that carry meaning: no stop words, no plain numbers."""
    if stop:  # as `is_content` has it, for all words at once
        return frozenset([word[:PREFIX] for word in unique(text) - stop if len(word) > 1 and not word.isdigit()])
    return frozenset([word[:PREFIX] for word in unique(text) if is_content(word, stop)])


def is_content(word: str, stop: frozenset[str]) -> bool:
    """Whether a casefolded word carries meaning. Without stop words the longer ones do."""
    if word.isdigit():
        return False
    if stop:
        return word not in stop and len(word) > 1
    return len(word) >= _LEAST_CONTENT_LETTERS or _UNSPACED.search(word) is not None


def is_unspaced(text: str) -> bool:
    """Whether most of the text stands without spaces between its words."""
    return not text.isascii() and 2 * len(_UNSPACED.findall(text)) > len("".join(text.split()))


def letters(text: str) -> int:
    """How many letters and digits it has."""
    return sum(map(str.isalnum, text))


@lru_cache(maxsize=64)
def on_one_line(text: str) -> str:
    """The text with one space wherever there is white space, so that patterns need not care."""
    return " ".join(text.split())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u00ad", "").casefold()
