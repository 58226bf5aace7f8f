"""The dataset as a file: JSON with one line per pair, or JSON Lines with the facts beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qagen import files
from qagen.formats import TrainingDocument, TrainingMetadata, encode


def write(
    output: Path,
    metadata: TrainingMetadata,
    documents: list[TrainingDocument],
    pairs: Iterable[bytes],
    *,
    lines: bool,
) -> None:
    """Replace the file; the old one stays as `.bak`. `pairs` are lines of JSON with their ends, one or many in a piece.

    Raises:
        StorageError: it cannot be written.
    """
    head: dict[str, Any] = {
        "metadata": metadata.model_dump(mode="json"),
        "documents": [document.model_dump(mode="json") for document in documents],
    }
    if lines:
        # The rows last: whoever sees the new rows can trust the facts beside them.
        files.write(output.with_name(output.stem + ".meta.json"), encode(head, indent=True) + b"\n")
        files.write(output, pairs, keep_backup=True)
    else:
        files.write(output, _whole(head, pairs), keep_backup=True)


def _whole(head: dict[str, Any], pairs: Iterable[bytes]) -> Iterator[bytes]:
    """The JSON document: metadata, documents, and one line per pair."""
    yield encode(head, indent=True).removesuffix(b"\n}") + b',\n  "training_pairs": ['
    between = b"\n    "
    for lines in pairs:
        yield between + lines.removesuffix(b"\n").replace(b"\n", b",\n    ")
        between = b",\n    "
    yield b"\n  ]\n}\n" if between.startswith(b",") else b"]\n}\n"
