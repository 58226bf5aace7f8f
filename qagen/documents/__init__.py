"""path -> Document: the text of a file, its title, and the headings that stand over each part.

One reader per format, one row each in `READERS`. A reader takes bytes and gives text; offsets are counted in the text
that it gives, which is stored beside the chunks.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from qagen import files
from qagen.documents import markdown, text
from qagen.documents.types import Document, Heading
from qagen.errors import DataError
from qagen.formats import ChunkFile, DocumentInfo

__all__ = ["READERS", "Document", "Heading", "Source", "distinct_name", "find", "read"]

READERS: dict[str, Callable[[bytes], Document]] = {
    ".txt": text.read,
    ".text": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
}
"""By the ending of the file's name, lower case."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document to read: where it is, and the name that its outputs get."""

    path: Path
    label: str
    """The path from the working directory, or the whole path outside of it: what `source_file` says."""
    name: str
    """Stem of its outputs."""
    unsupported: bool = field(default=False)
    leads_out: bool = False
    """A link to somewhere outside of the folder that was named: nobody asked for what lies there."""


def find(places: list[Path], leave_out: Path | None = None) -> list[Source]:
    """All files below the places, in order of their paths, without hidden ones and those below `leave_out`.

    Documents that share a stem get names that tell them apart (`a-3f2c1d`, `a-81b0c4`), by a hash of their labels.

    Raises:
        DataError: a place does not exist.
    """
    found: dict[Path, str] = {}
    leading_out: set[Path] = set()
    for place in places:
        if place.is_dir():
            below = list(_files_below(place, leave_out))
            found |= {path: _label(path) for path in below}
            leading_out |= {path for path in below if files.leads_out(path, place)}
        elif place.exists():
            found[place] = _label(place)
        else:
            raise DataError(f"{place}: there is no such file or folder. Check --incoming-dir or the path.")
    stems = Counter(path.stem.casefold() for path in found if path.suffix.lower() in READERS)
    return [
        Source(
            path,
            label,
            files.safe_name(path.stem if stems[path.stem.casefold()] <= 1 else f"{path.stem}-{_digest(label)}"),
            path.suffix.lower() not in READERS,
            path in leading_out,
        )
        for path, label in found.items()
    ]


def distinct_name(source: Source) -> str:
    """A name that no other document has, by a hash of the label."""
    return files.safe_name(f"{source.path.stem}-{_digest(source.label)}")


def read(source: Source) -> tuple[Document, DocumentInfo]:
    """The document and the facts about its file.

    Raises:
        DataError: it cannot be read, or holds no text.
    """
    if source.leads_out:
        raise DataError(f"{source.path}: it is a link that leads out of the folder. To take it, name the file itself")
    data = files.read_bytes(source.path)
    document = READERS[source.path.suffix.lower()](data)
    if not document.text.strip():
        raise DataError(f"{source.path}: it holds no text")
    info = DocumentInfo(
        file_name=source.path.name,
        source_file=source.label,
        file_type=source.path.suffix.lower(),
        file_size=len(data),
        document_id=f"sha256:{hashlib.sha256(data).hexdigest()}",
        title=document.title or source.path.stem,
    )
    return document, info


def _files_below(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    # What we write ourselves is no document of the next run, unless the user points at that very folder.
    ours = leave_out.resolve() if leave_out and leave_out.resolve() != folder.resolve() else None
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file() or (ours and path.resolve().is_relative_to(ours)) or _is_our_copy(path):
            continue
        yield path


def _is_our_copy(path: Path) -> bool:
    """Whether it is the text that we keep beside a chunk file."""
    chunks = path.with_name(f"{path.stem}_chunks.json")
    try:
        if path.suffix != ".txt" or not chunks.is_file():
            return False
        return ChunkFile.parse(files.read_bytes(chunks)).metadata.file_name != path.name
    except (DataError, ValueError):
        return False


def _label(path: Path) -> str:
    """However the path was typed, the same file has the same label."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - not resolved: a link keeps the name that it was given
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)


def _digest(label: str) -> str:
    return hashlib.sha256(label.encode("utf-8", "surrogateescape")).hexdigest()[:6]
