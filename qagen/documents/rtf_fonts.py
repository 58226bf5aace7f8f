"""The fonts of an RTF document, as far as they tell which characters its bytes stand for."""

from __future__ import annotations

import codecs

_CHARSETS = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255,
    178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip
"""The code page of a font by its `\\fcharset`."""
_CODE_PAGES = {10000: "mac_roman", 936: "gb18030", 65001: "utf-8"}
"""Those that Python calls otherwise than `cp` and the number."""
_SYMBOL = 2
DEFAULTS = frozenset({"ansicpg", "deff", "mac", "pc", "pca"})
"""Words that say what holds where no font says another thing."""


class Fonts:
    """The code pages of the document and of its fonts."""

    def __init__(self) -> None:
        self._code_page = 1252
        self._default: int | None = None
        """The font of text that names none."""
        self._pages: dict[int, int] = {}
        """By font."""

    def set_default(self, word: str, number: int | None) -> None:
        """One of the words of `DEFAULTS`."""
        if word == "deff":
            self._default = number
        else:
            self._code_page = {"mac": 10000, "pc": 437, "pca": 850}.get(word, number or 1252)

    def describe(self, font: int | None, word: str, number: int | None) -> None:
        """A word of the table of fonts."""
        if font is None or number is None:
            return
        if word == "fcharset" and number == _SYMBOL:
            self._pages[font] = _SYMBOL
        elif word == "fcharset" and number in _CHARSETS:
            # 0 should mean Windows-1252, but where it is not so, writers mean the code page of the document.
            by_document = number == 0 and 1250 <= self._code_page <= 1258
            self._pages[font] = self._code_page if by_document else _CHARSETS[number]
        elif word == "cpg":
            self._pages[font] = number

    def decode(self, content: bytes, font: int | None) -> str:
        """Text in a font."""
        font = self._default if font is None else font
        page = self._pages.get(font, self._code_page) if font is not None else self._code_page
        if page == _SYMBOL:
            return content.replace(b"\xb7", b"\x95").decode("cp1252", "replace")  # its bullet
        return content.decode(_encoding(page), "replace")


def _encoding(page: int) -> str:
    name = _CODE_PAGES.get(page, f"cp{page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
