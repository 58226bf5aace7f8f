"""Negatives that were mined are joined to the pairs of the dataset, by what the pairs say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from qagen.cli import app
from qagen.pairs import pair_id
from tests.builders import write_json
from tests.dataset.given import OUTPUT, combine, kept, pair, qa
from tests.dataset.test_sources import corpora, documents, laid_out, quiet, same_but_for_the_time


def negative(text: str) -> dict[str, Any]:
    where = {"chunk_id": "c-9", "chunk_key": f"key of {text}", "source_file": "docs/other.md"}
    return {"document": text, **where, "explanation": "Another pump.", "method": "llm_verified", "verified": True}


def mined(one: dict[str, Any], *texts: str, positives: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was mined for a pair."""
    extra = [
        {key: value for key, value in negative(text).items() if key not in {"method", "verified"}} for text in positives
    ]
    facts = {"pair_id": pair_id(one["question"], one["answer"], one["chunk_key"]), "chunk_key": one["chunk_key"]}
    return {
        **facts,
        "question": one["question"],
        "negatives": [negative(text) for text in texts],
        "extra_positives": extra,
    }


def negatives(name: str, *entries: dict[str, Any], folder: str = "qa", **fields: Any) -> Path:
    """A negatives file on the disk."""
    value = {"format": "qagen/negatives@1", "status": "completed", "mined_pairs": list(entries), **fields}
    return write_json(Path(folder) / f"{name}_negatives.json", value)


ONE, OTHER = pair("How hot?", "80 degrees"), pair("How high?", "12 m")


def test_negatives_and_positives_are_joined_to_their_pairs_with_the_text_they_were_asked_about() -> None:
    key = "e3b0" * 16
    Path("chunks").mkdir()
    write_json(Path("chunks/a_chunks.json"), ["The boiler is heated to 80 degrees."])
    asked = pair("How hot?", "80 degrees", chunk_key="", chunk_index=0)
    negatives("a", mined(asked, "x", "y", positives=("z",)))
    gone = pair("How high?", "12 m", chunk_key=key)
    result = combine(qa("a", asked, gone), chunks_dir=Path("chunks"), include_outdated=True)
    one, other = kept()
    assert [found["document"] for found in one["negatives"]] == ["x", "y"]
    assert [found["document"] for found in one["extra_positives"]] == ["z"]
    assert one["source_text"] == "The boiler is heated to 80 degrees."
    assert (other["negatives"], other["source_text"]) == ([], None)
    joined = result.joined
    assert (joined.files, joined.pairs, joined.negatives, joined.extra_positives) == (1, 1, 2, 1)
    assert joined.unclaimed == 0


def test_they_may_lie_in_a_folder_of_their_own() -> None:
    negatives("a", mined(ONE, "here"), folder="mined")
    negatives("a", mined(ONE, "beside"))
    combine(qa("a", ONE), negatives_dir=Path("mined"))
    assert [found["document"] for found in kept()[0]["negatives"]] == ["here"]


def test_a_pair_that_was_changed_since_gets_none_and_it_is_counted() -> None:
    negatives("a", mined(ONE, "x"), mined(OTHER, "y"))
    changed = {**ONE, "question": "How hot, at most?"}  # by hand: its identity is still that of the old text
    result = combine(qa("a", changed, OTHER))
    assert [len(one["negatives"]) for one in kept()] == [0, 1]
    assert result.joined.unclaimed == 1


def test_files_that_are_unusable_or_unfinished_are_named() -> None:
    negatives("a", mined(ONE, "x"), status="in_progress", summary={"total_chunks": 4, "completed_chunks": 1})
    Path("qa/b_negatives.json").write_text("{")
    result = combine(qa("a", ONE), qa("b", OTHER))
    assert [(one.file, one.why) for one in result.joined.unfinished] == [
        ("a_negatives.json", "in_progress: 1 of 4 chunks")
    ]
    assert [one.file for one in result.joined.problems] == ["b_negatives.json"]
    assert [len(one["negatives"]) for one in kept()] == [1, 0]


def test_what_was_joined_stays_when_the_dataset_is_combined_again() -> None:
    path = negatives("a", mined(ONE, "x", positives=("z",)))
    combine(qa("a", ONE, OTHER))
    path.unlink()
    combine(OUTPUT, output=Path("again.json"))
    assert kept(Path("again.json")) == kept()


def test_a_dataset_beside_its_qa_files_gets_the_newer_negatives() -> None:
    combine(qa("a", ONE), output=Path("a_first.json"))
    negatives("a", mined(ONE, "x"))
    combine(Path("a_first.json"), qa("a", ONE, qa_generation_info={"model": "another"}))
    assert [[found["document"] for found in one["negatives"]] for one in kept()] == [["x"]]


def test_a_name_in_a_dataset_leads_nowhere() -> None:
    negatives("a", mined(ONE, "x"), folder=".")
    combine(qa("a", ONE), output=Path("in.json"))
    value = json.loads(Path("in.json").read_text())
    value["documents"][0]["source_file"] = "../a_qa.json"
    Path("in.json").write_text(json.dumps(value))
    Path("mined").mkdir()
    combine(Path("in.json"), negatives_dir=Path("mined"))
    assert kept()[0]["negatives"] == []


def test_the_command_says_what_was_joined_and_ends_with_1_where_a_file_is_unusable() -> None:
    qa("a", ONE)
    negatives("a", mined(ONE, "x", "y"))
    result = CliRunner().invoke(app, ["combine", "--no-checks"])
    assert result.exit_code == 0, result.output
    assert "2 negatives joined to 1 pair, from 1 file" in result.stdout
    Path("qa/a_negatives.json").write_text("[]")
    result = CliRunner().invoke(app, ["combine", "--no-checks"])
    assert result.exit_code == 1
    assert "negatives file not read" in result.output


# For all inputs


def with_negatives(corpus: list[list[dict[str, Any]]]) -> list[Path]:
    paths = laid_out(corpus)
    for number, pairs in enumerate(corpus):
        unique = {pair_id(one["question"], one["answer"], one["chunk_key"]): one for one in pairs[::2]}
        negatives(f"d{number}", *(mined(one, f"{number}: {one['question']}") for one in unique.values()))
    return paths


@quiet
@given(corpora, st.randoms(use_true_random=False))
def test_the_order_of_the_files_never_matters_with_negatives(corpus: list[list[dict[str, Any]]], random: Any) -> None:
    paths = with_negatives(corpus)
    combine(*paths, output=Path("one.json"))
    combine(*random.sample(paths, len(paths)), output=Path("other.json"))
    assert same_but_for_the_time(Path("one.json"), Path("other.json"))


@quiet
@given(corpora)
def test_what_was_joined_is_always_as_it_would_be_joined_again(corpus: list[list[dict[str, Any]]]) -> None:
    paths = with_negatives(corpus)
    combine(*paths, output=Path("one.json"))
    combine(Path("one.json"), output=Path("other.json"))
    assert kept(Path("one.json")) == kept(Path("other.json"))
    assert documents(Path("one.json")) == documents(Path("other.json"))


@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_an_export_takes_what_was_joined(name: str) -> None:
    Path("chunks").mkdir()
    write_json(Path("chunks/a_chunks.json"), ["The boiler is heated to 80 degrees."])
    asked = pair("How hot?", "80 degrees", chunk_key="", chunk_index=0)
    negatives("a", mined(asked, "A text about the other boiler."))
    combine(qa("a", asked), output=Path(name), chunks_dir=Path("chunks"), include_outdated=True)
    result = CliRunner().invoke(app, ["export", name, "--format", "retrieval-json", "-o", "r.json"])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(Path("r.json").read_text())
    assert row["positive_document"] == "The boiler is heated to 80 degrees."
    assert row["negative_documents"] == ["A text about the other boiler."]
    assert row["explanations"] == ["Another pump."]
