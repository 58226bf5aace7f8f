"""QA files -> one dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qagen import dataset
from qagen.dataset import Choices, Combined
from qagen.errors import DataError, StorageError
from tests.builders import qa_value, write_json

OUTPUT = Path("training_data.json")


def qa(name: str, *questions: str, **fields: Any) -> Path:
    """A QA file on the disk."""
    return write_json(Path("qa") / f"{name}_qa.json", qa_value(name, questions, **fields))


def answered(name: str, pairs: dict[str, str]) -> Path:
    """A QA file with these answers."""
    return qa(name, training_pairs=[{"question": question, "answer": answer} for question, answer in pairs.items()])


def combine(*paths: Path, output: Path = OUTPUT, **choices: Any) -> Combined:
    return dataset.combine(paths, output, Choices(**choices), version="1.2.3")


def written(output: Path = OUTPUT) -> dict[str, Any]:
    value = json.loads(output.read_bytes())
    assert isinstance(value, dict)
    return value


def without_time(data: bytes) -> bytes:
    """The bytes but for the one clock in them."""
    lines = data.splitlines(keepends=True)
    kept = [line for line in lines if b'"generated_at"' not in line]
    assert len(lines) - len(kept) == 1
    return b"".join(kept)


def test_all_pairs_of_finished_documents_are_in_the_dataset() -> None:
    result = combine(qa("a", "A one?", "A two?"), qa("b", "B one?"))

    value = written()
    assert [pair["question"] for pair in value["training_pairs"]] == ["A one?", "A two?", "B one?"]
    assert value["metadata"]["total_qa_pairs"] == result.pairs == 3
    assert value["metadata"]["num_documents"] == 2
    assert value["metadata"]["source_qa_files"] == ["a_qa.json", "b_qa.json"]
    assert value["metadata"]["generated_by"] == "qa_combiner"
    assert value["metadata"]["qagen_version"] == "1.2.3"
    assert [(document["source_file"], document["qa_pairs_count"]) for document in value["documents"]] == [
        ("a_qa.json", 2),
        ("b_qa.json", 1),
    ]


def test_each_pair_has_its_fields_and_places_for_what_is_joined_later() -> None:
    combine(qa("a", "A?"))

    (pair,) = written()["training_pairs"]
    assert pair["answer"] == "Answer of a."
    assert pair["chunk_key"] == "key of a"
    assert (pair["judge"], pair["negatives"], pair["extra_positives"]) == (None, [], [])
    assert "source_text" not in pair


def test_the_same_files_give_the_same_bytes_but_for_the_time() -> None:
    paths = [qa("a", "A?", "Same?"), qa("b", "B?", "Same?"), qa("c", status="in_progress")]
    combine(*paths)
    first = OUTPUT.read_bytes()
    combine(*paths)

    assert without_time(OUTPUT.read_bytes()) == without_time(first)


@pytest.mark.parametrize("lines", [False, True], ids=["json", "jsonl"])
def test_the_order_of_the_paths_does_not_matter(lines: bool) -> None:
    paths = [
        answered("a", {"Same?": "One.", "A?": "a"}),
        answered("b", {"Same?": "Two.", "A?": "a"}),
        qa("c", "C?", status="in_progress"),
        qa("d", "D?", qa_generation_info={"model": "other"}),
    ]
    combine(*paths, lines=lines)
    first = OUTPUT.read_bytes()
    combine(*paths[::-1], lines=lines)

    if lines:
        assert OUTPUT.read_bytes() == first
    else:
        assert without_time(OUTPUT.read_bytes()) == without_time(first)


def test_no_clock_run_or_serial_but_generated_at_is_in_the_dataset() -> None:
    combine(qa("a", "A?", metadata={"file_name": "a.md", "processed_at": "2026-11-22T05:00:00Z"}))

    value = written()
    value["metadata"].pop("generated_at")
    text = json.dumps(value)
    assert "2026-11-22" not in text
    assert "run of a" not in text
    assert not value["documents"][0]["qa_generation_info"].keys() & {"run_id", "serial", "generated_at", "updated_at"}


def test_the_same_pair_twice_is_in_the_dataset_once() -> None:
    first = answered("a", {"What opens?": "The valve."})
    second = answered("b", {" what  OPENS ?": "the   valve.", "New?": "Yes."})
    result = combine(first, second)

    assert result.duplicates == written()["metadata"]["duplicates_removed"] == 1
    assert result.conflicts == 0
    assert [pair["question"] for pair in written()["training_pairs"]] == ["What opens?", "New?"]
    assert written()["documents"][1]["qa_pairs_count"] == 1


def test_combining_a_file_with_itself_adds_nothing() -> None:
    path = qa("a", "A one?", "A two?")
    combine(path)
    once = written()["training_pairs"]
    combine(path, path)

    assert written()["training_pairs"] == once


def test_a_question_with_several_answers_is_kept_and_counted_once_as_a_conflict() -> None:
    result = combine(
        answered("a", {"What opens?": "The valve."}),
        answered("b", {"What opens?": "The gate."}),
        answered("c", {"What opens?": "The door."}),
        answered("d", {"What opens?": "The valve."}),
    )

    assert (result.pairs, result.duplicates, result.conflicts) == (3, 1, 1)
    assert written()["metadata"]["conflicts"] == 1


def test_unfinished_documents_are_left_out_and_it_is_said_why() -> None:
    summary = {"completed_chunks": 4, "total_chunks": 90}
    paths = [qa("a", "A?")]
    paths += [qa(name, "Q?", status=name, summary=summary) for name in ("in_progress", "interrupted", "failed")]
    result = combine(*paths)

    assert [(one.file, one.why) for one in sorted(result.left_out, key=lambda one: one.file)] == [
        ("failed_qa.json", "failed: 4 of 90 chunks"),
        ("in_progress_qa.json", "in_progress: 4 of 90 chunks"),
        ("interrupted_qa.json", "interrupted: 4 of 90 chunks"),
    ]
    assert len(written()["metadata"]["left_out"]) == 3
    assert [pair["question"] for pair in written()["training_pairs"]] == ["A?"]


def test_unfinished_documents_go_in_when_they_are_asked_for() -> None:
    result = combine(qa("a", "A?"), qa("b", "B?", status="interrupted"), include_unfinished=True)

    assert (result.pairs, result.left_out) == (2, [])


def test_strict_leaves_out_documents_with_failed_chunks() -> None:
    flawed = qa("b", "B?", failed_chunks=[1, 2], summary={"total_chunks": 9, "completed_chunks": 7})
    assert combine(qa("a", "A?"), flawed).pairs == 2
    result = combine(qa("a", "A?"), flawed, strict=True)

    assert result.pairs == 1
    assert [(one.file, one.why) for one in result.left_out] == [("b_qa.json", "2 of 9 chunks failed (--strict)")]


def test_an_invalid_file_is_named_and_the_others_go_in() -> None:
    Path("qa").mkdir()
    torn = Path("qa/torn_qa.json")
    torn.write_text('{"status": ')
    newer = write_json(Path("qa/newer_qa.json"), {"format": "qagen/qa@2"})
    wrong = qa("wrong", training_pairs=[{"question": "Q?"}])
    result = combine(qa("a", "A?"), torn, newer, wrong, Path("qa/gone_qa.json"))

    whys = {one.file: one.why for one in result.invalid}
    assert set(whys) == {"qa/gone_qa.json", "newer_qa.json", "torn_qa.json", "wrong_qa.json"}
    assert whys["torn_qa.json"].startswith("it is not JSON")
    assert "made by a newer qagen" in whys["newer_qa.json"]
    assert "training_pairs.0.answer: field required" in whys["wrong_qa.json"]
    assert "cannot be read" in whys["qa/gone_qa.json"]
    assert {one["file"] for one in written()["metadata"]["left_out"]} == set(whys)
    assert result.pairs == 1


def test_nothing_to_combine_is_an_error_that_says_why_and_writes_nothing() -> None:
    OUTPUT.write_text("old")
    bad = Path("bad_qa.json")
    bad.write_text("no json")

    with pytest.raises(DataError, match=r"nothing to combine: a_qa\.json: in_progress.*bad_qa\.json.*--include-unfin"):
        combine(qa("a", "A?", status="in_progress"), bad)
    assert OUTPUT.read_text() == "old"
    assert not OUTPUT.with_name("training_data.json.bak").exists()


def test_a_finished_document_without_pairs_goes_in_beside_others() -> None:
    result = combine(qa("a"), qa("b", "B?"))

    assert result.pairs == 1
    assert written()["metadata"]["num_documents"] == 2


def test_a_file_of_an_older_tool_goes_in() -> None:
    old = write_json(
        Path("qa/old_qa.json"),
        {"status": "completed", "completed_chunks": [0], "training_pairs": [{"question": "Q?", "answer": "A."}]},
    )
    combine(old)

    assert [pair["question"] for pair in written()["training_pairs"]] == ["Q?"]


def test_json_lines_hold_one_pair_each_and_the_facts_stand_beside_them() -> None:
    output = Path("out/data.jsonl")
    output.parent.mkdir()
    combine(qa("a", "A one?", "A two?"), output=output, lines=True)

    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["question"] for row in rows] == ["A one?", "A two?"]
    meta = json.loads(Path("out/data.meta.json").read_bytes())
    assert set(meta) == {"metadata", "documents"}
    assert meta["metadata"]["total_qa_pairs"] == 2
    combine(qa("a", "A one?", "A two?"))
    assert rows == written()["training_pairs"]


@pytest.mark.parametrize("lines", [False, True], ids=["json", "jsonl"])
def test_an_existing_output_is_kept_as_bak(lines: bool) -> None:
    OUTPUT.write_text("what stood there")
    combine(qa("a", "A?"), lines=lines)

    assert Path("training_data.json.bak").read_text() == "what stood there"


def test_values_that_differ_between_documents_become_lists_and_equal_ones_do_not() -> None:
    one = {"provider": "local", "model": "a", "temperature": 0.3, "questions_per_chunk": 5, "max_tokens": 2000}
    combine(
        qa("a", "A?", qa_generation_info=one),
        qa("b", "B?", qa_generation_info={**one, "model": "b", "temperature": None}),
        qa("c", "C?", qa_generation_info=one, processing_info={"chunk_size": 500, "splitting_strategy": "recursive"}),
    )

    assert written()["metadata"]["processing_config"] == {
        "llm_provider": "local",
        "model_used": ["a", "b"],
        "questions_per_chunk": 5,
        "temperature": [0.3, None],
        "chunk_size": [1000, 500],
        "chunk_overlap": [100, None],
        "splitting_strategy": "recursive",
        "max_tokens": 2000,
    }


def test_the_figures_count_types_checks_and_generators_of_what_went_in() -> None:
    pairs = [
        {"question": "A?", "answer": "1", "question_type": "factual", "checks": ["EV_INEXACT"]},
        {"question": "B?", "answer": "2", "generator_kind": "rules", "checks": ["EV_INEXACT", "EV_PARTLY_FOUND"]},
        {"question": "A?", "answer": "1", "question_type": "factual", "checks": ["EV_INEXACT"]},
    ]
    result = combine(qa("a", training_pairs=pairs))

    assert result.kinds == {"factual": 1, "unknown": 1}
    assert result.checks == {"EV_INEXACT": 2, "EV_PARTLY_FOUND": 1}
    assert result.generators == {"llm": 1, "rules": 1}


def test_texts_of_every_script_and_lone_surrogates_do_not_break_the_file() -> None:
    combine(answered("a", {"日本 🙂 \u2028 \ud83d?": 'line\nbreak "quote" \\ \u0000'}))

    (pair,) = written()["training_pairs"]
    assert pair["question"] == "日本 🙂 \u2028 \ufffd?"
    assert pair["answer"] == 'line\nbreak "quote" \\ \u0000'


def test_an_output_that_cannot_be_written_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match=r"nowhere/data\.json: it cannot be saved"):
        combine(qa("a", "A?"), output=Path("nowhere/data.json"))


def test_the_qa_files_are_only_read() -> None:
    path = qa("a", "A?")
    before = path.read_bytes()
    combine(path)

    assert path.read_bytes() == before
    assert [one.name for one in Path("qa").iterdir()] == ["a_qa.json"]
