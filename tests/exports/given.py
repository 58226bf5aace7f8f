"""What the tests of exporting share: datasets on the disk, and independent readers of what came out."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from qagen.cli import app
from qagen.dataset import writing
from qagen.exports.pool import identity
from qagen.formats import ProcessingConfig, TrainingMetadata, encode
from qagen.pairs import pair_id

DATASET = Path("training_data.json")
ALL = (
    *("retrieval-json", "sentence-transformers-triplets", "sentence-transformers-tuples", "labeled-pairs"),
    *("flag-embedding", "msmarco-triples", "msmarco-ids", "beir"),
)
NEED_NEGATIVES = ALL[:6]
ODD = 'Größe "12"\t½ „bar“\r\nline two\u2028three\x85four\x0b\x00 🚰 \u202eRTL עברית, NA'
"""A text with all that breaks lines, columns and quotes."""


def negative(text: str, method: str = "llm_verified", **fields: Any) -> dict[str, Any]:
    """A negative as it stands in a dataset."""
    return {
        "document": text,
        "chunk_id": f"valve-{identity(text)[:3]}",
        "chunk_key": identity(text),
        "source_file": "docs/valve.md",
        "explanation": f"It is about something else: {text[:9]}",
        "method": method,
        "rank": 7,
        "score": 11.25,
        "verified": method == "llm_verified",
        **fields,
    }


def extra(text: str) -> dict[str, Any]:
    """An extra positive as it stands in a dataset."""
    return {"document": text, "chunk_id": "e-0", "chunk_key": identity(text), "source_file": "docs/e.md"}


def row(question: str, passage: str | None, *negatives: str | dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A pair of a dataset with its passage; negatives are texts, or whole."""
    return {
        "pair_id": pair_id(question, "An answer.", "key"),
        "chunk_key": "key",
        "question": question,
        "answer": "An answer.",
        "source_file": "docs/pump.md",
        "chunk_id": "pump-0",
        "section": "1 Pump",
        "page_start": 3,
        "judge": None,
        "negatives": [negative(one) if isinstance(one, str) else one for one in negatives],
        "extra_positives": [],
        "source_text": passage,
        **fields,
    }


def given(*rows: dict[str, Any], path: Path = DATASET) -> Path:
    """A dataset as `combine` writes it, JSON or JSON Lines by its name."""
    metadata = TrainingMetadata(
        generated_at="2026-11-22T05:00:00Z",
        qagen_version="1.2.3",
        total_qa_pairs=len(rows),
        num_documents=1,
        source_qa_files=["pump_qa.json"],
        processing_config=ProcessingConfig(),
    )
    writing.write(path, metadata, [], (encode(one) + b"\n" for one in rows), lines=path.suffix == ".jsonl")
    return path


def pumps() -> list[dict[str, Any]]:
    """Three pairs: with two negatives and an extra positive, with two, and with one."""
    return [
        row(
            "What is the most pressure?",
            "The pump bears 12 bar.",
            "The valve opens at 3 bar.",
            negative("Check the pressure daily.", "bm25_filtered", explanation="BM25 rank 2; shares: pressure"),
            extra_positives=[extra("Never more than 12 bar.")],
        ),
        row("Who checks the pump?", "The engineer checks it.", "The valve opens at 3 bar.", "Paint it green."),
        row("When is oil changed?", "Oil is changed in May.", "Oil is black."),
    ]


def run(*typed: str) -> Any:
    """`qagen export`, as it is typed."""
    return CliRunner().invoke(app, ["export", *typed], env={"COLUMNS": "200"})


def export(form: str, *typed: str) -> str:
    """Export the dataset to `out`, and give what was said."""
    result = run("--format", form, "-o", "out", *typed)
    assert result.exit_code == 0, result.output
    return str(result.output)


def lines(path: str) -> list[dict[str, Any]]:
    """A file of JSON Lines, by the standard library; keys keep their order."""
    return [json.loads(line) for line in Path(path).read_bytes().split(b"\n")[:-1]]


def cells(path: str) -> list[list[str]]:
    """A table with tabs, by nothing but its bytes."""
    return [line.decode().split("\t") for line in Path(path).read_bytes().split(b"\n")[:-1]]


def library(name: str) -> Any:
    """One of the readers; nothing of it reaches for the network."""
    os.environ["HF_DATASETS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"
    module = importlib.import_module(name)
    if name == "datasets":
        module.config.HF_DATASETS_CACHE = Path("cache").resolve()
        module.disable_progress_bars()
    return module


def load(said: str) -> Any:
    """What the line of Python makes that `qagen export` printed last."""
    library("datasets")
    line = said.splitlines()[-1].removeprefix("load it: ")
    made: dict[str, Any] = {}
    exec(line, made)
    return made.get("train_dataset", made.get("rows"))


def table(name: str, columns: Sequence[str]) -> Any:
    """A table with tabs, as trainers read it with `datasets`."""
    return library("datasets").load_dataset(
        "csv",
        data_files=name,
        delimiter="\t",
        column_names=list(columns),
        quoting=3,
        keep_default_na=False,
        split="train",
    )
