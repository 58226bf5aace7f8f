"""Text -> the words it is searched by, in any script."""

from __future__ import annotations

import re
import unicodedata


def _ranges(points: list[int]) -> str:
    """The points as the inside of a character class."""
    found: list[list[int]] = []
    for point in points:
        if found and point == found[-1][1] + 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


MARKS = _ranges([point for point in range(0x300, 0x10000) if unicodedata.category(chr(point))[0] == "M"])
"""Vowel signs and accents that stand behind their letter, as a character class: `\\w` leaves them out, and would cut
words of many scripts at each of them."""
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
)
"""Scripts that put no space between words, as a character class."""

_WORD = re.compile(rf"[\w{MARKS}]+")
_RUN = re.compile(f"[{UNSPACED}]+")


_PLAIN = "".join(chr(point).lower() if chr(point).isalnum() else " " for point in range(128))
"""For each ASCII character what it is in a word. Most texts are ASCII, and this takes a tenth of the time."""


def terms(text: str) -> list[str]:
    """The words in order, without case and width. Scripts without spaces give every two neighbouring characters."""
    if text.isascii():
        return text.translate(_PLAIN).split()
    folded = unicodedata.normalize("NFKC", text).casefold().replace("_", " ")
    return _WORD.findall(_RUN.sub(_in_twos, folded))


def spaced(text: str) -> str:
    """The same words with white space between them: all that an engine has to cut."""
    return text.translate(_PLAIN) if text.isascii() else " ".join(terms(text))


def _in_twos(run: re.Match[str]) -> str:
    characters = run[0]
    twos = (characters[place : place + 2] for place in range(max(1, len(characters) - 1)))
    return f" {' '.join(twos)} "
