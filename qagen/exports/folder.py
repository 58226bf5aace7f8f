"""What a folder of chunk files holds, so that a corpus has no passage that was deleted or edited since."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from pathlib import Path

from qagen.dataset import gone
from qagen.exports.pool import read_chunk_files
from qagen.exports.types import Exported
from qagen.formats import ExtraPositive, Negative, TrainingPair


class Folder:
    """The texts of all chunks, as hashes, and what their documents are called."""

    def __init__(self, directory: Path, sources: Set[str], result: Exported) -> None:
        """`sources`: what the documents of the dataset are called.

        Raises:
            DataError: there is no such folder, or no chunk file in it.
        """
        documents: set[str] = set()
        texts: set[int] = set()
        for chunk_file in read_chunk_files(directory, result):
            documents.add(chunk_file.metadata.source_file or chunk_file.metadata.file_name)
            texts.update(_hash(chunk.core) for chunk in chunk_file.chunks)
        self._texts = frozenset(texts)
        self._known = gone.Folder(documents, sources - documents, is_whole=not result.chunk_problems)

    def holds_passage_of(self, pair: TrainingPair) -> bool:
        """Whether the passage of a pair is there."""
        return _hash(pair.source_text or "") in self._texts

    def has_lost_passage_of(self, pair: TrainingPair) -> bool:
        """Whether it is gone: its document is there, with other text."""
        source = pair.source_file or pair.file_name
        return not self.holds_passage_of(pair) and self._known.has_lost(source, is_at_home=False)

    def has_lost(self, passage: Negative | ExtraPositive, pair: TrainingPair) -> bool:
        """Whether another passage of a pair is gone."""
        if _hash(passage.document) in self._texts:
            return False
        return self._known.has_lost(passage.source_file, is_at_home=self.holds_passage_of(pair))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
