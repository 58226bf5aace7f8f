"""The files of an export while they are made: nameless, so that nothing is replaced before everything is whole."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from qagen import files
from qagen.exports.types import Choices, Exported
from qagen.formats import Negative, encode

_BLOCK_BYTES = 1 << 20


class Parts:
    """By name. Rows are counted, and which negatives went into them."""

    def __init__(self, names: Iterable[str], stack: contextlib.ExitStack, choices: Choices, result: Exported) -> None:
        self._spools: dict[str, IO[bytes]] = {name: stack.enter_context(files.spool()) for name in names}
        self.rows: Counter[str] = Counter()
        self.choices = choices
        self.result = result

    def add(self, name: str, row: dict[str, Any]) -> int:
        """One line of JSON; gives its number, from 1."""
        return self.add_bytes(name, encode(row) + b"\n")

    def add_bytes(self, name: str, row: bytes) -> int:
        """A row as it is to be written; gives its number, from 1."""
        self._spools[name].write(row)
        self.rows[name] += 1
        return self.rows[name]

    def end(self, name: str, data: bytes) -> None:
        """Bytes that are no row."""
        self._spools[name].write(data)

    def use(self, negatives: Iterable[Negative]) -> None:
        """Count negatives that went in."""
        self.result.methods.update(negative.method for negative in negatives)

    def save(self, places: Mapping[str, Path], optional: Iterable[str]) -> None:
        """Write each file in one step; what stood there stays as `.bak`.

        A part that is optional and empty is left out, unless one of an earlier export stands there.

        Raises:
            StorageError: one cannot be written; those before it are, those after it are as they were.
        """
        for name, path in places.items():
            if name in optional and not self.rows[name] and not path.exists():
                continue
            files.write(path, _blocks(self._spools[name]), keep_backup=True)
            self.result.files[path] = self.rows[name]


def _blocks(spool: IO[bytes]) -> Iterator[bytes]:
    spool.seek(0)
    return iter(lambda: spool.read(_BLOCK_BYTES), b"")
