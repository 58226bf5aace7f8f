"""Plain text. The encoding is told by a BOM, else UTF-8, else Windows-1252."""

from __future__ import annotations

import codecs

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


def read(data: bytes, _: Reading) -> Document:
    """A document without headings. Its title is its first line where that reads like one."""
    text, notes = decode(data)
    return Document(text=text, title=_title(text), notes=notes)


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, with `\\n` at the ends of lines and without NUL, and what had to be guessed.

    Raises:
        DataError: it is a file of another kind, whatever its ending says.
    """
    for start, kind in _NO_TEXT.items():
        if data.startswith(start):
            raise DataError(f"it is {kind} inside, and no text. Give its name the right ending")
    notes: tuple[str, ...] = ()
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            break
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
            notes = ("not UTF-8; read as Windows-1252",)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), notes


def _title(text: str) -> str | None:
    """The first line, where it is short, ends like a heading, and stands alone."""
    lines = text.lstrip().split("\n", 2)
    first = lines[0].strip()
    alone = len(lines) == 1 or not lines[1].strip() or not lines[1].strip("=-~ ")
    return first if alone and 0 < len(first) <= 100 and first[-1] not in ".,;:!?" else None
