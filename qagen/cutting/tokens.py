"""Text -> how many tokens a model would count in it, estimated.

The text is cut as the tokenizers cut it (words with the sign before them, groups of three digits, rows of signs), and
each piece has a price: by its script and its length, and for Latin letters by the text around it, since most
vocabularies hold English words whole.

Measured against the vocabulary o200k, on prose written for it and on the messages and manuals of translated programs:
English 0 to +2 %, technical English in Markdown -4 to +1 %, German -4 to +10 %, French -1 to +9 %, Spanish -1 to
+10 %, Russian -3 to +5 %, Arabic +2 to +5 %, Hebrew -1 %, Hindi -1 to +3 %, Chinese 0 to +7 % (traditional -9 %),
Japanese +2 to +8 %, Korean -3 to +7 %, Thai 0 to +1 %; code +4 to +9 %, tables +1 %, figures 0 to +1 %, emoji -5 to
+9 %. Worst: Hungarian and Finnish, -16 %. Older vocabularies count more of what is not English: cl100k a tenth to a
third more in German, French and Spanish, a fifth to three quarters more in Chinese, Japanese, Korean and Russian, two
to three times as much in Arabic, Hebrew, Hindi and Thai.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice

_UNIT = 16
"""Parts of a token in which prices are kept."""
_BLOCK = 4096
"""Characters that are priced as one language."""
_MOST_KNOWN = 30_000
"""Prices that are remembered."""

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_LOWER = "a-z\u00aa\u00ba\u00df-\u02af\u1e00-\u1eff\u0300-\u036f"


@dataclass(frozen=True, slots=True)
class _Rate:
    """The price of a piece: `first` tokens, and `each` for every letter after the first `free` ones."""

    first: float
    free: float
    each: float

    def units(self, letters: int) -> int:
        return round(_UNIT * (self.first + self.each * max(0.0, letters - self.free)))


_ENGLISH = _Rate(1.03, 6.0, 0.05)
_WESTERN = _Rate(1.04, 4.3, 0.185)
_ACCENTED = _Rate(1.05, 3.0, 0.31)
_NO_WORDS = _Rate(1.0, 1.0, 0.50)
_CAPITALS = _Rate(1.1, 2.0, 0.25)
_RUSSIAN = _Rate(1.0, 3.0, 0.22)
_SIGNS = _Rate(1.0, 2.0, 0.30)
_ROWS = _Rate(1.0, 4.0, 0.03)
_WHITE = _Rate(1.0, 20.0, 0.01)

_SCRIPTS = [
    ("\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f", _Rate(1.0, 2.8, 0.34)),  # Cyrillic but for Russian
    ("\u0370-\u03ff\u1f00-\u1fff", _Rate(1.0, 3.0, 0.41)),  # Greek
    ("\u0590-\u05ff\ufb1d-\ufb4f", _Rate(1.0, 2.5, 0.41)),  # Hebrew
    ("\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefe", _Rate(1.0, 2.5, 0.34)),  # Arabic
    ("\u0900-\u097f", _Rate(1.0, 2.7, 0.33)),  # Hindi
    ("\u0980-\u0dff", _Rate(1.0, 2.5, 0.42)),  # the other scripts of India
    ("\u0530-\u058f\u10a0-\u10ff", _Rate(1.0, 2.5, 0.36)),  # Armenian, Georgian
    ("\u0e00-\u0eff", _Rate(0.4, 0.0, 0.40)),  # Thai, Lao
    ("\u1000-\u109f\u1780-\u17ff", _Rate(0.4, 0.0, 0.60)),  # Burmese, Khmer
    ("\u1100-\u11ff\u3130-\u318f\uac00-\ud7af", _Rate(0.5, 0.0, 0.61)),  # Korean
    ("\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f", _Rate(0.3, 0.0, 0.62)),  # Japanese syllables
    ("\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", _Rate(0.4, 0.0, 0.76)),  # Chinese
]
_SIGN = "!-/:-@\\[-`{-~"
_PIECE = re.compile(
    rf"(?:[^\r\n\w]|_)?(?:[{_UPPER}]*[{_LOWER}]++|[{_UPPER}]++)|[0-9]{{1,3}}| ?[{_SIGN}]++[\r\n]*+|"
    + "|".join(f" ?[{letters}]++" for letters, _ in _SCRIPTS)
    + r"|\s*[\r\n]++|\s+(?!\S)|\s|.",
    re.DOTALL,
)
_LATIN = re.compile(f"[{_UPPER}{_LOWER}]")
_SCRIPT = [(re.compile(f"[{letters}]"), rate) for letters, rate in _SCRIPTS]
_ACCENT = re.compile("[\u0100-\u0151\u0154-\u024f\u1e00-\u1effåÅ]")
"""Not the letters of German, French, Spanish, Italian and Portuguese."""
_UMLAUT = re.compile("[äöüß]")
_ENGLISH_WORDS = frozenset(
    f" {word}" for word in "the of and to is that for with this are be it not or from by an was which you".split()
)


def count(text: str) -> int:
    """Estimated tokens of a text: `TokenRuler(text).size(0, len(text))`, without the ruler."""
    return _tokens(sum(sum(map(prices.__getitem__, pieces)) for pieces, prices in _blocks(text)))


class TokenRuler:
    """Measures parts of one text. Sizes of neighbouring parts add up, wherever the text is cut."""

    def __init__(self, text: str) -> None:
        # Half the memory for all texts but the hugest.
        code = "I" if len(text) < 10**8 else "Q"
        self._ends = array(code, [0])
        self._sums = array(code, [0])
        for pieces, prices in _blocks(text):
            self._ends.extend(islice(accumulate(map(len, pieces), initial=self._ends[-1]), 1, None))
            self._sums.extend(islice(accumulate(map(prices.__getitem__, pieces), initial=self._sums[-1]), 1, None))

    def size(self, start: int, end: int) -> int:
        """Estimated tokens of text[start:end]; within a word they are spread evenly."""
        return self._position(end) - self._position(start)

    def reach(self, start: int, budget: int) -> int:
        """The largest end within the text so that text[start:end] is not larger than the budget."""
        limit = (self._position(start) + budget) * _UNIT
        piece = bisect_right(self._sums, limit) - 1
        if piece < 0 or piece == len(self._sums) - 1:
            return start if piece < 0 else self._ends[-1]
        price, length = self._sums[piece + 1] - self._sums[piece], self._ends[piece + 1] - self._ends[piece]
        within = ((limit - self._sums[piece] + 1) * length - 1) // price
        return max(start, self._ends[piece] + within)

    def _position(self, offset: int) -> int:
        """Tokens before an offset."""
        piece = min(bisect_right(self._ends, offset), len(self._ends) - 1) - 1
        if piece < 0:
            return 0
        start, price = self._ends[piece], self._sums[piece + 1] - self._sums[piece]
        return _tokens(self._sums[piece] + price * (offset - start) // (self._ends[piece + 1] - start))


class _Prices(dict[str, int]):
    """Units by piece, in a text of one kind."""

    def __init__(self, words: _Rate, cyrillic: _Rate) -> None:
        super().__init__()
        self._words = words
        self._cyrillic = cyrillic

    def __missing__(self, piece: str) -> int:
        units = self._units(piece)
        # Long pieces of scripts without spaces hardly come again.
        if len(self) < _MOST_KNOWN and (piece[-1] < "\u0e00" or len(piece) < 3):
            self[piece] = units
        return units

    def _units(self, piece: str) -> int:
        last = piece[-1]
        letters = len(piece) - (not piece[0].isalpha())
        if _LATIN.match(last):
            return (_CAPITALS if letters > 1 and piece.isupper() else self._words).units(letters)
        if last.isascii():
            return _ascii_units(piece)
        rate = self._cyrillic if "\u0400" <= last <= "\u052f" else _script_rate(last)
        return rate.units(letters)


def _ascii_units(piece: str) -> int:
    if piece.isspace():
        return _WHITE.units(len(piece))
    if piece.isdigit():
        return _UNIT
    return (_SIGNS if len(set(piece)) > 2 else _ROWS).units(len(piece))


@cache
def _script_rate(letter: str) -> _Rate:
    """By the script of a letter; signs cost a token, emoji more, letters of rare scripts are spelt in bytes."""
    for pattern, rate in _SCRIPT:
        if pattern.match(letter):
            return rate
    if letter.isalpha():
        return _Rate(2.0, 1.0, 2.0)
    return _Rate(1.0 if letter < "\U00010000" else 1.6, 1.0, 1.0)


def _blocks(text: str) -> Iterator[tuple[list[str], _Prices]]:
    """The pieces of a text, which join to it, with their prices."""
    known: dict[tuple[float, float, bool, bool], _Prices] = {}
    for start in range(0, len(text), _BLOCK):
        block = text[start : start + _BLOCK]
        pieces = _PIECE.findall(block)
        kind = _kind(block, pieces)
        if kind not in known:
            known[kind] = _prices(*kind)
        yield pieces, known[kind]


def _kind(block: str, pieces: list[str]) -> tuple[float, float, bool, bool]:
    """How English, how accented, whether without words, whether Russian."""
    english = sum(map(_ENGLISH_WORDS.__contains__, pieces)) / len(pieces)
    accents = 0.0 if block.isascii() else len(_ACCENT.findall(block)) + 0.2 * len(_UMLAUT.findall(block))
    no_words = block.isascii() and len(block) > 200 and block.count(" ") + block.count("\n") < len(block) / 40
    return _step(english / 0.12), _step(accents / len(block) / 0.012), no_words, "ы" in block


def _step(share: float) -> float:
    """Rounded, so that few kinds are told apart."""
    return round(4 * min(1.0, max(0.0, share))) / 4


def _prices(english: float, accented: float, no_words: bool, russian: bool) -> _Prices:
    words = _mixed(_mixed(_WESTERN, _ACCENTED, accented), _ENGLISH, english)
    return _Prices(_NO_WORDS if no_words else words, _RUSSIAN if russian else _script_rate("\u0454"))


def _mixed(one: _Rate, other: _Rate, share: float) -> _Rate:
    return _Rate(
        one.first + share * (other.first - one.first),
        one.free + share * (other.free - one.free),
        one.each + share * (other.each - one.each),
    )


def _tokens(units: int) -> int:
    return -(-units // _UNIT)
