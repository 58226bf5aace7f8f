"""Which documents there are below some folders, and what their outputs are called."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from qagen import files
from qagen.documents.readers import READERS
from qagen.errors import DataError
from qagen.formats import ENDING, ChunkFile

_OUR_ENDS = (
    *("_chunks.json", "_qa.json", "_negatives.json", "_verdicts.json", ".meta.json", "errors.jsonl"),
    *("qa_generation_summary.json", "training_data.json", "training_data.jsonl", ENDING),
)
"""Ends of the names of files that the pipeline writes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document to read: where it is, and the name that its outputs get."""

    path: Path
    label: str
    """The path from the working directory, or the whole path outside of it: what `source_file` says."""
    name: str
    """Stem of its outputs."""
    problem: str | None = None
    """Why it is not read, where that is known before it is opened."""

    @property
    def suffix(self) -> str:
        """The ending of its name, lower case."""
        return self.path.suffix.lower()

    @property
    def is_supported(self) -> bool:
        """Whether there is a reader for it; what is no file at all is not asked."""
        return self.suffix in READERS or (self.problem is not None and self.path.is_dir())

    def distinct_name(self, number: int = 0) -> str:
        """A name that no other document has, by a hash of the label; should one have it, there is a next one."""
        return files.safe_name(f"{self.path.stem}-{_digest(self.label + number * chr(0))}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user wants of a folder: patterns of names or of paths below it, such as `*.pdf` or `drafts/*`."""

    include: tuple[str, ...] = ()
    """None: everything."""
    exclude: tuple[str, ...] = ()
    leave_out: Path | None = None
    """A folder of ours below."""

    def takes(self, path: Path, folder: Path) -> bool:
        """Whether a file is wanted."""
        names = (path.name, path.relative_to(folder).as_posix())
        wanted = not self.include or any(fnmatch(name, one) for one in self.include for name in names)
        return wanted and not any(fnmatch(name, one) for one in self.exclude for name in names)


def find(places: Sequence[Path], choice: Choice | None = None) -> list[Source]:
    """All files below the places, in order of their paths, without hidden ones and those that are not wanted.

    Documents that share a stem get names that tell them apart (`a-3f2c1d`, `a-81b0c4`), by a hash of their labels.

    Raises:
        DataError: a place does not exist.
    """
    choice = choice or Choice()
    found: dict[Path, str | None] = {}
    for place in places:
        if place.is_dir():
            unread: list[OSError] = []
            found |= {path: _problem(path, place) for path in _files_below(place, choice, unread)}
            found |= {Path(error.filename): f"the folder cannot be read: {error.strerror}" for error in unread}
        elif place.exists() or place.is_symlink():
            found[place] = _kind_problem(place)
        else:
            raise DataError(f"{place}: there is no such file or folder. Check --incoming-dir or the path.")
    found = _each_once(found)
    stems = Counter(_stem(path) for path in found if path.suffix.lower() in READERS)
    return [_source(path, problem, alone=stems[_stem(path)] <= 1) for path, problem in found.items()]


def _each_once(found: Mapping[Path, str | None]) -> dict[Path, str | None]:
    """Without other paths to the same file; the one stays that it can be read by, else the first."""
    by_label: dict[str, Path] = {}
    for path, problem in found.items():
        label = _label(path)
        if label not in by_label or (found[by_label[label]] and not problem):
            by_label[label] = path
    return {path: found[path] for path in by_label.values()}


def _source(path: Path, problem: str | None, *, alone: bool) -> Source:
    source = Source(path, _label(path), files.safe_name(path.stem), problem)
    return source if alone else Source(path, source.label, source.distinct_name(), problem)


def _stem(path: Path) -> str:
    return files.safe_name(path.stem).casefold()


def _problem(path: Path, place: Path) -> str | None:
    if files.leads_out(path, place):
        return "it is a link that leads out of the folder. To take it, name the file itself"
    return _kind_problem(path)


def _kind_problem(path: Path) -> str | None:
    if path.is_symlink() and not path.exists():
        return "it is a link that leads nowhere"
    return None if path.is_file() else "it is no regular file"


def _files_below(folder: Path, choice: Choice, unread: list[OSError]) -> Iterator[Path]:
    """One folder at a time; links to folders are not followed, so that no circle is walked."""
    # What we write ourselves is no document of the next run, unless the user points at that very folder.
    leave_out = choice.leave_out.resolve() if choice.leave_out else None
    ours = leave_out if leave_out != folder.resolve() else None
    for place, folders, names in os.walk(folder, onerror=unread.append):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and (here / name).resolve() != ours)
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and choice.takes(path, folder) and not _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    """Whether it is a file of the pipeline: chunks, questions, or the text that we keep beside chunks."""
    if path.name.endswith(_OUR_ENDS):
        return True
    chunks = path.with_name(f"{path.stem}_chunks.json")
    try:
        if path.suffix != ".txt" or not chunks.is_file():
            return False
        return ChunkFile.parse(files.read_bytes(chunks)).metadata.file_name != path.name
    except (DataError, ValueError, OSError):  # the name of such a file may be longer than names can be
        return False


def _label(path: Path) -> str:
    """However the path was typed, the same file has the same label."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - not resolved: a link keeps the name that it was given
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)


def _digest(label: str) -> str:
    return hashlib.sha256(label.encode("utf-8", "surrogateescape")).hexdigest()[:6]
