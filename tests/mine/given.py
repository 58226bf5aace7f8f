"""A corpus of pumps whose truth is plain, and a look at negatives files from outside.

Each chunk is about one pump; the passages of the other pumps share its words and do not answer. The checker reads the
files as plain JSON and trusts none of the program's own code.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.builders import write_json
from tests.flow import read, write_chunks
from tests.outside import core_keys, is_sealed

NAMES = ("Arno", "Brise", "Cala", "Delta", "Enns", "Fulda", "Gera", "Havel", "Isar", "Jagst", "Kocher", "Lahn")
SAYS_AGAIN = "Whoever runs the Brise stops at the second mark of the gauge, whatever the supervisor may say.\n"
"""Another passage that answers, in words that no guard sees."""


def texts(names: tuple[str, ...]) -> list[str]:
    """A passage about each pump."""
    return [
        f"The pump {name} has a pressure limit of {100 + NAMES.index(name)} bar. Its relief valve is tested every "
        f"{10 + NAMES.index(name)} days in hall {name[0]}{name[1].upper()}.\n"
        for name in names
    ]


def questions(name: str) -> list[tuple[str, str, str]]:
    """Questions about a pump, with answer and evidence."""
    number = NAMES.index(name)
    return [
        (
            f"What is the pressure limit of the pump {name}?",
            f"{100 + number} bar",
            f"a pressure limit of {100 + number} bar",
        ),
        (
            f"How often is the relief valve of the {name} tested?",
            f"Every {10 + number} days",
            f"every {10 + number} days",
        ),
    ]


def identity(question: str, answer: str, key: str) -> str:
    return hashlib.sha256(f"{question}\0{answer}\0{key}".encode()).hexdigest()[:16]


def write_document(document: str, names: tuple[str, ...], *more: str) -> None:
    """A chunk file and its QA file; `more`: passages that nobody asked about."""
    passages = [*texts(names), *more]
    write_chunks(Path("chunks"), document, passages)
    pairs = []
    for index, (name, key) in enumerate(zip(names, core_keys(passages), strict=False)):
        for question, answer, quote in questions(name):
            facts = {
                "source_file": f"{document}.txt",
                "file_name": f"{document}.txt",
                "chunk_id": f"{document}-{index}",
            }
            pair = {"chunk_key": key, "question": question, "answer": answer, "evidence": [quote], "chunk_index": index}
            pairs.append({"pair_id": identity(question, answer, key), **pair, **facts})
    write_qa(document, pairs, len(passages))


def write_qa(document: str, pairs: list[dict[str, Any]], chunks: int) -> None:
    """A finished QA file with these pairs."""
    records: dict[str, Any] = {}
    for pair in pairs:
        record = {"chunk_key": pair["chunk_key"], "status": "completed", "kept": 0}
        records.setdefault(str(pair["chunk_index"]), record)["kept"] += 1
    metadata = {
        "file_name": f"{document}.txt",
        "source_file": f"{document}.txt",
        "chunks_file": f"{document}_chunks.json",
    }
    done = [int(index) for index in records]
    write_json(
        Path("qa") / f"{document}_qa.json",
        {
            "format": "qagen/qa@1",
            "metadata": metadata,
            "qa_generation_info": {"provider": "local", "model": "m"},
            "status": "completed",
            "completed_chunks": done,
            "failed_chunks": [],
            "chunks": records,
            "training_pairs": pairs,
            "summary": {"total_chunks": chunks, "completed_chunks": len(done), "total_qa_pairs": len(pairs)},
        },
    )


def write_corpus() -> None:
    """Two documents of six chunks, and a passage that says again what one of them says."""
    write_document("one", NAMES[:6])
    write_document("two", NAMES[6:], SAYS_AGAIN)


TRUTH = {"What is the pressure limit of the pump Brise?": {"second mark of the gauge": "answers"}}
"""For the test server: all else is related."""


def check_negatives(folder: Path = Path("qa")) -> dict[str, dict[str, Any]]:
    """Every negatives file agrees with itself, with chunks and with pairs. Gives what was mined, by question."""
    assert [path.name for path in folder.glob(".tmp*")] == []
    chunks: dict[str, str] = {}
    for path in Path("chunks").glob("*_chunks.json"):
        passages = [chunk["text"] for chunk in read(path)["chunks"]]
        chunks |= dict(zip(core_keys(passages), passages, strict=True))
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*_negatives.json")):
        value = json.loads(path.read_bytes())
        assert is_sealed(path.read_bytes())
        _check_agreement(value)
        pairs = {
            pair["pair_id"]: pair
            for pair in read(Path("qa") / path.name.replace("_negatives", "_qa"))["training_pairs"]
        }
        for one in value["mined_pairs"]:
            _check_pair(one, pairs, chunks)
            found[one["question"]] = one
    return found


def _check_agreement(value: dict[str, Any]) -> None:
    records, mined, summary = value["chunks"], value["mined_pairs"], value["summary"]
    done = sorted(int(index) for index, record in records.items() if record["status"] == "completed")
    assert value["completed_chunks"] == done
    assert summary["completed_chunks"] == len(done)
    assert summary["failed_chunks"] == len(value["failed_chunks"])
    assert (value["status"] in {"in_progress", "interrupted"}) == (
        summary["total_chunks"] > summary["completed_chunks"] + summary["failed_chunks"]
    )
    assert len({one["pair_id"] for one in mined}) == len(mined) == summary["total_qa_pairs"]
    methods = Counter(negative["method"] for one in mined for negative in one["negatives"])
    assert summary["by_method"] == methods
    assert summary["total_negatives"] == methods.total()
    assert summary["flags"] == Counter(flag for one in mined for flag in one["flags"])
    assert summary["extra_positives"] == sum(len(one["extra_positives"]) for one in mined)
    assert summary["requests"] == sum(record["attempts"] for record in records.values())


def _check_pair(one: dict[str, Any], pairs: dict[str, Any], chunks: dict[str, str]) -> None:
    pair = pairs[one["pair_id"]]
    assert one["question"] == pair["question"]
    if "chunk_gone" in one["flags"]:
        assert one["negatives"] == []
        return
    keys = [negative["chunk_key"] for negative in one["negatives"]]
    assert one["chunk_key"] not in keys
    assert len(set(keys)) == len(keys)
    for negative in [*one["negatives"], *one["extra_positives"]]:
        assert negative["document"] == chunks[negative["chunk_key"]]
        assert negative["explanation"]
    for negative in one["negatives"]:
        assert negative["verified"] == (negative["method"] == "llm_verified")
