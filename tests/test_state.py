"""What is done of a document, and what is next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen import state
from qagen.errors import DataError, UsageError
from qagen.formats import (
    Chunk,
    ChunkError,
    ChunkFile,
    ChunkRecord,
    GenerationInfo,
    Pair,
    QAFile,
    RawReply,
    is_unchanged,
    seal,
    seal_blocks,
)
from qagen.llm.prices import Price
from qagen.state import Counts, DocumentState, Entry
from tests.builders import chunk_file_of, completed, pair_for

CORES = ["Alpha opens. ", "Beta closes. ", "Gamma turns. ", "Delta stops. "]
INFO = GenerationInfo(provider="local", model="m", fingerprint="f", run_id="r")


FREE = Price(0.0, 0.0)


def start(chunk_file: ChunkFile, price: Price | None = FREE) -> DocumentState:
    return state.start(chunk_file, "pump_chunks.json", INFO, Path("pump_qa.json"), price)


def failed(key: str) -> Entry:
    error = ChunkError(type="refused", message="it declined", at="2026-11-22T05:00:00Z")
    record = ChunkRecord(
        chunk_key=key, status="failed", error=error, attempts=2, raw_replies=[RawReply(text="no", finish="refused")]
    )
    return Entry(record)


def with_all(chunk_file: ChunkFile, order: Sequence[int] | None = None) -> DocumentState:
    document = start(chunk_file)
    for at in order if order is not None else range(len(chunk_file.chunks)):
        chunk, key = chunk_file.chunks[at], document.keys[at]
        document.remember(at, completed(chunk, key, f"What does {chunk.core.split()[0]} do?", f"Why {at}?"))
    return document


def whole(document: DocumentState) -> bytes:
    return b"".join(seal_blocks(document.encode()))


def saved_of(document: DocumentState) -> QAFile:
    return QAFile.parse(whole(document))


def match(saved: QAFile, chunk_file: ChunkFile, name: str = "pump_chunks.json") -> state.Matching:
    return state.match(saved, chunk_file, state.chunk_keys(chunk_file.chunks), name)


# Keys


def test_a_key_is_the_hash_of_the_core_without_the_overlap() -> None:
    keys = state.chunk_keys(chunk_file_of(CORES, overlap=5).chunks)

    assert keys == [hashlib.sha256(core.encode()).hexdigest() for core in CORES]
    assert keys == state.chunk_keys(chunk_file_of(CORES, overlap=0).chunks)


def test_the_nth_identical_core_gets_a_number() -> None:
    digest = hashlib.sha256(b"Same. ").hexdigest()
    keys = state.chunk_keys(chunk_file_of(["Same. ", "Other. ", "Same. ", "Same. "]).chunks)

    assert [keys[0], keys[2], keys[3]] == [digest, f"{digest}#2", f"{digest}#3"]


def test_title_section_index_and_offsets_are_not_in_a_key() -> None:
    here = Chunk(chunk_index=0, chunk_id="a-0", text="Same.", start_char=0, end_char=5, core_start=0, section="A")
    there = Chunk(chunk_index=9, chunk_id="b-9", text="Same.", start_char=70, end_char=75, core_start=70, page_start=2)

    assert state.chunk_keys([here]) == state.chunk_keys([there])


def test_an_edited_paragraph_changes_only_its_own_key() -> None:
    edited = [*CORES[:1], "Beta closes slowly. ", *CORES[2:]]
    before = state.chunk_keys(chunk_file_of(CORES, overlap=5).chunks)
    after = state.chunk_keys(chunk_file_of(edited, overlap=5).chunks)

    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True, True]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=12))
def test_the_keys_of_a_document_are_all_different(cores: list[str]) -> None:
    keys = state.chunk_keys(chunk_file_of(cores).chunks)

    assert len(set(keys)) == len(cores)


# Matching


def test_an_unchanged_document_matches_whole_and_nothing_moves() -> None:
    chunk_file = chunk_file_of(CORES)
    matching = match(saved_of(with_all(chunk_file)), chunk_file)

    assert sorted(matching.entries) == [0, 1, 2, 3]
    assert matching.stale == []
    assert matching.moved is False


def test_an_edited_chunk_is_stale_and_its_neighbours_are_kept() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of([CORES[0], "Beta closes now. ", *CORES[2:]]))

    assert sorted(matching.entries) == [0, 2, 3]
    assert [[pair.question for pair in entry.pairs] for entry in matching.stale] == [["What does Beta do?", "Why 1?"]]


def test_a_chunk_that_was_put_in_moves_the_later_ones_with_their_places() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    new = chunk_file_of([CORES[0], "New here. ", *CORES[1:]])
    matching = match(saved, new)

    assert sorted(matching.entries) == [0, 2, 3, 4]
    assert matching.moved is True
    assert matching.stale == []
    pair = matching.entries[2].pairs[0]
    assert pair.question == "What does Beta do?"
    assert (pair.chunk_index, pair.chunk_id, pair.section) == (2, "pump-2", "2 Section")
    assert (pair.chunk_start, pair.chunk_end) == (new.chunks[2].start_char, new.chunks[2].end_char)


def test_chunks_that_changed_places_are_followed() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of(CORES[::-1]))

    assert [matching.entries[at].pairs[0].question for at in range(4)] == [
        "What does Delta do?",
        "What does Gamma do?",
        "What does Beta do?",
        "What does Alpha do?",
    ]


def test_a_removed_chunk_is_stale() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of(CORES[:2]))

    assert sorted(matching.entries) == [0, 1]
    assert [entry.record.kept for entry in matching.stale] == [2, 2]


def test_another_overlap_costs_nothing_but_the_places() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of(CORES, overlap=4))

    assert sorted(matching.entries) == [0, 1, 2, 3]
    assert matching.moved is True


def test_a_new_section_alone_counts_as_moved() -> None:
    chunk_file = chunk_file_of(CORES)
    renamed = chunk_file.model_copy(
        update={"chunks": [chunk.model_copy(update={"section": "New"}) for chunk in chunk_file.chunks]}
    )
    matching = match(saved_of(with_all(chunk_file)), renamed)

    assert matching.moved is True
    assert {pair.section for entry in matching.entries.values() for pair in entry.pairs} == {"New"}


def test_rejected_pairs_and_raw_replies_follow_their_chunk() -> None:
    chunk_file = chunk_file_of(CORES[:2])
    document = start(chunk_file)
    rejected = pair_for(chunk_file.chunks[1], document.keys[1], "Bad?", checks=["EV_NOT_FOUND"])
    document.remember(1, Entry(failed(document.keys[1]).record, (), (rejected,)))

    entry = match(saved_of(document), chunk_file_of(["New. ", *CORES[:2]])).entries[2]
    assert [(pair.question, pair.chunk_index) for pair in entry.rejected] == [("Bad?", 2)]
    assert entry.record.raw_replies == [RawReply(text="no", finish="refused")]


def test_another_documents_file_is_refused() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))

    with pytest.raises(DataError, match=r"belongs to another document \(pump_chunks.json, not valve_chunks.json\)"):
        match(saved, chunk_file_of(["Quite another text. "]), "valve_chunks.json")


def test_a_renamed_chunk_file_is_followed_where_a_core_is_shared() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of([CORES[0], "New. "]), "valve_chunks.json")

    assert sorted(matching.entries) == [0]
    assert len(matching.stale) == 3


def test_the_same_chunk_file_with_all_cores_changed_is_the_same_document() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of(["All new. "]))

    assert matching.entries == {}
    assert len(matching.stale) == 4


def test_the_archive_of_stale_entries_holds_their_records_and_pairs() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES)))
    matching = match(saved, chunk_file_of([CORES[0], CORES[3]]))

    archive = QAFile.parse(state.archive_of(saved, matching.stale))
    assert sorted(archive.chunks) == [1, 2]
    assert [pair.question for pair in archive.training_pairs] == [
        "What does Beta do?",
        "Why 1?",
        "What does Gamma do?",
        "Why 2?",
    ]
    assert archive.metadata == saved.metadata


# Older tools


def old_file(total: int, done: Sequence[int], pairs: list[dict[str, Any]] | None = None, **fields: Any) -> QAFile:
    made = [{"question": f"Old {at}?", "answer": f"Answer {at}.", "chunk_index": at} for at in done]
    value = {
        "metadata": {"file_name": "pump.pdf"},
        "processing_info": {"total_chunks": total},
        "status": "in_progress",
        "completed_chunks": list(done),
        "training_pairs": made if pairs is None else pairs,
        **fields,
    }
    return QAFile.parse(json.dumps(value).encode())


def test_an_older_tools_file_is_matched_by_index_and_gets_its_keys() -> None:
    chunk_file = chunk_file_of(CORES)
    keys = state.chunk_keys(chunk_file.chunks)
    matching = match(old_file(4, [0, 2]), chunk_file)

    assert sorted(matching.entries) == [0, 2]
    assert matching.by_index is True
    entry = matching.entries[2]
    assert (entry.record.chunk_key, entry.record.status, entry.record.kept) == (keys[2], "completed", 1)
    (pair,) = entry.pairs
    assert (pair.question, pair.chunk_key, pair.chunk_id) == ("Old 2?", keys[2], "pump-2")
    assert pair.pair_id == hashlib.sha256(f"Old 2?\0Answer 2.\0{keys[2]}".encode()).hexdigest()[:16]


def test_the_total_of_an_older_tools_summary_counts_too() -> None:
    matching = match(old_file(0, [1], summary={"total_chunks": 4}, processing_info={}), chunk_file_of(CORES))

    assert sorted(matching.entries) == [1]


@pytest.mark.parametrize(("total", "said"), [(5, "from 5 chunks"), (0, "an unknown number of chunks")])
def test_an_older_tools_file_of_another_total_is_refused(total: int, said: str) -> None:
    with pytest.raises(UsageError, match=rf"{said}.*has 4.*--no-resume"):
        match(old_file(total, [0]), chunk_file_of(CORES))


@pytest.mark.parametrize(
    "pairs",
    [
        [{"question": "Old?", "answer": "A."}],
        [{"question": "Old?", "answer": "A.", "chunk_index": 3}],
        [{"question": "Old?", "answer": "A.", "chunk_index": 17}],
    ],
    ids=["no index", "index of a chunk that is not completed", "index of no chunk"],
)
def test_no_pair_of_an_older_tool_is_lost_without_a_word(pairs: list[dict[str, Any]]) -> None:
    saved = old_file(4, [0], pairs)
    try:
        matching = match(saved, chunk_file_of(CORES))
    except (DataError, UsageError):
        return

    kept = [pair.question for entry in [*matching.entries.values(), *matching.stale] for pair in entry.pairs]
    assert kept == ["Old?"]


# Status and counts


def test_a_new_document_is_all_pending() -> None:
    document = start(chunk_file_of(CORES))

    assert document.pending() == [0, 1, 2, 3]
    assert document.pending(2) == [0, 1]
    assert document.pending(9) == [0, 1, 2, 3]
    assert document.counts == Counts(total=4)
    assert document.counts.pending == 4
    assert document.status() == "in_progress"
    assert document.status(interrupted=True) == "interrupted"


def test_failed_chunks_are_settled_and_yet_tried_again() -> None:
    document = with_all(chunk_file_of(CORES), [0, 2])
    document.remember(1, failed(document.keys[1]))

    assert document.counts == Counts(total=4, completed=2, failed=1, pairs=4)
    assert document.counts.pending == 1
    assert document.pending() == [1, 3]


def test_a_document_is_completed_once_all_is_settled_and_not_all_failed() -> None:
    document = with_all(chunk_file_of(CORES), [0, 1, 2])
    document.remember(3, failed(document.keys[3]))

    assert document.status() == "completed"
    assert document.status(interrupted=True) == "completed"


def test_a_document_of_which_every_chunk_failed_is_failed() -> None:
    document = start(chunk_file_of(CORES))
    for at, key in enumerate(document.keys):
        document.remember(at, failed(key))

    assert document.status() == "failed"
    assert saved_of(document).completion_time is None


def test_a_document_without_chunks_is_completed_and_says_why_it_has_no_pairs() -> None:
    saved = saved_of(start(chunk_file_of([])))

    assert saved.status == "completed"
    assert saved.summary.reason == "the document has no chunks"


def test_skipped_chunks_are_among_the_completed_and_all_skipped_is_a_reason() -> None:
    chunk_file = chunk_file_of(CORES[:2])
    document = start(chunk_file)
    for at, key in enumerate(document.keys):
        document.remember(at, completed(chunk_file.chunks[at], key, skip_reason="references"))

    assert document.counts == Counts(total=2, completed=2, skipped=2)
    assert saved_of(document).summary.reason == "no chunk has anything to ask about"


def test_a_chunk_that_succeeds_later_is_failed_no_more() -> None:
    chunk_file = chunk_file_of(CORES[:1])
    document = start(chunk_file)
    document.remember(0, failed(document.keys[0]))
    document.remember(0, completed(chunk_file.chunks[0], document.keys[0], "Q?"))

    assert document.counts == Counts(total=1, completed=1, pairs=1)
    assert saved_of(document).failed_chunks == []


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["completed", "skipped", "failed", "pending"]), max_size=8))
def test_total_is_always_completed_and_failed_and_pending(kinds: list[str]) -> None:
    chunk_file = chunk_file_of([f"Core {number}. " for number in range(len(kinds))])
    document = start(chunk_file)
    for at, kind in enumerate(kinds):
        chunk, key = chunk_file.chunks[at], document.keys[at]
        if kind == "failed":
            document.remember(at, failed(key))
        elif kind != "pending":
            document.remember(
                at,
                completed(
                    chunk, key, *([] if kind == "skipped" else ["Q?"]), skip_reason="toc" if kind == "skipped" else None
                ),
            )

    counts, saved = document.counts, saved_of(document)
    assert counts.total == counts.completed + counts.failed + counts.pending == len(kinds)
    assert counts.pending == kinds.count("pending")
    assert counts.failed == kinds.count("failed")
    assert counts.skipped == kinds.count("skipped") <= counts.completed
    assert counts.pairs == len(saved.training_pairs) == saved.summary.total_qa_pairs == kinds.count("completed")
    assert saved.completed_chunks == [at for at, kind in enumerate(kinds) if kind in {"completed", "skipped"}]
    assert saved.failed_chunks == [at for at, kind in enumerate(kinds) if kind == "failed"]


def test_counts_add_up() -> None:
    assert Counts(4, 2, 1, 1, 9) + Counts(1, 1, 0, 0, 2) == Counts(5, 3, 1, 1, 11)


# The file


def test_what_is_encoded_is_read_back_and_resumed_as_it_was() -> None:
    chunk_file = chunk_file_of(CORES, title="Pump", author="Ada")
    document = with_all(chunk_file, [0, 1])
    document.remember(2, failed(document.keys[2]))
    saved = saved_of(document)

    again = start(chunk_file)
    again.resume(saved.qa_generation_info, saved.summary.cost_usd, match(saved, chunk_file).entries)
    assert again.pending() == document.pending() == [2, 3]
    assert again.counts == document.counts
    resumed = saved_of(again)
    assert resumed.chunks == saved.chunks
    assert resumed.training_pairs == saved.training_pairs
    assert resumed.metadata == saved.metadata
    assert resumed.metadata.model_dump()["author"] == "Ada"
    assert resumed.metadata.chunks_file == "pump_chunks.json"
    assert resumed.qa_generation_info.serial == saved.qa_generation_info.serial + 1 == 2
    assert resumed.qa_generation_info.generated_at == saved.qa_generation_info.generated_at


def test_the_summary_adds_up_what_the_chunks_cost() -> None:
    chunk_file = chunk_file_of(CORES)
    document = start(chunk_file, Price(input=1.0, cached_input=0.5, output=10.0))
    for at in (0, 1):
        document.remember(at, completed(chunk_file.chunks[at], document.keys[at], "Q?", attempts=3))

    summary = saved_of(document).summary
    assert (summary.requests, summary.input_tokens, summary.output_tokens) == (6, 200, 20)
    assert summary.cost_usd == pytest.approx((120 * 1.0 + 80 * 0.5 + 20 * 10.0) / 1_000_000)
    assert (summary.total_chunks, summary.completed_chunks, summary.total_qa_pairs) == (4, 2, 2)
    assert summary.reason is None


def test_an_unknown_price_is_no_cost() -> None:
    chunk_file = chunk_file_of(CORES)
    document = start(chunk_file, None)
    assert document.counts.cost_usd == 0.0
    document.remember(0, completed(chunk_file.chunks[0], document.keys[0], "Q?"))
    assert saved_of(document).summary.cost_usd is None


def test_fields_of_a_record_that_say_nothing_are_left_out() -> None:
    record = json.loads(whole(with_all(chunk_file_of(CORES[:1]))))["chunks"]["0"]

    assert not record.keys() & {"error", "raw_replies", "notes", "fingerprint"}
    assert record["skip_reason"] is None
    assert record["rejected"] == {}


def test_a_chunks_own_index_names_it_in_the_file() -> None:
    chunk_file = chunk_file_of(CORES[:2])
    numbered = chunk_file.model_copy(
        update={
            "chunks": [chunk.model_copy(update={"chunk_index": chunk.chunk_index + 10}) for chunk in chunk_file.chunks]
        }
    )
    document = with_all(numbered)
    document.remember(1, failed(document.keys[1]))

    saved = saved_of(document)
    assert (saved.completed_chunks, saved.failed_chunks, sorted(saved.chunks)) == ([10], [11], [10, 11])


def training_pairs_of(data: bytes) -> bytes:
    return data[data.index(b'"training_pairs"') : data.index(b'"summary"')]


@settings(deadline=None, max_examples=50)
@given(st.permutations(range(len(CORES))))
def test_the_same_entries_give_the_same_pairs_in_whatever_order_they_came(order: list[int]) -> None:
    chunk_file = chunk_file_of(CORES)

    expected = whole(with_all(chunk_file))
    assert training_pairs_of(whole(with_all(chunk_file, order))) == training_pairs_of(expected)
    assert json.loads(whole(with_all(chunk_file, order)))["chunks"] == json.loads(expected)["chunks"]


def test_pairs_stand_in_the_order_of_chunks_and_then_of_the_reply() -> None:
    saved = saved_of(with_all(chunk_file_of(CORES), [3, 1, 0, 2]))

    assert [pair.question for pair in saved.training_pairs] == [
        question for at, core in enumerate(CORES) for question in (f"What does {core.split()[0]} do?", f"Why {at}?")
    ]


def test_each_pair_stands_in_a_line_of_its_own() -> None:
    lines = whole(with_all(chunk_file_of(CORES))).splitlines()

    assert sum(line.strip().startswith(b'{"pair_id"') for line in lines) == 8


def test_a_lone_surrogate_in_one_pair_does_not_stop_the_save_of_the_others() -> None:
    chunk_file = chunk_file_of(CORES[:2])
    document = with_all(chunk_file, [0])
    document.remember(1, completed(chunk_file.chunks[1], document.keys[1], "Why \ud83d?"))

    assert [pair.question for pair in saved_of(document).training_pairs][-1] == "Why \ufffd?"


def test_pairs_carry_no_clock() -> None:
    assert not {name for name in Pair.model_fields if name.endswith(("_at", "time"))}


# Parameters


def test_the_fingerprint_does_not_depend_on_the_order_of_parameters() -> None:
    assert state.fingerprint({"a": 1, "b": {"x": 1, "y": 2}}) == state.fingerprint({"b": {"y": 2, "x": 1}, "a": 1})
    assert state.fingerprint({"a": 1}) != state.fingerprint({"a": 2})
    assert state.fingerprint({"a": None}) != state.fingerprint({})


def test_each_difference_is_named_old_and_new() -> None:
    old = {"model": "a", "temperature": None, "gone": 1, "same": 5}
    new = {"model": "b", "temperature": 0.3, "same": 5, "added": [1]}

    assert state.differences(old, new) == [
        "model: a -> b",
        "temperature: none -> 0.3",
        "gone: 1 -> none",
        "added: none -> [1]",
    ]
    assert state.differences(old, old) == []


def test_a_value_that_is_called_none_is_told_from_no_value() -> None:
    assert state.differences({"effort": None}, {"effort": "none"}) == ["effort: not set -> 'none'"]


def test_a_long_value_is_cut_in_a_difference() -> None:
    (line,) = state.differences({"prompt": "x" * 500}, {"prompt": "y"})

    assert line == "prompt: " + "x" * 57 + "... -> y"


def test_a_difference_deep_in_two_long_values_is_still_seen() -> None:
    (line,) = state.differences({"prompt": "x" * 100 + "a"}, {"prompt": "x" * 100 + "b"})
    before, after = line.removeprefix("prompt: ").split(" -> ")

    assert before != after


def test_a_file_in_pieces_is_laid_out_as_json_with_two_spaces() -> None:
    chunk_file = chunk_file_of(CORES)
    for document in (start(chunk_file), with_all(chunk_file)):
        text = whole(document).decode()
        value = json.loads(text)
        lists = {name: value.pop(name) for name in ("training_pairs", "rejected_pairs", "chunks")}
        for line in json.dumps(value, indent=2, ensure_ascii=False).splitlines()[1:-1]:
            assert line.rstrip(",") in text
        pairs = [json.loads(line.strip().rstrip(",")) for line in text.splitlines() if line.startswith('    {"pair_id')]
        assert pairs == lists["training_pairs"] + lists["rejected_pairs"]


def test_a_seal_is_the_same_in_one_piece_or_in_many() -> None:
    pieces = with_all(chunk_file_of(CORES)).encode()
    assert b"".join(seal_blocks(pieces)) == seal(b"".join(pieces))
    large = [*pieces[:-1], *[b" " * 1_000_000] * 10, pieces[-1]]
    blocks = seal_blocks(large)
    assert len(blocks) > 1
    assert b"".join(blocks) == seal(b"".join(large))
    assert is_unchanged(b"".join(blocks))
