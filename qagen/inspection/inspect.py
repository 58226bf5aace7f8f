"""The work: every row by the rules of pairs, then all rows by those of datasets."""

from __future__ import annotations

import tempfile
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from qagen import checks, dataset, files
from qagen.checks import RULES, Case
from qagen.dataset import Choices
from qagen.dataset.passages import Passages
from qagen.errors import DataError
from qagen.formats import LeftOut, Pair, decode, encode
from qagen.inspection.rows import Fields, Row, read
from qagen.pairs import pair_id

_MOST_EXAMPLES = 3
_LONGEST_SHOWN = 200
OF_DATASETS = {
    "DUP_EXACT": ("warn", "the same question and answer stand in the data already"),
    "DUP_NEAR": ("warn", "the same question stands in the data in other words"),
    "DUP_DOC": ("warn", "a similar question was asked about the same sentence"),
    "CONFLICT": ("warn", "another answer to the same question contradicts it"),
    "Q_VAGUE": ("warn", "the question does not find its chunk among all others"),
}
"""Codes that need the other rows: level and meaning."""
_LEVELS = ("error", "warn", "info", "clean")


@dataclass(frozen=True, slots=True)
class Example:
    """A pair with a code, cut to what fits a screen."""

    place: str
    question: str
    answer: str


@dataclass(slots=True)
class Inspected:
    """What was found."""

    counts: Counter[str] = field(default_factory=Counter)
    """Pairs by code."""
    worst: array[int] = field(default_factory=lambda: array("b"))
    """Of each pair its worst level, as a place in `_LEVELS`."""
    examples: dict[str, list[Example]] = field(default_factory=dict)
    skipped: dict[str, Counter[str]] = field(default_factory=dict)
    """By code: why it could not run, and on how many pairs."""
    unreadable: list[LeftOut] = field(default_factory=list)
    """Rows and files without a question and an answer."""
    outdated: int = 0
    """Pairs of QA files about text that is not in the chunk files any more."""

    @property
    def pairs(self) -> int:
        """How many could be checked."""
        return len(self.worst)

    @property
    def levels(self) -> Counter[str]:
        """Pairs by their worst level; `clean` where there is none."""
        return Counter({_LEVELS[place]: number for place, number in sorted(Counter(self.worst).items())})

    @property
    def figures(self) -> dict[str, int]:
        """All that a condition may name."""
        known = dict.fromkeys([*RULES, *OF_DATASETS, "error", "warn", "info"], 0)
        return {**known, **self.counts, **self.levels, "unreadable": len(self.unreadable)}

    def note(self, number: int, code: str, example: Example) -> None:
        """The pair of that number has the code."""
        self.counts[code] += 1
        self.worst[number] = min(self.worst[number], _LEVELS.index(level_of(code)))
        shown = self.examples.setdefault(code, [])
        if len(shown) < _MOST_EXAMPLES:
            shown.append(example)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "pairs": self.pairs,
            "levels": dict(self.levels),
            "counts": dict(self.counts.most_common()),
            "examples": {
                code: [{"place": one.place, "question": one.question, "answer": one.answer} for one in shown]
                for code, shown in self.examples.items()
            },
            "not_checked": {code: dict(reasons) for code, reasons in self.skipped.items()},
            "outdated": self.outdated,
            "unreadable": [one.model_dump() for one in self.unreadable],
        }


def level_of(code: str) -> str:
    """How much a code weighs."""
    return RULES[code].level if code in RULES else OF_DATASETS.get(code, ("warn", ""))[0]


def meaning_of(code: str) -> str:
    """What a code says, for people."""
    return RULES[code].message if code in RULES else OF_DATASETS.get(code, ("", code))[1]


def inspect(paths: Sequence[Path], fields: Fields, chunks_dir: Path | None, rejects: Path | None = None) -> Inspected:
    """Check everything in the files; pairs with an error go to `rejects`, with their codes.

    Raises:
        DataError: no file can be read.
        StorageError: the rejects cannot be written.
    """
    found = Inspected()
    with ExitStack() as stack:
        passages = stack.enter_context(Passages())
        chunks_dir = chunks_dir if _have_chunks(passages, chunks_dir) else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qagen-check-")))
        refused = stack.enter_context(files.spool())
        all_rows = folder / "rows.jsonl"
        with all_rows.open("wb") as spool:
            for path in paths:
                try:
                    for row in read(path, fields):
                        _take(row, path, passages, found, spool, refused)
                except DataError as error:
                    found.unreadable.append(LeftOut(file=path.name, why=str(error).removeprefix(f"{path}: ")))
        if not found.pairs:
            reasons = "; ".join(f"{one.file}: {one.why}" for one in found.unreadable[:10])
            raise DataError(f"there is no question with an answer to check: {reasons or 'the files are empty'}")
        _check_all(all_rows, folder, chunks_dir, found)
        if rejects:
            refused.seek(0)
            files.write(rejects, iter(lambda: refused.read(1 << 20), b""))
    return found


def _have_chunks(passages: Passages, chunks_dir: Path | None) -> bool:
    if chunks_dir is None:
        return False
    try:
        passages.read(chunks_dir, lambda *_: None)
    except DataError:
        return False
    return True


def _take(row: Row, path: Path, passages: Passages, found: Inspected, spool: IO[bytes], refused: IO[bytes]) -> None:
    if row.problem:
        found.unreadable.append(LeftOut(file=row.place, why=row.problem))
        return
    number = found.pairs
    found.worst.append(_LEVELS.index("clean"))
    codes = _codes(row, path, passages, found)
    example = Example(row.place, row.question[:_LONGEST_SHOWN], row.answer[:_LONGEST_SHOWN])
    for code in codes:
        found.note(number, code, example)
    if _LEVELS[found.worst[number]] == "error":
        refused.write(encode({"place": row.place, "checks": codes, "row": row.value}) + b"\n")
    pair = row.pair or Pair(
        pair_id=pair_id(row.question, row.answer, row.place),
        question=row.question,
        answer=row.answer,
        file_name=path.name,
        source_file=path.name,
    )
    # Without its codes: pairs with errors are compared, too. Number and place are how it is found again after that.
    spool.write(encode({**pair.model_dump(mode="json"), "checks": [], "number": number, "place": row.place}) + b"\n")


def _codes(row: Row, path: Path, passages: Passages, found: Inspected) -> list[str]:
    """What the rules of pairs say now, and what they said at generation where they need more than is known now."""
    pair = row.pair
    passage = row.passage
    if pair is not None and passage is None:
        chunk = passages.find(pair.chunk_key, pair.chunk_index, path.name)
        passage = chunk.text if chunk else None
        found.outdated += chunk is None and pair.chunk_key != "" and passages.keys(path.name) is not None
    case = Case(
        question=row.question,
        answer=row.answer,
        question_type=pair.question_type if pair else None,
        quotes=tuple(pair.evidence) if pair else (),
        passage=passage,
        section=(pair.section or "") if pair else "",
        language=pair.language if pair else None,
    )
    findings = checks.examine(case)
    recorded = [code for code in pair.checks if code in findings.skipped] if pair else []
    for code, why in findings.skipped.items():
        if pair is None or not code.startswith("EV_"):
            found.skipped.setdefault(code, Counter())[why] += 1
    return [*findings.codes, *recorded]


def _check_all(rows: Path, folder: Path, chunks_dir: Path | None, found: Inspected) -> None:
    """What can be told by comparing the rows: as `combine` would."""
    rejects = folder / "rejects.jsonl"
    choices = Choices(lines=True, include_unfinished=True, chunks_dir=chunks_dir, rejects=rejects)
    combined = dataset.combine([rows], folder / "combined.jsonl", choices, version="check")
    for line in files.read_lines(rejects):
        value = decode(line)
        if value["reason"] in OF_DATASETS:
            _note_row(value, value["reason"], found)
    for line in files.read_lines(folder / "combined.jsonl"):
        value = decode(line)
        for code in value["checks"]:
            _note_row(value, code, found)
    for code, why in combined.not_checked.items():
        found.skipped.setdefault(code, Counter())[why] += found.pairs


def _note_row(value: dict[str, Any], code: str, found: Inspected) -> None:
    question, answer = str(value["question"]), str(value["answer"])
    found.note(value["number"], code, Example(value["place"], question[:_LONGEST_SHOWN], answer[:_LONGEST_SHOWN]))
