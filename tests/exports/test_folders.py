"""The forms of a folder: BEIR, searched by `bm25s` and judged by `ir_measures`; MS MARCO by number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qagen.exports.pool import identity
from tests.builders import chunk_file_of
from tests.exports import given as g

pytestmark = [
    # bm25s leaves the files open that it reads.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CHUNKS = ("The pump bears 12 bar.", "The hall is heated in winter.", "Paint it green.")


def beir(split: str = "test") -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, int]]]:
    """The folder `out`, as bm25s reads BEIR folders."""
    reader = g.library("bm25s.utils.beir")
    corpus, queries = (
        reader.load_jsonl("out", name, save_dir=".", show_progress=False) for name in ("corpus.jsonl", "queries.jsonl")
    )
    return corpus, queries, reader.load_qrels("out", split=split, save_dir=".", show_progress=False)


def searched(corpus: dict[str, Any], queries: dict[str, Any], most: int) -> dict[str, dict[str, float]]:
    """A run of bm25s over the corpus."""
    bm25s = g.library("bm25s")
    names = list(corpus)
    index = bm25s.BM25()
    texts = [f"{one['title']} {one['text']}" for one in corpus.values()]
    index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
    run: dict[str, dict[str, float]] = {}
    for name, query in queries.items():
        asked = bm25s.tokenize([query["text"]], show_progress=False)
        places, scores = index.retrieve(asked, k=most, show_progress=False)
        found = zip(places[0], scores[0], strict=True)
        run[name] = {names[int(place)]: float(score) for place, score in found}
    return run


def chunks() -> Path:
    directory = Path("pieces")
    directory.mkdir()
    value = chunk_file_of(CHUNKS, overlap=5, source_file="docs/handbook.md").model_dump_json()
    (directory / "pump_chunks.json").write_text(value, "utf-8")
    return directory


def test_a_beir_folder_is_read_searched_and_judged_by_others() -> None:
    parts = "bearing cover drive filter gasket hose impeller motor nozzle piston rotor shaft".split()
    rows = [
        g.row(f"Who cleans the {one}?", f"The crew cleans the {one}.", f"Nobody paints the {one} or the {other}.")
        for one, other in zip(parts, parts[1:] + parts[:1], strict=True)
    ]
    g.given(*rows)
    g.export("beir")
    corpus, queries, qrels = beir()
    assert (len(corpus), len(queries)) == (24, 12)
    assert set(queries) == set(qrels)
    assert {name for judged in qrels.values() for name in judged} <= set(corpus)
    measures = g.library("ir_measures")
    run = searched(corpus, queries, most=3)
    recall, ndcg = measures.R @ 3, measures.nDCG @ 3
    found = measures.calc_aggregate([recall, ndcg], qrels, run)
    assert (found[recall], found[ndcg]) == (1.0, 1.0)
    others = dict(zip(queries, [*list(run.values())[1:], run[next(iter(queries))]], strict=True))
    assert measures.calc_aggregate([recall], qrels, others)[recall] == 0.0


def test_the_files_of_a_beir_folder_have_the_fields_and_the_header_that_its_readers_want() -> None:
    g.given(*g.pumps())
    g.export("beir")
    assert [list(one) for one in g.lines("out/corpus.jsonl")] == [["_id", "title", "text"]] * 8
    assert [list(one) for one in g.lines("out/queries.jsonl")] == [["_id", "text"]] * 3
    header, *judged = g.cells("out/qrels/test.tsv")
    assert header == ["query-id", "corpus-id", "score"]
    assert [one[2] for one in judged] == ["1"] * 4
    datasets = g.library("datasets")
    corpus = datasets.load_dataset("json", data_files="out/corpus.jsonl", split="train")
    qrels = datasets.load_dataset("csv", data_files="out/qrels/test.tsv", delimiter="\t", split="train")
    assert corpus.column_names == ["_id", "title", "text"]
    assert qrels.column_names == ["query-id", "corpus-id", "score"]
    assert set(qrels["corpus-id"]) <= set(corpus["_id"])


def test_extra_positives_answer_too_and_negatives_are_only_passages() -> None:
    g.given(g.pumps()[0])
    g.export("beir")
    corpus, queries, qrels = beir()
    (judged,) = qrels.values()
    assert [corpus[name]["text"] for name in judged] == ["The pump bears 12 bar.", "Never more than 12 bar."]
    assert list(qrels) == list(queries) == [identity("What is the most pressure?")]
    assert "The valve opens at 3 bar." in {one["text"] for one in corpus.values()}


def test_equal_questions_are_one_query_that_both_passages_answer() -> None:
    g.given(g.row("Who?", "Ann."), g.row("Who?", "Bob."), g.row("Who?", "Ann."))
    g.export("beir")
    corpus, queries, qrels = beir()
    assert [one["text"] for one in queries.values()] == ["Who?"]
    assert list(qrels.values()) == [{identity("Ann."): 1, identity("Bob."): 1}]
    assert len(g.cells("out/qrels/test.tsv")) == 3
    assert len(corpus) == 2
    assert [one["passage_id"] for one in g.lines("out/provenance.jsonl")] == [
        identity(text) for text in ("Ann.", "Bob.", "Ann.")
    ]


def test_with_the_chunks_at_hand_all_of_them_are_searched_and_each_once() -> None:
    g.given(*g.pumps())
    assert "--chunks-dir DIR adds all chunks" in g.export("beir")
    before = beir()[0]
    said = g.export("beir", "--chunks-dir", str(chunks()))
    after = beir()[0]
    assert [name for name in after if name not in before] == [identity(CHUNKS[1])]
    assert after[identity(CHUNKS[1])]["text"] == CHUNKS[1]
    assert "--chunks-dir" not in said
    g.export("flag-embedding", "-o", "pairs.jsonl", "--chunks-dir", "pieces")
    assert CHUNKS[1] in [one["text"] for one in g.lines("pairs.candidates.jsonl")]


def test_a_chunk_file_that_cannot_be_read_is_named_and_the_rest_is_done() -> None:
    g.given(*g.pumps())
    (chunks() / "bad_chunks.json").write_text("{")
    result = g.run("--format", "beir", "-o", "out", "--chunks-dir", "pieces")
    assert result.exit_code == 1
    assert "chunk file not read: bad_chunks.json" in result.output
    assert len(beir()[0]) == 9


def test_who_makes_a_folder_to_measure_with_hears_that_training_with_the_same_dataset_measures_nothing() -> None:
    g.given(*g.pumps())
    assert "it measures nothing for who trains with the same dataset: docs/exports.md says how" in g.export("beir")
    assert "measures nothing" not in g.export("labeled-pairs", "-o", "labeled.jsonl")
    said = " ".join(g.run("--help").output.split())
    assert "Who trains with a dataset and measures (beir) with the same one measures nothing" in said
    assert "it splits nothing" in said


def test_a_corpus_has_what_the_documentation_tells_to_index_of_a_chunk_file() -> None:
    g.given(*g.pumps())
    g.export("beir", "--chunks-dir", str(chunks()))
    value = json.loads(Path("pieces/pump_chunks.json").read_text("utf-8"))
    texts = [one["text"][one["core_start"] - one["start_char"] :] for one in value["chunks"]]
    assert texts == list(CHUNKS)
    assert texts != [one["text"] for one in value["chunks"]]
    assert set(texts) <= {one["text"] for one in beir()[0].values()}


def test_judgements_of_another_split_stay_and_are_named() -> None:
    g.given(*g.pumps())
    g.export("beir", "--split", "train")
    said = g.export("beir", "--split", "dev")
    assert beir("train") == beir("dev")
    assert "of an earlier export, and only right if made of the same dataset: out/qrels/train.tsv" in said
    assert said.splitlines()[-1].endswith("GenericDataLoader('out').load(split=\"dev\")")


def test_msmarco_by_number_is_read_by_others_and_the_numbers_fit() -> None:
    g.given(*g.pumps(), g.row("No negatives?", "Still a passage."))
    said = g.export("msmarco-ids")
    collection, queries = g.table("out/collection.tsv", ["pid", "text"]), g.table("out/queries.tsv", ["qid", "text"])
    assert collection["pid"][:] == list(range(9))
    assert queries["qid"][:] == list(range(4))
    judged = list(g.library("ir_measures").read_trec_qrels("out/qrels.tsv"))
    answers = [(queries[int(one.query_id)]["text"], collection[int(one.doc_id)]["text"]) for one in judged]
    assert answers[:2] == [
        ("What is the most pressure?", "The pump bears 12 bar."),
        ("What is the most pressure?", "Never more than 12 bar."),
    ]
    assert ("No negatives?", "Still a passage.") in answers
    assert {(one.iteration, one.relevance) for one in judged} == {("0", 1)}
    triples = g.load(said)
    assert len(triples) == 5
    last = triples[4]
    assert queries[last["query"]]["text"] == "When is oil changed?"
    assert collection[last["positive"]]["text"] == "Oil is changed in May."
    assert collection[last["negative"]]["text"] == "Oil is black."


def test_numbered_tables_have_a_line_for_each_text_whatever_stands_in_it() -> None:
    g.given(g.row(g.ODD, "\n" + g.ODD, g.ODD + "\t"))
    said = g.export("msmarco-ids")
    assert [one[0] for one in g.cells("out/collection.tsv")] == ["0", "1"]
    assert all(len(one) == 2 for one in g.cells("out/collection.tsv") + g.cells("out/queries.tsv"))
    assert "became spaces in 3 texts" in said


def test_a_folder_can_be_written_again_and_keeps_what_stood_there() -> None:
    for form in ("beir", "msmarco-ids"):
        g.given(g.row("Who?", "Ann.", "Tom."))
        g.export(form, "-o", form)
        before = {path: path.read_bytes() for path in Path(form).rglob("*.*") if path.is_file()}
        g.given(g.row("Where?", "Rome.", "Oslo."))
        g.export(form, "-o", form)
        for path, data in before.items():
            assert path.with_name(path.name + ".bak").read_bytes() == data
