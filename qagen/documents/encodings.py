"""The encoding of a text that is no UTF-8: Unicode without a mark, Windows-1252, or another one of before Unicode.

Windows-1252 is known by what it makes of the bytes: letters with accents between plain ones, and quotation marks around
words. Where it does not make that, charset-normalizer tells which of the others fits, and may be unsure of it.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qagen.documents import languages

WESTERN = "cp1252"
_NAMES = {
    "cp1251": "Windows-1251",
    "koi8_r": "KOI8-R",
    "gb18030": "GB18030",
    "cp932": "Shift-JIS",
    "cp949": "EUC-KR",
    "big5hkscs": "Big5",
    "euc_jp": "EUC-JP",
    "cp1250": "Windows-1250",
    "iso8859_2": "ISO-8859-2",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "cp1257": "Windows-1257",
    "koi8_u": "KOI8-U",
    "iso8859_5": "ISO-8859-5",
    "cp866": "CP866",
    "cp850": "CP850",
    "mac_roman": "Mac Roman",
    WESTERN: "Windows-1252",
    "iso2022_jp": "ISO-2022-JP",
    "iso2022_kr": "ISO-2022-KR",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32-le": "UTF-32",
    "utf-32-be": "UTF-32",
}
"""By Python's names; of those that are looked for, the more usual one stands before another that fits as well."""
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SHIFTED = ("iso2022_jp", "iso2022_kr")
"""Their bytes are those of ASCII, with escapes between them."""
_LEGACY = [name for name in _NAMES if name not in (*_WIDE, *_SHIFTED)]
_BY_LANGUAGE = {
    **dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "bs", "sl", "ro", "sq"), ("cp1250", "iso8859_2")),
    **dict.fromkeys(("tr", "az"), ("cp1254",)),
    **dict.fromkeys(("lt", "lv"), ("cp1257",)),
}
"""Of languages in Latin letters that Windows-1252 lacks: read as that, they still look like words."""
_BROADER = {
    "iso8859-1": WESTERN,
    "ascii": WESTERN,
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_SAMPLE = 40_000
"""Bytes of lines that are looked at."""
_LANGUAGE_SAMPLE = 4000
_LETTERS_FOR_LANGUAGE = 60
_SURE_OF_LANGUAGE = 0.9
_MOST_ODD = 0.05
"""Share of characters beyond ASCII that may stand where no Western European text has them."""
_SURE_BYTES = 24
"""Beyond ASCII: fewer fit several encodings by chance."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_ANYWHERE = "‘’“”„‚–—…«»€·°•\u00a0\u00ad"
"""Signs that stand beside letters and within words."""
_NO_LETTERS = "ƒªºµˆŸ"
"""Letters that are none in words; the last one is hardly ever written."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding that a text seems to have."""

    name: str
    """Python's name of it."""
    is_sure: bool = True

    @property
    def shown(self) -> str:
        """As people call it."""
        return _NAMES[self.name]


def broader(name: str) -> str:
    """What browsers read for an encoding, by Python's names: texts use signs that the one they name lacks."""
    return _BROADER.get(name, name)


def wide(data: bytes) -> Guess | None:
    """UTF-16 or UTF-32 without a mark, where the text that it makes is one beyond doubt."""
    if b"\0" not in data:
        return None
    return next((Guess(name) for name in _WIDE if _is_wide(data, name)), None)


def shifted(data: bytes) -> Guess | None:
    """One of East Asia that has bytes of ASCII alone, told by its escapes."""
    if b"\x1b$" not in data:
        return None
    return next((Guess(name) for name in _SHIFTED if _decodes(data, name)), None)


def legacy(data: bytes) -> Guess | None:
    """Of bytes that are no Unicode; None where nothing is known that fits."""
    sample = b"\n".join(_telling_lines(data))
    western = sample.decode(WESTERN, "replace")
    language, share = max(_language(western), _language(sample.decode("cp1254", "replace")), key=lambda one: one[1])
    if share >= _SURE_OF_LANGUAGE and language in _BY_LANGUAGE:
        names = [name for name in _BY_LANGUAGE[language] if _decodes(data, name)]
        return _best(sample, names, least=0) or (Guess(names[0], is_sure=False) if names else None)
    if _odd_share(western) <= _MOST_ODD:
        return Guess(WESTERN)
    return _best(sample, [name for name in _LEGACY if _decodes(data, name)], least=_SURE_BYTES)


def _best(sample: bytes, names: Sequence[str], *, least: int) -> Guess | None:
    """That of the names which makes the most sense of the bytes; of those that make as much, what reads like words."""
    import charset_normalizer

    if not names:
        return None
    found = list(charset_normalizer.from_bytes(sample, cp_isolation=list(names), enable_fallback=False))
    best = min(((one.chaos, -one.coherence) for one in found), default=None)
    fitting = [one for one in found if (one.chaos, -one.coherence) == best]
    if not fitting:
        return None
    by_rank = sorted(fitting, key=lambda one: _rank(one.encoding, names))
    first = max(by_rank, key=lambda one: languages.likeliest(_words(str(one)))[1]) if len(fitting) > 1 else by_rank[0]
    alone = all(str(one) == str(first) for one in fitting)
    return Guess(names[_rank(first.encoding, names)], alone and sum(byte > 127 for byte in sample) >= least)


def _language(text: str) -> tuple[str, float]:
    """The likeliest one, where there is enough to tell it from."""
    words = _words(text[:_LANGUAGE_SAMPLE])
    return languages.likeliest(words) if len(words) >= _LETTERS_FOR_LANGUAGE else ("", 0.0)


def _words(text: str) -> str:
    return re.sub(r"[\W\d_]+", " ", text)


def _rank(name: str, names: Sequence[str]) -> int:
    """Its place among them; the library has names of its own for some."""
    codec = codecs.lookup(name).name
    return next(at for at, one in enumerate(names) if codecs.lookup(one).name == codec)


def _telling_lines(data: bytes) -> Iterator[bytes]:
    """Different lines with bytes beyond ASCII, as many as needed. No encoding here has the newline within a letter."""
    size, seen = 0, {b""}
    for line in data.splitlines():
        if not line.isascii() and line not in seen:
            seen.add(line)
            end = line.rfind(b" ", 0, _SAMPLE) if len(line) > _SAMPLE else -1
            yield line[:end] if end > 0 else line
            size += len(line)
            if size >= _SAMPLE:
                return


def _odd_share(text: str) -> float:
    """How many of the characters beyond ASCII stand where no Western European text, read rightly, has them."""
    odd = total = 0
    for match in _BEYOND_ASCII.finditer(text):
        total += match.end() - match.start()
        if _is_odd(
            match[0].strip(_ANYWHERE), text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        ):
            odd += match.end() - match.start()
    return odd / total if total else 0.0


def _is_odd(run: str, before: str, after: str) -> bool:
    if not run:
        return False
    beside = before.isalpha() or after.isalpha()
    if all(sign.isalpha() and sign not in _NO_LETTERS for sign in run):
        return len(run) > 2 or (len(run) == 2 and not beside)
    inside = before.isalpha() and after.isalpha()
    return len(run) > 2 or inside or any(sign in _NO_LETTERS[4:] or sign in "\ufffdƒ" for sign in run)


def _is_wide(data: bytes, name: str) -> bool:
    """Whether the encoding makes a text of letters and spaces that are all known ones; nonsense hardly ever is."""
    size = 4 if "32" in name else 2
    if len(data) % size or not _decodes(data, name):
        return False
    text = data[: _SAMPLE // size * size].decode(name, "ignore")
    kinds = [unicodedata.category(sign) for sign in text if sign not in "\t\n\r\f\v\ufeff"]
    if not kinds or any(kind in ("Cc", "Cn", "Co", "Cs") for kind in kinds):
        return False
    usual = sum(sign.isascii() or sign in "\u3000\u3001\u3002" for sign in text)
    return usual * 20 >= len(text) and sum(kind[0] in "LNPZ" for kind in kinds) * 10 >= 8 * len(kinds)


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True
