"""Negatives that were mined, joined to the pairs of the dataset while it is written: one file at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from qagen.corpus import negatives_path_of, read_negatives
from qagen.dataset.types import Joined
from qagen.errors import DataError
from qagen.formats import ExtraPositive, LeftOut, MinedPair, Negative
from qagen.pairs import pair_id

if TYPE_CHECKING:
    from qagen.dataset.gone import Gone

AnyPassage = TypeVar("AnyPassage", Negative, ExtraPositive)


def are_there(paths: Sequence[Path], folder: Path | None) -> bool:
    """Whether any input file has negatives, beside it or in the folder that was named."""
    if folder is not None:
        return any(folder.glob("*_negatives.json"))
    return any(negatives_path_of(path).is_file() for path in paths)


class Joining:
    """The negatives of the documents of a dataset. `paths`: by number of the document, where its file may be.

    `gone`: who tells which passages are not to be joined, because they are there no more; None: all are joined.
    """

    def __init__(self, paths: Mapping[int, Path], result: Joined, gone: Gone | None = None) -> None:
        self._paths = paths
        self._result = result
        self._gone = gone
        self._document: int | None = None
        self._mined: dict[str, MinedPair] = {}
        self._unclaimed: dict[Path, set[str]] = {}
        self._unusable: set[Path] = set()

    def join(self, row: dict[str, Any], document: int) -> None:
        """Put into a row what was mined for its pair. What an earlier run joined stays where there is nothing newer."""
        if document != self._document:
            self._open(document)
        # By what it says: the negatives of a question that was changed since are those of another one.
        identity = pair_id(row["question"], row["answer"], row["chunk_key"])
        found = self._mined.get(identity)
        if found is None:
            return
        self._unclaimed[self._paths[document]].discard(identity)
        negatives = self._still_there(found.negatives, document)
        positives = self._still_there(found.extra_positives, document)
        row["negatives"] = [one.model_dump(mode="json") for one in negatives]
        row["extra_positives"] = [one.model_dump(mode="json") for one in positives]
        self._result.pairs += bool(negatives)
        self._result.negatives += len(negatives)
        self._result.extra_positives += len(positives)
        self._result.gone_positives += len(found.extra_positives) - len(positives)
        self._result.emptied += bool(found.negatives) and not negatives

    def _still_there(self, passages: Sequence[AnyPassage], document: int) -> list[AnyPassage]:
        """Without those that are gone, which are counted."""
        if self._gone is None:
            return list(passages)
        gone = [self._gone.has(one, document) for one in passages]
        self._result.gone.update(one.source_file for one, is_gone in zip(passages, gone, strict=True) if is_gone)
        return [one for one, is_gone in zip(passages, gone, strict=True) if not is_gone]

    def finish(self) -> None:
        """Count what belongs to no pair of the dataset."""
        self._result.unclaimed = sum(map(len, self._unclaimed.values()))

    def _open(self, document: int) -> None:
        self._document, self._mined = document, {}
        path = self._paths.get(document)
        if path is None or path in self._unusable or not path.is_file():
            return
        try:
            saved = read_negatives(path)
        except DataError as error:
            self._unusable.add(path)
            self._result.problems.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
            return
        self._mined = {one.pair_id: one for one in saved.mined_pairs}
        if path in self._unclaimed:
            return  # the same document came in two files
        self._unclaimed[path] = set(self._mined)
        self._result.files += 1
        if saved.status != "completed":
            done = f"{saved.summary.completed_chunks} of {saved.summary.total_chunks} chunks"
            self._result.unfinished.append(LeftOut(file=path.name, why=f"{saved.status}: {done}"))
