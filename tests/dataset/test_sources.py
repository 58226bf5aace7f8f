"""What can be combined: QA files, and datasets that were combined before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from qagen import dataset
from qagen.dataset import Choices
from qagen.errors import DataError
from tests.builders import write_json
from tests.dataset.given import OUTPUT, combine, kept, metadata, pair, qa, questions, rejected


def same_but_for_the_time(one: Path, other: Path) -> bool:
    def lines(path: Path) -> list[bytes]:
        return [line for line in path.read_bytes().splitlines() if b'"generated_at"' not in line]

    return lines(one) == lines(other)


def documents(output: Path = OUTPUT) -> Any:
    return json.loads(output.read_bytes())["documents"]


def several() -> list[Path]:
    info = {"provider": "local", "model": "m", "temperature": 0.3}
    return [
        qa("a", pair("A one?", "1", grounding=0.5), pair("What is it?", "4 bar"), qa_generation_info=info),
        qa("b", pair("A one?", "1", grounding=1.0), pair("What is it?", "5 bar"), pair("B?", "2", question_type="x")),
        qa("c"),
    ]


@pytest.mark.parametrize("name", ["one.json", "one.jsonl"])
def test_combining_what_was_combined_changes_nothing(name: str) -> None:
    first, again = Path(name), Path(f"again.{name.partition('.')[2]}")
    combine(*several(), output=first)
    combine(first, output=again)

    assert kept(again) == kept(first)
    assert rejected() == []
    meta = [path if path.suffix == ".json" else path.with_suffix(".meta.json") for path in (first, again)]
    assert documents(meta[0]) == documents(meta[1])
    heads = [json.loads(path.read_bytes())["metadata"] for path in meta]
    for gone in ("generated_at", "duplicates_removed", "funnel"):
        assert heads[0].pop(gone) is not None
        heads[1].pop(gone)
    assert heads[0] == heads[1]
    combine(again, output=first)
    assert kept(again) == kept(first)


def test_a_dataset_that_was_laid_out_anew_is_still_one() -> None:
    combine(qa("a", pair("A one?", "1."), pair("B one?", "2.")))
    before = kept()
    for indent in (None, 1, 2, 4):
        OUTPUT.write_text(json.dumps(json.loads(OUTPUT.read_bytes()), indent=indent))
        combine(OUTPUT)
        assert kept() == before


def test_a_dataset_may_be_replaced_by_itself() -> None:
    combine(*several())
    before = OUTPUT.read_bytes()
    combine(OUTPUT)
    assert kept() == json.loads(before)["training_pairs"]
    assert Path("training_data.json.bak").read_bytes() == before


def test_a_dataset_and_new_documents_make_one() -> None:
    a, b, c = several()
    combine(a, c, output=Path("old.json"))
    combine(b, Path("old.json"))
    whole = {one["question"] + one["answer"] for one in kept()}
    combine(a, b, c)
    assert {one["question"] + one["answer"] for one in kept()} == whole
    assert sorted(one["source_file"] for one in documents()) == ["a_qa.json", "b_qa.json", "c_qa.json"]


def test_a_document_that_comes_in_two_files_is_one_document_with_its_pairs_together() -> None:
    a, b, _ = several()
    combine(a, output=Path("zz.json"))
    value = json.loads(Path("zz.json").read_bytes())
    value["training_pairs"].append({**value["training_pairs"][0], "question": "Added by hand?"})
    write_json(Path("zz.json"), value)
    combine(a, b, Path("zz.json"))
    assert [one["source_file"] for one in documents()] == ["a_qa.json", "b_qa.json"]
    assert questions() == ["What is it?", "Added by hand?", "A one?", "What is it?", "B?"]


def test_what_later_commands_joined_to_a_pair_stays() -> None:
    joined = {"judge": {"verdict": "pass"}, "negatives": [{"document": "x"}], "extra_positives": ["c1"], "mine": 7}
    combine(*several())
    value = json.loads(OUTPUT.read_bytes())
    value["training_pairs"][0] |= joined
    Path("old.json").write_text(json.dumps(value, indent=4))
    combine(Path("old.json"))
    assert kept()[0].items() >= joined.items()


def test_json_lines_without_their_facts_make_documents_of_what_the_pairs_say() -> None:
    combine(*several(), output=Path("old.jsonl"))
    Path("old.meta.json").unlink()
    combine(Path("old.jsonl"))
    assert [(one["file_info"]["source_file"], one["qa_pairs_count"]) for one in documents()] == [
        ("docs/a.md", 1),
        ("docs/b.md", 3),
    ]
    assert metadata()["source_qa_files"] == ["old.jsonl", "old.jsonl"]
    combine(OUTPUT, output=Path("again.json"))
    assert documents(Path("again.json")) == documents()


def test_pairs_of_older_tools_get_an_identity() -> None:
    old = {"status": "completed", "training_pairs": [{"question": "Q?", "answer": "A."}]}
    combine(write_json(Path("qa/old_qa.json"), old))
    (one,) = kept()
    assert one["pair_id"] == pair("Q?", "A.", chunk_key="")["pair_id"]
    combine(OUTPUT, output=Path("again.json"))
    assert kept(Path("again.json")) == kept()
    assert documents(Path("again.json")) == documents()


def test_documents_with_failed_chunks_are_known_in_a_dataset_too() -> None:
    flawed = qa(
        "b", pair("B?", "1"), failed_chunks=[1], summary={"total_chunks": 2, "completed_chunks": 1, "failed_chunks": 1}
    )
    combine(qa("a", pair("A?", "2")), flawed, output=Path("old.json"))
    result = combine(Path("old.json"), strict=True)
    assert questions() == ["A?"]
    assert [(one.file, one.why) for one in result.left_out] == [("b_qa.json", "1 of 2 chunks failed (--strict)")]
    assert [row["reason"] for row in rejected()] == ["FAILED_CHUNKS"]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("x.jsonl", '{"question": "Q?", "answer": "A."}\n{"question": "Q?"}\n', "pair 2.answer: Field required"),
        ("x.jsonl", '{"question": "Q?", "answer": "A."}\n{"quest', "after pair 1"),
        ("x.jsonl", '{"question": "Q?", "answer": "A."}\n[1]\n', "after pair 1: a pair is no object"),
        ("x.json", '{"metadata": {"generated_by": "qa_combiner"}, "documents": []}', "it is no dataset of qagen"),
        ("x.json", '{"metadata": {"generated_by": "qa_combiner"', "it is no dataset of qagen"),
        ("x.json", "{}", "it is no valid QA file"),
        ("gone.jsonl", None, "it cannot be read"),
        ("gone.json", None, "it cannot be read"),
    ],
)
def test_a_file_that_is_none_of_them_is_named_and_none_of_its_pairs_go_in(
    name: str, text: str | None, why: str
) -> None:
    if text is not None:
        Path(name).write_text(text)
    result = combine(qa("a", pair("A?", "1")), Path(name))
    assert [one.file for one in result.invalid] == [name]
    assert why in result.invalid[0].why
    assert questions() == ["A?"]


def test_numbers_beyond_all_reason_do_no_harm() -> None:
    Path("chunks").mkdir()
    write_json(Path("chunks/a_chunks.json"), ["One."])
    odd = {"evidence_start": 2**63, "evidence_end": 2**64 - 1, "chunk_index": 2**64 - 1, "grounding": 1e300}
    pairs = [pair("A?", "1", **odd, chunk_key=""), pair("B?", "2", evidence_start=9, evidence_end=3)]
    combine(qa("a", *pairs), include_source_text=True, chunks_dir=Path("chunks"), max_per_document=1)
    assert len(kept()) == 1


def test_a_dataset_that_was_cut_is_refused_as_a_whole() -> None:
    combine(*several())
    whole = OUTPUT.read_bytes()
    Path("cut.json").write_bytes(whole[: whole.index(b'"training_pairs"') + 900])
    with pytest.raises(DataError, match="nothing to combine"):
        combine(Path("cut.json"))


def test_a_dataset_is_gone_through_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    combine(*several())
    monkeypatch.setattr("qagen.files.read_bytes", lambda path: pytest.fail("read as a whole"))
    combine(OUTPUT, output=Path("again.json"))
    assert same_but_for_the_time(OUTPUT, OUTPUT)
    assert kept(Path("again.json")) == kept()


# For all inputs

WORDS = ["pump", "valve", "Valve", "A17", "B12", "12", "14", "open", "not", "the", "of", "pressure", "pressures", "max"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
made = st.builds(
    pair,
    texts,
    texts,
    chunk_key=st.sampled_from(["k1", "k2"]),
    grounding=st.sampled_from([None, 0.5, 1.0]),
    checks=st.lists(st.sampled_from(["X", "CONFLICT", "Q_VAGUE"]), max_size=2, unique=True),
    evidence=st.lists(texts, max_size=1),
    evidence_start=st.sampled_from([None, 0, 10]),
    evidence_end=st.sampled_from([5, 20]),
)
corpora = st.lists(st.lists(made, max_size=8), min_size=1, max_size=3).filter(any)
quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def laid_out(corpus: list[list[dict[str, Any]]]) -> list[Path]:
    return [qa(f"d{number}", *pairs) for number, pairs in enumerate(corpus)]


@quiet
@given(corpora, st.randoms(use_true_random=False))
def test_the_order_of_the_files_never_matters(corpus: list[list[dict[str, Any]]], random: Any) -> None:
    paths = laid_out(corpus)
    combine(*paths, output=Path("one.json"))
    combine(*random.sample(paths, len(paths)), *paths, output=Path("other.json"))
    assert same_but_for_the_time(Path("one.json"), Path("other.json"))


@quiet
@given(corpora)
def test_what_was_combined_is_always_as_it_would_be_combined_again(corpus: list[list[dict[str, Any]]]) -> None:
    combine(*laid_out(corpus), output=Path("one.json"))
    combine(Path("one.json"), output=Path("other.json"))
    assert kept(Path("one.json")) == kept(Path("other.json"))
    assert documents(Path("one.json")) == documents(Path("other.json"))


@quiet
@given(corpora, st.sampled_from(["keep", "drop"]), st.sampled_from([None, 1, 3]), st.sampled_from([None, 0.6]))
def test_every_pair_is_in_the_dataset_or_among_the_rejects(
    corpus: list[list[dict[str, Any]]], conflicts: str, most: int | None, grounding: float | None
) -> None:
    choices: dict[str, Any] = {
        "conflicts": conflicts,
        "max_per_document": most,
        "min_grounding": grounding,
        "drop": frozenset({"X"}),
    }
    paths = laid_out(corpus)
    try:
        combine(*paths, **choices)
    except DataError:
        reject()  # no pair is left, so nothing is written
    everything = sorted((one["question"], one["answer"]) for pairs in corpus for one in pairs)
    assert sorted((one["question"], one["answer"]) for one in [*kept(), *rejected()]) == everything
    ids = {one["pair_id"] for one in [*kept(), *rejected()]}
    assert {row["dropped_for"] for row in rejected() if row["dropped_for"]} <= ids


@quiet
@given(corpora)
def test_names_are_never_lost_to_duplicates(corpus: list[list[dict[str, Any]]]) -> None:
    from qagen.dataset.wording import wording

    dataset.combine(laid_out(corpus), OUTPUT, Choices(), version="1")
    asked = {frozenset(wording(one["question"]).numbers) for pairs in corpus for one in pairs}
    assert {frozenset(wording(one["question"]).numbers) for one in kept()} == asked
