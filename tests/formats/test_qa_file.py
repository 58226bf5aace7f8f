"""`<doc>_qa.json`, ours and an older tool's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from qagen.errors import DataError
from qagen.formats import QAFile, encode
from tests.builders import qa_value


def parse(value: Any) -> QAFile:
    return QAFile.parse(json.dumps(value).encode())


def test_a_file_of_ours_comes_back_as_it_was_written() -> None:
    qa_file = parse(qa_value("pump", ["What opens?", "What closes?"]))

    assert QAFile.parse(encode(qa_file.model_dump(mode="json"), indent=True)) == qa_file
    assert qa_file.chunks[0].chunk_key == "key of pump"
    assert [pair.question for pair in qa_file.training_pairs] == ["What opens?", "What closes?"]


def test_a_file_of_an_older_tool_loads_without_format_chunks_and_pair_ids() -> None:
    qa_file = parse(
        {
            "metadata": {"file_name": "pump.pdf", "total_pages": 9},
            "processing_info": {"total_chunks": 2},
            "qa_generation_info": {"model": "llama3", "llm_provider": "ollama"},
            "status": "completed",
            "completed_chunks": [0, 1],
            "training_pairs": [{"question": "Q?", "answer": "A.", "chunk_index": 0, "difficulty": "easy"}],
        }
    )

    assert qa_file.chunks == {}
    assert qa_file.completed_chunks == [0, 1]
    assert qa_file.training_pairs[0].pair_id == ""
    assert qa_file.training_pairs[0].answer == "A."
    assert qa_file.metadata.model_dump()["total_pages"] == 9
    assert qa_file.qa_generation_info.model_dump()["llm_provider"] == "ollama"


def test_a_newer_file_is_refused_before_its_fields_are_looked_at() -> None:
    with pytest.raises(DataError, match=r"made by a newer qagen \(qagen/qa@2\)"):
        parse({"format": "qagen/qa@2", "status": "paused"})


def test_a_chunk_file_is_no_qa_file() -> None:
    with pytest.raises(DataError, match="it is a qagen/chunks@1 file, not a qagen/qa file"):
        parse({"format": "qagen/chunks@1", "status": "completed", "training_pairs": []})


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"status": "paused"}, "status"),
        ({"training_pairs": None}, "training_pairs"),
        ({"training_pairs": [{"question": "Q?"}]}, "training_pairs.0.answer"),
        ({"chunks": {"x": {"chunk_key": "k", "status": "completed"}}}, "chunks.x"),
        ({"chunks": {"0": {"chunk_key": "k", "status": "done"}}}, "chunks.0.status"),
    ],
)
def test_a_wrong_field_is_refused_and_its_place_is_named(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(qa_value("pump", ["Q?"], **change))

    assert ".".join(str(step) for step in caught.value.errors()[0]["loc"]).startswith(place)


@pytest.mark.parametrize("data", [b"", b"{", b"[1,", b'{"status": NaN}'])
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        QAFile.parse(data)


def test_a_bom_and_a_lone_surrogate_are_no_obstacle() -> None:
    data = json.dumps(qa_value("pump", ["Why \ud83d?"])).encode()

    assert QAFile.parse(b"\xef\xbb\xbf" + data).training_pairs[0].question == "Why \ufffd?"
