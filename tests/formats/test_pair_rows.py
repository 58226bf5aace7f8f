"""A row says what the model would say, and what is no pair is no row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qagen.errors import DataError
from qagen.formats import PAIR_FIELDS, Pair, QAFile, pair_rows, parse_rows

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.sampled_from(["12", "0.5", "llm", "rules"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers(0, 3)), max_size=2),
)
usual = st.fixed_dictionaries({"question": st.text(max_size=5), "answer": st.text(max_size=5)})
others = st.dictionaries(st.sampled_from([*PAIR_FIELDS, "judge", "unknown"]), odd, max_size=3)
values = st.one_of(st.builds(lambda pair, more: {**more, **pair}, usual, others), others, odd)


@given(st.lists(values, max_size=3))
def test_a_row_has_what_the_model_has_in_its_order(given: list[Any]) -> None:
    try:
        pairs = [Pair.model_validate(value) for value in given]
    except ValidationError:
        with pytest.raises(ValidationError):
            pair_rows(given)
        return
    rows = pair_rows(given)
    assert rows == [vars(pair) for pair in pairs]
    assert all(tuple(row) == PAIR_FIELDS for row in rows)
    assert [[*map(type, row.values())] for row in rows] == [[*map(type, vars(pair).values())] for pair in pairs]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        '{"status": "completed"}',
        '{"status": "completed", "training_pairs": {}}',
        '{"status": "completed", "training_pairs": [{"question": "Q?"}]}',
        '{"status": "completed", "training_pairs": [{"question": "Q?", "answer": "A.", "evidence": [1]}, 3]}',
        '{"status": "odd", "training_pairs": [3]}',
        '{"status": "completed", "training_pairs": [], "format": "qagen/qa@9"}',
        '{"status": "completed", "training_pairs": [], "format": "qagen/chunks@1"}',
    ],
)
def test_what_is_wrong_with_a_file_is_told_as_ever(text: str) -> None:
    with pytest.raises((ValueError, DataError)) as expected:
        QAFile.parse(text.encode())
    with pytest.raises(expected.type) as told:
        parse_rows(text.encode())
    assert str(told.value) == str(expected.value)


def test_a_file_is_read_as_ever_but_for_its_pairs() -> None:
    pairs = [{"question": "Q?", "answer": "A.", "chunk_index": "3"}]
    data = json.dumps({"status": "completed", "training_pairs": pairs, "rejected_pairs": pairs}).encode()
    whole = QAFile.parse(data)
    qa_file, rows = parse_rows(data)
    assert rows == [vars(pair) for pair in whole.training_pairs]
    assert qa_file == whole.model_copy(update={"training_pairs": []})
