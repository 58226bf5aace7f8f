"""The table of formats: which module reads which ending. A new format is a module with `read` and a row here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace

from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from qagen.extras import how_to_install
from qagen.formats import without_surrogates


@dataclass(frozen=True, slots=True)
class Format:
    """How files with some ending are read."""

    module: str
    """In this folder, with `read(data: bytes, reading: Reading) -> Document`, which raises DataError."""
    binary: bool = False
    """A library takes strangers' bytes apart: that happens in a child process, with limits."""
    has_records: bool = False
    """Its texts stand in fields, which the user can name."""


READERS: dict[str, Format] = {
    ".txt": Format("text"),
    ".text": Format("text"),
    ".md": Format("markdown"),
    ".markdown": Format("markdown"),
    ".rst": Format("rst"),
    ".html": Format("html"),
    ".htm": Format("html"),
    ".xhtml": Format("html"),
    ".csv": Format("delimited"),
    ".tsv": Format("delimited"),
    ".json": Format("records", has_records=True),
    ".jsonl": Format("records", has_records=True),
    ".ndjson": Format("records", has_records=True),
    ".pdf": Format("pdf", binary=True),
    ".docx": Format("docx", binary=True),
    ".pptx": Format("pptx", binary=True),
    ".xlsx": Format("xlsx", binary=True),
    ".epub": Format("epub", binary=True),
    ".odt": Format("odt", binary=True),
    ".rtf": Format("rtf", binary=True),
}
"""By the ending of the file's name, lower case."""


def parse(data: bytes, suffix: str, reading: Reading) -> Document:
    """The document in the bytes of a file with that ending.

    Raises:
        DataError: it cannot be read, or holds no text; the text says why, and names no file.
    """
    name = READERS[suffix].module
    try:
        document: Document = importlib.import_module(f"qagen.documents.{name}").read(data, reading)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("qagen"):
            raise
        raise DataError(f"to read {suffix} files, install their libraries: {how_to_install('docs')}") from None
    if not document.text.strip():
        raise DataError("it holds no text")
    # Lone surrogates can be written into no file; the replacement is as long, so that offsets stay.
    return replace(document, text=without_surrogates(document.text))
