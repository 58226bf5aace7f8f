"""The gold set of the rules that compare pairs, or look for chunks: `combine` is run over it, file by file.

Of DUP_NEAR, DUP_DOC and CONFLICT a case is two pairs, and where both come from: one chunk, two chunks of a document, or
two documents. Of Q_VAGUE it is a question and its chunk, which is looked for among those of `tests/gold/chunks.jsonl`.
The labels say what a careful reader would, before any rule was asked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from qagen import dataset
from qagen.dataset import Choices, Combined
from qagen.pairs import pair_id
from qagen.state import chunk_keys
from tests.builders import chunk_file_of, qa_value, write_json
from tests.checks.gold import GOLD, Figures

CHUNKS = GOLD.parent / "chunks.jsonl"
OF_TWO = ("DUP_NEAR", "DUP_DOC", "CONFLICT")
CODES = (*OF_TWO, "Q_VAGUE")
TAKE_OUT = {"DUP_NEAR", "DUP_DOC"}
"""They do not only mark a pair. Which of them takes it out is a matter of the order in which they are tried: either one
counts as both."""
Row = dict[str, Any]


@cache
def cases(code: str) -> Sequence[Row]:
    """The gold of a code."""
    return _rows(GOLD / f"{code}.jsonl")


@cache
def chunks() -> Sequence[Row]:
    """What questions are searched among."""
    return _rows(CHUNKS)


def _rows(path: Path) -> Sequence[Row]:
    return [orjson.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@cache
def measure(code: str) -> Figures:
    """Run `combine` over the gold of a code."""
    labels = [row["expected"] for row in cases(code)]
    found = list(zip(labels, verdicts(code), strict=True))
    return Figures(len(found), found.count((True, True)), found.count((False, True)), found.count((True, False)))


@cache
def verdicts(code: str) -> Sequence[bool]:
    """Of each case, whether `combine` gives it the code."""
    if code == "Q_VAGUE":
        return _which_are_vague()
    return [is_found(code, row["pairs"], row["in"]) for row in cases(code)]


def is_found(code: str, pairs: Sequence[Row], place: str) -> bool:
    """Whether `combine` gives the code to two pairs."""
    with tempfile.TemporaryDirectory() as folder:
        documents = ["a", "b"] if place == "two documents" else ["a", "a"]
        keys = ["1", "1"] if place == "one chunk" else ["1", "2"]
        given = [_pair(row, key, document) for row, key, document in zip(pairs, keys, documents, strict=True)]
        paths = [
            _qa_file(Path(folder), name, [one for one in given if one["file_name"] == f"{name}.md"])
            for name in sorted(set(documents))
        ]
        combined = _combine(Path(folder), paths, Choices())
    return combined.conflicts > 0 if code == "CONFLICT" else not TAKE_OUT.isdisjoint(combined.dropped)


def _which_are_vague() -> Sequence[bool]:
    with tempfile.TemporaryDirectory() as folder:
        keys = _lay_out_chunks(Path(folder) / "chunks")
        given = [_pair(row, keys[row["chunk"]], "a") for row in cases("Q_VAGUE")]
        choices = Choices(lines=True, dedupe=False, chunks_dir=Path(folder) / "chunks")
        combined = _combine(Path(folder), [_qa_file(Path(folder), "a", given)], choices)
        assert combined.round_trip is not None
        assert combined.round_trip.chunks == len(chunks())
        written = _rows(Path(folder) / "out.jsonl")
    codes = {row["pair_id"]: row["checks"] for row in written}
    return ["Q_VAGUE" in codes[one["pair_id"]] for one in given]


def _lay_out_chunks(folder: Path) -> dict[str, str]:
    """The chunk files; gives the keys of the chunks by the names that they have in the gold."""
    keys: dict[str, str] = {}
    for name in dict.fromkeys(row["document"] for row in chunks()):
        rows = [row for row in chunks() if row["document"] == name]
        made = chunk_file_of([row["text"] for row in rows], title=rows[0]["title"], language=rows[0]["language"])
        value = made.model_dump(mode="json")
        for chunk, row in zip(value["chunks"], rows, strict=True):
            chunk["section"] = row["section"]
        write_json(folder / f"{name}_chunks.json", value)
        keys.update(zip((row["id"] for row in rows), chunk_keys(made.chunks), strict=True))
    return keys


def _pair(row: Row, key: str, document: str) -> Row:
    """A row of the gold as a pair of a QA file."""
    question, answer = row["question"], row["answer"]
    pair = {"pair_id": pair_id(question, answer, key), "chunk_key": key, "question": question, "answer": answer}
    if "evidence" in row:
        end = row["start"] + len(row["evidence"])
        pair |= {"evidence": [row["evidence"]], "evidence_start": row["start"], "evidence_end": end}
    return {**pair, "source_file": f"docs/{document}.md", "file_name": f"{document}.md"}


def _qa_file(folder: Path, name: str, pairs: Sequence[Row]) -> Path:
    return write_json(folder / f"{name}_qa.json", qa_value(name, [], training_pairs=list(pairs)))


def _combine(folder: Path, paths: Sequence[Path], choices: Choices) -> Combined:
    return dataset.combine(paths, folder / "out.jsonl", choices, version="gold")


def main() -> None:
    """Print the figures, and what was missed or wrongly found."""
    for code in CODES:
        for row, found in zip(cases(code), verdicts(code), strict=True):
            if found != row["expected"]:
                said = " / ".join(f"{one['question']} -> {one['answer']}" for one in row.get("pairs", [row]))
                print(f"{'alarm' if found else 'missed'} {code} ({row['note']}): {said}")
        figures = measure(code)
        print(f"{code}: precision {figures.precision:.2f}, recall {figures.recall:.2f}, n {figures.n}")


if __name__ == "__main__":
    main()
