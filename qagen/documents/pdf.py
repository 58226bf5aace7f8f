"""PDF, page by page. Lines that the width of the page broke are joined again; what else is on lines of its own stays so.

A PDF knows no paragraphs, only letters in places. Two lines become one where the first word of the second would not
have fitted on the first, and nothing else speaks against it: another size, a wider gap, the mark of a list, columns of
a table, a typewriter's font.
"""

from __future__ import annotations

import ctypes
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from qagen.documents.types import Document, Heading, Reading
from qagen.errors import DataError

MOST_PAGES_NAMED = 10
END_WITHIN = 4096
"""The bytes at the end of a file in which its end mark stands; some servers append a line of their own."""

_HYPHEN = "\x02"
"""What pdfium gives for a hyphen at the end of a line; the line's end itself it leaves out."""
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\ufffe": _HYPHEN, "\xad": None}
)
_CONTROL = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\uffff\ud800-\udfff]")
_SPACES = re.compile(r"[ \t\u00a0]+")
_LINE_END = re.compile(r"\r\n|\r|\n|(?<=\x02)")
_BULLET = re.compile(r"\s*[•◦▪▫‣·●○■□◆➢➤✓✔]")
_MARK = re.compile(r"\s*(?:[-–—*+]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?|\[\d+\])\s")
"""What may begin an item of a list, and may stand at the beginning of a line by chance."""
_MONOSPACED = re.compile(r"courier|mono|consol|menlo|typewriter|inconsolata|cmtt|lettergothic", re.IGNORECASE)
_UNSPACED = r"\u0e00-\u0eff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts that put no spaces between words."""
_WITHOUT_SPACE = re.compile(rf"[{_UNSPACED}]\Z")
_FROM_THE_RIGHT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_COMPOUND = re.compile(r"\b(\w+)-(\w+)\b")
_NO_WORDS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"(?:[\dIVX]+[.)]?)+\s+|(?:chapter|section|appendix|kapitel|abschnitt)\s+\S+\s+", re.IGNORECASE)
_PROGRAM = re.compile(r"microsoft (?:office )?(?:word|powerpoint|excel)\s*-\s*", re.IGNORECASE)
_FILE_NAME = re.compile(r"\.(?:docx?|pptx?|xlsx?|odt|rtf|txt|tex|dvi|ps|pdf|indd|qxd|fm|pages|html?|md)$", re.IGNORECASE)
_JUNK_TITLES = re.compile(
    r"\(?(?:untitled|anonymous|unspecified|unknown|no title|ohne titel|sans titre)\)?(?:[-_ ]?\d+)?$"
    r"|(?:powerpoint.presentation|word document|document|dokument|slide|folie)[-_ ]?\d*$",
    re.IGNORECASE,
)


def read(data: bytes, _: Reading) -> Document:
    """The text of a PDF.

    Raises:
        DataError: it is none, damaged, or encrypted, or holds pictures of text only.
    """
    if b"%PDF" not in data[:1024]:
        raise DataError("it is no PDF inside, whatever its ending says. Fetch or export it again")
    if b"%%EOF" not in data[-END_WITHIN:]:
        raise DataError("it is cut off: its end is missing. Fetch it again, or open it in a viewer and save it anew")
    try:
        with closing(pypdfium2.PdfDocument(data)) as pdf:
            return _document(pdf)
    except DataError:
        raise
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise DataError("it is encrypted with a password; save it without one") from error
        raise _damaged(error) from error
    except Exception as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(f"it is damaged ({reason}). Fetch it again, or open it in a viewer and save it anew")


@dataclass(slots=True)
class _Line:
    """A line as it stands on the page; measures are in points, along the direction of its text."""

    text: str
    left: float
    right: float
    height: float
    """Of its baseline: the higher, the nearer to the top."""
    size: float
    """Of its font."""
    first_word: float
    """Width of its first word."""
    direction: float
    """In degrees."""
    advance: float
    """From one letter to the next in a typewriter's font; else 0."""
    is_row: bool
    """With gaps as between the columns of a table."""

    @property
    def is_code(self) -> bool:
        return self.advance > 0


@dataclass(slots=True)
class _Part:
    """A paragraph, an item of a list, or a line that stands for itself."""

    text: str
    last: _Line
    kind: Kind
    apart: bool
    """Whether a gap sets it off from what stands above."""
    lines: int = 1
    offset: int = 0
    """In the document."""


def _document(pdf: Any) -> Document:
    pages = [_lines(pdf, number) for number in range(len(pdf))]
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    if len(empty) == len(pages):
        raise DataError("no text found (scanned?); run text recognition (OCR) over it first")
    compounds = {match[0].casefold() for lines in pages for line in lines for match in _COMPOUND.finditer(line.text)}
    parts = [_parts(lines, compounds) for lines in pages]
    text, offsets = _compose(parts)
    by_size = _headings_by_size(parts)
    headings = _outline(pdf, parts, offsets) or by_size
    return Document(
        text=text,
        title=_title(pdf) or _largest(by_size, offsets) or (headings[0].text if headings else None),
        headings=tuple(headings),
        blocks=tuple(_blocks(parts)),
        pages=offsets,
        notes=tuple(_notes(empty, len(pages))),
    )


def _notes(empty: Sequence[int], count: int) -> Iterator[str]:
    if empty:
        named = ", ".join(map(str, empty[:MOST_PAGES_NAMED])) + (" ..." if len(empty) > MOST_PAGES_NAMED else "")
        yield f"{len(empty)} of {count} pages hold no text that can be read (scanned?): {named}"


# Lines


def _lines(pdf: Any, number: int) -> list[_Line]:
    """Of a page; none where it is damaged."""
    try:
        with closing(pdf[number]) as page, closing(page.get_textpage()) as textpage:
            text = _characters(textpage)
            found = []
            start = 0
            for end in [*(match.start() for match in _LINE_END.finditer(text)), len(text)]:
                if line := _line(textpage.raw, text, start, end):
                    found.append(line)
                start = end
            return found
    except pypdfium2.PdfiumError:
        return []


def _characters(textpage: Any) -> str:
    """One for each that pdfium has places for."""
    count = textpage.count_chars()
    text: str = textpage.get_text_range() if count else ""
    if len(text) == count:
        return text
    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage.raw, at)) for at in range(count))


def _line(page: Any, text: str, start: int, end: int) -> _Line | None:
    """The line of the characters from `start` to `end`; None where they are but space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if not _clean(text[start:end]).strip():
        return None
    middle = (start + end) // 2
    while text[middle].isspace():
        middle -= 1
    places = _Places(page, middle)
    word_end = start + 1
    if not _WITHOUT_SPACE.match(text[start]):
        word_end = next((at for at in range(start, end) if text[at].isspace()), end)
    advance = places.advance(middle) if _MONOSPACED.search(_font(page, middle)) else 0
    gaps = [] if advance else list(places.gaps(text, start, end))
    left = places.left(start)
    return _Line(
        text=_in_columns(places, text, start, end, advance) if advance else _cells(text, start, end, gaps),
        left=left,
        right=places.right(end - 1),
        height=places.height,
        size=places.size,
        first_word=places.right(word_end - 1) - left,
        direction=places.direction,
        advance=advance,
        is_row=bool(gaps),
    )


class _Places:
    """Where the characters of a line stand, whichever way the page is turned."""

    def __init__(self, page: Any, at: int) -> None:
        self._page = page
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(page, at, matrix)
        length = math.hypot(matrix.a, matrix.b) or 1
        self._x, self._y = (matrix.a / length, matrix.b / length) if matrix.a or matrix.b else (1.0, 0.0)
        self.direction = math.degrees(math.atan2(self._y, self._x))
        self.size: float = pdfium.FPDFText_GetFontSize(page, at) * math.hypot(matrix.c, matrix.d) or 1
        x, y = self._origin(at)
        self.height = y * self._x - x * self._y

    def left(self, at: int) -> float:
        x, y = self._origin(at)
        return x * self._x + y * self._y

    def right(self, at: int) -> float:
        return self.left(at) + self.advance(at)

    def advance(self, at: int) -> float:
        """The width of a character with the space around it."""
        box = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self._page, at, box)
        return float(abs(box.right - box.left) * abs(self._x) + abs(box.top - box.bottom) * abs(self._y))

    def gaps(self, text: str, start: int, end: int) -> Iterator[int]:
        """The spaces that are as wide as between columns; the one after a list's mark is none."""
        for at in range(start + 1, end - 1):
            if text[at].isspace() and not text[at - 1].isspace():
                after = next(next_at for next_at in range(at, end) if not text[next_at].isspace())
                wide = self.left(after) - self.left(at - 1) > _WIDEST_LETTER_AND_SPACE * self.size
                if wide and not _is_marked(text[start : at + 1]):
                    yield at

    def _origin(self, at: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(self._page, at, x, y)
        return x.value, y.value


def _font(page: Any, at: int) -> str:
    name = ctypes.create_string_buffer(100)
    pdfium.FPDFText_GetFontInfo(page, at, name, len(name), ctypes.c_int())
    return name.value.decode("ascii", "replace")


def _cells(text: str, start: int, end: int, gaps: Sequence[int]) -> str:
    """The line, its columns two spaces apart."""
    ends = [*gaps, end]
    return "  ".join(_SPACES.sub(" ", _clean(text[a:b])).strip() for a, b in zip([start, *gaps], ends, strict=True))


def _in_columns(places: _Places, text: str, start: int, end: int, advance: float) -> str:
    """A line of code with its spaces: of several, pdfium leaves one."""
    shown = ""
    left = places.left(start)
    for at in range(start, end):
        if not text[at].isspace():
            shown = shown.ljust(min(round((places.left(at) - left) / advance), _MOST_COLUMNS)) + _clean(text[at])
    return shown


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.translate(_LIGATURES))


def _is_marked(text: str) -> bool:
    return bool(_BULLET.match(text) or _MARK.match(text))


# Paragraphs


def _parts(lines: Sequence[_Line], compounds: set[str]) -> list[_Part]:
    """The lines of a page, those of one paragraph joined."""
    widest_gap = _widest_gap(lines)
    edges = _edges(lines)
    parts: list[_Part] = []
    for at, line in enumerate(lines):
        part = parts[-1] if parts else None
        if part and _continues(part, line, edges[at - 1], widest_gap):
            part.text = _joined(part.text, line.text, compounds)
            part.last = line
            part.lines += 1
        else:
            parts.append(_Part(line.text.replace(_HYPHEN, "-"), line, _kind(line), _is_apart(part, line, widest_gap)))
    _indent(parts)
    return parts
