"""Cutting: what holds for every text, and what a person would have done."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qagen import cutting
from qagen.cutting import CutOrder, boundaries
from qagen.cutting.tokens import TokenRuler
from qagen.documents import Document, Reading, markdown, records
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


UNITS = st.sampled_from(["characters", "tokens"])


def split(text: str | Document, size: int, overlap: int, strategy: str = "recursive", **more: Any) -> list[Chunk]:
    document = text if isinstance(text, Document) else Document(text)
    return cutting.chunks(document.text, "pump", cutting.pieces(document, CutOrder(strategy, size, overlap, **more)))


def assert_sound(text: str, pieces: list[Chunk]) -> None:
    """What is promised of every text, however it is cut."""
    reached = 0
    for index, chunk in enumerate(pieces):
        assert chunk.start_char is not None
        assert chunk.end_char is not None
        assert chunk.core_start == reached
        assert chunk.text == text[chunk.start_char : chunk.end_char]
        assert chunk.offsets_are_exact
        assert chunk.start_char <= chunk.core_start < chunk.end_char
        assert chunk.core == text[chunk.core_start : chunk.end_char]
        reached = chunk.end_char
        assert (chunk.chunk_index, chunk.chunk_id) == (index, f"pump-{index}")
    assert reached == len(text)


def words_of(text: str) -> list[tuple[int, int]]:
    """Runs of letters and digits of scripts that put spaces between words, with what is stuck to them."""
    return [match.span() for match in re.finditer(r"\S+", text)]


@settings(deadline=None, max_examples=200)
@given(text=TEXTS, cut=SIZES, strategy=st.sampled_from(sorted(cutting.STRATEGIES)))
def test_chunks_are_exact_small_enough_and_their_cores_join_to_the_text(
    text: str, cut: tuple[int, int], strategy: str
) -> None:
    size, overlap = cut
    pieces = split(text, size, overlap, strategy)
    assert_sound(text, pieces)
    if strategy != "token":
        assert all(len(chunk.text) <= size for chunk in pieces)
        assert all(len(chunk.context_before) <= overlap for chunk in pieces)


@settings(deadline=None, max_examples=100)
@given(
    text=TEXTS,
    size=st.integers(20, 60),
    overlap=st.integers(0, 15),
    strategy=st.sampled_from(sorted(cutting.STRATEGIES)),
)
def test_sizes_in_tokens_hold_too(text: str, size: int, overlap: int, strategy: str) -> None:
    pieces = split(text, size, overlap, strategy, unit="tokens")
    assert_sound(text, pieces)
    ruler = TokenRuler(text)
    for chunk in pieces:
        assert ruler.size(chunk.start_char or 0, chunk.end_char or 0) <= size
        assert ruler.size(chunk.start_char or 0, chunk.core_start or 0) <= overlap


@settings(deadline=None, max_examples=200)
@given(text=TEXTS, cut=SIZES, strategy=st.sampled_from(sorted(cutting.STRATEGIES)))
def test_no_word_that_fits_is_cut(text: str, cut: tuple[int, int], strategy: str) -> None:
    size, overlap = cut
    cuts = {chunk.core_start or 0 for chunk in split(text, size, overlap, strategy)}
    for start, end in words_of(text):
        spaced = max(text[start:end]) < "\u0e00"  # Latin, Cyrillic, Arabic ...: not Thai, Chinese and so on
        if end - start <= size and spaced and strategy != "token":
            assert not [at for at in cuts if start < at < end], text[start:end]


@settings(deadline=None, max_examples=200)
@given(text=TEXTS, cut=SIZES, strategy=st.sampled_from(sorted(cutting.STRATEGIES)))
@example(text="🙂👩‍👩‍👧‍👦🇩🇪 pump ", cut=(7, 0), strategy="token")  # the family has ten tokens
@example(text="圧力。\u0301弁", cut=(3, 1), strategy="recursive")
@example(text="。👩‍👧\r\n。」。。👩‍👧", cut=(11, 7), strategy="html")  # a sentence, and then a full stop
def test_what_is_repeated_begins_at_a_word_and_no_letter_that_fits_loses_its_accent(
    text: str, cut: tuple[int, int], strategy: str
) -> None:
    ruler = TokenRuler(text) if strategy == "token" else None
    for chunk in split(text, *cut, strategy):
        assert chunk.start_char is not None
        if chunk.context_before:
            assert boundaries.starts_word(text, chunk.start_char)
        begin, end = letter_around(text, chunk.start_char)
        # An accent behind white space belongs to no letter.
        if (
            begin < chunk.start_char
            and not text[chunk.start_char - 1].isspace()
            and not text[chunk.start_char].isspace()
        ):
            assert (ruler.size(begin, end) if ruler else end - begin) > cut[0], text[begin:end]


def letter_around(text: str, at: int) -> tuple[int, int]:
    """From where to where a letter reaches with its accents; empty between two of them."""
    begin = end = at
    while not boundaries.is_between(text, begin):
        begin -= 1
    while not boundaries.is_between(text, end):
        end += 1
    return begin, end


@settings(deadline=None, max_examples=50)
@given(text=TEXTS, cut=SIZES, strategy=st.sampled_from(sorted(cutting.STRATEGIES)))
def test_the_same_text_is_cut_the_same_way(text: str, cut: tuple[int, int], strategy: str) -> None:
    assert split(text, *cut, strategy) == split(text, *cut, strategy)


def test_an_empty_text_has_no_chunks() -> None:
    assert split("", 100, 10) == []


def test_a_short_text_is_one_chunk_that_is_all_core() -> None:
    (chunk,) = split("Open the valve.", 100, 10)

    assert chunk == Chunk(
        chunk_index=0, chunk_id="pump-0", text="Open the valve.", start_char=0, end_char=15, core_start=0
    )


def test_the_configured_overlap_is_really_used() -> None:
    text = " ".join(f"word{number}" for number in range(200))

    pieces = split(text, 100, 30)
    assert all(20 <= len(chunk.context_before) <= 30 for chunk in pieces[1:])


def test_what_is_repeated_are_whole_sentences_where_there_is_room() -> None:
    text = " ".join(f"The valve number {number} opens at {number} bar." for number in range(100))

    for chunk in split(text, 400, 90)[1:]:
        assert re.fullmatch(r"(The valve number \d+ opens at \d+ bar\. ){1,2}", chunk.context_before)


def test_no_overlap_means_that_all_is_core() -> None:
    text = " ".join(f"word{number}" for number in range(200))

    pieces = split(text, 100, 0)
    assert "".join(chunk.core for chunk in pieces) == text
    assert all(chunk.context_before == "" for chunk in pieces)


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    paragraphs = [f"Paragraph {number} says that the valve opens.\n\n" for number in range(6)]

    pieces = split("".join(paragraphs), len(paragraphs[0]) + 5, 0)
    assert [chunk.text for chunk in pieces] == paragraphs


def test_sentences_are_kept_whole_where_they_fit() -> None:
    text = " ".join(f"Valve {number} opens at {number}.5 bar, e.g. in winter." for number in range(60))

    assert all(chunk.text.rstrip().endswith("winter.") for chunk in split(text, 200, 0))


def test_a_chunk_stands_in_the_section_of_its_first_new_words() -> None:
    document = markdown.read(b"# A\n\nAlpha alpha alpha.\n\n## B\n\nBeta beta beta beta.\n", Reading())

    pieces = split(document, 30, 0, "markdown", least=10)
    assert [chunk.section for chunk in pieces] == ["A", "A > B"]


def test_a_chunk_of_several_records_stands_in_the_section_of_none() -> None:
    long = "The bridge is long and made of steel. "
    small = [{"title": "Bridge", "text": long}, {"text": "The tower was built in 1950."}]
    large = [{"title": "Bridge", "text": long * 20}, {"text": "The tower was built in 1950. " * 20}]

    def sections(values: list[dict[str, str]]) -> list[str | None]:
        document = records.read(json.dumps(values).encode(), Reading())
        return [chunk.section for chunk in split(document, 1000, 0, "auto")]

    assert sections(small) == [None]
    assert sections(small[:1]) == ["Bridge"]
    assert sections(large) == ["Bridge", "Record 2"]


def test_each_section_of_some_size_is_a_chunk_of_its_own() -> None:
    sections = [f"## {number} Part\n\n" + "The valve opens at 12 bar. " * 12 + "\n\n" for number in range(5)]
    document = markdown.read("".join(sections).encode(), Reading())

    assert [chunk.core for chunk in split(document, 1000, 0, "markdown")] == sections


def test_a_heading_stays_with_what_follows_it() -> None:
    text = "# Manual\n\n" + "".join(
        f"### Step {number}\n\n" + "Turn the handle slowly and wait. " * 3 + "\n\n" for number in range(40)
    )
    for strategy in ("markdown", "recursive", "semantic"):
        for chunk in split(markdown.read(text.encode(), Reading()), 300, 30, strategy):
            assert not chunk.core.rstrip().splitlines()[-1].startswith("#")


def test_fragments_join_their_neighbours() -> None:
    text = "# A\n\nTiny.\n\n# B\n\nTiny, too.\n\n# C\n\n" + "A long part about valves. " * 30 + "\n\n# D\n\nEnd.\n"
    pieces = split(markdown.read(text.encode(), Reading()), 600, 0, "markdown")
    assert all(len(chunk.text) >= 600 // 8 for chunk in pieces)


TABLE = "| part | bar |\n| --- | --- |\n" + "".join(f"| valve {number} | {number} |\n" for number in range(12))
LIST = "".join(f"{number}. Turn valve {number} and wait.\n" for number in range(1, 10))
CODE = "```\n" + "".join(f"open(valve_{number})\n\n" for number in range(10)) + "```\n"


@pytest.mark.parametrize("block", [TABLE, LIST, CODE], ids=["table", "list", "code"])
@pytest.mark.parametrize("strategy", ["recursive", "markdown", "semantic"])
@pytest.mark.parametrize("before", [0, 3, 7, 12])
def test_a_table_a_list_and_code_that_fit_are_not_cut(block: str, strategy: str, before: int) -> None:
    text = "Some words come first. " * before + "\n\n" + block + "\n" + "And some words follow it. " * 20
    pieces = split(markdown.read(text.encode(), Reading()), 400, 40, strategy)
    assert_sound(text, pieces)
    assert any(block.strip() in chunk.text for chunk in pieces)


def test_a_table_that_does_not_fit_is_cut_between_its_rows() -> None:
    text = "| part | bar |\n| --- | --- |\n" + "".join(f"| valve {number} | {number} |\n" for number in range(200))
    for chunk in split(markdown.read(text.encode(), Reading()), 300, 0, "markdown"):
        assert chunk.text.startswith("|")
        assert chunk.text.endswith("|\n")


def test_source_text_in_html_is_cut_at_its_elements() -> None:
    section = "<h2>Part {0}</h2>\n<p>" + "The valve opens at twelve bar. " * 6 + "</p>\n"
    text = "".join(section.format(number) for number in range(4))
    pieces = split(text, 400, 0, "html")
    assert [chunk.core for chunk in pieces] == [section.format(number) for number in range(4)]
    assert [chunk.section for chunk in pieces] == [f"Part {number}" for number in range(4)]


def test_a_plain_text_with_marked_headings_is_cut_like_markdown() -> None:
    text = "# One\n\nWords.\n\n# Two\n\nMore words.\n"
    assert cutting.strategy_for(Document(text), "auto") == "markdown"
    assert cutting.strategy_for(Document("# a comment\nx = 1\n\ny = 2\n"), "auto") == "recursive"
    assert [chunk.section for chunk in split(text, 25, 0, "auto", least=5)] == ["One", "Two"]


def test_pages_are_those_of_the_new_text() -> None:
    pages = ["First page. " * 10 + "\n\n", "Second page. " * 10 + "\n\n", "Third page. " * 10]
    starts = (0, len(pages[0]), len(pages[0]) + len(pages[1]))
    pieces = split(Document("".join(pages), pages=starts), 150, 20)
    found = [(chunk.page_start, chunk.page_end) for chunk in pieces]
    assert found == [(1, 1), (2, 2), (3, 3)]
    (whole,) = split(Document("".join(pages), pages=starts), 1000, 20)
    assert (whole.page_start, whole.page_end) == (1, 3)
