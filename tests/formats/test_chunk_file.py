"""`<doc>_chunks.json` in every shape that is accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from qagen.errors import DataError
from qagen.formats import Chunk, ChunkFile, encode


def parse(value: Any) -> ChunkFile:
    return ChunkFile.parse(json.dumps(value).encode())


OURS: dict[str, Any] = {
    "format": "qagen/chunks@1",
    "metadata": {
        "file_name": "pump.pdf",
        "source_file": "docs/pump.pdf",
        "file_type": ".pdf",
        "file_size": 482113,
        "document_id": "sha256:abc",
        "title": "Pump manual",
        "language": "en",
        "processed_at": "2026-11-22T05:00:00Z",
    },
    "processing_info": {
        "splitting_strategy": "markdown",
        "chunk_size": 1000,
        "chunk_overlap": 200,
        "total_chunks": 2,
    },
    "chunks": [
        {
            "chunk_index": 0,
            "chunk_id": "pump-0",
            "text": "Open the valve.",
            "start_char": 0,
            "end_char": 15,
            "core_start": 0,
            "section": "2 Safety > 2.1 Valves",
            "page_start": 3,
            "page_end": 4,
        },
        {
            "chunk_index": 1,
            "chunk_id": "pump-1",
            "text": "valve. Close it.",
            "start_char": 9,
            "end_char": 25,
            "core_start": 15,
            "section": None,
            "page_start": None,
            "page_end": None,
        },
    ],
    "status": "completed",
}


def test_our_own_file_is_read_and_written_without_a_change() -> None:
    chunk_file = ChunkFile.parse(encode(OURS))

    assert chunk_file.model_dump(mode="json") == OURS
    assert ChunkFile.parse(encode(chunk_file.model_dump(mode="json"))) == chunk_file


def test_core_and_context_are_split_at_core_start() -> None:
    first, second = parse(OURS).chunks

    assert (first.context_before, first.core) == ("", "Open the valve.")
    assert (second.context_before, second.core) == ("valve.", " Close it.")


def test_content_with_nested_metadata_is_accepted() -> None:
    chunk_file = parse(
        {
            "metadata": {"file_name": "a.md"},
            "chunks": [
                {
                    "chunk_id": "0_3",
                    "content": "Text of it.",
                    "metadata": {"chunk_index": 3, "start_char": 10, "end_char": 21, "section": "A", "page": 7},
                }
            ],
        }
    )

    (chunk,) = chunk_file.chunks
    assert chunk == Chunk(
        chunk_index=3,
        chunk_id="0_3",
        text="Text of it.",
        start_char=10,
        end_char=21,
        core_start=10,
        section="A",
        page_start=7,
        page_end=7,
    )


def test_a_field_of_the_chunk_itself_beats_the_one_in_its_metadata() -> None:
    (chunk,) = parse({"chunks": [{"text": "x", "chunk_index": 5, "metadata": {"chunk_index": 1}}]}).chunks

    assert chunk.chunk_index == 5


def test_file_level_metadata_stands_in_for_missing_processing_info() -> None:
    info = parse(
        {
            "metadata": {
                "file_name": "a.md",
                "chunk_count": 1,
                "chunk_size": 500,
                "chunk_overlap": 50,
                "splitting_strategy": "recursive",
            },
            "chunks": [{"content": "x"}],
        }
    ).processing_info

    assert info.model_dump() == {
        "splitting_strategy": "recursive",
        "chunk_size": 500,
        "chunk_overlap": 50,
        "total_chunks": 1,
    }


def test_unknown_facts_about_the_document_are_kept() -> None:
    metadata = parse({"metadata": {"author": "Ada", "file_name": "a"}, "chunks": []}).metadata

    assert metadata.model_dump()["author"] == "Ada"


def test_a_missing_status_is_completed_and_another_one_is_kept() -> None:
    assert parse({"chunks": []}).status == "completed"
    assert parse({"chunks": [], "status": None}).status == "completed"
    assert parse({"chunks": [], "status": "in_progress"}).status == "in_progress"


@pytest.mark.parametrize("items", [["One.", "Two."], [{"text": "One."}, {"text": "Two."}]], ids=["strings", "objects"])
def test_a_plain_list_becomes_chunks_in_order_that_are_all_core(items: list[Any]) -> None:
    chunk_file = parse(items)

    assert [(chunk.chunk_index, chunk.chunk_id, chunk.core) for chunk in chunk_file.chunks] == [
        (0, "0", "One."),
        (1, "1", "Two."),
    ]
    assert chunk_file.status == "completed"
    assert not chunk_file.chunks[0].offsets_are_exact


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_json_lines_of_chunk_objects_are_accepted(end: str) -> None:
    data = end.join(['{"text": "One."}', "", '{"content": "Two.", "chunk_id": "b"}', ""]).encode()

    assert [(chunk.chunk_id, chunk.text) for chunk in ChunkFile.parse(data).chunks] == [("0", "One."), ("b", "Two.")]


def test_json_lines_of_one_chunk_are_accepted() -> None:
    assert [chunk.text for chunk in ChunkFile.parse(b'{"content": "One."}\n').chunks] == ["One."]


def test_a_bom_before_json_or_json_lines_is_skipped() -> None:
    assert parse(["x"]) == ChunkFile.parse(b'\xef\xbb\xbf["x"]')
    assert len(ChunkFile.parse(b'\xef\xbb\xbf{"text": "a"}\n{"text": "b"}').chunks) == 2


def test_a_lone_surrogate_in_a_text_is_replaced() -> None:
    (chunk,) = ChunkFile.parse(b'{"chunks": [{"text": "bad \\ud83d end"}]}').chunks

    assert chunk.text == "bad \ufffd end"


def test_cores_are_found_from_offsets_where_the_file_names_none() -> None:
    chunks = parse(
        {
            "chunks": [
                {"text": "abcdef", "start_char": 0, "end_char": 6},
                {"text": "efghij", "start_char": 4, "end_char": 10},
                {"text": "klmnop", "start_char": 10, "end_char": 16},
            ]
        }
    ).chunks

    assert [chunk.core for chunk in chunks] == ["abcdef", "ghij", "klmnop"]
    assert [chunk.context_before for chunk in chunks] == ["", "ef", ""]


def test_a_chunk_that_only_repeats_keeps_its_whole_text_as_core() -> None:
    chunks = parse(
        {
            "chunks": [
                {"text": "abcdef", "start_char": 0, "end_char": 6},
                {"text": "cdef", "start_char": 2, "end_char": 6},
            ]
        }
    ).chunks

    assert chunks[1].core == "cdef"


def test_offsets_that_do_not_fit_the_text_make_no_core() -> None:
    chunks = parse(
        {
            "chunks": [
                {"text": "abcdef", "start_char": 0, "end_char": 60},
                {"text": "efghij", "start_char": 4, "end_char": 10},
            ]
        }
    ).chunks

    assert not chunks[0].offsets_are_exact
    assert [chunk.core for chunk in chunks] == ["abcdef", "efghij"]


def test_a_core_start_outside_the_chunk_is_moved_to_its_border() -> None:
    early = Chunk(chunk_index=0, chunk_id="0", text="abc", start_char=5, end_char=8, core_start=1)
    late = early.model_copy(update={"core_start": 99})

    assert (early.core, late.core, late.context_before) == ("abc", "", "abc")


def test_indexes_that_repeat_are_replaced_by_positions() -> None:
    chunks = parse([{"text": "a", "chunk_index": 0}, {"text": "b", "chunk_index": 0}]).chunks

    assert [chunk.chunk_index for chunk in chunks] == [0, 1]


def test_true_is_no_index() -> None:
    (chunk,) = parse([{"text": "a", "chunk_index": True}]).chunks

    assert chunk.chunk_index == 0


def test_two_chunks_with_one_index_are_no_chunk_file() -> None:
    chunk = Chunk(chunk_index=0, chunk_id="0", text="x")

    with pytest.raises(ValidationError, match="two chunks have the same chunk_index"):
        ChunkFile(chunks=[chunk, chunk])


def test_a_newer_file_is_refused_before_its_fields_are_looked_at() -> None:
    with pytest.raises(DataError, match=r"made by a newer qagen \(qagen/chunks@2\)"):
        parse({"format": "qagen/chunks@2", "pieces": 12})


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(DataError, match="it is a qagen/qa@1 file, not a qagen/chunks file"):
        parse({"format": "qagen/qa@1", "chunks": {}})


@pytest.mark.parametrize("value", [{}, {"chunks": {}}, 12, "text", None])
def test_a_value_without_a_list_of_chunks_is_refused(value: Any) -> None:
    with pytest.raises(DataError, match='no list named "chunks"'):
        parse(value)


@pytest.mark.parametrize("item", [{}, {"text": 3}, None, ["a"]])
def test_a_chunk_without_text_is_refused_and_its_position_named(item: Any) -> None:
    with pytest.raises(DataError, match="chunk 1 has no text"):
        parse(["x", item])


@pytest.mark.parametrize("data", [b"", b"no json", b'{"text": "a"}\nno json', b'{"chunks": [{"text": "a"}'])
def test_what_is_neither_json_nor_json_lines_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ChunkFile.parse(data)
