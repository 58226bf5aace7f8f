"""Files -> documents with their pairs: QA files, and datasets that `combine` wrote before.

A dataset may be larger than the memory: it is gone through line by line, which is how `combine` writes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from qagen import files
from qagen.corpus import read_qa_rows
from qagen.dataset.today import Cut, Today
from qagen.errors import DataError
from qagen.formats import Pair, QAFile, Row, Summary, TrainingDocument, decode, encode, pair_rows
from qagen.pairs import pair_id
from qagen.state import still_there

_CHANGES_FROM_RUN_TO_RUN = {"run_id", "serial", "generated_at", "updated_at", "processed_at", "requests"}
"""Left out of the dataset: the same replies give the same bytes."""
_SNIFFED_BYTES = 4096
_MARK = b'"qa_combiner"'
"""Stands near the beginning of every dataset."""
_ROWS_BEGIN = b'  "training_pairs": ['
_LONGEST_HEAD = 64 * 1024 * 1024
_JOINED_LATER: Row = {"judge": None, "negatives": [], "extra_positives": []}
"""The places of what later commands join to a pair."""
_AT_A_TIME = 512
"""Most rows of a dataset that are in memory."""


@dataclass(slots=True, eq=False)
class Document:
    """What a dataset says of a document."""

    facts: TrainingDocument
    status: str = "completed"
    failed_chunks: int = 0
    chunks: int = 0
    answered: int = 0
    current: frozenset[str] | None = None
    """Keys of the chunks that it has today; None: nobody knows."""

    def is_outdated(self, row: Row) -> bool:
        """Whether a pair is about text that the document has no more; of one without a key, nobody knows."""
        key = row["chunk_key"]
        return bool(key) and self.current is not None and key not in self.current

    @property
    def pending(self) -> int:
        """Chunks that are not settled."""
        return self.chunks - self.answered - self.failed_chunks

    @property
    def key(self) -> bytes:
        """Equal where nothing tells two documents apart but where they were read."""
        facts = encode(self.facts.model_dump(mode="json", exclude={"qa_pairs_count"}))
        return hashlib.sha256(facts).digest()

    @property
    def origin(self) -> str:
        """The document itself, whatever was made of it and when."""
        return f"{self.facts.source_file}\n{self.facts.file_info.get('source_file')}"


@dataclass(slots=True)
class Source:
    """An input file."""

    documents: list[Document]
    blocks: Callable[[], Iterator[tuple[Document, list[Row]]]]
    """The pairs as they are written, with what later commands joined to them: neighbours of one document together."""
    rejected: list[tuple[Row, str]] = field(default_factory=list)
    """What was rejected at generation, and the code of the reason."""


def read(path: Path, today: Today) -> Source:
    """An input file of any kind, validated as a whole. `today`: the chunks that documents of QA files have now.

    Raises:
        DataError: unreadable, or neither a QA file nor a dataset.
    """
    if path.name.endswith("_qa.json"):
        return _from_qa(*read_qa_rows(path), path.name, today)
    kind = _kind(path)
    return _from_qa(*read_qa_rows(path), path.name, today) if kind == "qa" else _from_dataset(path, kind)


def rows_of(path: Path) -> Iterator[dict[str, Any]] | None:
    """The pairs of a dataset as they stand in it, one after the other; None where the file is something else.

    What is called `.jsonl` is taken for a dataset: nothing in such a file says what it is.

    Raises:
        DataError: unreadable.
        ValueError: while going through it: a row is no pair, or the end is missing.
    """
    if path.suffix == ".jsonl":
        return _lines(path)
    return _whole(path)[1](path) if path.suffix == ".json" and _kind(path) == "whole" else None


def size_of(path: Path) -> int:
    """How many pairs the dataset says it has; 0 where there is none that says so."""
    try:
        if not path.is_file() or _kind(path) == "qa":
            return 0
        head = _lines_head(path) if path.suffix == ".jsonl" else _whole(path)[0]
        return int(head["metadata"]["total_qa_pairs"])
    except (DataError, ValueError, TypeError, KeyError):
        return 0  # what is replaced need not be a dataset, nor whole


def _kind(path: Path) -> Literal["qa", "lines", "whole"]:
    if path.suffix == ".jsonl":
        return "lines"
    if not path.is_file():
        return "qa"  # whose reader says what it is instead
    try:
        with path.open("rb") as file:
            return "whole" if _MARK in file.read(_SNIFFED_BYTES) else "qa"
    except OSError as error:
        raise DataError(f"{path}: it cannot be read: {error.strerror}") from error


def _from_qa(qa_file: QAFile, rows: list[Row], name: str, today: Today) -> Source:
    info = qa_file.qa_generation_info.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN)
    facts = TrainingDocument(
        file_info=qa_file.metadata.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN),
        processing_info=qa_file.processing_info.model_dump(mode="json"),
        qa_generation_info=info,
        summary=qa_file.summary.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN),
        qa_pairs_count=0,
        source_file=name,
    )
    answered = max(qa_file.summary.completed_chunks, len(qa_file.completed_chunks))
    failed = len(qa_file.failed_chunks)
    chunks = max(qa_file.summary.total_chunks, answered + failed)
    document = Document(facts, qa_file.status, failed, chunks, answered)
    _bring_up_to_date(document, qa_file, rows, today.of(name))
    codes = {code for record in qa_file.chunks.values() for code in record.rejected}
    rejected = [(_identified(dict(vars(pair))), _reason(pair, codes)) for pair in qa_file.rejected_pairs]
    for row in rows:
        _identified(row).update(_JOINED_LATER)
    return Source([document], lambda: iter([(document, rows)]), rejected)


def _bring_up_to_date(document: Document, qa_file: QAFile, rows: list[Row], cut: Cut | None) -> None:
    """What the file says of chunks is true of those of then; here of those of today, as `qagen status` counts them."""
    records = still_there(qa_file, cut.keys, cut.chunks_name) if cut else None
    if cut is None or records is None:
        return
    document.current = cut.keys
    document.chunks = len(cut.keys)
    document.answered = sum(record.status == "completed" for record in records)
    document.failed_chunks = sum(record.status == "failed" for record in records)
    document.facts.summary.update(
        total_chunks=document.chunks,
        completed_chunks=document.answered,
        failed_chunks=document.failed_chunks,
        skipped_chunks=sum(record.skip_reason is not None for record in records),
        total_qa_pairs=sum(not document.is_outdated(row) for row in rows),
    )


def _reason(pair: Pair, codes: set[str]) -> str:
    """Of the codes of a rejected pair the one that it was rejected for: other codes are remarks."""
    return next((code for code in pair.checks if code in codes), pair.checks[0] if pair.checks else "REJECTED")


def _identified(row: Row) -> Row:
    """Files of older tools have no identities."""
    if not row["pair_id"]:
        row["pair_id"] = pair_id(row["question"], row["answer"], row["chunk_key"])
    return row


def _from_dataset(path: Path, kind: Literal["lines", "whole"]) -> Source:
    number = 0
    try:
        head, rows = (_lines_head(path), _lines) if kind == "lines" else _whole(path)
        documents = [_document(TrainingDocument.model_validate(item)) for item in head.get("documents") or []]
        for row in rows(path):
            number += 1
            Pair.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in ([f"pair {number}"] if number else []) + list(first["loc"]))
        raise DataError(f"{path}: it is no dataset of qagen: {where}: {first['msg']}") from None
    except ValueError as error:
        raise DataError(f"{path}: it is no dataset of qagen: after pair {number}: {error}") from None
    source = Source(documents, lambda: iter(()))
    source.blocks = lambda: _in_blocks(_attributed(_valid(rows(path)), source, path.name))
    return source


def _document(facts: TrainingDocument) -> Document:
    summary = {**Summary().model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN), **facts.summary}
    counts = {name: number for name, number in summary.items() if isinstance(number, int)}
    answered, failed = counts.get("completed_chunks", 0), counts.get("failed_chunks", 0)
    chunks = max(counts.get("total_chunks", 0), answered + failed)
    return Document(facts.model_copy(update={"summary": summary}), "completed", failed, chunks, answered)


def _valid(rows: Iterator[Row]) -> Iterator[Row]:
    """The pairs as they are written; what stands in a row beside the pair was joined to it."""
    while some := list(islice(rows, _AT_A_TIME)):
        for row, pair in zip(some, pair_rows(some), strict=True):
            yield _identified(pair) | _JOINED_LATER | {name: row[name] for name in row if name not in pair}


def _in_blocks(pairs: Iterable[tuple[Document, Row]]) -> Iterator[tuple[Document, list[Row]]]:
    for document, neighbours in groupby(pairs, key=itemgetter(0)):
        rows = map(itemgetter(1), neighbours)
        while block := list(islice(rows, _AT_A_TIME)):
            yield document, block


def _attributed(rows: Iterator[Row], source: Source, name: str) -> Iterator[tuple[Document, Row]]:
    """Each pair with its document: by what it says of itself, else by its place, else to one that is made for it."""
    known: dict[tuple[str, str], list[Document]] = {}
    for document in source.documents:
        info = document.facts.file_info
        known.setdefault((str(info.get("source_file", "")), str(info.get("file_name", ""))), []).append(document)
    placed = (document for document in list(source.documents) for _ in range(document.facts.qa_pairs_count))
    for row in rows:
        by_place = next(placed, None)
        origin = (row["source_file"], row["file_name"])
        found = known.get(origin, [])
        if len(found) == 1:
            document = found[0]
        elif by_place is not None and (by_place in found or not found):
            document = by_place
        else:
            info = {field: row[field] for field in ("file_name", "source_file", "file_type")}
            document = _document(_unknown(info, name))
            known[origin] = [document]
            source.documents.append(document)
        yield document, row


def _unknown(info: dict[str, Any], name: str) -> TrainingDocument:
    return TrainingDocument(
        file_info=info, processing_info={}, qa_generation_info={}, summary={}, qa_pairs_count=0, source_file=name
    )


def _lines_head(path: Path) -> dict[str, Any]:
    """What stands beside a dataset in JSON Lines; empty where nothing does."""
    beside = path.with_name(path.stem + ".meta.json")
    if not beside.exists():
        return {}
    try:
        head = decode(files.read_bytes(beside))
    except ValueError as error:
        raise DataError(f"{beside}: it is not JSON: {error}") from None
    if not isinstance(head, dict):
        raise DataError(f"{beside}: it is no dataset's metadata")
    return head


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in files.read_lines(path):
        if line.strip():
            yield _row(decode(line))


def _whole(path: Path) -> tuple[dict[str, Any], Callable[[Path], Iterator[dict[str, Any]]]]:
    """The head of a dataset in one JSON file, and how to go through its pairs."""
    head = bytearray()
    lines = files.read_lines(path)
    for line in lines:
        if line.rstrip(b"\r\n") == _ROWS_BEGIN:
            if not _is_row(next(lines, b"")):
                break  # the same beginning, and each pair over many lines
            return dict(decode(bytes(head) + b'"training_pairs": []}')), _rows_of_whole
        head += line
        if len(head) > _LONGEST_HEAD:
            break
    # Somebody else laid it out in another way: it must fit into the memory.
    value = decode(files.read_bytes(path))
    if not isinstance(value, dict) or not isinstance(value.get("training_pairs"), list):
        raise DataError(f"{path}: it is no dataset of qagen")
    return value, lambda _: map(_row, value["training_pairs"])


def _is_row(line: bytes) -> bool:
    """Whether a line is a pair, or the end of the list."""
    text = line.strip().removesuffix(b",")
    return text == b"]" or (text.startswith(b"{") and text.endswith(b"}"))


def _rows_of_whole(path: Path) -> Iterator[dict[str, Any]]:
    lines = files.read_lines(path)
    for line in lines:
        if line.rstrip(b"\r\n") == _ROWS_BEGIN:
            break
    for line in lines:
        text = line.strip().removesuffix(b",")
        if text == b"]":
            return
        yield _row(decode(text))
    raise ValueError("its end is missing")


def _row(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("a pair is no object")
    return value
