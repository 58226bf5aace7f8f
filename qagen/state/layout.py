"""Bytes that are JSON already -> one JSON document, laid out as all our files are.

orjson could put them together, too (`orjson.Fragment`), in ten times the time, and every request waits while a large
document is laid out. So its pieces are given as they are, to be put together by the thread that writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qagen.formats import encode

_BETWEEN = b",\n    "


class Raw:
    """A list, or an object, whose items are JSON already."""

    def __init__(self, items: Iterable[bytes] | Mapping[str, bytes]) -> None:
        self.pieces: list[bytes] = []
        self._marks = b"{}" if isinstance(items, Mapping) else b"[]"
        if isinstance(items, Mapping):
            for key, value in items.items():
                self.pieces += (_BETWEEN, b'"%b": ' % key.encode(), value)
        else:
            for value in items:
                self.pieces += (_BETWEEN, value)
        if self.pieces:
            self.pieces[0] = self._marks[:1] + _BETWEEN[1:]
            self.pieces.append(b"\n  " + self._marks[1:])
        else:
            self.pieces = [self._marks]


def lay_out(document: Mapping[str, Any | Raw]) -> list[bytes]:
    """The document in pieces, two spaces deep, with an item of a `Raw` on each line. The first has its first fields."""
    pieces: list[bytes] = []
    for name, value in document.items():
        pieces.append(b",\n" if pieces else b"{\n")
        if isinstance(value, Raw):
            pieces.append(b'  "%b": ' % name.encode())
            pieces += value.pieces
        else:
            pieces.append(encode({name: value}, indent=True)[2:-2])
    return [*pieces, b"\n}\n"]
