"""What an earlier run left of a document, placed on the chunks of today. Nothing is written here."""

from __future__ import annotations

from pathlib import Path

from qagen import runs, state
from qagen.corpus import recall
from qagen.errors import DataError, UsageError
from qagen.formats import ChunkFile, GenerationInfo, QAFile
from qagen.llm.prices import Price
from qagen.runs import Loaded, Recalled


def load(
    chunk_file: ChunkFile, path: Path, qa_path: Path, info: GenerationInfo, price: Price | None, *, fresh: bool = False
) -> Loaded[QAFile]:
    """Match the QA file, or else its backup, with the chunks of today; `fresh`: as if there were none.

    Raises:
        DataError: neither is of use, or the file is a link that leads out of its directory.
        UsageError: a file of an older tool that cannot be matched.
    """
    document = state.start(chunk_file, path.name, info, qa_path, price)

    def matched(place: Path) -> Recalled[QAFile]:
        saved, unchanged = recall(place, QAFile)
        try:
            matching = state.match(saved, chunk_file, document.keys, document.chunks_name)
        except (DataError, UsageError) as error:
            raise type(error)(f"{place}: {error}") from None
        return Recalled(saved, unchanged, matching)

    return runs.load(document, matched, fresh=fresh)


def cut_otherwise(saved: QAFile, chunk_file: ChunkFile) -> list[str]:
    """Another size or strategy of cutting, which makes earlier results useless: nobody should do that by mistake."""
    names = ("splitting_strategy", "chunk_size")
    old, new = (
        {name: getattr(one, name) for name in names} for one in (saved.processing_info, chunk_file.processing_info)
    )
    return state.differences(old, new) if all(old.values()) and all(new.values()) else []
