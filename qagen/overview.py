"""How far each document is, read from its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qagen import state
from qagen.corpus import find_chunk_files, find_qa_files, qa_path_of, read_chunks, read_qa
from qagen.errors import DataError, UsageError
from qagen.formats import ChunkFile, QAFile
from qagen.state import Counts


@dataclass(frozen=True, slots=True)
class Row:
    """One document."""

    name: str
    status: str
    chunks: int = 0
    completed: int = 0
    failed: int = 0
    pending: int = 0
    pairs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """None: the price is unknown, or nothing was asked."""
    problem: str | None = None
    """Why the file cannot be read."""

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return asdict(self)


def rows(chunks_dir: Path, qa_dir: Path) -> list[Row]:
    """A row for every document that has a chunk file or a QA file, by name.

    Raises:
        DataError: there is neither.
    """
    chunk_files = _or_none(lambda folder: find_chunk_files(folder).paths, chunks_dir)
    qa_files = _or_none(find_qa_files, qa_dir)
    if not chunk_files and not qa_files:
        raise DataError(
            f"there are no chunk files in {chunks_dir} and no QA files in {qa_dir}. "
            "Begin with `qagen chunk`, or check --chunks-dir and --qa-dir."
        )
    asked = {qa_path_of(path, qa_dir): path for path in chunk_files}
    paths = sorted({*asked, *qa_files}, key=lambda path: path.name)
    return [_row(path, asked.get(path)) for path in paths]


def _or_none(find: Any, directory: Path) -> list[Path]:
    try:
        return list(find(directory))
    except DataError:
        return []


def _row(qa_path: Path, chunks_path: Path | None) -> Row:
    name = qa_path.name.removesuffix("_qa.json")
    try:
        chunk_file = read_chunks(chunks_path) if chunks_path else None
        saved = read_qa(qa_path) if qa_path.exists() else None
        counts, status = _counts(saved, chunk_file, chunks_path)
    except (DataError, UsageError) as error:
        text = str(error)
        return Row(
            name,
            "unreadable",
            problem=text
            if str(qa_path) in text or (chunks_path and str(chunks_path) in text)
            else f"{qa_path}: {text}",
        )
    summary = saved.summary if saved else None
    return Row(
        name,
        status,
        chunks=counts.total,
        completed=counts.completed,
        failed=counts.failed,
        pending=counts.pending,
        pairs=counts.pairs,
        input_tokens=summary.input_tokens if summary else 0,
        output_tokens=summary.output_tokens if summary else 0,
        cost_usd=summary.cost_usd if summary else None,
    )


def _counts(saved: QAFile | None, chunk_file: ChunkFile | None, chunks_path: Path | None) -> tuple[Counts, str]:
    """What is done of the chunks of today; without a chunk file, of those that the QA file counts."""
    if saved is None:
        return Counts(total=len(chunk_file.chunks) if chunk_file else 0), "not begun"
    if chunk_file is None or chunks_path is None:
        summary = saved.summary
        done = summary.completed_chunks or len(saved.completed_chunks)
        failed = summary.failed_chunks or len(saved.failed_chunks)
        total = max(summary.total_chunks, done + failed)
        return Counts(total, done, failed, summary.skipped_chunks, len(saved.training_pairs)), saved.status
    keys = state.chunk_keys(chunk_file.chunks)
    entries = state.match(saved, chunk_file, keys, chunks_path.name).entries.values()
    counts = Counts(
        total=len(keys),
        completed=sum(entry.record.status == "completed" for entry in entries),
        failed=sum(entry.record.status == "failed" for entry in entries),
        skipped=sum(entry.record.skip_reason is not None for entry in entries),
        pairs=sum(len(entry.pairs) for entry in entries),
    )
    changed = counts.pending and saved.status == "completed"
    return counts, "changed since" if changed else saved.status


def total(all_rows: Iterable[Row]) -> Row:
    """The sum of the rows; its cost is that of the rows whose cost is known."""
    listed = list(all_rows)
    costs = [row.cost_usd for row in listed if row.cost_usd is not None]
    return Row(
        "all",
        "",
        chunks=sum(row.chunks for row in listed),
        completed=sum(row.completed for row in listed),
        failed=sum(row.failed for row in listed),
        pending=sum(row.pending for row in listed),
        pairs=sum(row.pairs for row in listed),
        input_tokens=sum(row.input_tokens for row in listed),
        output_tokens=sum(row.output_tokens for row in listed),
        cost_usd=sum(costs) if costs else None,
    )
