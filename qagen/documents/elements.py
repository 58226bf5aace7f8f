"""Elements -> parts of a document: what HTML, EPUB and OpenDocument have in common.

A reader gives a flat sequence of tokens with HTML's names, every end in its place; `write` makes headings, paragraphs,
lists, code and tables of them. Nothing recurses, so no depth is too much. Two names are not HTML's: `page` (a new page
begins) and `note` (its text is put in brackets).

Emphasis leaves no marks and links leave their words. Raised and lowered text stays readable: `a^2`, `10^-3`, `x_i`, but
H2O, 1st, and `[1]` where it leads to a note.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from qagen.documents.composer import Composer, one_line


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


BLOCKS = words(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu ol p page pre search section "
    "summary table tbody td tfoot th thead tr ul xmp"
)
"""What stands in lines of its own."""
INLINE = words("a code math note q rt samp sub sup tt")
"""What changes the text inside of a line."""

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_LISTS = frozenset({"ul", "ol", "menu", "dir", "dl"})
_CODE = frozenset({"pre", "listing", "xmp"})
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u200b\u2060-\u2064\ufeff]+")
"""Soft hyphens, spaces without width, and controls: they break the search for a word."""
_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
_SPACES = re.compile(r" {2,}")
_AROUND_END = re.compile(r" *\n *")
_ENDS = re.compile(r"\n{3,}")
_FILE_NAME = re.compile(r"(?:data:.*|\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?))", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s*([a-z]{2})(?:[-_]|\s*$)", re.IGNORECASE)

DEEPEST_LIST = 8
"""Deeper items are indented no further: a page of nothing but lists would grow with the square of its size."""
DEEPEST_TABLE = 8
WIDEST_SPAN = 50
"""Columns that one cell may cover."""
LONGEST_REPEAT = 200
"""Characters of a cell that is repeated in each row that it covers."""
MOST_REPEATED = 1_000_000
"""Characters and cells of a document that are repeated so."""
LONGEST_ITEM = 500
"""Characters up to which the paragraphs of an item are joined in its line."""
LONGEST_CELL = 1000
"""A longer one, without a header over it, tells that the table only lays out the page."""


@dataclass(frozen=True, slots=True)
class Open:
    """An element begins. `br`, `hr` and `img` end at once, without a `Close`."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Close:
    """The last open element ends."""

    name: str


Token = str | Open | Close
"""A text is one as it stands in the source, its entities resolved."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a document is made of."""

    kind: Literal["heading", "paragraph", "quote", "item", "end of list", "code", "table", "page"]
    text: str = ""
    level: int = 0
    """Of a heading, from 1; of an item, from 0."""
    mark: str = "-"
    rows: Sequence[Sequence[str]] = ()


def write(tokens: Iterable[Token], composer: Composer) -> None:
    """Add the parts that the elements make. Tokens are balanced: each `Open` has its `Close`."""
    for part in _Converter().convert(tokens):
        match part.kind:
            case "heading":
                composer.heading(part.level, part.text)
            case "paragraph":
                composer.paragraph(part.text)
            case "quote":
                composer.quote(part.text)
            case "item":
                composer.item(part.text, part.level, part.mark)
            case "end of list":
                composer.paragraph("")  # else the items of the next list would join those of this one
            case "code":
                composer.code(part.text)
            case "table":
                composer.table(part.rows)
            case "page":
                composer.page()


def language(tag: str | None) -> str | None:
    """`en-GB` -> `en`. None where it is no code of two letters."""
    match = _LANGUAGE.match(tag or "")
    return match[1].lower() if match else None


def visible(text: str) -> str:
    """The text without the signs that show nothing."""
    return _INVISIBLE.sub("", text)


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

    def mark(self, value: str | None) -> str:
        if self.style is None:
            return "-"
        number = _number(value, self.next)
        self.next = number + 1
        if self.style in "aA" and 1 <= number <= 26:
            return f"{chr(ord(self.style) + number - 1)}."
        return f"{number}."


@dataclass(slots=True)
class _Cell:
    parts: list[Part]
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class _Table:
    """An open table."""

    is_layout: bool
    rows: list[list[_Cell]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    has_header: bool = False


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
        self._tables: list[_Table | None] = []
        """None for one that is too deep to be a table."""
        self._code: list[str] | None = None
        self._code_depth = 0
        self._formula: list[Token] | None = None
        self._formula_depth = 0
        self._pages_due = 0
        self._repeated = 0

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
        name, attributes = tag.name, tag.attributes
        if name in _HEADINGS:
            self._hold(_Holder("heading", _HEADINGS[name]))
        elif name in _LISTS:
            self._settle()
            self._lists.append(_numbering(tag))
        elif name == "li":
            mark = self._lists[-1].mark(attributes.get("value")) if self._lists else "-"
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
            self._tables.append(None if deep else _Table(attributes.get("role") in ("presentation", "none")))
        elif name == "page":
            self._page()
        elif self._tables and (table := self._tables[-1]):
            self._open_row(table, tag)

    def _open_row(self, table: _Table, tag: Open) -> None:
        if tag.name == "tr":
            table.rows.append([])
        elif tag.name == "thead":
            table.has_header = True
        elif tag.name in ("td", "th"):
            if not table.rows:
                table.rows.append([])
            cell = _Cell([], _span(tag, "colspan", WIDEST_SPAN), _span(tag, "rowspan", 65_534))
            table.rows[-1].append(cell)
            table.has_header |= tag.name == "th"
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
                self._table(table)
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
        in_heading = bool(self._holders) and self._holders[-1].kind == "heading"
        shown = inner if name in ("code", "samp", "tt") and in_heading else _marked(name, inner, before)
        if shown:
            self._line.append(shown)

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

    def _table(self, table: _Table) -> None:
        due, self._pages_due = self._pages_due, 0
        self._write_table(table)
        self._pages_due = due

    def _write_table(self, table: _Table) -> None:
        for caption in filter(None, table.captions):
            self._add(Part("paragraph", caption))
        cells = [cell for row in table.rows for cell in row]
        rows = self._grid(table)
        width = max(map(len, rows), default=0)
        if len(rows) < 2 or width < 2 or _lays_out(table, cells):
            for part in (part for cell in cells for part in cell.parts):
                self._add(part)
        elif len(rows) * width > 10 * len(cells) + 10_000:  # rows so uneven that filling them would blow up the text
            for row in rows:
                self._add(Part("paragraph", " | ".join(filter(None, row))))
        else:
            self._add(Part("table", rows=rows))

    def _grid(self, table: _Table) -> list[list[str]]:
        """The texts of the cells. One that covers rows is repeated in each; columns that it covers are empty."""
        rows: list[list[str]] = []
        held: dict[int, tuple[str, int]] = {}
        """By column: the text of a cell from above, and how many more rows it covers."""
        for cells in table.rows:
            row: list[str] = []
            for cell in cells:
                self._fill(row, held, None)
                text = _flat(cell.parts)
                covered = [text] + [""] * (cell.columns - 1 if len(row) < WIDEST_SPAN else 0)
                if cell.rows > 1 and len(row) < WIDEST_SPAN:
                    kept = text if len(text) <= LONGEST_REPEAT else ""
                    held |= {len(row) + at: ("" if at else kept, cell.rows) for at in range(len(covered))}
                row += covered
            self._fill(row, held, max(held, default=-1))
            held = {column: (text, left - 1) for column, (text, left) in held.items() if left > 1}
            rows.append(row)
        return rows

    def _fill(self, row: list[str], held: Mapping[int, tuple[str, int]], last: int | None) -> None:
        """Add the columns that cells from above hold: those that come next, or all up to the last."""
        while (len(row) in held or (last is not None and len(row) <= last)) and self._repeated < MOST_REPEATED:
            text = held.get(len(row), ("", 0))[0]
            self._repeated += len(text) + 1
            row.append(text)

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
            text = visible(_formula(self._formula))
            self._formula = None
            if self._code is not None:
                self._code.append(text)
            elif text:
                self._line.append(_SPACE.sub(" ", text))


def _numbering(tag: Open) -> _Numbering:
    if tag.name != "ol":
        return _Numbering(None)
    kind = tag.attributes.get("type", "1")
    return _Numbering(kind if kind in ("a", "A") else "1", _number(tag.attributes.get("start"), 1))


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"\s*-?\d{1,9}\s*", value, re.ASCII) else default


def _span(tag: Open, name: str, most: int) -> int:
    return min(max(_number(tag.attributes.get(name), 1), 1), most)


def _lays_out(table: _Table, cells: Sequence[_Cell]) -> bool:
    """Whether it only puts parts of the page beside each other."""
    return table.is_layout or (
        not table.has_header
        and any(
            part.kind in ("heading", "code", "table") or len(part.text) > LONGEST_CELL
            for cell in cells
            for part in cell.parts
        )
    )


def _flat(parts: Sequence[Part]) -> str:
    """The parts of a cell in one line."""
    pieces: list[str] = []
    last = ""
    for part in parts:
        text = "; ".join(", ".join(filter(None, row)) for row in part.rows) if part.rows else part.text
        if text:
            pieces.append("; " if part.kind == last == "item" else " ")
            pieces.append(text)
            last = part.kind
    return one_line("".join(pieces))


def _marked(name: str, inner: str, before: str) -> str:
    """The text of an inline element in a way that shows it; `before` is the character to its left, if there is one."""
    inside = inner.strip()
    if not inside:
        return inner
    match name:
        case "sup":
            return raised(inside, before)
        case "sub":
            return lowered(inside, before)
        case "code" | "samp" | "tt":
            return inner if "`" in inside or "\n" in inside else inner.replace(inside, f"`{inside}`")
        case "q":
            return f"“{inside}”"
        case "a":  # the reader keeps those that lead to notes
            return f"[{inside.strip('[]()^')}]"
        case "note":
            return f"{' ' if before.strip() else ''}[note: {inside}]"
        case "rt":
            return f"({inside})"
    return inner


def raised(inside: str, before: str) -> str:
    """2 after `a` -> `^2`. Ordinals (1st, 2e), signs, and what has nothing to stand on, stay as they are."""
    alone = not before or before.isspace() or inside[0] in "[("
    is_ordinal = re.fullmatch(r"[^\W\d_]{2,}\.?", inside) or (
        inside in "eaoªº" and (before.isdigit() or before in "IVXLC")
    )
    if alone or is_ordinal or not any(sign.isalnum() for sign in inside):
        return inside
    if inside.isdigit() and before in ".,;:!?”\"'’»":
        return f"[{inside}]"
    return f"^{inside}" if re.fullmatch(r"[-+−–]?\w+[-+−–]?", inside) else f"^({inside})"


def lowered(inside: str, before: str) -> str:
    """`_i`. A number after a letter joins it, as in H2O."""
    alone = not before or before.isspace() or not any(sign.isalnum() for sign in inside)
    if alone or (inside.isdigit() and (before.isalpha() or before in ")]")):
        return inside
    return f"_{inside}" if re.fullmatch(r"\w+", inside) else f"_({inside})"


_BETWEEN = {"msup": "^", "mover": "^", "msub": "_", "munder": "_", "mfrac": "/"}
_SPACED = frozenset("=<>≤≥≠≈≡∼+-−–±×·→⇒∈")
LONGEST_FORMULA = 20_000
"""Tokens; a longer one is read as its texts."""


def _formula(tokens: Sequence[Token]) -> str:
    """MathML in a line: the TeX that stands with it, else its parts as `a^2`, `x_i`, `(a+b)/c`."""
    tex = _tex(tokens)
    if tex or len(tokens) > LONGEST_FORMULA:
        return tex or " ".join(token.strip() for token in tokens if isinstance(token, str))
    open_: list[tuple[str, list[str]]] = [("", [])]
    for token in tokens:
        if isinstance(token, str):
            open_[-1][1].append(token.strip())
        elif isinstance(token, Open):
            open_.append((token.name, []))
        else:
            name, children = open_.pop()
            open_[-1][1].append(_formula_part(name, [child for child in children if child]))
    return "".join(open_[0][1])


def _formula_part(name: str, children: list[str]) -> str:
    whole = "".join(children)
    if name in ("annotation", "annotation-xml"):
        return ""
    if name in _BETWEEN and len(children) == 2:
        return _BETWEEN[name].join(map(_grouped, children))
    if name in ("msubsup", "munderover") and len(children) == 3:
        base, low, high = map(_grouped, children)
        return f"{base}_{low}^{high}"
    if name == "msqrt":
        return f"√{_grouped(whole)}"
    if name == "mroot" and len(children) == 2:
        return f"{_grouped(children[0])}^(1/{_grouped(children[1])})"
    if name in ("mtd", "mtr", "mtext"):
        return f"{whole} "
    return f" {whole} " if name == "mo" and whole in _SPACED else whole


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w*|.", text) else f"({text.strip()})"


def _tex(tokens: Sequence[Token]) -> str:
    """What the writer of the formula gives beside it."""
    found = tokens[0].attributes.get("alttext", "") if tokens and isinstance(tokens[0], Open) else ""
    for token, content in itertools.pairwise(tokens):
        if not found and isinstance(token, Open) and isinstance(content, str) and token.name == "annotation":
            found = content if "tex" in token.attributes.get("encoding", "").lower() else ""
    match = re.fullmatch(r"\s*\{\\(?:displaystyle|textstyle)\s*(.*)\}\s*", found, re.DOTALL)
    return (match[1] if match else found).strip()
