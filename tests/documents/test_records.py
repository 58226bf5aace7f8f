"""JSON records: each is a section with its text as it stands there."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from qagen.documents import records
from qagen.documents.types import Document, Reading
from qagen.errors import DataError
from tests.documents import text_writers, writers
from tests.documents.text_writers import assert_sound


def read(value: Any, text_field: str | None = None) -> Document:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    document = records.read(data, Reading(text_field=text_field))
    assert_sound(document)
    return document


def lines(*values: Any) -> bytes:
    return b"".join((value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n" for value in values)


@pytest.mark.parametrize("make", [text_writers.json, text_writers.jsonl])
def test_every_sentence_comes_back_in_its_section(make: Any) -> None:
    document = read(make(writers.UNICODE))

    text_writers.assert_comes_back(document, writers.UNICODE)
    assert document.notes == ()


RECORDS = [{"title": "A", "text": "one"}, {"title": "B", "text": "two"}]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        {"count": 2, "records": RECORDS, "tags": ["x", "y"]},
        {"description": "short", "data": RECORDS},
        lines(*RECORDS),
        lines(*RECORDS).replace(b"\n", b"\r\n\r\n"),
        b"\xef\xbb\xbf" + json.dumps(RECORDS, indent=2).encode(),
        json.dumps(RECORDS).encode("utf-16"),
    ],
    ids=["list", "object", "described", "lines", "blank lines", "bom", "utf-16"],
)
def test_records_are_found(value: Any) -> None:
    document = read(value)

    assert document.text == "# A\n\none\n\n# B\n\ntwo\n"
    assert [(heading.level, heading.text, heading.offset) for heading in document.headings] == [
        (1, "A", 0),
        (1, "B", 10),
    ]


def test_one_object_is_one_record_with_its_title() -> None:
    document = read({"name": "Pump", "body": "text", "parts": [{"body": "no"}]})

    assert document.text == "# Pump\n\ntext\n"
    assert document.title == "Pump"


def test_strings_are_texts_themselves() -> None:
    assert read(["one", "two"]).text == "one\n\ntwo\n"
    assert read("one").text == "one\n"


def test_texts_stay_as_they_are() -> None:
    text = "# Markdown\n\n    code  here\n\n- a\n  - b\n\n| x |"
    document = read([{"id": 7, "content": f"\n{text}\r\n"}])

    assert document.text == f"# 7\n\n{text}\n"
    assert [heading.text for heading in document.headings] == ["7"]


def test_paragraphs_in_a_list_are_joined() -> None:
    assert read([{"text": ["one", "two"]}]).text == "one\n\ntwo\n"


@pytest.mark.parametrize(
    ("record", "field", "text"),
    [
        ({"text": "no", "answer": "yes"}, "answer", "yes"),
        ({"body": {"text": "yes"}}, "body.text", "yes"),
        ({"body.text": "yes", "body": {"text": "no"}}, "body.text", "yes"),
        ({"title": "yes", "id": 3}, "title", "# 3\n\nyes"),
        ({"summary": "", "description": "d", "abstract": "yes"}, None, "yes"),
    ],
)
def test_the_text_is_that_of_the_field(record: dict[str, Any], field: str | None, text: str) -> None:
    assert read([record], field).text == f"{text}\n"


def test_the_field_is_one_that_most_records_have() -> None:
    assert read([{"text": "a", "body": "x"}, {"body": "y"}, {"body": "z", "text": None}]).text == "x\n\ny\n\nz\n"


@pytest.mark.parametrize("title", [None, "", " ", "x" * 300, ["a"], True])
def test_what_is_no_title_is_no_heading(title: Any) -> None:
    assert read([{"title": title, "text": "a"}, {"text": "b"}]).text == "a\n\nb\n"


def test_a_record_without_a_title_stands_in_no_other_records_section() -> None:
    document = read(
        [{"title": "Bridge", "text": "It is long."}, {"text": "The tower was built in 1950"}, {"text": "End"}]
    )

    assert (
        document.text == "# Bridge\n\nIt is long.\n\n# Record 2\n\nThe tower was built in 1950\n\n# Record 3\n\nEnd\n"
    )
    assert document.section_at(document.text.index("long")) == "Bridge"
    assert document.section_at(document.text.index("tower")) == "Record 2"
    assert document.section_at(document.text.index("End")) == "Record 3"


def test_the_number_of_a_record_counts_those_without_text_too() -> None:
    document = read(
        [{"title": "A", "text": "one"}, {"title": "B"}, {"text": "three"}, {"title": "x" * 300, "text": "four"}]
    )

    assert [heading.text for heading in document.headings] == ["A", "Record 3", "Record 4"]


def test_records_without_text_are_counted() -> None:
    document = read([*RECORDS, {"title": "C"}, {"text": " "}, 3, ["x"], *RECORDS, *RECORDS])

    assert document.notes == ("4 of its 10 records have no text in the field text",)


def test_lines_that_are_not_json_are_named() -> None:
    bad = [b"{", b"nonsense", b'{"text": }', b"NaN", b"1,", b"x"]
    document = read(lines(*RECORDS, *bad))

    assert document.text.count("# ") == 2
    assert document.notes == ("6 of its lines are not JSON and were left out: lines 3, 4, 5, 6, 7 and others",)


def test_one_record_or_line_is_told_in_the_singular() -> None:
    assert read([*RECORDS, {"title": "C"}]).notes == ("1 of its 3 records has no text in the field text",)
    assert read(lines(RECORDS[0], b"nonsense", RECORDS[1])).notes == ("line 2 is not JSON and was left out",)


def test_a_lone_half_of_a_character_is_replaced() -> None:
    assert read(b'[{"text": "a \\ud83d b"}]').text == "a \ufffd b\n"


@pytest.mark.parametrize(
    ("value", "field", "said"),
    [
        (b"", None, "it is empty"),
        (b"Dear Sir", None, r"it is not JSON \("),
        (json.dumps(RECORDS, indent=1).encode()[:-5], None, "it is not JSON"),
        (json.dumps(RECORDS).encode()[:-5], None, "it is not JSON"),
        (b"[" * 200_000, None, "it is not JSON"),
        (b"[" * 200_000 + b"]" * 200_000, None, "it is not JSON"),
        (b"\x89PNG\r\n\x1a\n", None, "it is a picture inside, and no text"),
        (
            [{"head": "q", "foot": "a"}],
            None,
            r"its fields are: head, foot\. Name .* --text-field NAME, several with commas",
        ),
        (
            [{"id": 1, "Question": "q", "Answer": "a"}],
            None,
            "questions with their answers: --text-field Question,Answer$",
        ),
        ({"faqs": [{"q": "q", "a": "a"}]}, None, "questions with their answers: --text-field q,a$"),
        ([{"question": "q", "answer": "a"}], "question,anser", "no record has a text in the field anser; its fields"),
        ([{f"f{n}": n for n in range(99)}], None, r"f0, f1, .*f9 \.\.\."),
        (RECORDS, "body", "no record has a text in the field body; its fields are: title, text"),
        ([1, 2], None, "it holds no records"),
        ([], None, "it holds no records"),
        ({}, None, "it holds no records"),
        (3, "text", "it holds no records"),
        (
            {"format": "qagen/chunks@1", "chunks": [{"text": "x"}]},
            None,
            r"it is a file of qagen's own \(qagen/chunks@1\), no document",
        ),
        (lines({"format": "qagen/qa@2", "text": "x"}, {"text": "x"}), None, "a file of qagen's own"),
    ],
)
def test_what_cannot_be_read_is_said(value: Any, field: str | None, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(value, field)


def test_megabytes_of_records_are_read_in_linear_time() -> None:
    start = time.process_time()
    document = read(lines(*[{"title": "A", "text": "words " * 10}] * 50_000))

    assert len(document.headings) == 50_000
    assert time.process_time() - start < 20


# Several fields

FAQ = [{"id": 7, "question": "How hot?", "answer": "90 °C."}, {"id": 8, "question": "How long?", "answer": "\n5 min\n"}]


def test_several_fields_are_joined_in_the_order_in_which_they_are_named() -> None:
    assert read(FAQ, "question,answer").text == "# 7\n\nHow hot?\n\n90 °C.\n\n# 8\n\nHow long?\n\n5 min\n"
    assert read(FAQ, "answer,question").text.startswith("# 7\n\n90 °C.\n\nHow hot?\n")


def test_a_record_without_one_of_the_fields_gives_the_others_and_is_counted() -> None:
    document = read([*FAQ, {"question": "Why?"}], "question,answer")

    assert document.text.endswith("# Record 3\n\nWhy?\n")
    assert document.notes == ("1 of its 3 records has no text in the field answer",)


def test_a_path_leads_into_the_records_of_a_list() -> None:
    value = {"about": {"n": 2}, "data": [{"faqs": [{"q": "A?", "a": "B."}]}, {"faqs": [{"q": "C?", "a": "D."}]}]}

    assert read({"faqs": [{"q": "A?", "a": "B."}]}, "faqs.q,faqs.a").text == "A?\n\nB.\n"
    assert read(value, "data.faqs.q,data.faqs.a").text == "A?\n\nB.\n\nC?\n\nD.\n"
    assert read(lines(*value["data"]), "faqs.a").text == "B.\n\nD.\n"


def test_a_text_among_records_stands_once_however_many_fields_are_named() -> None:
    assert read([*FAQ, "A text."], "question,answer").text.count("A text.") == 1
