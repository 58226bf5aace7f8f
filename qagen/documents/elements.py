"""Elements -> parts of a document: what HTML, EPUB and OpenDocument have in common.

A reader gives a flat sequence of tokens (see `tags`); `write` makes headings, paragraphs, lists, code and tables of
them. Nothing recurses, so no depth is too much. Emphasis leaves no marks and links leave their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from qagen.documents import inline, parts
from qagen.documents.composer import Composer, one_line
from qagen.documents.grids import Grids, Table
from qagen.documents.inline import visible
from qagen.documents.parts import Part
from qagen.documents.tags import BLOCKS, INLINE, Close, Open, Token

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "menu", "dir", "dl"})
_CODE = frozenset({"pre", "listing", "xmp"})
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_SPACES = re.compile(r" {2,}")
_AROUND_END = re.compile(r" *\n *")
_ENDS = re.compile(r"\n{3,}")
_FILE_NAME = re.compile(r"(?:data:.*|\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?))", re.IGNORECASE)

DEEPEST_LIST = 8
"""Deeper items are indented no further: a page of nothing but lists would grow with the square of its size."""
DEEPEST_TABLE = 8
LONGEST_ITEM = 500
"""Characters up to which the paragraphs of an item are joined in its line."""


def write(tokens: Iterable[Token], composer: Composer) -> None:
    """Add the parts that the elements make. Tokens are balanced: each `Open` has its `Close`."""
    parts.write(_Converter().convert(tokens), composer)


@dataclass(slots=True)
class _Holder:
    """An open element whose paragraphs make one part. Only the innermost one holds any."""

    kind: Literal["item", "quote", "heading", "term", "caption", "cell"]
    level: int = 0
    mark: str = "-"
    terms: str = ""
    """What a definition explains."""
    texts: list[str] = field(default_factory=list)
    used: bool = False
    """The item was written: what follows inside of it are paragraphs."""


@dataclass(slots=True)
class _Numbering:
    """An open list."""

    style: str | None
    """`1` or `a` or `A`; None where it has no numbers."""
    next: int = 1

    def mark(self, item: Open) -> str:
        if self.style is None:
            return "-"
        number = item.number("value", self.next)
        self.next = number + 1
        if self.style in "aA" and 1 <= number <= 26:
            return f"{chr(ord(self.style) + number - 1)}."
        return f"{number}."


class _Converter:
    """Takes tokens one by one."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._sinks = [self._parts]
        """Where parts go: the document, or the cell that is open."""
        self._line: list[str] = []
        """The text since the last block began or ended."""
        self._marks: list[tuple[str, int]] = []
        """Open inline elements, and where in the line they began."""
        self._holders: list[_Holder] = []
        self._lists: list[_Numbering] = []
        self._lists_outside: list[int] = []
        """How many lists were open where each open cell began."""
        self._terms: list[str] = []
        self._tables: list[Table | None] = []
        """None for one that is too deep to be a table."""
        self._code: list[str] | None = None
        self._code_depth = 0
        self._formula: list[Token] | None = None
        self._formula_depth = 0
        self._pages_due = 0
        self._grids = Grids()

    def convert(self, tokens: Iterable[Token]) -> list[Part]:
        for token in tokens:
            if self._formula is not None:
                self._in_formula(token)
            elif isinstance(token, str):
                self._text(token)
            elif self._code is not None:
                self._in_code(token)
            elif isinstance(token, Open):
                self._open(token)
            else:
                self._close(token.name)
        self._settle()
        return self._parts

    def _text(self, text: str) -> None:
        shown = visible(text)
        if self._code is not None:
            self._code.append(shown.replace("\u00a0", " "))
        elif shown:
            self._line.append(_SPACE.sub(" ", shown))

    def _open(self, tag: Open) -> None:
        name = tag.name
        if name == "br":
            self._line.append("\n")
        elif name == "img":
            self._image(tag.attributes.get("alt", ""))
        elif name == "math":
            self._formula, self._formula_depth = [tag], 1
        elif name in INLINE:
            self._marks.append((name, len(self._line)))
        elif name in BLOCKS:
            self._flush()
            self._open_block(tag)

    def _open_block(self, tag: Open) -> None:
        name = tag.name
        if name in _HEADINGS:
            self._hold(_Holder("heading", _HEADINGS[name]))
        elif name in _LISTS:
            self._settle()
            self._lists.append(_numbering(tag))
        elif name == "li":
            mark = self._lists[-1].mark(tag) if self._lists else "-"
            self._hold(_Holder("item", self._list_depth(), mark))
        elif name == "dt":
            self._hold(_Holder("term"))
        elif name == "dd":
            self._hold(_Holder("item", self._list_depth(), terms=", ".join(self._terms)))
            self._terms.clear()
        elif name == "blockquote":
            self._hold(_Holder("quote"))
        elif name in _CODE:
            self._settle()
            self._code, self._code_depth = [], 1
        elif name == "caption":
            self._hold(_Holder("caption"))
        elif name == "table":
            self._settle()
            self._turn_pages()
            deep = len(self._tables) >= DEEPEST_TABLE
            self._tables.append(None if deep else Table(tag.attributes.get("role") in ("presentation", "none")))
        elif name == "page":
            self._page()
        elif self._tables and (table := self._tables[-1]):
            self._open_cell(table, tag)

    def _open_cell(self, table: Table, tag: Open) -> None:
        if cell := table.begin(tag):
            self._hold(_Holder("cell"))
            self._sinks.append(cell.parts)
            self._lists_outside.append(len(self._lists))

    def _close(self, name: str) -> None:
        if name in INLINE:
            self._close_inline(name)
        elif name in BLOCKS:
            self._flush()
            self._close_block(name)

    def _close_block(self, name: str) -> None:
        if name in _HEADINGS or name in ("li", "dd", "blockquote"):
            self._release()
        elif name == "dt":
            term = " ".join(self._release().texts).rstrip(":")
            self._terms += [term] if term else []
        elif name in _LISTS:
            self._settle()
            self._write_terms()
            self._lists.pop()
            if len(self._lists) == self._outside():
                self._add(Part("end of list"))
        elif name == "caption":
            self._caption(" ".join(self._release().texts))
        elif name == "table":
            if table := self._tables.pop():
                self._sinks[-1] += self._grids.parts(table)  # not by `_add`: pages that begin in it come after it
        elif name in ("td", "th") and self._tables and self._tables[-1]:
            self._release()
            self._sinks.pop()
            self._lists_outside.pop()

    # Lines

    def _image(self, alt: str) -> None:
        shown = one_line(visible(alt))
        if shown and not _FILE_NAME.fullmatch(shown):
            self._line.append(f"[image: {shown}]")

    def _close_inline(self, name: str) -> None:
        if not self._marks or self._marks[-1][0] != name:
            return  # a block inside of it has ended the line
        _, start = self._marks.pop()
        if len(self._marks) > 3:
            return  # each level copies what is inside
        inner = "".join(self._line[start:])
        del self._line[start:]
        before = self._line[-1][-1] if self._line else ""
        shown = inner if self._is_plain(name) else inline.marked(name, inner, before)
        if shown:
            self._line.append(shown)

    def _is_plain(self, name: str) -> bool:
        """Whether nothing shows the element here: code in headings, and what is raised in the link to a note."""
        in_heading = bool(self._holders) and self._holders[-1].kind == "heading"
        return (name in ("code", "samp", "tt") and in_heading) or (
            name == "sup" and any(outer == "a" for outer, _ in self._marks)
        )

    def _flush(self) -> None:
        """The line ends: what is in it is a paragraph, or one of the paragraphs of what is open."""
        if not self._line:
            return
        text = _ENDS.sub("\n\n", _AROUND_END.sub("\n", _SPACES.sub(" ", "".join(self._line)))).strip()
        self._line.clear()
        self._marks.clear()
        holder = self._holders[-1] if self._holders else None
        if text and (holder is None or holder.kind == "cell" or holder.used):
            self._add(Part("paragraph", text))
        elif text and holder:
            holder.texts.append(text)

    # Parts

    def _add(self, part: Part) -> None:
        self._turn_pages()
        self._sinks[-1].append(part)

    def _turn_pages(self) -> None:
        """Pages begin with the next part; those that begin in a table, after it."""
        if len(self._sinks) == 1:
            self._parts += [Part("page")] * self._pages_due
            self._pages_due = 0

    def _hold(self, holder: _Holder) -> None:
        self._settle()
        self._holders.append(holder)

    def _release(self) -> _Holder:
        self._settle()
        return self._holders.pop()

    def _settle(self) -> None:
        """Write what the innermost holder has, before another part begins inside of it, or after its end."""
        self._flush()
        holder = self._holders[-1] if self._holders else None
        if holder is None:
            return
        if holder.kind == "item" and not holder.used:
            self._item(holder)
        elif holder.kind == "quote" and holder.texts:
            self._add(Part("quote", "\n\n".join(holder.texts)))
        elif holder.kind == "heading" and holder.texts:
            self._add(Part("heading", " ".join(holder.texts), holder.level))
        if holder.kind not in ("term", "caption"):
            holder.texts.clear()

    def _item(self, holder: _Holder) -> None:
        """Its paragraphs in one line, or, where that is too long, the first of them."""
        holder.used = True
        short = sum(map(len, holder.texts)) <= LONGEST_ITEM
        text = " ".join(holder.texts) if short else holder.texts[0]
        if holder.terms:
            colon = "" if holder.terms[-1] in ".?!" else ":"
            text = f"{holder.terms}{colon} {text}".rstrip()
        if text:
            self._add(Part("item", text, holder.level, holder.mark))
        for paragraph in () if short else holder.texts[1:]:
            self._add(Part("paragraph", paragraph))

    def _write_terms(self) -> None:
        for term in self._terms:
            self._add(Part("item", term, self._list_depth()))
        self._terms.clear()

    def _list_depth(self) -> int:
        """0 for items of a list that lies in no other one, and outside of lists."""
        return min(max(len(self._lists) - self._outside() - 1, 0), DEEPEST_LIST)

    def _outside(self) -> int:
        """How many lists lie outside of the open cell."""
        return self._lists_outside[-1] if self._lists_outside else 0

    def _page(self) -> None:
        self._settle()
        self._pages_due += 1

    def _caption(self, text: str) -> None:
        if self._tables and (table := self._tables[-1]):
            table.captions.append(text)
        elif text:
            self._add(Part("paragraph", text))

    # Code and formulas

    def _in_code(self, token: Open | Close) -> None:
        assert self._code is not None
        opens = isinstance(token, Open)
        if token.name in _CODE:
            self._code_depth += 1 if opens else -1
        if self._code_depth == 0:
            text = "".join(self._code)
            self._code = None
            self._add(Part("code", text))
        elif token.name == "br" or (token.name in BLOCKS and self._code and not self._code[-1].endswith("\n")):
            self._code.append("\n")

    def _in_formula(self, token: Token) -> None:
        assert self._formula is not None
        self._formula.append(token)
        if not isinstance(token, str) and token.name == "math":
            self._formula_depth += 1 if isinstance(token, Open) else -1
        if self._formula_depth == 0:
            text = visible(inline.formula(self._formula))
            self._formula = None
            if self._code is not None:
                self._code.append(text)
            elif text:
                self._line.append(_SPACE.sub(" ", text))


def _numbering(tag: Open) -> _Numbering:
    if tag.name != "ol":
        return _Numbering(None)
    kind = tag.attributes.get("type", "1")
    return _Numbering(kind if kind in ("a", "A") else "1", tag.number("start"))
