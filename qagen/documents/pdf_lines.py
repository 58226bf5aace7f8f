"""The lines of a PDF: what is known of each, and the signs in its text that tell what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

HYPHEN = "\x02"
"""What pdfium gives for a hyphen at the end of a line; the line's end itself it leaves out."""
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\ufffe": HYPHEN, "\xad": None}
)
_CONTROL = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\uffff]")
_BULLET = re.compile(r"\s*[•◦▪▫‣·●○■□◆➢➤✓✔]")
MARK = re.compile(r"\s*(?:[-–—*+]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|\d{1,2}(?:\.\d{1,2})+\.?|\[\d+\])\s")
"""What may begin an item of a list, and may stand at the beginning of a line by chance."""
_UNSPACED = r"\u0e00-\u0eff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
"""Scripts that put no spaces between words."""
WITHOUT_SPACE = re.compile(rf"[{_UNSPACED}]\Z")
"""Matches the last letter of a text where it is one of these."""
MOST_COLUMNS = 200
"""Up to which a line of code keeps its spaces."""


@dataclass(slots=True)
class Line:
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
        """It stands in a typewriter's font."""
        return self.advance > 0


def clean(text: str) -> str:
    """Without what no reader sees. Of an emoji, pdfium gives two halves."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _CONTROL.sub("", whole.translate(_LIGATURES))


def is_marked(text: str) -> bool:
    """Whether it begins with what may be the mark of a list."""
    return bool(_BULLET.match(text) or MARK.match(text))
