"""Text -> where its sentences end.

Marks, abbreviations and what stands around them; no model, no language to be told. Written for prose in English,
German, French and Spanish, and for the marks of Chinese, Japanese, Arabic, Urdu, Hindi, Armenian, Amharic, Khmer and
Burmese.
Languages without marks (Thai, Lao) have ends at blank lines alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LOOK_BACK = 40
_NEAR = 60
"""With `_LOOK_BACK`, what may be read before the range; after it, this and a look at the word that follows."""

_ASCII_LIKE = ".!?…‼⁇⁈⁉"
_FULL = "。．！？｡؟۔।॥։።។။"
"""Marks that are nothing else, so that no white space need follow them."""
_CLOSING = r"\"'”’»›)\]}」』）】》〉＂＇*_`~"
_CANDIDATE = re.compile(
    # Every quantifier is possessive, and a run of marks is taken whether or not it ends anything: were it to fail,
    # the search would try again at the run's second mark, and a row of dots would cost its square.
    rf"([{_ASCII_LIKE}{_FULL}]++)([{_CLOSING}]*+)(?:\[\d{{1,3}}\])?+(\s*+)|\n[^\S\n]*+\n\s*+|\u2029\s*+"
)
"""A mark, what closes behind it, a footnote's number, white space; or a blank line."""

_OPENING = re.compile(r"[\s\"'“”„‚‘«‹»›(\[{「『（¿¡*_`~#>–—+-]*+")
"""What may stand before a sentence's first letter."""
_BEFORE_WORD = "\"'“„«‹([{¿¡*_`~§/-–"
_EAST_ASIAN = "\u2e80"
"""Where the letters of Chinese, Japanese and Korean begin."""
_LETTERS = re.compile(r"[^\W\d_]*+")
_ITEM = re.compile(r"[\s>*+#-]*+(?:(?!\d{4})[\d.]{1,9}|[^\W\d_]|[ivxIVX]{1,5})")
"""All of a line before the dot, where it is the number of an item or a heading."""
_ROMAN = re.compile(r"(?:[IVXLCDM]{2,}|[VX])\b")

_NEVER = frozenset(
    """
    dr mr mrs ms prof mt gen col lt sgt capt cpt rev hon sen gov messrs mmes vs cf viz approx esp incl excl
    bzw ca ggf ggfs evtl vgl inkl exkl sog zzgl abzgl einschl entspr bspw gem insb insbes allg bes lt hr fr dipl ing mag
    hrsg geb gest zw mio mrd tsd tel str urspr bzgl
    mm mme mlle mgr resp
    sr sra srta dra ud uds excmo ee pág págs tít aprox avda
    см ул напр тыс млн млрд проф акад ред
    """.split()
)
"""Lower case, without the dot: a name, a noun or a number follows, so that a capital letter says nothing."""

_BEFORE_NUMBER = frozenset(
    """
    no nos nr nrn num núm art arts fig figs tab eq eqs sec sect ch chap app vol vols p pp par para ver rev ed ex ref
    abs abb kap bd bde aufl ziff jg rn anm lfd std sek
    pl éd núms cap caps ap apdo
    рис стр гл
    jan feb mar apr jun jul aug sep sept oct nov dec okt dez janv févr juil ene abr ago dic
    """.split()
)
"""These are words or endings as well: abbreviations only where a number follows."""

_OR_END = frozenset("inc ltd co corp llc bros jr st ave blvd dept est max min env av uu phd".split())
"""An abbreviation in the middle or at the end of a sentence: what follows tells."""

_STARTERS = frozenset(
    """
    the this that these those it its he she they we you there in on at by for from to if when while after before as but
    and or so however then not all no an our their his her what why how
    der die das dies diese dieser dieses es er sie wir ihr man ein eine im am bei mit nach wenn wird aber und auch
    le la les il elle ils elles ce cette ces un une dans pour mais et on nous vous
    el los las una se es en con por para pero
    """.split()
)
"""Words that rarely follow an initial or a company's name, except at the beginning of a sentence."""

_BEFORE_ORDINAL = frozenset("am der die das dem den des im vom zum zur bis ab seit und ein eine einem einen".split())
_AFTER_ORDINAL = frozenset(
    """
    januar februar märz april mai juni juli august september oktober november dezember jahrhundert jahrhunderts
    jh auflage klasse kapitel stock quartal
    """.split()
)
"""German writes "3." for "third": around these words the dot ends nothing."""


def ends(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets in (start, end], increasing, right after a sentence and the white space behind it.

    A blank line ends a sentence as well; the end of a line does not. Reads at most 100 characters beyond the range, so
    that the ends of a range are those of the whole text (but for marks or white space in a run longer than 60).
    """
    for match in _CANDIDATE.finditer(text, max(0, start - _NEAR), min(len(text), end + _NEAR)):
        if start < match.end() <= end and _is_end(text, match):
            yield match.end()


def starts_in(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of text[start:end] begin: at `start`, and at each end before `end`."""
    return [start, *(offset for offset in ends(text, start, end) if offset < end)] if start < end else []


def _is_end(text: str, match: re.Match[str]) -> bool:
    mark, closing, gap = match.groups()
    offset = match.end()
    if mark is None or offset == len(text) or gap.count("\n") > 1:
        return True
    if mark[-1] in _FULL:
        # Japanese quotes with a full stop inside and goes on: 「はい。」と言った。
        return not (closing and text[offset] in "とっ、，,")
    if not gap:
        return not closing and mark[-1] in "!?" and match.start() > 0 and _is_east_asian(text, match)
    first = _first(text, offset)
    if mark != ".":
        return not first.islower() or (not closing and mark[-1] in "!?")
    return _is_full_stop(text, match.start(), bool(closing), offset, first)


def _is_east_asian(text: str, match: re.Match[str]) -> bool:
    """Whether the mark stands between letters of scripts that need no white space behind it: 你好!再见"""
    return text[match.start() - 1] >= _EAST_ASIAN and text[match.end()] >= _EAST_ASIAN


def _is_full_stop(text: str, dot: int, closed: bool, offset: int, first: str) -> bool:
    """Whether the single dot at `dot` ends a sentence; the next one would begin with the letter or digit `first`."""
    line = text[max(0, dot - _LOOK_BACK) : dot].rpartition("\n")[2]
    if not line or line[-1].isspace():
        return not first.islower()
    word = line.rsplit(None, 1)[-1].lstrip(_BEFORE_WORD).lower()
    if first.islower():
        # A sentence may begin with a name like npm; a short word with a dot is more often an abbreviation.
        return len(word) > 5 and word.isalpha() and word not in _NEVER and not closed
    if len(word) > 4 and word.isalpha():
        return word not in _NEVER
    if _ITEM.fullmatch(line) and len(line) < _LOOK_BACK:
        return False
    return word not in _NEVER and not _is_abbreviation(line.split(), word, text, offset, first)


def _is_abbreviation(words: list[str], word: str, text: str, offset: int, first: str) -> bool:
    """Whether the dot after a short word or a number belongs to it, judged by the words on both sides."""
    following = _next_word(text, offset)
    if word.isdigit():
        before = words[-2].lower() if len(words) > 1 else ""
        return len(word) < 3 and (_ends_sentence(before) or before in _BEFORE_ORDINAL or following in _AFTER_ORDINAL)
    if word in _BEFORE_NUMBER:
        return first.isdigit() or _ROMAN.match(text, offset) is not None
    if word in _OR_END:
        return following not in _STARTERS
    return _are_initials(word) and (_is_small(words) or following not in _STARTERS)


def _ends_sentence(word: str) -> bool:
    """Whether a number behind this word is that of an item which begins: `Open it. 2. Close it.`"""
    if word[-1:] != ".":
        return word[-1:] in {":", ";", "!", "?"}
    return len(word) > 2 and word[:-1] not in _NEVER and word[:-1] not in _BEFORE_NUMBER


def _are_initials(word: str) -> bool:
    """`k`, `u.s`, `z.b`, `j.-c`, `ph.d`, but neither `it` nor a syllable of Korean."""
    parts = word.replace("-", "").split(".")
    return all(len(part) < 3 and part.isalpha() and part < _EAST_ASIAN for part in parts) and min(map(len, parts)) == 1


def _is_small(words: list[str]) -> bool:
    """Whether initials begin with a small letter: `e.g.`, `z. B.`; those stand for words, and never end a sentence."""
    last = words[-1].lstrip(_BEFORE_WORD)
    if len(last) > 1:
        return last[0].islower() and last not in {"a.m", "p.m"}
    before = words[-2].lstrip(_BEFORE_WORD) if len(words) > 1 else ""
    return len(before) == 2 and before[0].islower() and before[1] == "."


def _first(text: str, offset: int) -> str:
    """The first letter or digit from `offset` on, behind quotes, brackets and list marks."""
    first = text[offset]
    if first.isalnum():
        return first
    opening = _OPENING.match(text, offset, offset + _LOOK_BACK)
    return text[opening.end() : opening.end() + 1] if opening else ""


def _next_word(text: str, offset: int) -> str:
    opening = _OPENING.match(text, offset, offset + _LOOK_BACK)
    letters = _LETTERS.match(text, opening.end() if opening else offset, offset + _LOOK_BACK)
    return letters.group().lower() if letters else ""
