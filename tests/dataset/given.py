"""What the tests of combining share: QA files on the disk, and a look at what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qagen import dataset
from qagen.dataset import Choices, Combined
from qagen.pairs import pair_id
from tests.builders import qa_value, write_json

OUTPUT = Path("training_data.json")
REJECTS = Path("rejected.jsonl")


def pair(question: str, answer: str, **fields: Any) -> dict[str, Any]:
    """A pair as it stands in a QA file."""
    key = fields.get("chunk_key", "key")
    return {
        "pair_id": pair_id(question, answer, key),
        "chunk_key": key,
        "question": question,
        "answer": answer,
        **fields,
    }


def qa(name: str, *pairs: dict[str, Any], **fields: Any) -> Path:
    """A QA file on the disk."""
    whole = [{"source_file": f"docs/{name}.md", "file_name": f"{name}.md", **one} for one in pairs]
    return write_json(Path("qa") / f"{name}_qa.json", qa_value(name, [], training_pairs=whole, **fields))


def combine(*paths: Path, output: Path = OUTPUT, **choices: Any) -> Combined:
    """Combine the files, and see that every pair is accounted for."""
    choices = {"rejects": REJECTS, "lines": output.suffix == ".jsonl", **choices}
    result = dataset.combine(paths, output, Choices(**choices), version="1.2.3")
    if result.is_written:
        assert result.funnel.adds_up
        out = len(kept(output))
        assert out == result.pairs == result.funnel.steps[-1].pairs
        assert out + len(rejected()) == result.funnel.parsed
    return result


def kept(output: Path = OUTPUT) -> list[dict[str, Any]]:
    """The pairs of the dataset."""
    if output.suffix == ".jsonl":
        return [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    return list(json.loads(output.read_bytes())["training_pairs"])


def questions(output: Path = OUTPUT) -> list[str]:
    """Their questions."""
    return [one["question"] for one in kept(output)]


def rejected() -> list[dict[str, Any]]:
    """The pairs that were left out."""
    return [json.loads(line) for line in REJECTS.read_text("utf-8").splitlines()]


def metadata() -> dict[str, Any]:
    """What the dataset says of itself."""
    return dict(json.loads(OUTPUT.read_bytes())["metadata"])
