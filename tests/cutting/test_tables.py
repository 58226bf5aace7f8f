"""Tables that are longer than a chunk: whole rows, and a header for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qagen import cutting, prompts
from qagen.cutting import CutOrder
from qagen.documents import Document, Reading, delimited, markdown
from qagen.formats import Chunk, DocumentInfo
from qagen.llm.rules.material import Material
from qagen.prompts import Order
from tests.cutting.test_cutting import assert_sound

HEADER = "| sku | name | price | stock |"
ROWS = [f"| P-{n:04} | Hex bolt M{n}. Zinc, 5.8 | {n * 1.17:.2f} | {n} |" for n in range(140)]


def products() -> Document:
    lines = [row.strip("| ").replace(" | ", ";") for row in [HEADER, *ROWS]]
    return delimited.read("\n".join(lines).encode(), Reading())


def in_prose() -> Document:
    prose = "The parts are listed below. Each of them is in stock. " * 6
    table = "\n".join([HEADER, "|---|:--|--:|---|", *ROWS])
    return markdown.read(f"# Parts\n\n## Bolts\n\n{prose}\n\n{table}\n\n{prose}\n".encode(), Reading())


def split(document: Document, size: int, overlap: int, strategy: str = "auto", **more: Any) -> list[Chunk]:
    chunks = cutting.chunks(document.text, "pump", cutting.pieces(document, CutOrder(strategy, size, overlap, **more)))
    assert_sound(document.text, chunks)
    return chunks


SIZES = [(200, 20), (300, 60), (500, 0), (1000, 100), (4000, 400)]
STRATEGIES = ["auto", "recursive", "markdown", "semantic"]


@pytest.mark.parametrize("make", [products, in_prose])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("size", "overlap"), SIZES)
def test_chunks_and_what_they_repeat_begin_and_end_with_whole_rows(
    make: Callable[[], Document], strategy: str, size: int, overlap: int
) -> None:
    for chunk in split(make(), size, overlap, strategy):
        for part in (chunk.core, chunk.context_before):
            for line in part.split("\n"):
                assert "Hex bolt" not in line or line in ROWS


@pytest.mark.parametrize("unit", ["characters", "tokens"])
def test_some_rows_are_repeated_where_there_is_room(unit: str) -> None:
    chunks = split(products(), 600, 150, unit=unit)

    assert any("Hex bolt" in chunk.context_before for chunk in chunks[1:])


def test_nothing_of_a_row_is_repeated_where_a_whole_one_has_no_room() -> None:
    assert all(not chunk.context_before for chunk in split(products(), 300, 20))


@pytest.mark.parametrize("make", [products, in_prose])
@pytest.mark.parametrize(("size", "overlap"), SIZES)
def test_every_chunk_with_rows_knows_their_header(make: Callable[[], Document], size: int, overlap: int) -> None:
    for chunk in split(make(), size, overlap):
        first = next((line for line in chunk.core.split("\n") if line.strip()), "")
        knows = (chunk.section or "").endswith("Columns: sku | name | price | stock")
        assert knows == (first in ROWS)
        assert knows or "Hex bolt" not in chunk.core or HEADER in chunk.core


def test_the_header_stands_below_the_headings() -> None:
    sections = {chunk.section for chunk in split(in_prose(), 500, 50)}

    assert sections == {"Parts > Bolts", "Parts > Bolts > Columns: sku | name | price | stock"}


def test_a_header_is_followed_by_a_row_in_its_chunk() -> None:
    for size in range(150, 600, 7):
        for chunk in split(in_prose(), size, 0):
            assert HEADER not in chunk.core or ROWS[0] in chunk.core


def test_a_row_that_is_longer_than_a_chunk_is_cut() -> None:
    document = delimited.read(f"a;b\n1;{'long words ' * 100}\n2;short\n".encode(), Reading())

    assert len(split(document, 200, 20)) > 4


def test_a_table_without_a_header_gives_none() -> None:
    lines = [f"| {n} | valve {n} |" for n in range(90)]
    document = markdown.read("\n".join(lines).encode(), Reading())

    assert {chunk.section for chunk in split(document, 200, 0)} == {None}


def test_a_long_header_is_shortened() -> None:
    names = ";".join(f"column number {n}" for n in range(40))
    row = ";".join(["a value of some length"] * 40)
    document = delimited.read(f"{names}\n{row}\n{row}\n{row}\n".encode(), Reading())

    assert max(len(chunk.section or "") for chunk in split(document, 1200, 0)) == len("Columns: ") + 300


def test_the_model_sees_the_header_of_rows() -> None:
    chunk = split(products(), 500, 50)[3]
    order = Order(model="m", questions_per_chunk=5, max_tokens=2000)
    request = prompts.ask(prompts.load(), order, chunk, "key", DocumentInfo(file_name="products.csv"))

    assert "\nSection: Columns: sku | name | price | stock\n" in request.user


def test_the_rules_take_no_header_for_a_heading() -> None:
    assert Material("x", section="Parts > Bolts > Columns: sku | name").heading == "Bolts"
    assert Material("x", section="Columns: sku | name").heading == ""
