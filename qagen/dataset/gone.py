"""Which passages of negatives and extra positives are gone: deleted or edited since they were mined, and provably so.

A passage whose text is in no chunk file of a folder may only be elsewhere: mined in another folder. It is gone where
its document is in the folder, with other text; or where the folder is the one that was mined in (which holds the chunk
file of the pair's own document: mining wants it there), and the passage's document is in it no more, nor among those
that are combined without their chunk files, of which nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any

from qagen.dataset.passages import Passages
from qagen.dataset.sources import Document
from qagen.formats import ExtraPositive, Negative


@dataclass(frozen=True, slots=True)
class Folder:
    """Which documents have chunk files in a folder, by what passages call them."""

    documents: Set[str]
    elsewhere: Set[str]
    """Documents of the dataset of whose chunk files nothing is known."""
    is_whole: bool
    """Whether all chunk files could be read."""

    def has_lost(self, source_file: str, *, is_at_home: bool) -> bool:
        """Whether a passage of that document, whose text is in no chunk file, is gone and not only elsewhere.

        `is_at_home`: the folder holds what its pair was made of.
        """
        if source_file in self.documents:
            return True
        return is_at_home and self.is_whole and source_file not in self.elsewhere


class Gone:
    """Tells it of what was mined for the documents of a dataset, by the chunk files that were read."""

    def __init__(self, passages: Passages, documents: Sequence[Document]) -> None:
        self._passages = passages
        self._documents = documents
        elsewhere = _sources(document.facts.file_info for document in documents if document.current is None)
        self._folder = Folder(passages.sources, elsewhere, is_whole=not passages.problems)

    def has(self, passage: Negative | ExtraPositive, document: int) -> bool:
        """Whether a passage that was mined for a pair of the document, by its number, is gone."""
        # The n-th of equal texts of a document has a `#n` behind the hash; the text is what counts.
        key = passage.chunk_key.partition("#")[0]
        if not key or self._passages.has(key):
            return False
        is_at_home = self._documents[document].current is not None
        return self._folder.has_lost(passage.source_file, is_at_home=is_at_home)


def _sources(infos: Iterable[dict[str, Any]]) -> frozenset[str]:
    """What passages of documents call them."""
    return frozenset(str(info.get("source_file") or info.get("file_name") or "") for info in infos)
