"""PDF, page by page. Lines that the page's width broke are joined again; what else is on lines of its own stays so.

Headings are those of the outline that the author's program wrote, else what stands in larger letters.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from itertools import chain, groupby, islice
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from qagen.documents import pdf_paragraphs, pdf_places
from qagen.documents.composer import one_line
from qagen.documents.pdf_lines import clean
from qagen.documents.pdf_paragraphs import Kind, Part
from qagen.documents.types import Block, Document, Heading, Reading
from qagen.errors import DataError

_TEXT: Kind = "text"
MOST_PAGES_NAMED = 10
END_WITHIN = 4096
"""The bytes at the end of a file in which its end mark stands; some servers append a line of their own."""

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
_SHORT = 4
"""Letters of a title that could stand in any line by chance."""
_HEADING_SIZE = 1.13
_MOST_IN_HEADINGS = 0.3
"""Share of the text: more of it is no headings but a text in several sizes."""


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


def _document(pdf: Any) -> Document:
    pages = [pdf_places.read_lines(pdf, number) for number in range(len(pdf))]
    empty = [number for number, lines in enumerate(pages, 1) if not lines]
    if len(empty) == len(pages):
        raise DataError("no text found (scanned?); run text recognition (OCR) over it first")
    compounds = pdf_paragraphs.find_compounds(chain.from_iterable(pages))
    parts = [pdf_paragraphs.join(lines, compounds) for lines in pages]
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


# The document


def _compose(pages: Sequence[Sequence[Part]]) -> tuple[str, tuple[int, ...]]:
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


def _stands_apart(above: Part, part: Part) -> bool:
    return part.apart or (max(above.lines, part.lines) > 1 and not above.kind == part.kind == "list")


def _blocks(pages: Sequence[Sequence[Part]], headings: Collection[int]) -> Iterator[Block]:
    """Lists, tables and code of more than one line; a numbered heading is no item."""
    for parts in pages:
        for kind, same in groupby(parts, key=lambda part: _TEXT if part.offset in headings else part.kind):
            block = list(same)
            if kind != "text" and len(block) > 1:
                yield Block(block[0].offset, block[-1].offset + len(block[-1].text), kind)


def _outline(pdf: Any, pages: Sequence[Sequence[Part]], offsets: Sequence[int]) -> list[Heading]:
    """The headings that the author's program listed, each at its words on its page, else where the page begins."""
    found = []
    keys = [[_key(part.text) for part in parts] for parts in pages]
    after = (-1, 0)
    for bookmark in islice(pdf.get_toc(), _MOST_HEADINGS):
        title = one_line(clean(bookmark.get_title()))
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


def _headings_by_size(pages: Sequence[Sequence[Part]]) -> list[Heading]:
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


def _reads_as_heading(part: Part) -> bool:
    letters = sum(letter.isalpha() for letter in part.text)
    return part.kind in ("text", "list") and letters >= 2 and len(part.text) <= 200 and part.text[-1] not in ".,;"


def _level(part: Part, sizes: Sequence[float]) -> int:
    return min(next(level for level, size in enumerate(sizes, 1) if part.last.size >= 0.95 * size), 6)


def _on_first_page(headings: Sequence[Heading], offsets: Sequence[int]) -> str | None:
    end = offsets[1] if len(offsets) > 1 else math.inf
    return next((heading.text for heading in headings if heading.offset < end and heading.level == 1), None)


def _title(pdf: Any) -> str | None:
    """As the file says, without the name of a program or a file."""
    title = one_line(clean(pdf.get_metadata_value("Title")))
    title = _FILE_NAME.sub("", _PROGRAM.sub("", title, count=1)).strip()
    return None if not title or _JUNK_TITLES.match(title) else title
