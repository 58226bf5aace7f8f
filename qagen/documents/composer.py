"""Builds a document of parts: Markdown text, with the exact place of every heading, page and block."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qagen.documents.types import Block, Document, Heading, Markup

_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_INNER_SPACE = re.compile(r"[ \t\f\v]+")


class Composer:
    """Takes parts in reading order; `document` gives what they make.

    Parts are separated by blank lines, items of one list by line ends. Nothing is escaped: the text is for reading, and
    a backslash that stood in no document would end up in the answers.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._blocks: list[Block] = []
        self._pages: list[int] = []
        self._list: int | None = None
        """Where the list began whose items come now."""

    def page(self) -> None:
        """A new page (or slide) begins with the next part."""
        self._end_list()
        self._pages.append(self._next_offset())

    def heading(self, level: int, text: str) -> None:
        """A heading, on one line. One without words is left out."""
        words = one_line(text)
        if words:
            self._end_list()
            level = min(max(level, 1), 6)
            self._headings.append(Heading(self._add(f"{'#' * level} {words}"), level, words))

    def paragraph(self, text: str) -> None:
        """A paragraph; its own line ends stay."""
        self._end_list()
        lines = [_INNER_SPACE.sub(" ", line).strip() for line in text.splitlines()]
        self._add("\n".join(lines).strip("\n"))

    def quote(self, text: str) -> None:
        """A quotation."""
        self._end_list()
        lines = [_INNER_SPACE.sub(" ", line).strip() for line in text.strip().splitlines()]
        self._add("\n".join(f"> {line}".rstrip() for line in lines))

    def item(self, text: str, depth: int = 0, mark: str = "-") -> None:
        """An item of a list; `mark` is `-` or a number such as `3.`."""
        words = one_line(text)
        if not words:
            return
        line = f"{'  ' * depth}{mark} {words}"
        if self._list is None:
            self._list = self._add(line)
        else:
            self._append(f"\n{line}")

    def code(self, text: str) -> None:
        """Text that stands as it is, between fences."""
        self._end_list()
        if text.strip():
            longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
            fence = "`" * (longest + 1)
            self._block("code", f"{fence}\n{text.strip(chr(10))}\n{fence}")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows of cells, the first one the header. Empty rows are left out, short ones filled."""
        self._end_list()
        lines = [[one_line(cell).replace("|", "\\|") for cell in row] for row in rows]
        lines = [line for line in lines if any(line)]
        if not lines:
            return
        width = max(len(line) for line in lines)
        while width > 1 and not any(len(line) >= width and line[width - 1] for line in lines):
            width -= 1
        filled = [(line + [""] * width)[:width] for line in lines]
        shown = [filled[0], ["---"] * width, *filled[1:]]
        self._block("table", "\n".join(f"| {' | '.join(line)} |" for line in shown))

    def document(
        self,
        *,
        title: str | None = None,
        language: str | None = None,
        notes: Sequence[str] = (),
        markup: Markup = "markdown",
    ) -> Document:
        """What the parts make. Without a title of its own it gets that of its first heading."""
        self._end_list()
        text = "".join(self._pieces) + ("\n" if self._pieces else "")
        pages = tuple(min(offset, len(text)) for offset in self._pages)
        return Document(
            text=text,
            title=one_line(title or "") or (self._headings[0].text if self._headings else None),
            headings=tuple(self._headings),
            blocks=tuple(self._blocks),
            pages=(0, *pages[1:]) if pages else (),
            markup=markup,
            language=language,
            notes=tuple(notes),
        )

    def _block(self, kind: str, text: str) -> None:
        start = self._add(text)
        self._blocks.append(Block(start, self._length, kind))  # type: ignore[arg-type]

    def _add(self, text: str) -> int:
        """Append a part after a blank line; gives where it begins."""
        if not text:
            return self._next_offset()
        if self._pieces:
            self._append("\n\n")
        start = self._length
        self._append(text)
        return start

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _next_offset(self) -> int:
        return self._length + 2 if self._pieces else 0

    def _end_list(self) -> None:
        if self._list is not None:
            self._blocks.append(Block(self._list, self._length, "list"))
            self._list = None


def one_line(text: str) -> str:
    """The text without line ends, and with single spaces."""
    return _SPACE.sub(" ", text).strip()
