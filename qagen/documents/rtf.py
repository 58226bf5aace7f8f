"""RTF: paragraphs, headings, lists, tables and notes, in the order of the document.

It is taken apart here. striprtf (0.0.35) reads neither the code pages of fonts nor the halves of emoji, drops notes,
keeps deleted and hidden text, and knows no headings; its tables cannot be told from text with bars in it.

Out stay headers, footers, pictures, comments, and what is deleted or hidden.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from qagen.documents import inline, rtf_fonts, rtf_rows, rtf_tokens, tags
from qagen.documents.composer import Composer, one_line
from qagen.documents.elements import DEEPEST_LIST
from qagen.documents.rtf_fonts import Fonts
from qagen.documents.rtf_rows import Rows
from qagen.documents.types import Document, Reading
from qagen.errors import DataError

_SKIPPED = tags.words(
    "annotation atnauthor atnid atrfend atrfstart colortbl comment filetbl footerf footer footerl footerr ftncn ftnsep "
    "ftnsepc aftncn aftnsep aftnsepc header headerf headerl headerr info nonesttables nonshppict objdata pict pn "
    "private revtbl rxe shprslt sp tc tcn xe"
)
"""Groups whose text is not the document's."""
_KNOWN = frozenset({"shpinst", "moMath", "footnote"})
"""Of those groups that programs skip when they do not know them (`\\*`), the ones that hold text."""
_SIGNS = {
    "line": "\n",
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "zwj": "\u200d",
    "zwnj": "\u200c",
    "nestcell": "; ",
    "~": " ",
    "_": "-",
    "\\": "\\",
    "{": "{",
    "}": "}",
}
_ENDS = frozenset({"par", "sect", "page", "\r", "\n"})
"""What ends a paragraph."""
_HEADING = re.compile(r"heading (\d)|(title)$", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?([0-9]{1,9})[.)]?")
_LETTERED = re.compile(r"\(?(?:[^\W\d_]{1,6}|\d+(?:\.\d+)+)[.)、．]?")


def read(data: bytes, _: Reading) -> Document:
    """A document without pages. Its title is that of its properties, or its first heading."""
    if not data.startswith(b"{\\rtf"):
        kind = "a Word document: rename it to end in .docx" if data.startswith(b"PK") else "not RTF"
        raise DataError(f"it is {kind}" if data else "it is empty")
    reader = _Reader()
    reader.run(data)
    return reader.document()


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the group ends."""

    place: str = ""
    """What its text is: of the document, or of `title`, `mark`, `fonttbl`, `stylesheet`, `info`, `skipped`."""
    fallback: int = 1
    """How many characters after a Unicode character stand for it in old programs."""
    font: int | None = None
    hidden: bool = False
    deleted: bool = False
    script: str = ""
    """`super` or `sub`."""
    style: int | None = None
    outline: int | None = None
    in_table: bool = False
    level: int = 0
    """Of a list."""
    in_line: bool = False
    """Paragraphs end no line: in a note, or in a box in a table."""
    closes: str = ""
    """What happens at its end: `note` or `box`."""


class _Reader:
    def __init__(self) -> None:
        self._composer = Composer()
        self._group = _Group()
        self._outer: list[_Group] = []
        self._bytes = bytearray()
        """Text whose code page is not applied yet: a character may be of two bytes."""
        self._left = 0
        """Characters still to be passed over after a Unicode character."""
        self._starred = False
        self._runs: list[tuple[str, str]] = []
        """The paragraph: raised or lowered or neither, and the text."""
        self._boxed: list[list[tuple[str, str]]] = []
        """The paragraphs around the boxes that are open."""
        self._title: list[str] = []
        self._mark: list[str] = []
        """What stands before the item of a list."""
        self._fonts = Fonts()
        self._headings: dict[int, int] = {}
        """Levels by style."""
        self._rows = Rows()
        self._is_whole = False

    def document(self) -> Document:
        title = _text(self._title)
        notes = [] if self._is_whole else ["it is cut off: its last group is never closed"]
        return self._composer.document(title=title, notes=notes)

    def run(self, data: bytes) -> None:
        for token in rtf_tokens.split(data):
            if token.kind == "word":
                self._word(token.name, token.number)
            elif token.kind == "brace":
                self._brace(token.name)
            elif token.kind == "sign":
                self._sign(token.name)
            else:
                self._add_bytes(token.text)
            if self._is_whole:
                break
        while self._boxed:
            self._end_box()
        self._end_paragraph()

    # Groups

    def _brace(self, brace: str) -> None:
        self._decode()
        self._left = 0
        self._starred = False
        if brace == "{":
            self._outer.append(self._group)
            self._group = replace(self._group, closes="") if self._group.closes else self._group
            return
        if self._group.closes == "note":
            self._runs[-1:] = [(script, text.rstrip()) for script, text in self._runs[-1:]]
            self._add("]")
        elif self._group.closes == "box":
            self._end_box()
        if self._outer:
            self._group = self._outer.pop()
        self._is_whole = not self._outer

    def _enter(self, word: str) -> bool:
        """Whether the word says what the text of its group is."""
        place = self._group.place
        if not place and word in ("fonttbl", "stylesheet", "info"):
            self._group = replace(self._group, place=word)
        elif word in _SKIPPED or (self._starred and word not in _KNOWN):
            self._group = replace(self._group, place="skipped")
        elif place == "info":
            self._group = replace(self._group, place="title" if word == "title" else "skipped")
        elif place:
            return False
        elif word in ("listtext", "pntext"):
            self._group = replace(self._group, place="mark")
            self._mark.clear()
        elif word == "footnote":
            self._group = replace(self._group, closes="note", in_line=True, script="")
            self._add(" [note: ")
        elif word == "shptxt":
            self._enter_box()
        else:
            return False
        return True

    def _enter_box(self) -> None:
        if self._group.in_table or self._group.in_line:
            self._group = replace(self._group, in_line=True)
        else:
            self._boxed.append(self._runs)
            self._runs = []
            self._group = replace(self._group, closes="box")

    def _end_box(self) -> None:
        self._end_paragraph()
        self._runs = self._boxed.pop()

    # Words

    def _word(self, word: str, number: int | None) -> None:
        self._decode()
        if word == "u":
            self._add(_character(number or 0))
            self._left = self._group.fallback
        elif self._left:
            self._left -= 1
        elif not self._enter(word):
            self._act(word, number)
        self._starred = False

    def _act(self, word: str, number: int | None) -> None:
        place = self._group.place
        if word in _SIGNS:
            self._add(_SIGNS[word])
        elif word == "uc":
            self._group = replace(self._group, fallback=max(number or 0, 0))
        elif word == "f":
            self._group = replace(self._group, font=number)
        elif word in rtf_fonts.DEFAULTS:
            self._fonts.set_default(word, number)
        elif place == "fonttbl":
            self._fonts.describe(self._group.font, word, number)
        elif word in ("s", "outlinelevel"):
            self._set_style(word, number)
        elif not place and word in _ENDS:
            self._end_line()
        elif not place and word == "nestrow":
            self._add("\n")
        elif not place and word == "cell":
            self._end_cell()
        elif not place and word in rtf_rows.WORDS:
            self._rows.take(word)
        else:
            self._format(word, number)

    def _format(self, word: str, number: int | None) -> None:
        group = self._group
        match word:
            case "pard":
                self._group = replace(group, style=None, outline=None, in_table=False, level=0)
            case "plain":
                self._group = replace(group, font=None, hidden=False, script="")
            case "v":
                self._group = replace(group, hidden=number != 0)
            case "deleted":
                self._group = replace(group, deleted=number != 0)
            case "super" | "sub":
                self._group = replace(group, script=word if number != 0 else "")
            case "nosupersub":
                self._group = replace(group, script="")
            case "intbl":
                self._group = replace(group, in_table=True)
            case "ilvl":
                self._group = replace(group, level=min(max(number or 0, 0), DEEPEST_LIST))

    def _set_style(self, word: str, number: int | None) -> None:
        """Of the paragraph, or, in the sheet of styles, of the style that is described."""
        if word == "s":
            self._group = replace(self._group, style=number)
        elif self._group.place != "stylesheet":
            self._group = replace(self._group, outline=number)
        elif self._group.style is not None and number is not None and number < 9:
            self._headings[self._group.style] = number + 1

    # Text

    def _sign(self, sign: str) -> None:
        self._decode()
        if self._left:
            self._left -= 1
        elif sign == "*":
            self._starred = True
        elif sign in _ENDS and not self._group.place:
            self._end_line()
        elif sign in _SIGNS:
            self._add(_SIGNS[sign])

    def _add_bytes(self, content: bytes) -> None:
        passed = min(self._left, len(content))
        self._left -= passed
        self._bytes += content[passed:]

    def _decode(self) -> None:
        if not self._bytes:
            return
        content = bytes(self._bytes)
        self._bytes.clear()
        self._add(self._fonts.decode(content, self._group.font))

    def _add(self, text: str) -> None:
        group = self._group
        if not group.place:
            if not (group.hidden or group.deleted):
                self._runs.append((group.script, text))
        elif group.place == "title":
            self._title.append(text)
        elif group.place == "mark":
            self._mark.append(text)
        elif group.place == "stylesheet" and group.style is not None and (match := _HEADING.match(text.strip("; "))):
            self._headings.setdefault(group.style, int(match[1] or 1))

    # Parts

    def _end_line(self) -> None:
        if self._group.in_line or self._group.in_table or self._rows.in_row:
            self._add(" ")
        else:
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        self._decode()
        text = _line(self._runs)
        self._runs = []
        self._rows.end(self._composer)
        level, mark = self._heading_level(), _text(self._mark).strip()
        self._mark.clear()
        if level and not mark:
            self._composer.heading(level, text)
        elif mark:
            self._composer.item(text, self._group.level, _item_mark(mark))
        else:
            self._composer.paragraph(text)

    def _heading_level(self) -> int:
        """0 where it is no heading."""
        if self._group.outline is not None:
            return self._group.outline + 1 if 0 <= self._group.outline < 9 else 0
        return self._headings.get(self._group.style, 0) if self._group.style is not None else 0

    def _end_cell(self) -> None:
        mark = _text(self._mark).strip()
        self._mark.clear()
        self._rows.add_cell(f"{mark} {_line(self._runs)}".strip())
        self._runs = []


def _character(number: int) -> str:
    """Of `\\u`: numbers above 32767 are written as negative ones."""
    code = number + 65536 if number < 0 else number
    if code == 0xF0B7:  # the bullet of the font Symbol
        return "•"
    return chr(code) if 0 <= code <= 0x10FFFF else "\ufffd"


def _text(pieces: list[str]) -> str:
    """The pieces as one text; halves of characters beyond 16 bits are put together."""
    text = "".join(pieces)
    return inline.visible(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _line(runs: list[tuple[str, str]]) -> str:
    """A paragraph; what is raised or lowered is marked as in HTML."""
    whole: list[str] = []
    before = ""
    place = 0
    while place < len(runs):
        script = runs[place][0]
        end = place
        while end < len(runs) and runs[end][0] == script:
            end += 1
        text = _text([text for _, text in runs[place:end]])
        if script and text.strip():
            text = (inline.raised if script == "super" else inline.lowered)(one_line(text), before)
        whole.append(text)
        before = text[-1:] or before
        place = end
    return "".join(whole).strip()


def _item_mark(mark: str) -> str:
    """`1.` for `1)`, letters and numbers of sections as they are, `-` for every other sign."""
    if number := _NUMBERED.fullmatch(mark):
        return f"{number[1]}."
    return mark if _LETTERED.fullmatch(mark) and mark not in "ovo§" else "-"
