"""Chunks: what holds for every text, and what the sections are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen import chunks
from qagen.documents import Document, markdown
from qagen.formats import Chunk

WORDS = st.sampled_from(
    [
        "pump",
        "valve",
        "Sicherheitsventil",
        "圧力逃し弁は十二バールで開く。",
        "يفتح صمام الأمان",
        "🙂👩‍👩‍👧‍👦🇩🇪",
        "e\u0301a\u0308\u0323",
        "x" * 70,
        "12.5",
        "end.",
        "Why?",
        "# Heading",
        "\ufeff",
        "\u200b",
        "\u2028",
        "\x0c",
        "\x1c",
    ]
)
GAPS = st.sampled_from([" ", "\n", "\n\n", "\n\n\n\n", "  ", "\t", "", "\n \n", "\u3000", " " * 40])
TEXTS = st.one_of(
    st.lists(st.tuples(WORDS, GAPS), max_size=60).map(lambda parts: "".join(word + gap for word, gap in parts)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
)
SIZES = st.integers(1, 120).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


def assert_sound(text: str, pieces: list[Chunk], size: int, overlap: int) -> None:
    """What is promised of every text, however it is cut."""
    reached = 0
    for index, chunk in enumerate(pieces):
        assert chunk.start_char is not None
        assert chunk.end_char is not None
        assert chunk.core_start is not None
        assert chunk.text == text[chunk.start_char : chunk.end_char]
        assert chunk.offsets_are_exact
        assert len(chunk.text) <= size
        assert chunk.start_char <= chunk.core_start < chunk.end_char
        assert chunk.core_start - chunk.start_char <= overlap
        assert chunk.core == text[chunk.core_start : chunk.end_char]
        assert chunk.core.strip()
        # What no core holds is white space alone, and nothing stands in two cores.
        assert chunk.core_start >= reached
        assert not text[reached : chunk.core_start].strip()
        reached = chunk.end_char
        assert (chunk.chunk_index, chunk.chunk_id) == (index, f"pump-{index}")
    assert not text[reached:].strip()


@settings(deadline=None, max_examples=300)
@given(text=TEXTS, cut=SIZES)
def test_chunks_are_exact_small_enough_and_their_cores_rejoin_to_the_text(text: str, cut: tuple[int, int]) -> None:
    size, overlap = cut

    assert_sound(text, chunks.split(Document(text), "pump", size, overlap), size, overlap)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS, cut=SIZES)
def test_the_same_text_is_cut_the_same_way(text: str, cut: tuple[int, int]) -> None:
    document = Document(text)

    assert chunks.split(document, "pump", *cut) == chunks.split(document, "pump", *cut)


@pytest.mark.parametrize("joint", ["\n\n", "\n", " ", ""], ids=["paragraphs", "lines", "words", "one word"])
def test_a_document_longer_than_a_piece_rejoins_too(joint: str) -> None:
    unit = "Das Ventil öffnet bei 12 bar 🙂" + joint
    text = unit * (2 * chunks.PIECE // len(unit) + 100)

    assert_sound(text, chunks.split(Document(text), "pump", 100_000, 500), 100_000, 500)


@settings(deadline=None, max_examples=100)
@given(text=TEXTS, cut=SIZES, piece=st.integers(3, 60))
def test_pieces_of_any_size_rejoin(text: str, cut: tuple[int, int], piece: int) -> None:
    size, overlap = cut
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "PIECE", piece)
        pieces = chunks.split(Document(text), "pump", size, overlap)

    assert_sound(text, pieces, size, overlap)


def test_an_empty_text_and_one_of_white_space_have_no_chunks() -> None:
    assert chunks.split(Document(""), "pump", 100, 10) == []
    assert chunks.split(Document(" \n\n\t " * 100), "pump", 10, 2) == []


def test_a_short_text_is_one_chunk_that_is_all_core() -> None:
    (chunk,) = chunks.split(Document("Open the valve."), "pump", 100, 10)

    assert chunk == Chunk(
        chunk_index=0, chunk_id="pump-0", text="Open the valve.", start_char=0, end_char=15, core_start=0
    )


def test_the_configured_overlap_is_really_used() -> None:
    text = " ".join(f"word{number}" for number in range(200))

    pieces = chunks.split(Document(text), "pump", 100, 30)
    assert all(chunk.context_before.strip() for chunk in pieces[1:])


def test_no_overlap_means_that_all_is_core() -> None:
    text = " ".join(f"word{number}" for number in range(200))

    pieces = chunks.split(Document(text), "pump", 100, 0)
    assert "".join(chunk.core for chunk in pieces) == text
    assert all(chunk.context_before == "" for chunk in pieces)


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    paragraphs = [f"Paragraph {number} says that the valve opens.\n\n" for number in range(6)]

    pieces = chunks.split(Document("".join(paragraphs)), "pump", len(paragraphs[0]) + 5, 0)
    assert [chunk.text for chunk in pieces] == paragraphs


def test_a_chunk_stands_in_the_section_of_its_first_new_word() -> None:
    document = markdown.read(b"# A\n\nAlpha alpha alpha.\n\n# B\n\nBeta beta beta.\n")

    pieces = chunks.split(document, "pump", 26, 0)
    assert [(chunk.core.split()[1], chunk.section) for chunk in pieces] == [("A", "A"), ("B", "B")]
