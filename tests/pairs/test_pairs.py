"""Pairs: identity, place, and the evidence that moves with its chunk."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.formats import Chunk, DocumentInfo, Pair, encode
from qagen.pairs import Draft, build, pair_id, read
from qagen.pairs import place as place_pair

DOCUMENT = DocumentInfo(file_name="pump.md", source_file="docs/pump.md", file_type=".md", language="en")
CHUNK = Chunk(
    chunk_index=2,
    chunk_id="pump-2",
    text="Loosen the lines. The valve opens at 12 bar. It closes at 10 bar.",
    start_char=100,
    end_char=165,
    core_start=118,
    section="2 Safety",
    page_start=3,
    page_end=4,
)


def built(*drafts: Draft, chunk: Chunk = CHUNK) -> list[Pair]:
    return [one.pair for one in build(drafts, chunk, "key", DOCUMENT, model="m", kind="llm")]


def test_a_pair_id_is_16_hex_digits_over_question_answer_and_key() -> None:
    digest = hashlib.sha256(b"Q?\0A.\0key").hexdigest()

    assert pair_id("Q?", "A.", "key") == digest[:16]
    assert len({pair_id("Q?", "A.", "key"), pair_id("Q", "?A.", "key"), pair_id("Q?", "A.", "key#2")}) == 3


def test_a_pair_says_where_it_came_from() -> None:
    (pair,) = built(Draft("When does it open?", "At 12 bar.", "factual", ("opens at 12 bar",)))

    assert pair == Pair(
        pair_id=pair_id("When does it open?", "At 12 bar.", "key"),
        chunk_key="key",
        question="When does it open?",
        answer="At 12 bar.",
        question_type="factual",
        evidence=["opens at 12 bar"],
        source_file="docs/pump.md",
        file_name="pump.md",
        file_type=".md",
        chunk_id="pump-2",
        chunk_index=2,
        chunk_start=100,
        chunk_end=165,
        evidence_start=128,
        evidence_end=143,
        section="2 Safety",
        page_start=3,
        page_end=4,
        language="en",
        grounding=1.0,
        generator_kind="llm",
        model="m",
    )


def test_pairs_keep_the_order_of_the_reply() -> None:
    assert [pair.question for pair in built(Draft("B?", "b"), Draft("A?", "a"))] == ["B?", "A?"]


def test_evidence_points_to_the_first_quote_that_was_found_and_grounding_is_the_share() -> None:
    quotes = ("not in it at all, whatever one reads", "closes at 10 bar", "opens at 12 bar")
    (pair,) = built(Draft("Q?", "A.", None, quotes))

    assert (pair.evidence_start, pair.evidence_end) == (148, 164)
    assert pair.grounding == 0.667
    assert pair.evidence == list(quotes)


def test_a_pair_without_quotes_has_no_grounding_and_one_without_found_quotes_has_none_found() -> None:
    without, foreign = built(Draft("Q?", "A."), Draft("R?", "A.", None, ("nowhere",)))

    assert (without.grounding, without.evidence_start) == (None, None)
    assert (foreign.grounding, foreign.evidence_start, foreign.evidence_end) == (0.0, None, None)


def test_a_chunk_without_exact_offsets_gives_no_offsets_of_evidence() -> None:
    chunk = CHUNK.model_copy(update={"end_char": 300})
    (pair,) = built(Draft("Q?", "A.", None, ("opens at 12 bar",)), chunk=chunk)

    assert (pair.evidence_start, pair.evidence_end, pair.grounding) == (None, None, 1.0)


def test_place_moves_the_evidence_along_with_its_chunk() -> None:
    (pair,) = built(Draft("Q?", "A.", None, ("opens at 12 bar",)))
    new = CHUNK.model_copy(
        update={
            "chunk_index": 3,
            "chunk_id": "pump-3",
            "start_char": 150,
            "end_char": 215,
            "core_start": 168,
            "section": "3 Safety",
        }
    )

    moved = place_pair(pair, new, DOCUMENT.model_copy(update={"source_file": "new/pump.md"}))
    assert (moved.evidence_start, moved.evidence_end) == (178, 193)
    assert (moved.chunk_start, moved.chunk_end, moved.chunk_index, moved.chunk_id) == (150, 215, 3, "pump-3")
    assert (moved.section, moved.source_file) == ("3 Safety", "new/pump.md")
    assert (moved.pair_id, moved.question, moved.answer) == (pair.pair_id, pair.question, pair.answer)


def test_place_keeps_the_evidence_on_its_words_when_only_the_overlap_changed() -> None:
    (pair,) = built(Draft("Q?", "A.", None, ("opens at 12 bar",)))
    shorter = CHUNK.model_copy(update={"text": CHUNK.text[18:], "start_char": 118})

    moved = place_pair(pair, shorter, DOCUMENT)
    assert (moved.evidence_start, moved.evidence_end) == (128, 143)
    assert moved.chunk_start == 118


def test_placing_a_pair_where_it_stands_changes_nothing() -> None:
    (pair,) = built(Draft("Q?", "A.", None, ("opens at 12 bar",)))

    assert place_pair(pair, CHUNK, DOCUMENT) == pair


@pytest.mark.parametrize("lost", [("end_char",), ("start_char",), ("start_char", "end_char", "core_start")])
def test_evidence_has_no_place_where_the_chunk_has_none_any_more(lost: tuple[str, ...]) -> None:
    (pair,) = built(Draft("Q?", "A.", None, ("opens at 12 bar",)))
    without = CHUNK.model_copy(update=dict.fromkeys(lost))

    moved = place_pair(pair, without, DOCUMENT)
    assert (moved.evidence_start, moved.evidence_end) == (None, None)


@settings(deadline=None, max_examples=100)
@given(st.text(min_size=1, max_size=80), st.integers(0, 1000), st.integers(0, 1000), st.data())
def test_evidence_stands_in_the_document_wherever_the_chunk_goes(
    core: str, here: int, there: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(core) - 1))
    quote = core[start : data.draw(st.integers(start + 1, len(core)))]

    def at(offset: int) -> Chunk:
        end = offset + len(core)
        return Chunk(chunk_index=0, chunk_id="0", text=core, start_char=offset, end_char=end, core_start=offset)

    (pair,) = built(Draft("Q?", "A.", None, (quote,)), chunk=at(here))
    moved = place_pair(pair, at(there), DOCUMENT)
    assert moved.evidence_start is not None
    assert moved.evidence_end is not None
    assert (" " * there + core)[moved.evidence_start : moved.evidence_end] == quote


def test_a_pair_with_a_lone_surrogate_can_be_saved() -> None:
    reading = read('{"pairs": [{"question": "Why \\ud83d?", "answer": "A.", "evidence": ["\\udc00"]}]}')
    (pair,) = built(*reading.drafts)

    assert json.loads(encode(pair.model_dump(mode="json")))["question"] == "Why \ufffd?"


def test_the_id_of_a_saved_pair_is_that_of_its_saved_words() -> None:
    reading = read('{"pairs": [{"question": "Why \\ud83d?", "answer": "A."}]}')
    (pair,) = built(*reading.drafts)
    saved = json.loads(encode(pair.model_dump(mode="json")))

    assert saved["pair_id"] == pair_id(saved["question"], saved["answer"], saved["chunk_key"])
