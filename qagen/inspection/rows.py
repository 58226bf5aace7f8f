"""Files -> rows with a question and an answer: QA files, datasets, and JSON of other tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qagen import dataset, files
from qagen.errors import DataError
from qagen.formats import Pair, decode

_QUESTIONS = ("question", "query", "instruction", "prompt", "input", "anchor", "user")
_ANSWERS = ("answer", "response", "output", "completion", "positive", "assistant", "chosen")
_PASSAGES = ("source_text", "passage", "context", "source", "chunk", "document", "positive_document")
_TALKS = ("messages", "conversations", "conversation")
_LISTS = ("training_pairs", "pairs", "data", "qa_pairs", "examples", "rows", "questions")
_ASKERS, _ANSWERERS = {"user", "human", "prompter"}, {"assistant", "gpt", "model", "bot"}


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields, where the user gave them."""

    question: str | None = None
    answer: str | None = None
    passage: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its answer, or why there is none."""

    place: str
    """The file, and where in it."""
    value: Any
    """As it was read."""
    question: str = ""
    answer: str = ""
    passage: str | None = None
    problem: str | None = None
    """Why it cannot be checked."""
    pair: Pair | None = None
    """Where it is one of ours."""


def read(path: Path, fields: Fields) -> Iterator[Row]:
    """The rows of a file. What is no row is given with its problem.

    Raises:
        DataError: the file cannot be read, or nothing in it is a list of rows.
    """
    for place, value in _values(path):
        yield _row(f"{path.name}: {place}", value, fields)


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """Each value that may be a row, and where it stands."""
    if path.suffix in {".jsonl", ".ndjson"}:
        yield from _lines(path)
        return
    ours = dataset.rows_of(path)
    if ours is not None:
        yield from _numbered(path, ours)
        return
    data = files.read_bytes(path)
    try:
        value = decode(data)
    except ValueError as error:
        lines = list(_lines(path))
        if len(lines) < 2 or all(isinstance(one, _Damaged) for _, one in lines):
            raise DataError(f"{path}: it is not JSON: {error}") from None
        yield from lines
        return
    rows = _list_in(value)
    if rows is None:
        names = ", ".join(list(value)[:10]) if isinstance(value, dict) else type(value).__name__
        raise DataError(f"{path}: there is no list of questions in it, only: {names}")
    yield from ((f"row {number}", row) for number, row in enumerate(rows, start=1))


def _numbered(path: Path, rows: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """The rows of a dataset of ours, which may be larger than the memory."""
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            yield f"row {number}", row
    except ValueError as error:
        raise DataError(f"{path}: after row {number}: {error}") from None


@dataclass(frozen=True, slots=True)
class _Damaged:
    """A line that is not JSON."""

    why: str


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(files.read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", decode(line)
        except ValueError as error:
            yield f"line {number}", _Damaged(str(error))


def _list_in(value: Any) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    named = [value[name] for name in _LISTS if isinstance(value.get(name), list)]
    others = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)]
    return next(iter([*named, *others]), None)


def _row(place: str, value: Any, fields: Fields) -> Row:
    if isinstance(value, _Damaged):
        return Row(place, None, problem=f"it is not JSON: {value.why}")
    if not isinstance(value, dict):
        return Row(place, value, problem=f"it is no object but {type(value).__name__}")
    talk = next((value[name] for name in _TALKS if isinstance(value.get(name), list)), None)
    if talk is not None and fields.question is None and fields.answer is None:
        question, answer = _of_talk(talk)
    else:
        question = _field(value, fields.question, _QUESTIONS)
        answer = _field(value, fields.answer, _ANSWERS)
    for name, text in (("question", question), ("answer", answer)):
        if not isinstance(text, str):
            given = "there is none" if text is None else f"it is {type(text).__name__}, not text"
            flag = f" (--{name}-field names its field)" if text is None else ""
            return Row(place, value, problem=f"the {name}: {given}{flag}")
    passage = _field(value, fields.passage, _PASSAGES)
    return Row(
        place, value, str(question), str(answer), passage if isinstance(passage, str) else None, pair=_ours(value)
    )


def _field(value: dict[str, Any], name: str | None, known: Iterable[str]) -> Any:
    """The field that the user named, `a.b` for one inside another; else the first known one."""
    if name is None:
        return next((value[one] for one in known if value.get(one) is not None), None)
    found: Any = value
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _of_talk(talk: list[Any]) -> tuple[Any, Any]:
    """The last question of a conversation, and what was said to it."""
    question = answer = None
    for turn in talk:
        if isinstance(turn, dict):
            who = str(turn.get("role", turn.get("from", ""))).lower()
            said = turn.get("content", turn.get("value"))
            if who in _ASKERS:
                question, answer = said, None
            elif who in _ANSWERERS:
                answer = said
    return question, answer


def _ours(value: dict[str, Any]) -> Pair | None:
    if "chunk_key" not in value or "checks" not in value:
        return None
    try:
        return Pair.model_validate(value)
    except ValueError:
        return None
