"""A corpus with the chunks of today has no passage that was deleted or edited since the dataset was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.builders import chunk_file_of
from tests.exports import given as g

PUMP, VALVE = ["The pump bears 12 bar.", "Paint it green."], ["The valve opens at 3 bar."]


def chunk(name: str, cores: list[str]) -> None:
    Path("pieces").mkdir(exist_ok=True)
    value = chunk_file_of(cores, file_name=f"{name}.md", source_file=f"docs/{name}.md").model_dump_json()
    (Path("pieces") / f"{name}_chunks.json").write_text(value, "utf-8")


def dataset() -> None:
    """Of the pump two pairs; the first has a negative of the valve and extra positives of both."""
    valve = g.negative(VALVE[0], source_file="docs/valve.md")
    extras = [{**g.extra("No more than 12."), "source_file": "docs/valve.md"}]
    g.given(
        g.row("What is the most pressure?", PUMP[0], valve, extra_positives=extras),
        g.row("Which colour?", PUMP[1]),
    )
    chunk("pump", PUMP)
    chunk("valve", [*VALVE, "No more than 12."])


def corpus(form: str = "beir") -> tuple[str, set[str]]:
    """What is said, and the texts of the corpus."""
    said = " ".join(g.export(form, "--chunks-dir", "pieces").split())
    if form == "msmarco-ids":
        return said, {text for _, text in g.cells("out/collection.tsv")}
    return said, {one["text"] for one in g.lines("out/corpus.jsonl")}


def judged() -> set[str]:
    texts: dict[str, Any] = {one["_id"]: one["text"] for one in g.lines("out/corpus.jsonl")}
    return {texts[passage] for _, passage, _ in g.cells("out/qrels/test.tsv")[1:]}


def test_all_is_there_while_nothing_changed() -> None:
    dataset()
    said, texts = corpus()
    assert texts == {*PUMP, *VALVE, "No more than 12."}
    assert judged() == {*PUMP, "No more than 12."}
    assert "not in the chunk files" not in said
    assert "no chunk file in" not in said


def test_passages_of_a_deleted_document_are_neither_in_the_corpus_nor_in_the_judgements() -> None:
    dataset()
    Path("pieces/valve_chunks.json").unlink()
    for form in ("beir", "msmarco-ids"):
        said, texts = corpus(form)
        assert texts == {*PUMP}
        assert "negatives left out: 1 not in the chunk files" in said
        assert "note: 1 extra positive left out: not in the chunk files." in said
    corpus()
    assert judged() == {*PUMP}


def test_a_query_whose_passage_was_edited_is_left_out_with_it() -> None:
    dataset()
    chunk("pump", ["The pump bears 14 bar.", PUMP[1]])
    said, texts = corpus()
    assert PUMP[0] not in texts
    assert "The pump bears 14 bar." in texts
    assert [one["text"] for one in g.lines("out/queries.jsonl")] == ["Which colour?"]
    assert judged() == {PUMP[1]}
    assert "pairs left out: 1 its passage is not in the chunk files" in said


def test_documents_of_the_dataset_that_the_folder_does_not_have_at_all_stay_and_it_is_said() -> None:
    dataset()
    Path("pieces/pump_chunks.json").unlink()
    said, texts = corpus()
    assert texts >= {*PUMP, *VALVE}
    assert "the documents of 2 pairs have no chunk file in pieces; their passages are in the corpus" in said


def test_without_the_folder_and_in_forms_without_a_corpus_the_dataset_is_taken_as_it_is() -> None:
    dataset()
    Path("pieces/valve_chunks.json").unlink()
    g.export("flag-embedding", "--chunks-dir", "pieces")
    assert g.lines("out")[0]["neg"] == VALVE
    g.export("beir", "-o", "folder")
    assert VALVE[0] in {one["text"] for one in g.lines("folder/corpus.jsonl")}
