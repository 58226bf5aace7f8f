"""PDF, page by page. Lines that the page's width broke are joined again; what else is on lines of its own stays so.

A PDF knows no paragraphs, only letters in places. Two lines become one where the first word of the second would not
have fitted on the first, and nothing else speaks against it: another size, a wider gap, the mark of a list, columns of
a table, a typewriter's font.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby, islice, pairwise
from typing import Any, Literal

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from qagen.documents.composer import one_line
from qagen.documents.types import Block, Document, Heading, Reading
from qagen.errors import DataError

Kind = Literal["text", "list", "table", "code"]

_TEXT: Kind = "text"
MOST_PAGES_NAMED = 10
END_WITHIN = 4096
"""The bytes at the end of a file in which its end mark stands; some servers append a line of their own."""

_HYPHEN = "\x02"
"""What pdfium gives for a hyphen at the end of a line; the line's end itself it leaves out."""
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\ufffe": _HYPHEN, "\xad": None}
)
_CONTROL = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\uffff]")
_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"(?<=\S)\s+(?=\S)")
_SPACES = re.compile(r"[ \t\u00a0]+")
_LINE_END = re.compile(r"\r\n|\r|\n|(?<=[\x02\ufffe])")
_BULLET = re.compile(r"\s*[•◦▪▫‣·●○■□◆➢➤✓✔]")
_MARK = re.compile(r"\s*(?:[-–—*+]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?|\[\d+\])\s")
"""What may begin an item of a list, and may stand at the beginning of a line by chance."""
_MONOSPACED = re.compile(r"courier|mono(?!type)|consol|menlo|typewriter|inconsolata|cmtt|lettergothic", re.IGNORECASE)
_UNSPACED = r"\u0e00-\u0eff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts that put no spaces between words."""
_WITHOUT_SPACE = re.compile(rf"[{_UNSPACED}]\Z")
_END = ".:;!?。：；！？"
"""Of a sentence, or of what stands before a list."""
_FROM_THE_RIGHT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_COMPOUND = re.compile(r"\b(\w+)-(\w+)\b")
_NO_WORDS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"(?:[\dIVX]+[.)]?)+\s+|(?:chapter|section|appendix|kapitel|abschnitt)\s+\S+\s+", re.IGNORECASE)
_PROGRAM = re.compile(r"microsoft (?:office )?(?:word|powerpoint|excel)\s*-\s*", re.IGNORECASE)
_FILE_NAME = re.compile(
    r"\.(?:docx?|pptx?|xlsx?|odt|rtf|txt|tex|dvi|ps|pdf|indd|qxd|fm|pages|html?|md)$", re.IGNORECASE
)
_JUNK_TITLES = re.compile(
    r"\(?(?:untitled|anonymous|unspecified|unknown|no title|ohne titel|sans titre)\)?(?:[-_ ]?\d+)?$"
    r"|(?:powerpoint.presentation|word document|document|dokument|slide|folie)[-_ ]?\d*$",
    re.IGNORECASE,
)

_REPAIR = "Fetch it again, or open it in a viewer and save it anew"
_MOST_HEADINGS = 10_000
_MOST_COLUMNS = 200
_SHORT = 4
"""Letters of a title that could stand in any line by chance."""
_HEADING_SIZE = 1.13
_MOST_IN_HEADINGS = 0.3
"""Share of the text: more of it is no headings but a text in several sizes."""
# In sizes of the font:
_LIST_GAP = 3.5
"""Between the baselines of items or rows; the lines of other paragraphs tell on their page how far they are apart."""
_CLOSE = 1.45
"""Between baselines: lines that are farther apart may be paragraphs of one line each, unless they read as prose."""
_RAGGED = 3.5
"""By how much lines end before the edge that is not straight."""
_NARROWEST = 15
"""Columns of text; what is narrower are addresses, captions, cells."""


def read(data: bytes, _: Reading) -> Document:
    """The text of a PDF.

    Raises:
        DataError: it is none, damaged, or encrypted, or holds pictures of text only.
    """
    if not data:
        raise DataError("it is empty")
    if b"%PDF" not in data[:1024]:
        raise DataError("it is no PDF inside, whatever its ending says. Fetch or export it again")
    if b"%%EOF" not in data[-END_WITHIN:]:
        raise DataError(f"it is cut off: its end is missing. {_REPAIR}")
    try:
        with closing(pypdfium2.PdfDocument(data)) as pdf:
            return _document(pdf)
    except DataError:
        raise
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise DataError("it is encrypted with a password; save it without one") from error
        raise DataError(f"it is damaged, or has no pages. {_REPAIR}") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200].rstrip(" .") or type(error).__name__
        raise DataError(f"it is damaged ({reason}). {_REPAIR}") from error


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
    is_item: bool
    """It begins with the mark of a list."""
    is_row: bool
    """With gaps as between the columns of a table."""

    @property
    def is_code(self) -> bool:
        return self.advance > 0


@dataclass(slots=True)
class _Part:
    """A paragraph, an item of a list, or a line that stands for itself."""

    pieces: list[str]
    """Its text."""
    last: _Line
    kind: Kind
    apart: bool
    """Whether a gap sets it off from what stands above."""
    lines: int = 1
    text: str = ""
    """Known when all of its lines are."""
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
        title=_title(pdf) or _on_first_page(by_size, offsets) or _on_first_page(headings, offsets),
        headings=tuple(headings),
        blocks=tuple(_blocks(parts, {heading.offset for heading in headings})),
        pages=offsets,
        notes=tuple(_notes(empty, len(pages))),
    )


def _notes(empty: Sequence[int], count: int) -> Iterator[str]:
    if empty:
        named = ", ".join(map(str, empty[:MOST_PAGES_NAMED])) + (" ..." if len(empty) > MOST_PAGES_NAMED else "")
        yield f"{len(empty)} of {count} pages hold no text that can be read (scanned or damaged?): {named}"


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
    places = _Places(page, text, start, end)
    word_end = start + 1
    if not _WITHOUT_SPACE.match(text[start]):
        word_end = next((at for at in range(start, end) if text[at].isspace()), end)
    advance = places.advance() if places.is_monospaced() else 0
    gaps = [] if advance else places.gaps()
    is_numbered = len(gaps) == 1 and text[start : gaps[0]].isdigit()
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
        is_item=is_numbered or _is_marked(text[start:end]),
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
        return [at for at in wide if not _is_marked(self._text[self._start : at + 1])]

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
    return "  ".join(_SPACES.sub(" ", _clean(text[a:b])).strip() for a, b in zip([start, *gaps], ends, strict=True))


def _in_columns(places: _Places, text: str, start: int, end: int, advance: float) -> str:
    """A line of code with its spaces: of several, pdfium leaves one."""
    shown = ""
    left = places.left(start)
    for at in range(start, end):
        if not text[at].isspace():
            shown = shown.ljust(min(round((places.left(at) - left) / advance), _MOST_COLUMNS)) + text[at]
    return _clean(shown)


def _clean(text: str) -> str:
    """Without what no reader sees. Of an emoji, pdfium gives two halves."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _CONTROL.sub("", whole.translate(_LIGATURES))


def _is_marked(text: str) -> bool:
    return bool(_BULLET.match(text) or _MARK.match(text))


# Paragraphs


def _parts(lines: Sequence[_Line], compounds: Collection[str]) -> list[_Part]:
    """The lines of a page, those of one paragraph joined."""
    gaps = _usual_gaps(lines)
    edges = _edges(lines)
    parts: list[_Part] = []
    for at, line in enumerate(lines):
        part = parts[-1] if parts else None
        if part and _continues(part, line, edges[at - 1], gaps):
            part.pieces[-1:] = _joined(part.pieces[-1], line.text, compounds)
            part.last = line
            part.lines += 1
        else:
            parts.append(_Part([line.text], line, _kind(line), _is_apart(part, line, gaps)))
    _finish(parts)
    return parts


def _kind(line: _Line) -> Kind:
    if line.is_code:
        return "code"
    if line.is_row:
        return "table"
    return "list" if line.is_item else "text"


def _is_apart(part: _Part | None, line: _Line, gaps: _Gaps) -> bool:
    if part is None or (part.kind == "code") != line.is_code or not _same_size(part.last, line):
        return True
    widest = _LIST_GAP if part.kind == _kind(line) and part.kind in ("list", "table") else gaps.close
    return not 0 < part.last.height - line.height <= widest * line.size


@dataclass(frozen=True, slots=True)
class _Gaps:
    """From baseline to baseline, in sizes of the font."""

    close: float
    """Up to here lines are of one paragraph, if they reach the edge."""
    widest: float
    """Up to here they may be, in the middle of a sentence."""


def _usual_gaps(lines: Sequence[_Line]) -> _Gaps:
    """What is usual on a page, and a bit."""
    pairs = [
        ((above.height - below.height) / below.size, _is_mid_sentence(above, below))
        for above, below in pairwise(lines)
        if _same_size(above, below)
    ]
    gaps = sorted(gap for gap, _ in pairs if 0.8 < gap < 3.5)
    if not gaps:
        return _Gaps(_CLOSE, _CLOSE)
    # Lines of one paragraph are the closest, but a few closer ones (formulas) do not decide.
    usual = gaps[len(gaps) // 4]
    in_prose = [mid_sentence for gap, mid_sentence in pairs if 0.8 < gap <= 1.25 * usual]
    is_prose = sum(in_prose) >= 0.4 * len(in_prose)
    return _Gaps(max(min(1.25 * usual, _CLOSE), 1.15 * usual if is_prose else 0), 1.25 * usual)


def _is_mid_sentence(above: _Line, line: _Line) -> bool:
    goes_on = line.text[0].islower() or bool(_WITHOUT_SPACE.match(line.text[0]))
    return goes_on and above.text[-1] not in _END


@dataclass(frozen=True, slots=True)
class _Edge:
    """Where a column of text ends on the right."""

    right: float
    sure: bool
    """Several lines reach it, and not all begin with a capital letter, as verses do."""


def _edges(lines: Sequence[_Line]) -> list[_Edge]:
    """For each line, the edge of the column that it stands in."""
    edges: list[_Edge] = []
    column: list[_Line] = []
    for line in lines:
        if column and not _is_below(column[-1], line):
            edges += _column_edges(column)
            column = []
        column.append(line)
    return edges + _column_edges(column)


def _is_below(above: _Line, line: _Line) -> bool:
    overlap = above.left < line.right and line.left < above.right
    return overlap and line.height < above.height and round(line.direction) == round(above.direction)


def _column_edges(column: Sequence[_Line]) -> list[_Edge]:
    by_size: dict[int, list[_Line]] = {}
    for line in column:
        if not line.is_row and not line.is_code:
            by_size.setdefault(round(line.size), []).append(line)
    edges = {size: _edge(lines) for size, lines in by_size.items()}
    return [edges.get(round(line.size), _Edge(line.right, False)) for line in column]


def _edge(lines: Sequence[_Line]) -> _Edge:
    """The widest line decides, unless no other comes near it."""
    rights = sorted((line.right for line in lines), reverse=True)
    is_prose = any(line.text[0].isalpha() and not line.text[0].isupper() for line in lines)
    for wide, next_wide in pairwise(rights):
        if wide - next_wide <= _RAGGED * lines[0].size:
            return _Edge(wide, is_prose)
    return _Edge(rights[0], False)


def _continues(part: _Part, line: _Line, edge: _Edge, gaps: _Gaps) -> bool:
    """Whether a line goes on with the paragraph."""
    last = part.last
    if part.kind in ("code", "table") or line.is_code:
        return False
    if last.text.endswith(_HYPHEN):
        return True
    if line.is_row or not _same_size(last, line) or round(last.direction) != round(line.direction):
        return False
    if (line.is_item and not _MARK.match(line.text)) or _FROM_THE_RIGHT.search(line.text):
        return False
    wide = last.right - last.left >= _NARROWEST * last.size
    if not wide or edge.right - last.right >= line.first_word + line.size / 4:
        return False
    mid_sentence = _is_mid_sentence(last, line)
    gap = (last.height - line.height) / line.size
    if gap <= 0:
        return mid_sentence and line.left > last.right  # at the top of the next column
    sure = mid_sentence or (edge.sure and gap <= gaps.close)
    return 0.5 < gap <= gaps.widest and _is_aligned(part, line) and sure


def _is_aligned(part: _Part, line: _Line) -> bool:
    """Whether it begins where a line of that paragraph may."""
    last = part.last
    shift = (line.left - last.left) / line.size
    if _MARK.match(line.text):  # the next item of a list, unless a dash or a number came to stand there by chance
        return part.kind == "text" and abs(shift) <= 0.5 and last.text[-1] not in _END
    centred = abs(line.left + line.right - last.left - last.right) <= line.size
    if part.lines > 1:
        return abs(shift) <= 0.5 or centred
    return -0.5 <= shift <= 6 if part.kind == "list" else -6 <= shift <= 0.5 or centred


def _same_size(one: _Line, other: _Line) -> bool:
    return abs(one.size - other.size) <= 0.06 * max(one.size, other.size)


def _joined(text: str, more: str, compounds: Collection[str]) -> tuple[str, str]:
    """The line before and the next one, with what stands between them; a hyphen goes where it only broke the word."""
    before = text.removesuffix(_HYPHEN).removesuffix("-")
    if before != text and before and not before[-1].isspace():
        left, right = re.search(r"\w*\Z", before), re.match(r"\w*", more)
        whole = f"{left[0] if left else ''}-{right[0] if right else ''}".casefold()
        broken = before[-1].islower() and more[0].islower() and whole not in compounds
        return f"{before}{'' if broken else '-'}", more
    unspaced = _WITHOUT_SPACE.search(text) and _WITHOUT_SPACE.match(more[0])
    return f"{text}{'' if unspaced else ' '}", more


def _finish(parts: Sequence[_Part]) -> None:
    """Give each its text; lines of code get the spaces that they begin with."""
    for kind, same in groupby(parts, key=lambda part: part.kind):
        block = list(same)
        left = min(part.last.left for part in block)
        for part in block:
            part.text = "".join(part.pieces).replace(_HYPHEN, "-")
            if kind == "code":
                columns = round((part.last.left - left) / part.last.advance)
                part.text = " " * min(columns, _MOST_COLUMNS) + part.text


# The document


def _compose(pages: Sequence[Sequence[_Part]]) -> tuple[str, tuple[int, ...]]:
    """The text, and where each page begins. The parts learn where they stand."""
    pieces: list[str] = []
    length = 0
    offsets = []
    for parts in pages:
        offsets.append(length + 2 if pieces else 0)
        for at, part in enumerate(parts):
            if pieces:
                pieces.append("\n\n" if at == 0 or _stands_apart(parts[at - 1], part) else "\n")
                length += len(pieces[-1])
            part.offset = length
            pieces.append(part.text)
            length += len(part.text)
    text = "".join(pieces) + "\n"
    return text, tuple(min(offset, len(text)) for offset in offsets)


def _stands_apart(above: _Part, part: _Part) -> bool:
    return part.apart or (max(above.lines, part.lines) > 1 and not above.kind == part.kind == "list")


def _blocks(pages: Sequence[Sequence[_Part]], headings: Collection[int]) -> Iterator[Block]:
    """Lists, tables and code of more than one line; a numbered heading is no item."""
    for parts in pages:
        for kind, same in groupby(parts, key=lambda part: _TEXT if part.offset in headings else part.kind):
            block = list(same)
            if kind != "text" and len(block) > 1:
                yield Block(block[0].offset, block[-1].offset + len(block[-1].text), kind)


def _outline(pdf: Any, pages: Sequence[Sequence[_Part]], offsets: Sequence[int]) -> list[Heading]:
    """The headings that the author's program listed, each at its words on its page, else where the page begins."""
    found = []
    keys = [[_key(part.text) for part in parts] for parts in pages]
    after = (-1, 0)
    for bookmark in islice(pdf.get_toc(), _MOST_HEADINGS):
        title = one_line(_clean(bookmark.get_title()))
        target = bookmark.get_dest()
        page: int | None = None if target is None else target.get_index()
        if not title or page is None or not 0 <= page < len(pages):
            continue
        start = after[1] if after[0] == page else 0
        at = _place(title, keys[page], start)
        if at is not None:
            after = (page, at + 1)
        offset = offsets[page] if at is None else pages[page][at].offset
        found.append(Heading(offset, bookmark.level + 1, title))
    return sorted(found, key=lambda heading: heading.offset)


def _place(title: str, keys: Sequence[str], start: int) -> int | None:
    """The part of a page that is the heading; it may have a number that the outline leaves out, or none."""
    wanted = {_key(title), _key(_NUMBER.sub("", title, count=1))} - {""}
    order: list[int] = [*range(start, len(keys)), *range(start)]
    for fits in (_is, _ends_with, _begins_with, _is_begun_by):
        for at in order:
            if any(fits(keys[at], one) for one in wanted):
                return at
    return None


def _is(key: str, wanted: str) -> bool:
    return key == wanted


def _ends_with(key: str, wanted: str) -> bool:
    """After a number, such as `2.1` or `Appendix A`."""
    return len(wanted) > _SHORT and key.endswith(wanted) and len(key) <= 1.5 * len(wanted) + _SHORT


def _begins_with(key: str, wanted: str) -> bool:
    return len(wanted) > _SHORT and key.startswith(wanted)


def _is_begun_by(key: str, wanted: str) -> bool:
    """A heading on several lines."""
    return len(key) > _SHORT and wanted.startswith(key)


def _key(text: str) -> str:
    return _NO_WORDS.sub("", text).casefold()


def _headings_by_size(pages: Sequence[Sequence[_Part]]) -> list[Heading]:
    """Lines in a clearly larger font than the text; the largest are the highest."""
    parts = [part for page in pages for part in page]
    letters: Counter[float] = Counter()
    for part in parts:
        letters[round(part.last.size * 2) / 2] += len(part.text)
    usual = letters.most_common(1)[0][0]
    found = [part for part in parts if part.last.size >= _HEADING_SIZE * usual and _reads_as_heading(part)]
    if sum(len(part.text) for part in found) > _MOST_IN_HEADINGS * letters.total():
        return []
    levels: list[float] = []
    for size in sorted({part.last.size for part in found}, reverse=True):
        if not levels or size < 0.95 * levels[-1]:
            levels.append(size)
    return [Heading(part.offset, _level(part, levels), one_line(part.text)) for part in found]


def _reads_as_heading(part: _Part) -> bool:
    letters = sum(letter.isalpha() for letter in part.text)
    return part.kind in ("text", "list") and letters >= 2 and len(part.text) <= 200 and part.text[-1] not in ".,;"


def _level(part: _Part, sizes: Sequence[float]) -> int:
    return min(next(level for level, size in enumerate(sizes, 1) if part.last.size >= 0.95 * size), 6)


def _on_first_page(headings: Sequence[Heading], offsets: Sequence[int]) -> str | None:
    end = offsets[1] if len(offsets) > 1 else math.inf
    return next((heading.text for heading in headings if heading.offset < end and heading.level == 1), None)


def _title(pdf: Any) -> str | None:
    """As the file says, without the name of a program or a file."""
    title = one_line(_clean(pdf.get_metadata_value("Title")))
    title = _FILE_NAME.sub("", _PROGRAM.sub("", title, count=1)).strip()
    return None if not title or _JUNK_TITLES.match(title) else title
