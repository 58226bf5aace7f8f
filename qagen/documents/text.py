"""Plain text. The encoding is told by a BOM, else by the user, else it is UTF-8 or what the bytes look like."""

from __future__ import annotations

import codecs
import contextlib
import re

from qagen.documents import encodings
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

# UTF-32 first: its little-endian BOM begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


_NO_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "an archive (such as a Word file)",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"{\\rtf": "an RTF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "an archive",
}
"""Beginnings of files of other kinds."""


_DOS_END = "\x1a"
_CONTROLS = "".join(map(chr, range(32))).translate(dict.fromkeys(map(ord, "\t\n\v\f\r\x1b")))
"""What no text holds; an escape colours the output of programs, and a few others come with texts out of PDF files."""
_PER_CONTROL = 500
_PER_ESCAPE = 20
_PER_BROKEN = 4
"""Characters of several bytes for each sequence that is no UTF-8, in a text that is UTF-8 and damaged."""


def read(data: bytes, reading: Reading) -> Document:
    """A document without headings. Its title is its first line where that reads like one."""
    text, notes = decode(data, reading.encoding)
    return Document(text=text, title=_title(text), notes=notes)


def decode(data: bytes, told: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text, with `\\n` at the ends of lines, and what had to be guessed. `told`: the encoding of what has no BOM.

    Raises:
        DataError: it is a file of another kind, whatever its ending says, or its encoding cannot be told.
    """
    for start, kind in _NO_TEXT.items():
        if data.startswith(start):
            raise DataError(f"it is {kind} inside, and no text. Give its name the right ending")
    text, notes = _marked(data) or (_as_told(data, told) if told else _as_it_looks(data))
    text = text.removesuffix(_DOS_END)
    _refuse_binary(text)
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _marked(data: bytes) -> tuple[str, tuple[str, ...]] | None:
    """By its BOM; None where there is none."""
    found = next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), None)
    if found is None:
        return None
    mark, encoding = found
    try:
        return data[len(mark) :].decode(encoding), ()
    except UnicodeDecodeError:
        shown = encoding[:6].upper().rstrip("-")
        return data[len(mark) :].decode(encoding, "replace"), (f"damaged; what is no {shown} in it was replaced",)


def _as_told(data: bytes, told: str) -> tuple[str, tuple[str, ...]]:
    """As the user says.

    Raises:
        DataError: some bytes are none in that encoding.
    """
    try:
        text = data.decode(encodings.broader(told))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"it is not {told}, as --encoding says: bytes on line {line} are none of it") from None
    doubtful = not told.startswith("utf") and not data.isascii() and _is_utf_8(data)
    return text, (f"read as {told}, as --encoding says, though it is valid UTF-8",) if doubtful else ()


def _as_it_looks(data: bytes) -> tuple[str, tuple[str, ...]]:
    """By its bytes alone.

    Raises:
        DataError: they fit no encoding.
    """
    guess = encodings.wide(data) or encodings.shifted(data)
    if guess is None:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8"), ()
        text = data.decode("utf-8", "replace")
        if broken := _broken(data, text):
            return text, (f"damaged; {_replaced(broken)} no UTF-8 and replaced",)
        _refuse_binary(data.decode("latin-1"))
        guess = encodings.legacy(data)
    if guess is None:
        raise DataError("it is not UTF-8, and its encoding cannot be told. Name it: --encoding NAME, such as cp1251")
    doubt = "" if guess.is_sure else ", which is a guess. If that is wrong, name the encoding: --encoding NAME"
    return data.decode(guess.name, "replace"), (f"not UTF-8; read as {guess.shown}{doubt}",)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _replaced(broken: int) -> str:
    return "one of its characters was" if broken == 1 else f"{broken:,} of its characters were"


def _broken(data: bytes, text: str) -> int:
    """How many characters of a text in UTF-8 are damaged; 0 where it is none at all."""
    broken = text.count("\ufffd") - data.count("\ufffd".encode())
    whole = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return broken if whole > _PER_BROKEN * broken else 0


def _refuse_binary(text: str) -> None:
    """A program or a picture, whatever its name says.

    Raises:
        DataError: it is one.
    """
    controls = sum(map(text.count, _CONTROLS))
    if "\0" in text or controls * _PER_CONTROL > len(text) or text.count("\x1b") * _PER_ESCAPE > len(text):
        raise DataError(
            "it is binary and no text: it holds control characters. "
            "If it is a text all the same, name its encoding: --encoding NAME, such as utf-16-le"
        )


def _title(text: str) -> str | None:
    """The first line, where it is short, ends like a heading, and stands alone."""
    lines = text.lstrip().split("\n", 2)
    first = lines[0].strip()
    alone = len(lines) == 1 or not lines[1].strip() or not lines[1].strip("=-~ ")
    return first if alone and 0 < len(first) <= 100 and first[-1] not in ".,;:!?" else None
