"""Tables as text: every field comes back, whatever separates them."""

from __future__ import annotations

import time

import pytest

from qagen.documents import delimited
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound, blocks


def read(content: str | bytes) -> Document:
    document = delimited.read(content.encode() if isinstance(content, str) else content, Reading())
    assert_sound(document)
    return document


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_sentence_comes_back(separator: str) -> None:
    document = read(text_writers.csv(writers.UNICODE, separator=separator))

    text_writers.assert_comes_back(document, writers.UNICODE, has_headings=False)
    assert document.text.startswith("| Section | Sentence |\n")
    assert document.notes == ()


def test_the_first_row_is_the_header() -> None:
    assert blocks(read("Part,Weight\nPump,3 kg\n")) == [("table", "| Part | Weight |\n| --- | --- |\n| Pump | 3 kg |")]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('a,b\n"one\ntwo","say ""hi"""\n', '| one two | say "hi" |'),
        ("a;b\n1,5;2,5\n3,5;4,5\n", "| 1,5 | 2,5 |"),
        ("sep=|\na|b\n1,2|3,4\n", "| 1,2 | 3,4 |"),
        ("a,b\n\n ,\nx|y, z\n", "| x\\|y | z |"),
        ("a,b\r\ncd,e\r\n", "| cd | e |"),
        ("a\nalone\n", "| alone |"),
    ],
)
def test_fields_are_told_apart(content: str, row: str) -> None:
    assert row in read(content).text.split("\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    assert "| Größe | 5 € |" in read("Name,Wert\nGröße,5 €\n".encode(encoding)).text


def test_long_tables_repeat_their_header_after_fifty_rows() -> None:
    document = read("n,word\n" + "".join(f"{number},word {number}\n" for number in range(120)))

    tables = [text.split("\n") for _, text in blocks(document)]
    assert [table[0] for table in tables] == ["| n | word |"] * 3
    assert [len(table) for table in tables] == [52, 52, 22]
    assert tables[1][2] == "| 50 | word 50 |"


def test_a_header_that_is_longer_than_the_table_is_not_repeated() -> None:
    content = "x" * 10_000 + "\n" + "y\n" * 1000

    assert len(read(content).text) < 30_000


def test_rows_of_other_lengths_are_filled_and_noted() -> None:
    document = read("a,b,c\n1,2\n1,2,3\n1,2,3,4\n")

    assert (
        document.text
        == "| a | b | c |  |\n| --- | --- | --- | --- |\n| 1 | 2 |  |  |\n| 1 | 2 | 3 |  |\n| 1 | 2 | 3 | 4 |\n"
    )
    assert document.notes == ("2 of its 4 rows have not as many fields as the first one; short rows were filled",)


def test_one_row_of_another_length_is_told_in_the_singular() -> None:
    (note,) = read("a,b\n1\n2,3\n").notes

    assert note == "1 of its 3 rows has not as many fields as the first one; short rows were filled"


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest() -> None:
    document = read('size\tpart\n"5 inch\tpipe\n6\tvalve\n')

    assert '| "5 inch | pipe |' in document.text
    assert document.notes == ("a quotation mark is never closed, so all of them are read as text",)


def test_a_field_of_a_megabyte_is_read() -> None:
    assert len(read(f"a,b\n{'x' * 1_000_000},y\n").text) > 1_000_000


def test_rows_of_very_different_lengths_are_no_table() -> None:
    with pytest.raises(DataError, match="from 1 to 20000 fields: it is no table"):
        read("a,b\n" + "x\n" * 20_000 + ",".join("y" * 20_000))


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", ",,,\n,,\n"])
def test_what_is_empty_gives_no_text(content: str) -> None:
    assert not read(content).text


@pytest.mark.parametrize("unit", ["<", '"', ",", '",', "a,b\n", "\n", ";|\t,"])
def test_megabytes_of_nonsense_are_read_in_linear_time(unit: str) -> None:
    start = time.process_time()
    read(unit * (1_000_000 // len(unit)))

    assert time.process_time() - start < 20
