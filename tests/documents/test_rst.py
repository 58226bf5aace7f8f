"""reStructuredText: the text stays, and its titles and blocks are found in it."""

from __future__ import annotations

import time

import pytest

from qagen.documents import rst
from qagen.documents.types import Document, Reading
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound, blocks


def read(content: str) -> Document:
    document = rst.read(content.encode(), Reading())
    assert_sound(document)
    assert document.text == content
    return document


def headings(content: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in read(content).headings]


def test_every_sentence_comes_back_in_its_section() -> None:
    document = rst.read(text_writers.rst(writers.UNICODE), Reading())

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.title == writers.UNICODE[0][0]
    assert document.markup == "markdown"


def test_levels_follow_the_order_in_which_underlines_appear() -> None:
    content = "====\nBook\n====\n\nPart\n====\nChapter\n~~~~~~~\n\nPart 2\n======\n\nSection\n'''''''\n\nC\n~~~~\n"

    assert headings(content) == [(1, "Book"), (2, "Part"), (3, "Chapter"), (2, "Part 2"), (4, "Section"), (3, "C")]


def test_a_heading_begins_with_the_line_above_its_title() -> None:
    document = read("text\n\n=====\nTitle\n=====\n\nmore\n")

    assert document.text[document.headings[0].offset :].startswith("=====\nTitle\n")


@pytest.mark.parametrize(
    "content",
    [
        "text\n\n----\n\ntext\n",
        "one\ntwo\n---\n",
        "Too short\n--\n",
        "  indented\n  --------\n",
        "::\n\n  Title\n  =====\n",
        ".. code::\n\n   Title\n   =====\n",
        "=== ===\n A   B\n=== ===\n",
        "Title\n",
        "====\n",
        "=====\nTitle\n-----\n",
        f"{'x' * 600}\n====\n",
    ],
)
def test_what_only_looks_like_a_title_is_none(content: str) -> None:
    assert headings(content) == []


def test_marks_in_a_title_are_read_as_their_words() -> None:
    content = ":ref:`Use <use>` of ``x`` and *y* `z <http://z>`_\n" + "=" * 60 + "\n\nA\n-\n\n日本\n----\n"

    assert headings(content) == [(1, "Use of x and y z"), (2, "A"), (2, "日本")]


def test_code_is_a_block() -> None:
    content = (
        "So::\n\n  make x\n\n    deep\n\ntext\n\n.. code-block:: python\n   :linenos:\n\n   x = 1\n\n\ntext\n\n"
        ">>> 1 + 1\n2\n\ntext ::\n\nno\n"
    )

    assert blocks(read(content)) == [
        ("code", "  make x\n\n    deep"),
        ("code", ".. code-block:: python\n   :linenos:\n\n   x = 1"),
        ("code", ">>> 1 + 1\n2"),
    ]


def test_tables_are_blocks() -> None:
    grid = "+---+---+\n| A | B |\n+===+===+\n| 1 |   |\n+---+---+"
    simple = "=== ===\n A   B\n=== ===\n 1   2\n\n 3   4\n=== ==="
    listed = ".. list-table:: T\n\n   * - a\n     - b"
    headless = "=== ===\n 1   2\n=== ==="

    assert blocks(read(f"x\n\n{grid}\n\n{simple}\n\n{listed}\n\n{headless}\n\ny\n")) == [
        ("table", grid),
        ("table", simple),
        ("table", listed),
        ("table", headless),
    ]


def test_lists_are_blocks() -> None:
    bullets = "* one\n  goes on\n\n  and on\n\n* two\n\n  - deep"
    numbers = "1. one\n#. two\n(a) three"

    assert blocks(read(f"text\n- no item\n\n{bullets}\n\ntext\n\n{numbers}\n\n*no* item\n")) == [
        ("list", bullets),
        ("list", numbers),
    ]


def test_an_encoding_that_was_guessed_is_noted() -> None:
    document = rst.read("Größe\n=====\n".encode("cp1252"), Reading())

    assert document.title == "Größe"
    assert document.notes


@pytest.mark.parametrize(
    "unit", ["=", "= =\n", "::\n\n", "- a\n", "+-+\n", "a\n=\n", ">>> x\n", "\n", " ", ":a", "`", "..  "]
)
def test_megabytes_of_nonsense_are_read_in_linear_time(unit: str) -> None:
    start = time.process_time()
    read(unit * (1_000_000 // len(unit)) + "\n====")

    assert time.process_time() - start < 20
