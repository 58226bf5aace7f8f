"""`qagen export`, as it is typed: what is left out, what is refused, and what is said."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import IO, Any

import pytest
from typer.testing import CliRunner

from qagen import files
from qagen.cli import app
from qagen.exports import EXPORTS, Choices, exporting
from tests.exports import given as g

EXAMPLES = Path(__file__).parents[2] / "examples"
TRIPLETS = "sentence-transformers-triplets"


def standing() -> dict[Path, bytes]:
    """Every file and folder."""
    return {path: path.read_bytes() if path.is_file() else b"" for path in Path().rglob("*")}


def refusal(*typed: str, code: int) -> str:
    """What is said where nothing is written."""
    before = standing()
    result = g.run(*typed)
    assert result.exit_code == code, result.output
    assert standing() == before
    return " ".join(str(result.output).split())


# What is left out


def test_random_negatives_stay_out_unless_they_are_allowed() -> None:
    g.given(g.row("A?", "a", "b", g.negative("far", "random")), g.row("B?", "b", g.negative("far", "random")))
    said = g.export(TRIPLETS)
    assert "pairs left out: 1 only random negatives" in said
    assert "negatives left out: 2 random" in said
    assert [one["negative"] for one in g.lines("out")] == ["b"]
    said = g.export(TRIPLETS, "--allow-random-negatives")
    assert [one["negative"] for one in g.lines("out")] == ["b", "far", "far"]
    assert "negatives: 66.7 % random (2), 33.3 % llm_verified (1)" in said


def test_only_negatives_that_a_model_read_where_that_is_asked_for() -> None:
    g.given(*g.pumps(), g.row("C?", "c", g.negative("d", "bm25_filtered")))
    said = g.export(TRIPLETS, "--verified-only")
    assert len(g.lines("out")) == 4
    assert "pairs left out: 1 only negatives that no model read" in said
    assert "negatives left out: 2 read by no model" in said
    assert "negatives: 100.0 % llm_verified (4)" in said


def test_a_negative_with_the_text_of_a_positive_or_of_another_negative_stays_out() -> None:
    g.given(g.row("A?", "a", "a", "b", "b", "too", " ", extra_positives=[g.extra("too"), g.extra("a"), g.extra("too")]))
    said = g.export("flag-embedding")
    assert g.lines("out") == [{"query": "A?", "pos": ["a", "too"], "neg": ["b"]}]
    assert "2 the text of a positive" in said
    assert "1 the text of another negative" in said
    assert "1 blank" in said


def test_pairs_without_negatives_are_counted_where_a_form_needs_them_and_kept_where_it_does_not() -> None:
    g.given(*g.pumps(), g.row("None?", "Nothing."))
    assert "pairs left out: 1 no negatives" in g.export(TRIPLETS)
    said = g.export("beir", "-o", "folder")
    assert "left out" not in said
    assert "4 of 4 pairs -> folder (beir)" in said


def test_a_pair_whose_chunk_is_gone_is_left_out_and_so_is_a_blank_one() -> None:
    g.given(*g.pumps(), g.row("Gone?", None, "n"), g.row(" ", "p", "n"))
    said = g.export(TRIPLETS)
    assert "1 its passage is gone" in said
    assert "1 blank question or passage" in said
    assert "3 of 5 pairs" in said


def test_numbered_triples_without_negatives_are_empty_and_that_is_said() -> None:
    g.given(g.row("A?", "a"), g.row("B?", "b", g.negative("far", "random")))
    said = g.export("msmarco-ids")
    assert "no pair has negatives that may go in, so out/triples.tsv is empty" in said
    assert len(g.cells("out/qrels.tsv")) == 2


def test_the_most_negatives_are_the_first_ones() -> None:
    g.given(g.row("A?", "a", "1", "2", "3"))
    said = g.export(TRIPLETS, "--negatives", "2")
    assert [one["negative"] for one in g.lines("out")] == ["1", "2"]
    assert "1 more than were asked for" in said


def test_pairs_that_no_model_wrote_are_pointed_out() -> None:
    g.given(g.row("A?", "a", "b", generator_kind="rules"))
    assert "pairs made by rules are in it" in g.export(TRIPLETS)


# What is refused


@pytest.mark.parametrize("form", g.NEED_NEGATIVES)
def test_a_dataset_without_negatives_is_refused_where_they_are_needed(form: str) -> None:
    g.given(g.row("A?", "a"), g.row("B?", "b"))
    said = refusal("--format", form, code=3)
    assert "there is nothing to export; pairs left out: 2 no negatives. Mine negatives with" in said


def test_a_dataset_with_nothing_but_random_negatives_says_what_takes_them() -> None:
    g.given(g.row("A?", "a", g.negative("far", "random")))
    assert "--allow-random-negatives takes random ones" in refusal("--format", TRIPLETS, code=3)


@pytest.mark.parametrize("form", g.ALL)
@pytest.mark.parametrize("name", ["training_data.json", "empty.jsonl"])
def test_an_empty_dataset_is_refused(form: str, name: str) -> None:
    g.given(path=Path(name))
    assert f"{name}: there are no pairs in it." in refusal(name, "--format", form, code=3)


@pytest.mark.parametrize("form", g.ALL)
def test_pairs_to_which_no_passage_was_joined_are_refused(form: str) -> None:
    plain = g.row("A?", "a", "b")
    del plain["source_text"]
    g.given(*g.pumps(), plain)
    said = refusal("--format", form, code=3)
    assert "pair 4 comes without its passage (source_text). Combine again" in said
    assert "--include-source-text" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((b'"question":"Who', b'"query":"Who'), "pair 2 is damaged: question: Field required"),
        ((b'"Paint it green."', b"17"), "pair 2 is damaged: negatives.1.document: Input should be a valid string"),
        ((b'"method":"bm25_filtered"', b'"method":"magic"'), "pair 1 is damaged: negatives.1.method"),
        ((b'{"pair_id":"', b'{"pair_id:"'), "damaged after pair 0"),
    ],
)
@pytest.mark.parametrize("name", ["training_data.json", "training_data.jsonl"])
def test_a_broken_row_is_named_and_nothing_is_written(change: tuple[bytes, bytes], says: str, name: str) -> None:
    path = g.given(*g.pumps(), path=Path(name))
    path.write_bytes(path.read_bytes().replace(*change))
    assert says in refusal(name, "--format", TRIPLETS, code=3)


def test_a_dataset_that_was_cut_off_is_refused() -> None:
    path = g.given(*g.pumps())
    path.write_bytes(path.read_bytes().rpartition(b"\n    ")[0])
    assert "damaged after pair" in refusal("--format", "beir", code=3)


@pytest.mark.parametrize("name", ["pump_qa.json", "list.json", "notes.txt"])
def test_what_is_no_dataset_is_refused(name: str) -> None:
    Path(name).write_text("[]")
    assert f"{name}: it is no dataset of qagen" in refusal(name, "--format", TRIPLETS, code=3)


def test_a_dataset_that_is_not_there_is_refused_with_what_makes_one() -> None:
    said = refusal("--format", TRIPLETS, code=3)
    assert "training_data.json: there is no such file. Make a dataset with `qagen combine" in said


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("BEIR", "beir"),
        ("triplets", TRIPLETS),
        ("tripplets", TRIPLETS),
        ("sentence_transformer_tuples", "sentence-transformers-tuples"),
        ("flagembedding", "flag-embedding"),
        ("msmarco", "msmarco-triples"),
        ("ms-marco-ids", "msmarco-ids"),
        ("labelled-pairs", "labeled-pairs"),
    ],
)
def test_an_unknown_format_is_refused_with_the_nearest_one(name: str, near: str) -> None:
    g.given(*g.pumps())
    assert f"there is no format '{name}'; did you mean {near}? Known: retrieval-json," in refusal(
        "--format", name, code=2
    )


def test_without_a_format_the_known_ones_are_said() -> None:
    said = refusal(code=2)
    assert all(name in said for name in g.ALL)
    assert "did you mean" not in refusal("--format", "xyz", code=2)


def test_an_output_over_an_input_is_refused() -> None:
    g.given(*g.pumps())
    Path("link.json").symlink_to(g.DATASET)
    for output in ("training_data.json", "./training_data.json", "link.json"):
        said = refusal("--format", TRIPLETS, "-o", output, code=2)
        assert f"{Path(output)}: that is the dataset, which is read" in said


def test_a_part_of_a_folder_over_an_input_is_refused() -> None:
    Path("beir").mkdir()
    g.given(*g.pumps(), path=Path("beir/queries.jsonl"))
    assert "beir/queries.jsonl: that is the dataset" in refusal("beir/queries.jsonl", "--format", "beir", code=2)


def test_the_folder_of_chunks_and_its_files_are_no_outputs() -> None:
    g.given(*g.pumps())
    Path("pieces").mkdir()
    Path("pieces/list.jsonl").write_text('{"text": "A chunk."}\n')
    typed = ("--chunks-dir", "pieces", "-o")
    assert "that is the folder of chunk files" in refusal("--format", "beir", *typed, "pieces", code=2)
    assert "that is a chunk file" in refusal("--format", "flag-embedding", *typed, "pieces/list.jsonl", code=2)


def test_what_stands_there_and_is_of_another_kind_is_not_replaced() -> None:
    g.given(*g.pumps())
    Path("report.txt").write_text("A report.")
    Path("folder").mkdir()
    assert "a file of another kind stands there" in refusal("--format", TRIPLETS, "-o", "report.txt", code=2)
    assert "a file of another kind stands there" in refusal("--format", "msmarco-triples", "-o", "report.txt", code=2)
    assert "it is no regular file" in refusal("--format", TRIPLETS, "-o", "folder", code=2)
    assert "beir is a folder, and a file stands there" in refusal("--format", "beir", "-o", "report.txt", code=2)
    assert "there is no such folder" in refusal("--format", "beir", "--chunks-dir", "nowhere", code=3)


def test_nothing_is_replaced_when_the_temporary_directory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    g.given(*g.pumps())
    g.export(TRIPLETS)

    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def __enter__(self) -> IO[bytes]:
            return self  # type: ignore[return-value]

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(files, "spool", Full)
    said = refusal("--format", TRIPLETS, "-o", "out", code=5)
    assert "the temporary directory cannot be used: [Errno 28] No space left on device. Nothing was replaced" in said


# What is written


def test_the_file_that_a_reader_looks_for_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    g.given(*g.pumps())
    written: list[str] = []
    real = files.write

    def record(path: Path, pieces: Any, **more: Any) -> None:
        written.append(path.name)
        real(path, pieces, **more)

    monkeypatch.setattr(files, "write", record)
    for form in g.ALL:
        written.clear()
        exported = exporting.export(g.DATASET, Path("to", form), EXPORTS[form], Choices())
        assert written[-1] == {"beir": "test.tsv", "msmarco-ids": "triples.tsv"}.get(form, form)
        assert list(exported.files)[-1].name == written[-1]


def test_the_file_that_stood_there_stays_as_a_backup() -> None:
    g.given(*g.pumps())
    g.export("msmarco-triples")
    before = Path("out").read_bytes()
    g.given(g.row("A?", "a", "b"))
    g.export("msmarco-triples")
    assert Path("out.bak").read_bytes() == before
    assert g.cells("out") == [["A?", "a", "b"]]


def test_without_an_output_the_form_names_it() -> None:
    g.given(*g.pumps())
    for form in g.ALL:
        assert g.run("--format", form).exit_code == 0
        assert Path(EXPORTS[form].default).exists()


def test_settings_can_stand_in_the_configuration() -> None:
    g.given(*g.pumps(), path=Path("mine.jsonl"))
    Path("config.env").write_text(
        "GENERATOR_OUTPUT_FILE=mine.jsonl\nGENERATOR_EXPORT_FORMAT=beir\nGENERATOR_EXPORT_FILE=there\n"
        "GENERATOR_QRELS_SPLIT=dev\n"
    )
    result = g.run()
    assert result.exit_code == 0, result.output
    assert Path("there/qrels/dev.tsv").exists()
    Path("config.env").write_text("GENERATOR_QRELS_SPLIT=half\n")
    assert "GENERATOR_QRELS_SPLIT in config.env" in refusal(code=2)


def test_the_forms_can_be_listed() -> None:
    result = g.run("--list-formats")
    assert result.exit_code == 0
    assert all(name in result.output for name in g.ALL)


def test_a_name_with_quotation_marks_is_written_so_that_python_reads_it() -> None:
    g.given(*g.pumps())
    result = g.run("--format", TRIPLETS, "-o", """it's "odd".jsonl""")
    assert result.exit_code == 0, result.output
    assert len(g.load(result.output)) == 5


def test_from_documents_to_a_folder_that_measures_retrieval() -> None:
    def typed(*words: str) -> None:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output

    typed("chunk", str(EXAMPLES), "--chunk-size", "1500")
    typed("generate-qa", "--provider", "rules")
    typed("combine", "--include-source-text")
    typed("export", "--format", "beir", "-o", "out", "--chunks-dir", "chunks")
    dataset = json.loads(g.DATASET.read_bytes())["training_pairs"]
    passages = g.lines("out/corpus.jsonl")
    assert len(dataset) > 50
    assert {one["source_text"] for one in dataset} <= {one["text"] for one in passages}
    # The first digits of a chunk's key are the passage's name.
    assert {one["chunk_key"][:16] for one in dataset} <= {one["_id"] for one in passages}
