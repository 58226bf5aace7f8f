"""Texts become requests of a bearable size, and sizes learn from what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.embedding.batches import Sizes, Text, batches, prepared
from qagen.embedding.prefixes import prefix_of
from qagen.llm.types import TextKind


def text(content: str, kind: TextKind = "passage") -> Text:
    found = prepared(content, kind, "m", 10_000)
    assert found is not None
    return found


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=40),
    st.integers(1, 8),
    st.integers(1, 60),
)
def test_batches_hold_all_texts_in_order_and_keep_the_sizes(
    lengths: list[tuple[int, bool]], most: int, characters: int
) -> None:
    texts = [text("x" * length, "query" if asked else "passage") for length, asked in lengths]
    made = list(batches(texts, Sizes(most, characters, 30)))
    assert [one.key for batch in made for one in batch] == [one.key for one in texts]
    for batch in made:
        assert len(batch) <= most
        assert len(batch) == 1 or sum(len(one.text) for one in batch) <= characters
        assert len({one.kind for one in batch}) == 1
        assert all(len(one.text) <= 30 for one in batch)


def test_the_key_is_that_of_the_whole_text() -> None:
    assert text("abc").cut(2).key == text("abc").key != text("ab").key
    assert text("abc").key != text("abc", "query").key
    assert text("abc").cut(2).is_cut
    assert not text("abc").cut(3).is_cut


def test_three_texts_that_had_to_be_cut_are_a_rule_unless_longer_ones_pass() -> None:
    sizes = Sizes(10, 1000, 800)
    sizes.accepted([text("x" * 90)])
    for _ in range(2):
        sizes.cut_to(100)
    assert sizes.longest_text == 800
    sizes.cut_to(100)
    assert sizes.longest_text == 100
    others = Sizes(10, 1000, 800)
    others.accepted([text("x" * 400)])
    for _ in range(3):
        others.cut_to(100)
    assert others.longest_text == 400


@pytest.mark.parametrize(
    ("model", "query", "passage"),
    [
        ("nomic-embed-text", "search_query: ", "search_document: "),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("snowflake-arctic-embed2", "query: ", ""),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: ", ""),
        ("text-embedding-3-small", "", ""),
        ("bge-m3", "", ""),
    ],
)
def test_what_stands_before_a_text(model: str, query: str, passage: str) -> None:
    assert prefix_of(model, "query").startswith(query)
    assert bool(prefix_of(model, "query")) == bool(query)
    assert prefix_of(model, "passage") == passage
