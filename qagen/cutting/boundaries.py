"""Where a text may be cut: after a paragraph, a sentence, a line, a word, and at worst between two letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from qagen.cutting import sentences

_PARAGRAPH = re.compile(r"\n[ \t\r\f\v]*\n\s*")
_NEAR = 600
"""Characters that are looked at first, from the end: most boundaries are near it."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20\U00020000-\U0003ffff]"
)
"""Letters of scripts that put no space between words."""
_EDGE = re.compile(rf"\s|{_UNSPACED.pattern}")
_JOINTS = "-/.,;:_|)]}\\"
"""Signs after which a long word may be cut rather than anywhere."""
_JOINERS = "\u200d\ufe0e\ufe0f"

Finder = Callable[[str, int, int], Iterator[int]]
"""(text, low, high) -> the positions in [low, high] where a cut may be, the last one first."""


def paragraphs(text: str, low: int, high: int) -> Iterator[int]:
    """After blank lines."""
    for begin, end in _windows(low, high):
        found = []
        for match in _PARAGRAPH.finditer(text, max(begin - 2, 0), min(end + 2, len(text))):
            # The indentation of the line that follows belongs to it.
            at = min(text.rfind("\n", match.start(), match.end()) + 1, end)
            if begin <= at:
                found.append(at)
        yield from reversed(found)


def lines(text: str, low: int, high: int) -> Iterator[int]:
    """After line ends."""
    at = high
    while (at := text.rfind("\n", max(low - 1, 0), at)) >= 0:
        if low <= at + 1 <= high:
            yield at + 1


def sentence_ends(text: str, low: int, high: int) -> Iterator[int]:
    """Where sentences begin."""
    for begin, end in _windows(low, high):
        yield from reversed([at for at in sentences.ends(text, begin, end) if at >= begin and is_between(text, at)])


def words(text: str, low: int, high: int) -> Iterator[int]:
    """Where words begin, and in runs of white space."""
    if _EDGE.search(text, max(low - 1, 0), min(high + 1, len(text))) is None and low > 0 and high < len(text):
        return
    if low <= high < len(text) and text[high].isspace():
        yield high  # the word ends where there is no more room
    for at in range(high, low - 1, -1):
        if starts_word(text, at):
            yield at


def starts_word(text: str, at: int) -> bool:
    """Whether a cut there divides no word."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before.isspace():
        return True
    if after.isspace():
        return False  # the white space belongs to what stands before it
    return (
        bool(_UNSPACED.match(before) or _UNSPACED.match(after))
        and is_between(text, at)
        and after not in "。、，．！？」』）"
    )


def joints(text: str, low: int, high: int) -> Iterator[int]:
    """In a word that is too long: after a sign."""
    for at in range(high, low - 1, -1):
        if 0 < at < len(text) and text[at - 1] in _JOINTS and is_between(text, at):
            yield at


def letters(text: str, low: int, high: int) -> Iterator[int]:
    """Between two letters, with their accents and joined signs."""
    for at in range(high, low - 1, -1):
        if is_between(text, at):
            yield at


def is_between(text: str, at: int) -> bool:
    """Whether the position divides no letter from its accents, and no emoji."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if after in _JOINERS or before == "\u200d" or unicodedata.combining(after) or unicodedata.category(after) == "Mn":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if _is_flag(before) and _is_flag(after):
        run = at
        while run > 0 and _is_flag(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 0
    return not (before == "\r" and after == "\n")


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _windows(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The last part first: most boundaries that are wanted lie there."""
    middle = max(low, high - _NEAR)
    yield middle, high
    if middle > low:
        yield low, middle
