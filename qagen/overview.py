"""How far each document is, read from its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qagen import state
from qagen.corpus import (
    find_chunk_files,
    find_qa_files,
    negatives_path_of,
    qa_path_of,
    read_chunks,
    read_negatives,
    read_qa,
)
from qagen.errors import DataError, UsageError
from qagen.formats import ChunkFile, Pair, QAFile
from qagen.llm.prices import without_dust
from qagen.pairs import pair_id
from qagen.spending import ROOM, Spent, spent_in
from qagen.state import Counts

NOT_BEGUN = "not begun"
CHANGED = "changed since"
"""It was finished, and what it was made from is another now."""
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Mining:
    """How far the negatives of one document are."""

    status: str
    mined: int = 0
    """Of the document's pairs of today."""
    pending: int = 0
    """Pairs."""
    failed: int = 0
    """Chunks whose candidates nobody judged."""
    negatives: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """None: the price is unknown, or nothing was asked. What embeddings cost is not in it."""
    embedding_model: str | None = None
    """Whose embeddings were searched, too; None: nobody's."""
    problem: str | None = None
    """Why the file cannot be read."""


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
    mining: Mining | None = None
    """None: there is no negatives file of it."""

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        value = asdict(self)
        for part in (value, value["mining"]):
            if part is not None:
                part["cost_usd"] = without_dust(part["cost_usd"])
        return value


def rows(chunks_dir: Path, qa_dir: Path, negatives_dir: Path | None = None) -> list[Row]:
    """A row for every document that has a chunk file or a QA file, by name.

    Negatives files are looked for beside the QA files, or in the folder that is named.

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
    return [_row(path, asked.get(path), negatives_path_of(path, negatives_dir)) for path in paths]


def _or_none(find: Any, directory: Path) -> list[Path]:
    try:
        return list(find(directory))
    except DataError:
        return []


def _row(qa_path: Path, chunks_path: Path | None, negatives_path: Path) -> Row:
    name = qa_path.name.removesuffix("_qa.json")
    try:
        chunk_file = read_chunks(chunks_path) if chunks_path else None
        saved = read_qa(qa_path) if qa_path.exists() else None
        counts, status, pairs = _counts(saved, chunk_file, chunks_path)
    except (DataError, UsageError) as error:
        text = str(error)
        names_it = str(qa_path) in text or (chunks_path and str(chunks_path) in text)
        return Row(name, UNREADABLE, problem=text if names_it else f"{qa_path}: {text}")
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
        mining=_mining(negatives_path, pairs) if negatives_path.is_file() else None,
    )


def _counts(
    saved: QAFile | None, chunk_file: ChunkFile | None, chunks_path: Path | None
) -> tuple[Counts, str, Sequence[Pair]]:
    """What is done of the chunks of today; without a chunk file, of those that the QA file counts. And the pairs."""
    if saved is None:
        return Counts(total=len(chunk_file.chunks) if chunk_file else 0), NOT_BEGUN, ()
    if chunk_file is None or chunks_path is None:
        summary = saved.summary
        done = summary.completed_chunks or len(saved.completed_chunks)
        failed = summary.failed_chunks or len(saved.failed_chunks)
        total = max(summary.total_chunks, done + failed)
        counts = Counts(total, done, failed, summary.skipped_chunks, len(saved.training_pairs))
        return counts, saved.status, saved.training_pairs
    keys = state.chunk_keys(chunk_file.chunks)
    entries = state.match(saved, chunk_file, keys, chunks_path.name).entries.values()
    pairs = [pair for entry in entries for pair in entry.pairs]
    counts = Counts(
        total=len(keys),
        completed=sum(entry.record.status == "completed" for entry in entries),
        failed=sum(entry.record.status == "failed" for entry in entries),
        skipped=sum(entry.record.skip_reason is not None for entry in entries),
        pairs=len(pairs),
    )
    changed = counts.pending and saved.status == "completed"
    return counts, CHANGED if changed else saved.status, pairs


def _mining(path: Path, pairs: Iterable[Pair]) -> Mining:
    """What is mined of these pairs."""
    wanted = {pair_id(pair.question, pair.answer, pair.chunk_key) for pair in pairs}
    try:
        saved = read_negatives(path)
    except DataError as error:
        return Mining(UNREADABLE, pending=len(wanted), problem=str(error))
    # By what they say, as `combine` joins them: what was mined for a pair that changed since is of no use.
    mined = {one.pair_id: len(one.negatives) for one in saved.mined_pairs if one.pair_id in wanted}
    pending = len(wanted) - len(mined)
    return Mining(
        CHANGED if pending and saved.status == "completed" else saved.status,
        mined=len(mined),
        pending=pending,
        failed=len(saved.failed_chunks),
        negatives=sum(mined.values()),
        input_tokens=saved.summary.input_tokens,
        output_tokens=saved.summary.output_tokens,
        cost_usd=saved.summary.cost_usd,
        embedding_model=saved.mining_info.embedding_model,
    )


def embeddings(qa_dir: Path, negatives_dir: Path | None = None) -> dict[str, Spent]:
    """What embeddings took in all runs, by provider/model; they stand beside the negatives."""
    return spent_in((negatives_dir or qa_dir) / ROOM)


def as_dict(listed: Sequence[Row], spent: Mapping[str, Spent]) -> dict[str, Any]:
    """All of it as JSON: `documents`, their sum as `total`, and `embeddings` by provider/model."""
    return {
        "documents": [row.as_dict() for row in listed],
        "total": total(listed).as_dict(),
        "embeddings": {model: one.as_dict() for model, one in spent.items()},
    }


def total(all_rows: Iterable[Row]) -> Row:
    """The sum of the rows; its cost is unknown where that of any row is that used tokens."""
    listed = list(all_rows)
    mined = [row.mining for row in listed if row.mining]
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
        cost_usd=_cost(listed),
        mining=Mining(
            "",
            mined=sum(one.mined for one in mined),
            pending=sum(row.mining.pending if row.mining else row.pairs for row in listed),
            failed=sum(one.failed for one in mined),
            negatives=sum(one.negatives for one in mined),
            input_tokens=sum(one.input_tokens for one in mined),
            output_tokens=sum(one.output_tokens for one in mined),
            cost_usd=_cost(mined),
        )
        if mined
        else None,
    )


def _cost(rows: Sequence[Row] | Sequence[Mining]) -> float | None:
    """What all of them cost. A sum of those that are known would look like all that was spent."""
    if any(row.cost_usd is None and (row.input_tokens or row.output_tokens) for row in rows):
        return None
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    return sum(known) if known else None
