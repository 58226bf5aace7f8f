"""Which files a corpus has, and what stands in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qagen import corpus
from qagen.errors import DataError
from tests.builders import qa_value, write_json


def touch(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[]")


def test_chunk_files_are_found_by_their_names_in_order() -> None:
    touch("c/b_chunks.json", "c/a_chunks.jsonl", "c/notes.json", "c/b.txt", "c/.x_chunks.json", "c/sub/d_chunks.json")

    assert [path.name for path in corpus.find_chunk_files(Path("c")).paths] == ["a_chunks.jsonl", "b_chunks.json"]


def test_without_our_names_every_json_file_may_hold_chunks() -> None:
    touch(
        "c/b.json", "c/a.jsonl", "c/a_qa.json", "c/a_verdicts.json", "c/a_negatives.json", "c/.hidden.json", "c/x.txt"
    )

    assert [path.name for path in corpus.find_chunk_files(Path("c")).paths] == ["a.jsonl", "b.json"]


def test_a_folder_without_chunk_files_or_none_at_all_is_an_error_that_names_it() -> None:
    touch("c/a_qa.json")

    with pytest.raises(DataError, match=r"c: there is no \*_chunks\.json file in it"):
        corpus.find_chunk_files(Path("c"))
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        corpus.find_chunk_files(Path("nowhere"))


def test_a_qa_file_is_called_after_its_chunk_file() -> None:
    assert corpus.qa_path_of(Path("c/pump_chunks.json"), Path("qa")) == Path("qa/pump_qa.json")
    assert corpus.qa_path_of(Path("c/pump.v2_chunks.jsonl"), Path("qa")) == Path("qa/pump.v2_qa.json")
    assert corpus.qa_path_of(Path("c/pump.json"), Path("qa")) == Path("qa/pump_qa.json")


def test_qa_files_are_found_by_their_names_in_order() -> None:
    touch(
        "qa/b_qa.json", "qa/a_qa.json", "qa/a_qa.json.bak", "qa/.c_qa.json", "qa/archive/d_qa.json", "qa/errors.jsonl"
    )

    assert [path.name for path in corpus.find_qa_files(Path("qa"))] == ["a_qa.json", "b_qa.json"]


def test_a_folder_without_qa_files_or_none_at_all_is_an_error_that_names_it() -> None:
    touch("qa/a_chunks.json")

    with pytest.raises(DataError, match=r"qa: there is no \*_qa\.json file in it"):
        corpus.find_qa_files(Path("qa"))
    with pytest.raises(DataError, match="nowhere: there is no such folder"):
        corpus.find_qa_files(Path("nowhere"))


def test_a_chunk_file_without_a_file_name_is_called_after_itself() -> None:
    path = write_json(Path("pump_chunks.json"), {"metadata": {"file_type": ".pdf"}, "chunks": ["x"]})

    assert corpus.read_chunks(path).metadata.file_name == "pump.pdf"


def test_a_chunk_files_own_file_name_is_kept() -> None:
    path = write_json(Path("pump_chunks.json"), {"metadata": {"file_name": "other.pdf"}, "chunks": ["x"]})

    assert corpus.read_chunks(path).metadata.file_name == "other.pdf"


@pytest.mark.parametrize("status", ["in_progress", "failed"])
def test_an_unfinished_chunk_file_is_refused_with_its_status(status: str) -> None:
    path = write_json(Path("pump_chunks.json"), {"status": status, "chunks": ["x"]})

    with pytest.raises(DataError, match=rf"pump_chunks\.json: it is unfinished \(status: {status}\)"):
        corpus.read_chunks(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not JSON"),
        ('{"chunks": [', "it is not JSON"),
        ("{}", "it is no chunk file"),
        ('{"format": "qagen/chunks@9"}', "made by a newer qagen"),
        ('{"format": "qagen/qa@1"}', "it is a qagen/qa@1 file"),
        ('{"chunks": ["x"], "status": 3}', "status: input should be a valid string"),
    ],
)
def test_what_is_no_chunk_file_is_a_data_error_that_names_the_file(text: str, said: str) -> None:
    Path("pump_chunks.json").write_text(text)

    with pytest.raises(DataError) as caught:
        corpus.read_chunks(Path("pump_chunks.json"))
    assert str(caught.value).startswith("pump_chunks.json: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "it is not JSON"),
        (json.dumps(qa_value("a", ["Q?"], status="paused")), "it is no valid QA file: status: "),
        ('{"format": "qagen/qa@9"}', "made by a newer qagen"),
        ('{"format": "qagen/chunks@1", "chunks": []}', "it is a qagen/chunks@1 file"),
        ("{}", "it is no valid QA file: status: field required"),
        ("[]", "it is no valid QA file: input should be"),
    ],
)
def test_what_is_no_qa_file_is_a_data_error_that_names_the_file_and_the_field(text: str, said: str) -> None:
    Path("a_qa.json").write_text(text)

    with pytest.raises(DataError) as caught:
        corpus.read_qa(Path("a_qa.json"))
    assert str(caught.value).startswith("a_qa.json: ")
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_data_error() -> None:
    with pytest.raises(DataError, match=r"gone_qa\.json: it cannot be read"):
        corpus.read_qa(Path("gone_qa.json"))
