"""Which chunks a document has today: the text that its pairs are about may be gone since they were made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.corpus import find_chunk_files, qa_path_of, read_chunks
from qagen.errors import DataError
from qagen.formats import LeftOut
from qagen.state import chunk_keys

if TYPE_CHECKING:
    from qagen.dataset.passages import Passages


@dataclass(frozen=True, slots=True)
class Cut:
    """A document as it is cut today."""

    chunks_name: str
    """Of its chunk file."""
    keys: frozenset[str]


class Today:
    """The documents of a folder of chunk files. Where it is None or not there, nothing is known of any."""

    def __init__(self, directory: Path | None, problems: list[LeftOut]) -> None:
        self._directory = directory
        self._problems = problems
        self.passages: Passages | None = None
        """Where all chunk files were read for other reasons, too."""

    @property
    def qa_names(self) -> list[str]:
        """The names that the QA files of all documents have, or will have."""
        return list(self._paths)

    def of(self, qa_name: str) -> Cut | None:
        """The document whose QA file has that name; None: its chunk file is not there, or cannot be read."""
        path = self._paths.get(qa_name)
        if path is None:
            return None
        if self.passages is not None:
            keys = self.passages.keys(qa_name)
            return None if keys is None else Cut(path.name, keys)
        try:
            return Cut(path.name, frozenset(chunk_keys(read_chunks(path).chunks)))
        except DataError as error:
            self._problems.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
            return None

    @cached_property
    def _paths(self) -> dict[str, Path]:
        """Chunk files by the names of their QA files."""
        try:
            paths = find_chunk_files(self._directory).paths if self._directory else []
        except DataError:
            return {}
        return {qa_path_of(path, Path()).name: path for path in paths}
