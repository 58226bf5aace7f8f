"""The places of letters on the pages of a PDF, as pdfium knows them, and the lines that they make."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from qagen.documents.pdf_lines import MOST_COLUMNS, WITHOUT_SPACE, Line, clean, is_marked

_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"(?<=\S)\s+(?=\S)")
_SPACES = re.compile(r"[ \t\u00a0]+")
_LINE_END = re.compile(r"\r\n|\r|\n|(?<=[\x02\ufffe])")
_MONOSPACED = re.compile(r"courier|mono(?!type)|consol|menlo|typewriter|inconsolata|cmtt|lettergothic", re.IGNORECASE)


def read_lines(pdf: Any, number: int) -> list[Line]:
    """The lines of a page, counted from 0; none where it is damaged."""
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


def _line(page: Any, text: str, start: int, end: int) -> Line | None:
    """The line of the characters from `start` to `end`; None where they are but space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if not clean(text[start:end]).strip():
        return None
    places = _Places(page, text, start, end)
    word_end = start + 1
    if not WITHOUT_SPACE.match(text[start]):
        word_end = next((at for at in range(start, end) if text[at].isspace()), end)
    advance = places.advance() if places.is_monospaced() else 0
    gaps = [] if advance else places.gaps()
    is_numbered = len(gaps) == 1 and text[start : gaps[0]].isdigit()
    left = places.left(start)
    return Line(
        text=_in_columns(places, text, start, end, advance) if advance else _cells(text, start, end, gaps),
        left=left,
        right=places.right(end - 1),
        height=places.height,
        size=places.size,
        first_word=places.right(word_end - 1) - left,
        direction=places.direction,
        advance=advance,
        is_item=is_numbered or is_marked(text[start:end]),
        is_row=bool(gaps) and not is_numbered,
    )


class _Places:
    """Where the letters of a line stand, whichever way the page is turned; most of them decide on its size."""

    def __init__(self, page: Any, text: str, start: int, end: int) -> None:
        self._page, self._text, self._start, self._end = page, text, start, end
        self._samples = [self._letter(start + (end - 1 - start) * part // 4) for part in range(5)]
        sizes = Counter(round(self._size(at), 1) for at in self._samples)
        usual = sizes.most_common(1)[0][0]
        self._usual = next(at for at in self._samples if round(self._size(at), 1) == usual)
        matrix = self._matrix(self._usual)
        length = math.hypot(matrix.a, matrix.b) or 1
        self._x: float = matrix.a / length
        self._y: float = matrix.b / length
        self.direction = math.degrees(math.atan2(self._y, self._x))
        self.size = self._size(self._usual)
        x, y = self._origin(self._usual)
        self.height: float = y * self._x - x * self._y

    def left(self, at: int) -> float:
        x, y = self._origin(at)
        return x * self._x + y * self._y

    def right(self, at: int) -> float:
        return self.left(at) + self.advance(at)

    def advance(self, at: int | None = None) -> float:
        """The width of a letter with the space around it."""
        box = pdfium.FS_RECTF()
        pdfium.FPDFText_GetLooseCharBox(self._page, self._usual if at is None else at, box)
        return float(abs(box.right - box.left) * abs(self._x) + abs(box.top - box.bottom) * abs(self._y))

    def is_monospaced(self) -> bool:
        """Whether all words are; code within a sentence does not make it code."""
        words = (match.start() for match in _WORD.finditer(self._text, self._start, self._end))
        return all(_MONOSPACED.search(self._font(at)) for at in (*self._samples, *words))

    def gaps(self) -> list[int]:
        """The spaces that are as wide as between columns; the one after a list's mark is none."""
        widths = {
            match.start(): self.left(match.end()) - self.right(match.start() - 1)
            for match in _SPACE.finditer(self._text, self._start, self._end)
        }
        wide = [at for at, width in widths.items() if width > self.size]
        if not wide or _is_stretched(list(widths.values()), self._text[self._start : self._end], self.size):
            return []
        return [at for at in wide if not is_marked(self._text[self._start : at + 1])]

    def _letter(self, at: int) -> int:
        """The next one to the left; the line begins with one."""
        while self._text[at].isspace():
            at -= 1
        return at

    def _size(self, at: int) -> float:
        """Some programs set the font's size to 1, and scale its letters."""
        matrix = self._matrix(at)
        return float(pdfium.FPDFText_GetFontSize(self._page, at) * math.hypot(matrix.c, matrix.d)) or 1.0

    def _matrix(self, at: int) -> Any:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self._page, at, matrix)
        return matrix

    def _origin(self, at: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(self._page, at, x, y)
        return x.value, y.value

    def _font(self, at: int) -> str:
        name = ctypes.create_string_buffer(100)
        pdfium.FPDFText_GetFontInfo(self._page, at, name, len(name), ctypes.c_int())
        return name.value.decode("ascii", "replace")


def _is_stretched(widths: Sequence[float], text: str, size: float) -> bool:
    """Whether a line of words was made as wide as its column: all of its spaces are equally wide."""
    words = sum(letter.islower() for letter in text)
    return len(widths) > 2 and max(widths) - min(widths) < size / 5 and words > len(text) / 2


def _cells(text: str, start: int, end: int, gaps: Sequence[int]) -> str:
    """The line, its columns two spaces apart."""
    ends = [*gaps, end]
    return "  ".join(_SPACES.sub(" ", clean(text[a:b])).strip() for a, b in zip([start, *gaps], ends, strict=True))


def _in_columns(places: _Places, text: str, start: int, end: int, advance: float) -> str:
    """A line of code with its spaces: of several, pdfium leaves one."""
    shown = ""
    left = places.left(start)
    for at in range(start, end):
        if not text[at].isspace():
            shown = shown.ljust(min(round((places.left(at) - left) / advance), MOST_COLUMNS)) + text[at]
    return clean(shown)
