"""Two pairs ask the same and have different passages: no form says of one passage both that it answers and that not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qagen.exports.answers import Answers
from qagen.exports.pool import identity
from tests.exports import given as g

QUESTION, AGAIN = "What is the limit?", "what is  the limit"
OLD, NEW, MORE, OTHER = "It bears 12 bar.", "It bears 14 bar.", "Never more than 14 bar.", "The lid is red."


def contradicting() -> list[dict[str, Any]]:
    """What mining leaves: each passage is a negative of the other pair, because it holds another answer."""
    return [
        g.row(QUESTION, OLD, NEW, MORE, OTHER),
        g.row(AGAIN, NEW, OLD, OTHER, extra_positives=[g.extra(MORE)]),
        g.row("What colour?", OTHER, OLD, NEW),
    ]


def labels(form: str) -> set[tuple[str, str, int]]:
    """Everything that a form says: question (as it is compared), passage, and whether it answers."""
    g.export(form)
    said: list[tuple[str, str, int]] = []
    if form == "retrieval-json":
        for one in json.loads(Path("out").read_text("utf-8")):
            said.append((one["query"], one["positive_document"], 1))
            said += [(one["query"], text, 0) for text in one["negative_documents"]]
    elif form.startswith("sentence-transformers"):
        for one in g.lines("out"):
            query, positive, *negatives = one.values()
            said += [(query, positive, 1), *((query, text, 0) for text in negatives)]
    elif form == "labeled-pairs":
        said = [(one["query"], one["passage"], one["label"]) for one in g.lines("out")]
    elif form == "flag-embedding":
        for one in g.lines("out"):
            said += [(one["query"], text, 1) for text in one["pos"]] + [(one["query"], text, 0) for text in one["neg"]]
    elif form == "msmarco-triples":
        for query, positive, negative in g.cells("out"):
            said += [(query, positive, 1), (query, negative, 0)]
    elif form == "msmarco-ids":
        texts, queries = dict(g.cells("out/collection.tsv")), dict(g.cells("out/queries.tsv"))
        said += [(queries[query], texts[one], 1) for query, _, one, _ in g.cells("out/qrels.tsv")]
        said += [(queries[query], texts[one], 0) for query, _, one in g.cells("out/triples.tsv")]
    return {(" ".join(query.casefold().split()).rstrip("?"), text, label) for query, text, label in said}


@pytest.mark.parametrize("form", [form for form in g.ALL if form != "beir"])
def test_no_passage_answers_a_question_in_one_row_and_not_in_another(form: str) -> None:
    g.given(*contradicting())
    said = labels(form)
    plain = "what is the limit"
    assert {(plain, OLD, 1), (plain, NEW, 1), (plain, OTHER, 0)} <= said
    assert not {(query, text) for query, text, label in said if label} & {
        (query, text) for query, text, label in said if not label
    }
    assert ("what colour", OLD, 0) in said


def test_in_a_folder_to_measure_with_both_passages_answer() -> None:
    g.given(*contradicting())
    g.export("beir")
    judged = {(query, passage) for query, passage, _ in g.cells("out/qrels/test.tsv")[1:]}
    assert judged >= {(identity(QUESTION), identity(OLD)), (identity(AGAIN), identity(NEW))}
    negatives = [{one["chunk_key"] for one in row["negatives"]} for row in g.lines("out/provenance.jsonl")]
    assert [len(one) for one in negatives] == [1, 1, 2]


def test_it_is_said_how_many_negatives_were_left_out_for_it_and_which_pairs_have_no_others() -> None:
    g.given(*contradicting(), g.row("WHAT IS THE LIMIT?", OLD, NEW))
    said = g.export("labeled-pairs")
    assert "negatives left out: 4 the passage of another pair with the same question" in said
    assert "pairs left out: 1 only negatives that are passages of another pair with the same question" in said


def test_the_best_negatives_that_are_left_fill_the_number_that_was_asked_for() -> None:
    g.given(*contradicting())
    g.export("sentence-transformers-tuples", "--negatives", "1")
    assert [one["negative_1"] for one in g.lines("out")] == [OTHER, OTHER, OLD]


def test_a_pair_that_stays_out_itself_says_all_the_same_what_answers_its_question() -> None:
    g.given(g.row(QUESTION, OLD, NEW, OTHER), g.row(AGAIN, NEW))
    g.export("msmarco-triples")
    assert [negative for _, _, negative in g.cells("out")] == [OTHER]


def test_of_pairs_whose_question_is_asked_once_nothing_is_kept() -> None:
    rows = [g.row(f"What is {number}?", OLD, NEW) for number in range(100)]
    assert not Answers(rows)._answers
    assert len(Answers([*rows, g.row("what is 7", NEW, OLD)])._answers) == 2


def test_a_damaged_row_is_named_by_its_number_though_the_dataset_was_gone_through_before() -> None:
    path = g.given(*g.pumps(), path=Path("data.jsonl"))
    path.write_text(path.read_text("utf-8") + '{"question": 7, "extra_positives": [3]}\n', "utf-8")
    result = g.run(str(path), "--format", "labeled-pairs", "-o", "out")
    assert result.exit_code == 3
    assert "pair 4 is damaged: " in " ".join(result.output.split())
