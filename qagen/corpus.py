"""The files of a corpus: which there are, how they are called, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from qagen import files
from qagen.errors import DamagedError, DataError
from qagen.formats import (
    ChunkFile,
    DocumentInfo,
    NegativesFile,
    ProcessingInfo,
    QAFile,
    Row,
    decode,
    is_unchanged,
    parse_rows,
)

_OTHER_FILES = (
    *("_qa", "_verdicts", "_negatives", "qa_generation_summary", "mining_summary", "training_data", ".meta"),
)
"""Ends of the names of files that are no chunk files, should they stand in the same folder."""

Model = TypeVar("Model")


def read_chunks(path: Path) -> ChunkFile:
    """A chunk file of any shape that we know.

    Raises:
        DataError: unreadable, not JSON, of an unknown shape, or not finished; the text names the file.
    """
    chunk_file = _read(path, ChunkFile.parse, "chunk file")
    if chunk_file.status != "completed":
        raise DataError(f"{path}: it is unfinished (status: {chunk_file.status}); chunk the document again")
    if not chunk_file.metadata.file_name:
        metadata = chunk_file.metadata.model_copy(
            update={"file_name": f"{stem_of(path)}{chunk_file.metadata.file_type}"}
        )
        chunk_file = chunk_file.model_copy(update={"metadata": metadata})
    return chunk_file


@dataclass(frozen=True, slots=True)
class ChunkFacts:
    """What a chunk file says of itself."""

    metadata: DocumentInfo
    processing: ProcessingInfo
    chunks: int
    characters: int
    """Of the document's text, as far as chunks reach."""


def read_facts(path: Path) -> ChunkFacts:
    """The same without a look at every chunk: a folder of thousands is gone through each time.

    Raises:
        DataError: there is no such file, or it is no finished chunk file.
    """

    def parse(data: bytes) -> ChunkFacts:
        value = decode(data)
        chunks = value.get("chunks") if isinstance(value, dict) else None
        if not isinstance(chunks, list) or value.get("status") != "completed":
            raise DataError("it is no finished chunk file")
        ends = [chunk.get("end_char") for chunk in chunks if isinstance(chunk, dict)]
        characters = max((end for end in ends if isinstance(end, int)), default=0)
        metadata = DocumentInfo.model_validate(value.get("metadata"))
        processing = ProcessingInfo.model_validate(value.get("processing_info"))
        return ChunkFacts(metadata, processing, len(chunks), characters)

    return _read(path, parse, "chunk file")


@dataclass(frozen=True, slots=True)
class ChunkFiles:
    """What stands in a folder of chunk files."""

    paths: list[Path]
    """Chunk files, by name: those called so, else all JSON that is known to be nothing else."""
    ignored: list[Path]
    """Other JSON beside files that are called chunk files."""


def find_chunk_files(directory: Path) -> ChunkFiles:
    """The chunk files of a folder.

    Raises:
        DataError: there is no such folder, or no such file in it.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: there is no such folder. Make chunks with `qagen chunk`, or check --chunks-dir.")
    found = [path for path in sorted(directory.iterdir()) if path.suffix in {".json", ".jsonl"} and path.is_file()]
    found = [path for path in found if not path.stem.endswith(_OTHER_FILES) and not path.name.startswith(".")]
    named = [path for path in found if path.stem.endswith("_chunks")]
    if not found:
        raise DataError(
            f"{directory}: there is no *_chunks.json file in it. Make some with `qagen chunk`, or check --chunks-dir."
        )
    return ChunkFiles(named or found, [path for path in found if named and path not in named])


def qa_path_of(chunks_path: Path, qa_dir: Path) -> Path:
    """`pump_chunks.json` -> `<qa_dir>/pump_qa.json`."""
    return qa_dir / f"{files.safe_name(stem_of(chunks_path))}_qa.json"


def stem_of(chunks_path: Path) -> str:
    return chunks_path.stem.removesuffix("_chunks")


def find_qa_files(qa_dir: Path) -> list[Path]:
    """The QA files of a directory, by name.

    Raises:
        DataError: there is no such directory, or no QA file in it.
    """
    if not qa_dir.is_dir():
        raise DataError(f"{qa_dir}: there is no such folder. Make it with `qagen generate-qa`, or check --qa-dir.")
    found = sorted(path for path in qa_dir.glob("*_qa.json") if not path.name.startswith("."))
    if not found:
        raise DataError(f"{qa_dir}: there is no *_qa.json file in it. Make some with `qagen generate-qa`.")
    return found


def expand(inputs: Iterable[Path]) -> list[Path]:
    """The files that are named, and the QA files of the folders that are.

    Raises:
        DataError: there is no QA file in a folder.
    """
    return [path for given in inputs for path in (find_qa_files(given) if given.is_dir() else [given])]


def without_answers(chunks_dir: Path, qa_dir: Path) -> list[Path]:
    """The chunk files that no QA file belongs to; none where there is no folder of chunk files."""
    try:
        paths = find_chunk_files(chunks_dir).paths
    except DataError:
        return []
    return [path for path in paths if not qa_path_of(path, qa_dir).exists()]


def backup_of(qa_path: Path) -> Path:
    """Where the last version but one of a QA file lies: beside the file itself, should a link lead there."""
    path = qa_path.resolve() if qa_path.is_symlink() else qa_path
    return path.with_name(path.name + ".bak")


def read_qa(path: Path) -> QAFile:
    """A QA file, validated.

    Raises:
        DataError: unreadable, not JSON, or not a QA file; the text names the file and the field.
    """
    return _read_qa(path, QAFile.parse)


def read_qa_rows(path: Path) -> tuple[QAFile, list[Row]]:
    """The same, with the training pairs as rows beside it.

    Raises:
        DataError: as `read_qa`.
    """
    return _read_qa(path, parse_rows)


def _read_qa(path: Path, parse: Callable[[bytes], Model]) -> Model:
    try:
        return _read(path, parse, "QA file")
    except DamagedError as error:
        if not backup_of(path).exists():
            raise
        raise DamagedError(
            f"{error}. Its last version but one lies beside it ({backup_of(path).name}): `qagen generate-qa` goes on "
            "from that."
        ) from None


State = TypeVar("State", QAFile, NegativesFile)
_KINDS = {QAFile: "QA file", NegativesFile: "negatives file"}


def recall(path: Path, form: type[State]) -> tuple[State, bool]:
    """A state file or its backup, and whether it is as it was written: a person or a fault may have changed it since.

    Raises:
        DamagedError: not JSON, or not such a file.
        DataError: unreadable, or made by a newer qagen.
    """

    def parse(data: bytes) -> tuple[State, bool]:
        return form.parse(data), is_unchanged(data)

    return _read(path, parse, _KINDS[form])


def negatives_path_of(qa_path: Path, folder: Path | None = None) -> Path:
    """`qa/pump_qa.json` -> `qa/pump_negatives.json`, or in the folder that is named."""
    return (folder or qa_path.parent) / f"{qa_path.stem.removesuffix('_qa')}_negatives.json"


def read_negatives(path: Path) -> NegativesFile:
    """A negatives file, validated.

    Raises:
        DataError: unreadable, not JSON, or not a negatives file; the text names the file and the field.
    """
    return _read(path, NegativesFile.parse, "negatives file")


def _read(path: Path, parse: Callable[[bytes], Model], kind: str) -> Model:
    data = files.read_bytes(path)
    try:
        return parse(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        raise DamagedError(f"{path}: it is no valid {kind}: {f'{place}: ' if place else ''}{message}") from None
    except ValueError as error:
        raise DamagedError(f"{path}: it is not JSON: {error}") from None
    except DataError as error:
        raise type(error)(f"{path}: {error}") from None
