"""What went wrong and what helps against it, read from the QA files, the negatives files and the error log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qagen import files
from qagen.checks import RULES
from qagen.corpus import find_qa_files, negatives_path_of, read_negatives, read_qa
from qagen.dataset.today import Cut, Today
from qagen.errors import DataError
from qagen.formats import ChunkRecord, LeftOut, NegativesFile, QAFile, decode
from qagen.state import still_there

_MOST_MESSAGES = 10
_EXCERPT = 300
_UNSAID = "unknown"
_VARIABLE = re.compile(r"\d[\d,.]*|\b[0-9a-f]{8,}\b|'[^']*'|\"[^\"]*\"")
"""What differs between messages that say the same."""

HINTS = {
    "context_length": "Cut smaller chunks (qagen chunk --chunk-size), or take a model with a larger context.",
    "too_large": "Cut smaller chunks (qagen chunk --chunk-size).",
    "max_tokens": "Raise --max-tokens, or ask for fewer pairs (--questions-per-chunk).",
    "refused": "Take another model, or say in --extra-instructions what the documents are.",
    "invalid_output": "Look at the replies below: a larger model, fewer pairs or --temperature 0 often help.",
    "bad_request": "The model or an option is not what the host takes: see the message, and `qagen doctor`.",
    "response_too_large": "Something else than a model answers there, or raise --max-response-mb.",
    "transient:rate_limited": "Set --requests-per-minute or --tokens-per-minute to what your account allows.",
    "transient:5xx": "The host was overloaded: run again later, or with a lower --max-concurrent.",
    "transient:read_timeout": "The server was too slow: a lower --max-concurrent or --max-tokens helps.",
    "transient:deadline": "The server was too slow: a lower --max-concurrent or --max-tokens helps.",
    "transient:bad_gateway_body": "A proxy or portal answers in place of the host: check the network.",
}
"""By type of failure. Any other `transient:` is worth another run."""
MINING_HINTS = HINTS | {
    "context_length": "Let fewer passages be judged (--candidates), or take a model with a larger context.",
    "too_large": "Let fewer passages be judged (--candidates).",
}
"""The same for `qagen mine-negatives`, whose requests hold passages."""


@dataclass(slots=True)
class Kind:
    """Failed chunks of one type."""

    type: str
    hint: str
    """What helps; empty where nobody knows."""
    chunks: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        value = {"type": self.type, "chunks": self.chunks, "documents": dict(self.documents)}
        return {**value, "models": dict(self.models), "examples": self.examples, "hint": self.hint}


@dataclass(slots=True)
class Failures:
    """Chunks of all documents that failed and were not settled since, in one kind of work."""

    hints: Mapping[str, str]
    chunks: int = 0
    """Of all documents, settled or not."""
    kinds: dict[str, Kind] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Chunks that failed."""
        return sum(kind.chunks for kind in self.kinds.values())

    @property
    def listed(self) -> list[Kind]:
        """The most frequent first."""
        return sorted(self.kinds.values(), key=lambda kind: -kind.chunks)

    def of(self, kind: str) -> Kind:
        """The failures of a type."""
        passing = "Passing trouble: run the same command again." if kind.startswith("transient:") else ""
        return self.kinds.setdefault(kind, Kind(kind, self.hints.get(kind, passing)))

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {"chunks": self.chunks, "failed": self.failed, "types": [kind.as_dict() for kind in self.listed]}


@dataclass(slots=True)
class Diagnosis:
    """All that went wrong in a folder of results."""

    generation: Failures = field(default_factory=lambda: Failures(HINTS))
    mining: Failures = field(default_factory=lambda: Failures(MINING_HINTS))
    unjudged: Counter[str] = field(default_factory=Counter)
    """Questions whose candidates nobody judged, because the model's replies were of no use; by document."""
    unjudged_replies: list[dict[str, str]] = field(default_factory=list)
    """Examples of such replies."""
    messages: Counter[str] = field(default_factory=Counter)
    """How often each was said; an example stands for all that differ in numbers and names only."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Pairs left out, by the code of the check."""
    rejected_examples: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    """What was unusual about replies that were used."""
    history: dict[str, Counter[str]] = field(default_factory=dict)
    """What the error log counts, by outcome and type."""
    unreadable: list[LeftOut] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            **self.generation.as_dict(),
            "mining": {
                **self.mining.as_dict(),
                "unjudged": dict(self.unjudged),
                "unjudged_replies": self.unjudged_replies,
            },
            "messages": [{"message": text, "times": times} for text, times in self.messages.most_common()],
            "rejected_pairs": dict(self.rejected.most_common()),
            "notes": dict(self.notes.most_common()),
            "history": {outcome: dict(types.most_common()) for outcome, types in self.history.items()},
            "unreadable": [one.model_dump() for one in self.unreadable],
        }


@dataclass(frozen=True, slots=True)
class Focus:
    """What is looked at; None: everything."""

    kind: str | None = None
    """Failures of this type alone."""
    document: str | None = None
    examples: int = 3
    """Of each type."""


def diagnose(
    qa_dir: Path,
    log: Path,
    focus: Focus = Focus(),
    negatives_dir: Path | None = None,
    chunks_dir: Path | None = None,
) -> Diagnosis:
    """Look through all results of a folder, and the negatives files beside them or in the folder that is named.

    Where the chunk files are at hand, chunks are those of today, documents that nobody began included.

    Raises:
        DataError: there is no such folder, no QA file in it, or nothing of that type or document.
    """
    found = Diagnosis()
    paths = find_qa_files(qa_dir)
    names = [path.name.removesuffix("_qa.json") for path in paths]
    document = focus.document and focus.document.removesuffix("_qa.json")
    if document and document not in names:
        raise DataError(f"{qa_dir}: there is no document {document!r}. There are: {', '.join(names[:10])}.")
    today = Today(chunks_dir, found.unreadable)
    for name, path in zip(names, paths, strict=True):
        if document in {None, name}:
            _look_into(path, name, focus, found, today)
            _look_into_negatives(negatives_path_of(path, negatives_dir), name, focus, found)
    if document is None:
        not_begun = sorted({*today.qa_names} - {path.name for path in paths})
        found.generation.chunks += sum(len(cut.keys) for name in not_begun if (cut := today.of(name)))
    found.messages = _merged(found.messages)
    asked_for = {"type": focus.kind, "document": document}
    for line in _lines_of(log):
        if all(wanted in (None, line.get(field)) for field, wanted in asked_for.items()):
            types = found.history.setdefault(str(line.get("outcome", "other")), Counter())
            times = line.get("times", 1)
            types[str(line.get("type", "unknown"))] += times if isinstance(times, int) and times > 0 else 1
    if focus.kind and not (found.generation.kinds or found.mining.kinds or found.history):
        raise DataError(
            f"{qa_dir}: nothing of type {focus.kind!r} stands in its results or its log. Without --type, all is shown."
        )
    return found


def _look_into(path: Path, name: str, focus: Focus, found: Diagnosis, today: Today) -> None:
    try:
        saved = read_qa(path)
    except DataError as error:
        found.unreadable.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
        return
    _look_at(saved, name, focus, found, today.of(path.name))


def _look_into_negatives(path: Path, name: str, focus: Focus, found: Diagnosis) -> None:
    if not path.is_file():
        return
    try:
        saved = read_negatives(path)
    except DataError as error:
        found.unreadable.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
        return
    found.mining.chunks += saved.summary.total_chunks
    _look_at_chunks(saved, name, focus, found, found.mining)
    if focus.kind is None:
        _look_for_unjudged(saved, name, focus, found)


def _look_for_unjudged(saved: NegativesFile, name: str, focus: Focus, found: Diagnosis) -> None:
    keys = {one.chunk_key for one in saved.mined_pairs if "unlabelled" in one.flags}
    if not keys:
        return
    found.unjudged[name] += sum("unlabelled" in one.flags for one in saved.mined_pairs)
    for index, record in saved.chunks.items():
        if record.chunk_key in keys and record.raw_replies and len(found.unjudged_replies) < focus.examples:
            reply = record.raw_replies[-1].text[:_EXCERPT]
            found.unjudged_replies.append({"document": name, "chunk_index": str(index), "reply": reply})


def _look_at(saved: QAFile, name: str, focus: Focus, found: Diagnosis, cut: Cut | None) -> None:
    if cut and still_there(saved, cut.keys, cut.chunks_name) is not None:
        found.generation.chunks += len(cut.keys)
        # What failed at text that is gone is nobody's trouble any more; `qagen status` does not count it either.
        chunks = {index: record for index, record in saved.chunks.items() if record.chunk_key in cut.keys}
        saved = saved.model_copy(update={"chunks": chunks, "failed_chunks": []})
    else:
        found.generation.chunks += saved.summary.total_chunks or saved.processing_info.total_chunks or 0
    if not saved.chunks and saved.failed_chunks and focus.kind in {None, _UNSAID}:
        # An older tool, which said of its chunks only that they failed.
        one = found.generation.of(_UNSAID)
        one.chunks += len(saved.failed_chunks)
        one.documents[name] += len(saved.failed_chunks)
    _look_at_chunks(saved, name, focus, found, found.generation)
    for pair in saved.rejected_pairs:
        for code in pair.checks:
            if code in RULES and RULES[code].level == "error":
                shown = {"document": name, "question": pair.question, "answer": pair.answer}
                found.rejected_examples.setdefault(code, shown)


def _look_at_chunks(
    saved: QAFile | NegativesFile, name: str, focus: Focus, found: Diagnosis, failures: Failures
) -> None:
    for index, record in saved.chunks.items():
        found.notes.update(record.notes)
        found.rejected.update(record.rejected)
        if record.status != "failed" or record.error is None or focus.kind not in {None, record.error.type}:
            continue
        one = failures.of(record.error.type)
        one.chunks += 1
        one.documents[name] += 1
        one.models[record.model or saved.info.model or "unknown"] += 1
        found.messages[record.error.message] += 1
        if len(one.examples) < focus.examples:
            one.examples.append(_example(name, index, record))


def _example(name: str, index: int, record: ChunkRecord) -> dict[str, str]:
    reply = record.raw_replies[-1].text if record.raw_replies else ""
    message = record.error.message if record.error else ""
    return {"document": name, "chunk_index": str(index), "message": message, "reply": reply[:_EXCERPT]}


def _merged(messages: Counter[str]) -> Counter[str]:
    """The most frequent ones, those together that differ in numbers and quoted names alone."""
    shapes: dict[str, str] = {}
    merged: Counter[str] = Counter()
    for text, times in messages.most_common():
        merged[shapes.setdefault(_VARIABLE.sub("#", text), text)] += times
    return Counter(dict(merged.most_common(_MOST_MESSAGES)))


def _lines_of(log: Path) -> Iterator[dict[str, Any]]:
    """What the log and its older part hold; lines that are none are passed over."""
    for path in (log.with_name(log.name + ".1"), log):
        try:
            data = files.read_bytes(path)
        except DataError:
            continue
        yield from _values(data.splitlines())


def _values(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            value = decode(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value
