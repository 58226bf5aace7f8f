"""[QA file] -> training data: validated, without duplicates, in one file that is the same on every run.

Streams: one QA file is in memory at a time, and the pairs are spooled to the disk, so that the size of the dataset does
not matter. Of each pair seen only two hashes are kept.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from qagen import files
from qagen.checks import normal_question
from qagen.corpus import read_qa
from qagen.errors import DataError
from qagen.formats import (
    LeftOut,
    Pair,
    ProcessingConfig,
    QAFile,
    TrainingDocument,
    TrainingMetadata,
    encode,
    utc_time,
)

_CHANGES_FROM_RUN_TO_RUN = {"run_id", "serial", "generated_at", "updated_at", "processed_at", "requests"}
"""Left out of the dataset: the same replies give the same bytes."""


@dataclass(slots=True)
class Combined:
    """What went in, what was left out, and why: the figures that the user is shown."""

    documents: list[TrainingDocument] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    invalid: list[LeftOut] = field(default_factory=list)
    pairs: int = 0
    duplicates: int = 0
    conflicts: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Pairs by question type."""
    checks: Counter[str] = field(default_factory=Counter)
    """Pairs by check code."""
    generators: Counter[str] = field(default_factory=Counter)
    """Pairs by `generator_kind`."""


@dataclass(slots=True)
class _Seen:
    """Which questions and which pairs there have been, as hashes."""

    pairs: set[bytes] = field(default_factory=set)
    answers: dict[bytes, bytes] = field(default_factory=dict)
    """First answer of each question; b"" once a conflict was counted."""

    def note(self, pair: Pair) -> tuple[bool, bool]:
        """Whether the pair is a duplicate, and whether it is the first to contradict an earlier answer."""
        question = _digest(normal_question(pair.question))
        answer = _digest(" ".join(pair.answer.casefold().split()))
        both = question + answer
        if both in self.pairs:
            return True, False
        self.pairs.add(both)
        first = self.answers.setdefault(question, answer)
        conflict = first not in {answer, b""}
        if conflict:
            self.answers[question] = b""
        return False, conflict


def combine(
    paths: Sequence[Path], output: Path, *, lines: bool, strict: bool, include_unfinished: bool, version: str
) -> Combined:
    """Merge the QA files into `output`, in the order of their names. `lines`: JSON Lines and a `.meta.json`.

    Raises:
        DataError: no file can be used; nothing is written.
        StorageError: the output cannot be written.
    """
    result = Combined()
    seen = _Seen()
    config: dict[str, list[Any]] = {}
    with files.spool() as spool:
        for path in sorted(paths, key=lambda path: (path.name, str(path))):
            try:
                qa_file = read_qa(path)
            except DataError as error:
                result.invalid.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
                continue
            why = _why_not(qa_file, strict=strict, include_unfinished=include_unfinished)
            if why:
                result.left_out.append(LeftOut(file=path.name, why=why))
                continue
            _add(qa_file, path.name, result, seen, spool)
            _note_config(config, qa_file)
        if not result.documents:
            raise DataError(_nothing_to_combine(result))
        metadata = TrainingMetadata(
            generated_at=utc_time(),
            qagen_version=version,
            total_qa_pairs=result.pairs,
            num_documents=len(result.documents),
            source_qa_files=[document.source_file for document in result.documents],
            left_out=[*result.left_out, *result.invalid],
            duplicates_removed=result.duplicates,
            conflicts=result.conflicts,
            processing_config=ProcessingConfig(**{name: _one_or_list(values) for name, values in config.items()}),
        )
        _write(output, metadata, result.documents, spool, lines=lines)
    return result


def _why_not(qa_file: QAFile, *, strict: bool, include_unfinished: bool) -> str | None:
    """Why a valid file stays out; None: it goes in."""
    summary = qa_file.summary
    if qa_file.status != "completed" and not include_unfinished:
        done = f"{summary.completed_chunks} of {summary.total_chunks} chunks"
        return f"{qa_file.status}: {done}"
    if strict and qa_file.failed_chunks:
        return f"{len(qa_file.failed_chunks)} of {summary.total_chunks} chunks failed (--strict)"
    return None


def _add(qa_file: QAFile, name: str, result: Combined, seen: _Seen, spool: IO[bytes]) -> None:
    """Spool the document's pairs, and note the document."""
    kept = 0
    for pair in qa_file.training_pairs:
        duplicate, conflict = seen.note(pair)
        result.duplicates += duplicate
        result.conflicts += conflict
        if duplicate:
            continue
        kept += 1
        result.kinds[pair.question_type or "unknown"] += 1
        result.checks.update(pair.checks)
        result.generators[pair.generator_kind] += 1
        spool.write(encode(_training_pair(pair)) + b"\n")
    result.pairs += kept
    info = qa_file.qa_generation_info.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN)
    result.documents.append(
        TrainingDocument(
            file_info=qa_file.metadata.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN),
            processing_info=qa_file.processing_info.model_dump(mode="json"),
            qa_generation_info=info,
            summary=qa_file.summary.model_dump(mode="json", exclude=_CHANGES_FROM_RUN_TO_RUN),
            qa_pairs_count=kept,
            source_file=name,
        )
    )


def _training_pair(pair: Pair) -> dict[str, Any]:
    """All fields of the pair, and the places of what later commands join to it."""
    return {**pair.model_dump(mode="json"), "judge": None, "negatives": [], "extra_positives": []}


def _note_config(config: dict[str, list[Any]], qa_file: QAFile) -> None:
    info, processing = qa_file.qa_generation_info, qa_file.processing_info
    for name, value in (
        ("llm_provider", info.provider),
        ("model_used", info.model),
        ("questions_per_chunk", info.questions_per_chunk),
        ("temperature", info.temperature),
        ("chunk_size", processing.chunk_size),
        ("chunk_overlap", processing.chunk_overlap),
        ("splitting_strategy", processing.splitting_strategy),
        ("max_tokens", info.max_tokens),
    ):
        values = config.setdefault(name, [])
        if value not in values:
            values.append(value)


def _one_or_list(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _write(
    output: Path, metadata: TrainingMetadata, documents: list[TrainingDocument], spool: IO[bytes], *, lines: bool
) -> None:
    head: dict[str, Any] = {
        "metadata": metadata.model_dump(mode="json"),
        "documents": [document.model_dump(mode="json") for document in documents],
    }
    spool.seek(0)
    if lines:
        # The rows last: whoever sees the new rows can trust the facts beside them.
        files.write(output.with_name(output.stem + ".meta.json"), encode(head, indent=True) + b"\n")
        files.write(output, iter(lambda: spool.read(1 << 20), b""), keep_backup=True)
    else:
        files.write(output, _whole(head, spool), keep_backup=True)


def _whole(head: dict[str, Any], spool: IO[bytes]) -> Iterator[bytes]:
    """The JSON document: metadata, documents, and one line per pair."""
    yield encode(head, indent=True).removesuffix(b"\n}") + b',\n  "training_pairs": ['
    between = b"\n    "
    for line in spool:
        yield between + line.rstrip(b"\n")
        between = b",\n    "
    yield b"\n  ]\n}\n" if between.startswith(b",") else b"]\n}\n"


def _nothing_to_combine(result: Combined) -> str:
    reasons = "; ".join(f"{one.file}: {one.why}" for one in [*result.left_out, *result.invalid][:10])
    hint = (
        " Finish them with `qagen generate-qa`, or take what there is with --include-unfinished."
        if result.left_out
        else ""
    )
    return f"there is nothing to combine: {reasons}.{hint}"


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).digest()
