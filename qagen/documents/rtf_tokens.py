"""RTF -> its tokens: words with their numbers, signs, braces and text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>.)|(?P<brace>[{}])"
    rb"|(?P<ends>[\r\n]+)|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """What stands between two others."""

    kind: Literal["word", "sign", "brace", "text"]
    name: str = ""
    """The word, the sign after a backslash, or the brace."""
    number: int | None = None
    """Of a word."""
    text: bytes = b""
    """Its code page is that of the font."""


def split(data: bytes) -> Iterator[Token]:
    """The tokens in their order, without line ends of the source, and without `\\bin` and the bytes that it counts."""
    position = 0
    while position < len(data):
        found = _TOKEN.match(data, position)
        if found is None:  # a backslash at the very end
            return
        position = found.end()
        if found["word"]:
            number = int(found["number"]) if found["number"] else None
            name = found["word"].decode("ascii")
            if name == "bin":
                position += max(number or 0, 0)
            else:
                yield Token("word", name, number)
        elif found["brace"]:
            yield Token("brace", found["brace"].decode("ascii"))
        elif found["hex"]:
            yield Token("text", text=bytes.fromhex(found["hex"].decode("ascii")))
        elif found["sign"]:
            yield Token("sign", found["sign"].decode("latin-1"))
        elif found["text"]:
            yield Token("text", text=found["text"])
