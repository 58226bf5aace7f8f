"""Every form of a file, read back by `datasets` or the standard library."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qagen.exports import EXPORTS
from tests.exports import given as g

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "exports.md"
GOLDEN = Path(__file__).parent / "golden" / "retrieval.json"
TRIPLETS, TUPLES = "sentence-transformers-triplets", "sentence-transformers-tuples"
NO_INPUTS = {"label", "labels", "score", "scores"}
"""Columns that sentence-transformers takes for labels; it takes all others for inputs, in their order."""
TEXTS = st.text(min_size=1).filter(str.strip)


# retrieval-json


def test_the_form_of_the_earlier_tool_is_the_same_byte_for_byte() -> None:
    g.given(g.pumps()[0], g.row('Wie groß ist "d"?', "d = 5\tmm\nund ½ 🚰", "Öl ist \\ schwarz."))
    g.export("retrieval-json")
    assert Path("out").read_bytes() == GOLDEN.read_bytes()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=3))
def test_whatever_the_texts_are_it_is_what_the_earlier_tool_would_write(texts: list[tuple[str, str, str]]) -> None:
    # No two ask the same: what answers one would be no negative of the other.
    numbered = enumerate(texts)
    rows = [
        (f"{number}: {query}", positive, other) for number, (query, positive, other) in numbered if positive != other
    ]
    g.given(*(g.row(query, positive, other) for query, positive, other in rows), g.row("Q", "P", "N"))
    g.export("retrieval-json")
    value = [
        {
            "query": query,
            "positive_document": positive,
            "negative_documents": [other],
            "explanations": [f"It is about something else: {other[:9]}"],
        }
        for query, positive, other in [*rows, ("Q", "P", "N")]
    ]
    assert Path("out").read_bytes().decode() == json.dumps(value, ensure_ascii=False, indent=2)


def test_the_earlier_form_is_loaded_by_the_line_that_is_printed() -> None:
    g.given(*g.pumps())
    rows = g.load(g.export("retrieval-json"))
    assert [list(row) for row in rows] == [["query", "positive_document", "negative_documents", "explanations"]] * 3
    assert [len(row["negative_documents"]) for row in rows] == [len(row["explanations"]) for row in rows] == [2, 2, 1]


# sentence-transformers


def test_triplets_are_columns_in_the_order_that_the_trainer_wants() -> None:
    g.given(*g.pumps())
    found = g.load(g.export(TRIPLETS))
    assert found.column_names == ["anchor", "positive", "negative"]
    assert len(found) == 5
    assert found[1] == {
        "anchor": "What is the most pressure?",
        "positive": "The pump bears 12 bar.",
        "negative": "Check the pressure daily.",
    }


@pytest.mark.parametrize("form", [TRIPLETS, TUPLES])
def test_no_column_is_there_that_a_trainer_would_take_for_a_label_or_for_one_more_input(form: str) -> None:
    g.given(*g.pumps())
    names = g.load(g.export(form)).column_names
    assert not NO_INPUTS & set(names)
    assert names[:2] == ["anchor", "positive"]
    assert all(name.startswith("negative") for name in names[2:])
    assert all(list(row) == names for row in g.lines("out"))


def test_tuples_have_as_many_negatives_as_most_pairs_and_the_others_are_set_aside() -> None:
    g.given(*g.pumps())
    said = g.export(TUPLES)
    found = g.load(said)
    assert found.column_names == ["anchor", "positive", "negative_1", "negative_2"]
    assert [row["negative_2"] for row in found] == ["Check the pressure daily.", "Paint it green."]
    (short,) = g.lines("out.short.jsonl")
    assert (short["anchor"], short["negatives"]) == ("When is oil changed?", ["Oil is black."])
    assert "1 fewer negatives than the others" in said
    assert "2 of 3 pairs, 2 negatives each" in said
    assert not Path("out.triplets.jsonl").exists()


def test_of_numbers_that_are_equally_common_the_smaller_one_is_taken() -> None:
    g.given(g.row("A?", "a", "1", "2", "3"), g.row("B?", "b", "1"))
    assert g.load(g.export(TUPLES)).column_names == ["anchor", "positive", "negative_1"]


def test_the_number_of_negatives_can_be_set_and_nothing_is_padded() -> None:
    g.given(*g.pumps())
    found = g.load(g.export(TUPLES, "--negatives", "1"))
    assert found.column_names == ["anchor", "positive", "negative_1"]
    assert len(found) == 3
    result = g.run("--format", TUPLES, "-o", "out", "--negatives", "3")
    assert result.exit_code == 2
    assert "no pair has as many; the most is 2" in result.output
    assert len(g.lines("out")) == 3


def test_rows_with_fewer_negatives_can_become_triplets_in_a_file_of_their_own() -> None:
    g.given(*g.pumps())
    said = g.export(TUPLES, "--explode-short")
    found = g.library("datasets").load_dataset("json", data_files="out.triplets.jsonl", split="train")
    assert found.column_names == ["anchor", "positive", "negative"]
    assert found["negative"][:] == ["Oil is black."]
    assert [row["line"] for row in g.lines("out.triplets.provenance.jsonl")] == [1]
    assert not Path("out.short.jsonl").exists()
    assert "3 of 3 pairs" in said


def test_what_an_earlier_export_set_aside_is_not_left_standing_beside_a_new_one() -> None:
    g.given(*g.pumps())
    g.export(TUPLES)
    g.export(TUPLES, "--negatives", "1")
    assert Path("out.short.jsonl").read_bytes() == b""
    assert len(g.lines("out.short.jsonl.bak")) == 1


@pytest.mark.parametrize("form", [TRIPLETS, TUPLES, "labeled-pairs", "flag-embedding", "msmarco-triples"])
def test_where_each_row_came_from_lies_beside_it_by_line_and_pair(form: str) -> None:
    rows = g.pumps()
    g.given(*rows)
    g.export(form)
    origins = g.lines("out.provenance.jsonl")
    data = Path("out").read_bytes().split(b"\n")[:-1]
    assert [one["line"] for one in origins] == list(range(1, len(data) + 1))
    ids = {row["pair_id"]: row["question"] for row in rows}
    for one, line in zip(origins, data, strict=True):
        assert ids[one["pair_id"]].encode() in line


def test_provenance_says_how_a_negative_was_found_without_its_text() -> None:
    g.given(*g.pumps())
    g.export(TRIPLETS)
    second = g.lines("out.provenance.jsonl")[1]
    assert second["positive"] == {
        "chunk_id": "pump-0",
        "chunk_key": "key",
        "source_file": "docs/pump.md",
        "section": "1 Pump",
        "page_start": 3,
    }
    (one,) = second["negatives"]
    assert {"document": "", **one} == {
        "document": "",
        "chunk_id": one["chunk_id"],
        "chunk_key": one["chunk_key"],
        "source_file": "docs/valve.md",
        "explanation": "BM25 rank 2; shares: pressure",
        "method": "bm25_filtered",
        "rank": 7,
        "score": 11.25,
        "verified": False,
    }


# Others


def test_labeled_pairs_hold_each_passage_with_whether_it_answers() -> None:
    g.given(*g.pumps())
    found = g.load(g.export("labeled-pairs"))
    assert found.column_names == ["query", "passage", "label"]
    of_first = [(one["passage"], one["label"]) for one in found if one["query"].startswith("What")]
    assert of_first == [
        ("The pump bears 12 bar.", 1),
        ("Never more than 12 bar.", 1),
        ("The valve opens at 3 bar.", 0),
        ("Check the pressure daily.", 0),
    ]


def test_lists_of_positives_hold_the_extra_ones_and_the_pool_every_passage_once() -> None:
    g.given(*g.pumps())
    found = g.load(g.export("flag-embedding"))
    assert found.column_names == ["query", "pos", "neg"]
    assert found[0]["pos"] == ["The pump bears 12 bar.", "Never more than 12 bar."]
    assert found[2] == {"query": "When is oil changed?", "pos": ["Oil is changed in May."], "neg": ["Oil is black."]}
    pool = [row["text"] for row in g.lines("out.candidates.jsonl")]
    assert len(pool) == len(set(pool)) == 8
    assert set(found["pos"][0]) | set(found["neg"][1]) <= set(pool)


def test_triples_as_text_are_read_with_three_columns() -> None:
    g.given(*g.pumps())
    found = g.load(g.export("msmarco-triples"))
    assert found.column_names == ["query", "positive", "negative"]
    assert len(found) == 5
    assert found[4] == {
        "query": "When is oil changed?",
        "positive": "Oil is changed in May.",
        "negative": "Oil is black.",
    }


# Odd texts


def test_json_forms_give_every_text_back_as_it_was() -> None:
    g.given(g.row(g.ODD, g.ODD + "p", g.ODD + "n"))
    for form in (TRIPLETS, TUPLES):
        (found,) = g.load(g.export(form))
        assert list(found.values()) == [g.ODD, g.ODD + "p", g.ODD + "n"]
    (found,) = g.load(g.export("flag-embedding"))
    assert found == {"query": g.ODD, "pos": [g.ODD + "p"], "neg": [g.ODD + "n"]}
    (found,) = g.load(g.export("retrieval-json"))
    assert found["negative_documents"] == [g.ODD + "n"]


def test_tables_lose_tabs_and_line_ends_and_say_so() -> None:
    g.given(g.row(g.ODD, '"quoted', 'NA "'), g.row("Plain?", "p", "n"))
    said = g.export("msmarco-triples")
    found = g.load(said)
    assert len(found) == 2
    assert found[0]["query"] == 'Größe "12" ½ „bar“ line two three four   🚰 \u202eRTL עברית, NA'
    assert (found[0]["positive"], found[0]["negative"]) == ('"quoted', 'NA "')
    assert "tabs and line ends became spaces in 1 text: this form cannot hold them" in said
    assert all(len(line.split("\t")) == 3 for line in Path("out").read_text("utf-8").splitlines())


@pytest.mark.parametrize("form", g.ALL)
def test_halves_of_characters_become_a_mark_in_every_form(form: str) -> None:
    path = g.given(g.row("BROKEN?", "p BROKEN", "n BROKEN"), g.row("W?", "p", "n"), path=Path("training_data.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"BROKEN", b"\\ud83d"))
    g.export(form, str(path))
    everything = b"".join(one.read_bytes() for one in Path().rglob("*") if one.is_file() and one != path)
    assert everything.decode("utf-8").count("\ufffd") >= 3


# All of them


@pytest.mark.parametrize("form", g.ALL)
def test_the_same_dataset_gives_the_same_bytes_from_json_and_from_json_lines(form: str) -> None:
    def everything(path: Path) -> dict[str, bytes]:
        g.given(*g.pumps(), path=path)
        g.export(form, str(path))
        return {
            str(one): one.read_bytes()
            for one in sorted(Path().rglob("*"))
            if one.is_file() and str(one).startswith("out") and one.suffix != ".bak"
        }

    first = everything(g.DATASET)
    assert first
    assert first == everything(Path("other.jsonl")) == everything(g.DATASET)


def test_the_table_of_forms_and_the_tests_name_the_same_ones() -> None:
    assert tuple(EXPORTS) == g.ALL
    assert {name for name, form in EXPORTS.items() if form.needs_negatives} == set(g.NEED_NEGATIVES)


@pytest.mark.parametrize("form", g.ALL)
def test_what_the_documentation_shows_of_a_form_is_what_is_written(form: str) -> None:
    g.given(*g.pumps())
    g.export(form)
    out = [path for path in sorted(Path().rglob("*")) if path.is_file() and path.parts[0].startswith("out")]
    written = {line for path in out for line in path.read_text("utf-8").splitlines()}
    section = DOCUMENTATION.read_text("utf-8").partition(f"\n## {form}\n")[2].partition("\n## ")[0]
    shown = [
        line for block in re.findall(r"```(?:json|text)\n(.*?)```", section, re.DOTALL) for line in block.splitlines()
    ]
    assert shown
    assert [line for line in shown if line not in written] == []
