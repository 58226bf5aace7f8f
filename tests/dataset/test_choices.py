"""What is left out by choice: by code, by grounding, by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qagen.errors import DataError
from tests.builders import chunk_file_of
from tests.dataset.given import OUTPUT, combine, kept, metadata, pair, qa, questions, rejected


def reasons() -> list[tuple[str, str]]:
    return [(row["question"], row["reason"]) for row in rejected()]


def test_pairs_with_a_code_that_is_dropped_go() -> None:
    pairs = [
        pair("A one?", "1", checks=["EV_INEXACT"]),
        pair("B one?", "2", checks=["EV_MISSING", "X"]),
        pair("C?", "3"),
    ]
    combine(qa("a", *pairs), drop=frozenset({"X", "EV_MISSING", "OTHER"}))
    assert questions() == ["A one?", "C?"]
    assert reasons() == [("B one?", "EV_MISSING")]


def test_pairs_with_an_error_go_and_those_with_a_warning_stay() -> None:
    pairs = [pair("A one?", "1", checks=["A_NUMBER"]), pair("B one?", "2", checks=["EV_INEXACT"])]
    combine(qa("a", *pairs))
    assert reasons() == [("A one?", "A_NUMBER")]
    combine(qa("a", *pairs), checks=False)
    assert questions() == ["A one?", "B one?"]


def test_remarks_stay_unless_they_are_dropped() -> None:
    combine(qa("a", pair("A?", "1", checks=["EV_INEXACT"])))
    assert questions() == ["A?"]


def test_pairs_that_are_grounded_too_little_go_and_those_without_a_quote_with_them() -> None:
    pairs = [pair(f"Q {share}?", f"A {share}.", grounding=share) for share in (None, 0.0, 0.5, 0.75, 1.0)]
    combine(qa("a", *pairs), min_grounding=0.75)
    assert questions() == ["Q 0.75?", "Q 1.0?"]
    assert {reason for _, reason in reasons()} == {"LOW_GROUNDING"}
    combine(qa("a", *pairs), min_grounding=0.0)
    assert len(kept()) == 5


def many(chunks: int, each: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        pair(f"Question {chunk} {number}?", f"Answer {chunk} {number}.", chunk_key=f"k{chunk}", **fields)
        for chunk in range(chunks)
        for number in range(each)
    ]


def test_what_stays_of_a_document_is_spread_over_its_chunks() -> None:
    combine(qa("a", *many(10, 3)), qa("b", *many(2, 1)), max_per_document=5)
    assert questions() == [*(f"Question {chunk} 0?" for chunk in (0, 2, 4, 6, 8))]
    assert {reason for _, reason in reasons()} == {"MAX_PER_DOCUMENT", "DUP_EXACT"}


def test_each_chunk_gives_one_before_any_gives_two() -> None:
    combine(qa("a", *many(3, 3)), max_per_document=4)
    assert questions() == ["Question 0 0?", "Question 0 1?", "Question 1 0?", "Question 2 0?"]


def test_the_best_grounded_of_a_chunk_stays() -> None:
    weak, strong = many(2, 2, grounding=0.5), pair("Strong?", "Yes.", chunk_key="k0", grounding=1.0)
    combine(qa("a", *weak, strong), max_per_document=2)
    assert questions() == ["Question 1 0?", "Strong?"]


def test_of_chunks_too_many_the_better_grounded_give() -> None:
    pairs = [pair(f"Q {n}?", f"A {n}.", chunk_key=f"k{n}", grounding=1.0 if n in {1, 4} else 0.5) for n in range(6)]
    combine(qa("a", *pairs), max_per_document=3)
    assert questions() == ["Q 0?", "Q 1?", "Q 4?"]


def test_a_duplicate_takes_no_place() -> None:
    pairs = [
        pair("Q 1?", "A 1.", chunk_key="k0"),
        pair("Q 1?", "A 1.", chunk_key="k1"),
        pair("Q 2?", "A 2.", chunk_key="k2"),
    ]
    combine(qa("a", *pairs), max_per_document=2)
    assert questions() == ["Q 1?", "Q 2?"]


# The text that was asked about


def chunks(name: str, *cores: str, overlap: int = 0) -> list[str]:
    """A chunk file on the disk; gives the keys of its chunks."""
    from qagen.state import chunk_keys

    chunk_file = chunk_file_of(cores, overlap=overlap)
    Path("chunks").mkdir(exist_ok=True)
    (Path("chunks") / f"{name}_chunks.json").write_text(chunk_file.model_dump_json())
    return chunk_keys(chunk_file.chunks)


def test_the_core_of_its_chunk_is_joined_to_each_pair() -> None:
    first, second = chunks("a", "The first core. ", "The second core.", overlap=5)
    pairs = [pair("A?", "1", chunk_key=second), pair("B?", "2", chunk_key=first), pair("C?", "3", chunk_key="gone")]
    path = qa("a", *pairs)
    result = combine(path, include_source_text=True, include_outdated=True, chunks_dir=Path("chunks"))
    assert [one["source_text"] for one in kept()] == ["The second core.", "The first core. ", None]
    assert result.without_source_text == 1


def test_a_pair_of_an_older_tool_finds_its_chunk_by_document_and_index() -> None:
    chunks("a", "First of a. ", "Second of a.")
    chunks("b", "First of b. ", "Second of b.")
    old = pair("A?", "1", chunk_key="", chunk_index=1)
    combine(qa("a", old), qa("b", {**old, "question": "B?"}), include_source_text=True, chunks_dir=Path("chunks"))
    assert [one["source_text"] for one in kept()] == ["Second of a.", "Second of b."]


def test_the_text_that_is_joined_once_stays_where_the_chunk_is_gone() -> None:
    (key,) = chunks("a", "The core.")
    data = Path("old.json")
    combine(qa("a", pair("A?", "1", chunk_key=key)), output=data, include_source_text=True, chunks_dir=Path("chunks"))
    chunks("a", "Another core.")
    result = combine(data, include_source_text=True, chunks_dir=Path("chunks"))
    assert [one["source_text"] for one in kept()] == ["The core."]
    assert result.without_source_text == 0


def test_without_chunk_files_the_text_cannot_be_joined() -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        combine(qa("a", pair("A?", "1")), include_source_text=True, chunks_dir=Path("chunks"))
    assert not OUTPUT.exists()


def test_a_chunk_file_that_cannot_be_read_is_named_and_the_others_are_used() -> None:
    (key,) = chunks("a", "The core.")
    (Path("chunks") / "b_chunks.json").write_text("{")
    result = combine(qa("a", pair("A?", "1", chunk_key=key)), include_source_text=True, chunks_dir=Path("chunks"))
    assert [one.file for one in result.chunk_problems] == ["b_chunks.json"]
    assert [one["source_text"] for one in kept()] == ["The core."]


# The funnel


def test_the_funnel_says_at_which_step_how_many_went_and_why() -> None:
    a = qa(
        "a",
        pair("Kept one?", "1", grounding=1.0),
        pair("Remarked?", "2", grounding=1.0, checks=["X"]),
        pair("Weak?", "3", grounding=0.1),
        pair("What is it?", "4 bar", grounding=1.0),
        pair("What is it?", "5 bar", grounding=1.0),
        pair("kept one", "1", grounding=1.0),
        rejected_pairs=[pair("Bad?", "6", checks=["EV_INEXACT", "EV_NOT_FOUND"]), pair("Worse?", "7")],
        chunks={"0": {"chunk_key": "k", "status": "completed", "rejected": {"EV_NOT_FOUND": 1}}},
    )
    b = qa("b", pair("Unfinished?", "8"), status="interrupted", summary={"total_chunks": 4, "completed_chunks": 1})
    choices: dict[str, Any] = {
        "drop": frozenset({"X"}),
        "min_grounding": 0.5,
        "conflicts": "drop",
        "max_per_document": 1,
    }
    combine(a, b, **choices)

    funnel = metadata()["funnel"]
    assert (funnel["chunks"], funnel["answered"], funnel["parsed"]) == (5, 2, 9)
    assert [(step["step"], step["left_out"], step["pairs"]) for step in funnel["steps"]] == [
        ("generation", {"EV_NOT_FOUND": 1, "REJECTED": 1}, 7),
        ("documents", {"UNFINISHED": 1}, 6),
        ("changed text", {}, 6),
        ("dropped checks", {"X": 1}, 5),
        ("grounding", {"LOW_GROUNDING": 1}, 4),
        ("duplicates", {"DUP_EXACT": 1}, 3),
        ("contradictions", {"CONFLICT": 2}, 1),
        ("most per document", {}, 1),
    ]
    found = {row["question"]: (row["reason"], row["source_qa_file"]) for row in rejected()}
    assert found == {
        "Bad?": ("EV_NOT_FOUND", "a_qa.json"),
        "Worse?": ("REJECTED", "a_qa.json"),
        "Unfinished?": ("UNFINISHED", "b_qa.json"),
        "Remarked?": ("X", "a_qa.json"),
        "Weak?": ("LOW_GROUNDING", "a_qa.json"),
        "What is it?": ("CONFLICT", "a_qa.json"),
        "kept one": ("DUP_EXACT", "a_qa.json"),
    }


def test_pairs_of_documents_with_failed_chunks_are_accounted_for() -> None:
    flawed = qa("b", pair("B?", "1"), failed_chunks=[1], summary={"total_chunks": 2, "completed_chunks": 1})
    combine(qa("a", pair("A?", "1")), flawed, strict=True)
    assert reasons() == [("B?", "FAILED_CHUNKS")]


def test_no_rejects_are_written_where_none_are_wanted() -> None:
    from qagen import dataset
    from qagen.dataset import Choices

    dataset.combine([qa("a", pair("A?", "1"), pair("A?", "1"))], OUTPUT, Choices(), version="1")
    assert sorted(path.name for path in Path().iterdir()) == ["qa", "training_data.json"]


# Exact duplicates alone


SAME = ["What is it?", " what  is IT", "What is it", "WHAT\u00a0IS\x1fIT？"]


def test_without_checks_the_best_of_those_that_say_the_same_stays() -> None:
    pairs = [pair(question, "A pump.", grounding=0.5) for question in SAME]
    pairs += [pair("What is it?", "a pump", grounding=1.0, checks=["X"]), pair("What is it?", "A\0pump.")]
    combine(qa("a", *pairs, pair("Which?", "A.")), qa("b", pair("Which?", "a!", grounding=1.0)), checks=False)
    assert [(one["question"], one["answer"]) for one in kept()] == [
        ("What is it?", "a pump"),
        ("What is it?", "A\0pump."),
        ("Which?", "a!"),
    ]
    assert {(row["reason"], row["dropped_for"]) for row in rejected()} == {
        ("DUP_EXACT", kept()[0]["pair_id"]),
        ("DUP_EXACT", kept()[2]["pair_id"]),
    }


def test_two_pairs_that_only_share_a_key_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qagen.dataset.keys.hash", lambda _: 7, raising=False)
    combine(qa("a", pair("A?", "1"), pair("B?", "1"), pair("a", "1")), checks=False)
    assert questions() == ["A?", "B?"]


def test_the_pairs_are_the_same_in_both_forms_however_many_there_are() -> None:
    pairs = [pair(f"Question {number}?", "Long. " * 100, chunk_key=f"k{number % 7}") for number in range(3000)]
    pairs[100] = pairs[2000] = pairs[1]
    combine(qa("a", *pairs), checks=False)
    combine(qa("a", *pairs), checks=False, output=Path("out.jsonl"))
    assert kept() == kept(Path("out.jsonl"))
    assert [one["pair_id"] for one in kept()] == list(dict.fromkeys(one["pair_id"] for one in pairs))
