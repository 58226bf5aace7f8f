"""The pairs that are left out, one per line, each with its reason: nothing disappears unseen."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from qagen import files
from qagen.formats import Row, encode


class Rejects:
    """Gathered on the disk, and written at the end. Where nobody wants them, nothing is gathered."""

    def __init__(self, spool: IO[bytes] | None) -> None:
        self._spool = spool

    def add(
        self,
        row: Row,
        reason: str,
        source_qa_file: str,
        *,
        dropped_for: str | None = None,
        conflicts_with: str | None = None,
    ) -> None:
        """A pair, the code of the reason, and the pair that stays for it or contradicts it."""
        if self._spool is None:
            return
        why = {"reason": reason, "dropped_for": dropped_for, "conflicts_with": conflicts_with}
        self._spool.write(encode({**row, **why, "source_qa_file": source_qa_file}) + b"\n")

    @property
    def are_wanted(self) -> bool:
        """Whether there is a file to write."""
        return self._spool is not None

    def write(self, path: Path) -> None:
        """All of them.

        Raises:
            StorageError: the file cannot be written.
        """
        assert self._spool is not None
        spool = self._spool
        spool.seek(0)
        files.write(path, iter(lambda: spool.read(1 << 20), b""))
