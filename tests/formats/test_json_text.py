"""Bytes <-> JSON values, and the tag of a format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from qagen.errors import DataError
from qagen.formats import decode, encode, utc_time
from qagen.formats.json_text import check_tag, without_surrogates


def test_nan_and_infinity_are_written_as_null() -> None:
    assert encode({"a": float("nan"), "b": [float("inf"), float("-inf")]}) == b'{"a":null,"b":[null,null]}'


def test_a_lone_surrogate_is_written_as_the_replacement_character_and_the_rest_is_kept() -> None:
    value = {"good": "Ünï 日本 🙂", "bad\ud83d": ["x\udc00y", ("t\ud800",)]}

    assert decode(encode(value)) == {"good": "Ünï 日本 🙂", "bad\ufffd": ["x\ufffdy", ["t\ufffd"]]}


def test_text_is_written_as_utf_8_and_not_as_escapes() -> None:
    assert encode("日本 🙂") == '"日本 🙂"'.encode()


def test_integer_keys_are_written_as_strings() -> None:
    assert encode({3: "x"}) == b'{"3":"x"}'


def test_indented_text_has_one_entry_per_line() -> None:
    assert encode({"a": [1]}, indent=True) == b'{\n  "a": [\n    1\n  ]\n}'


def test_a_bom_is_skipped() -> None:
    assert decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_an_escaped_lone_surrogate_is_read_as_the_replacement_character() -> None:
    assert decode(b'{"a": "x\\ud83d", "b\\udc00": "\\ud83d\\ude42"}') == {"a": "x\ufffd", "b\ufffd": "🙂"}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"NaN", b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"\xff\xfe", b"[" * 100_000, b"9" * 6000 + b"x"],
    ids=["empty", "open", "nan", "nested nan", "infinity", "-infinity", "not utf-8", "deep", "digits"],
)
def test_what_is_no_json_is_a_value_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode(data)


def test_bytes_that_are_no_utf_8_are_named_with_their_line() -> None:
    with pytest.raises(ValueError, match=r"^the byte 0xfc on line 2 is no UTF-8\. Save the file in UTF-8$"):
        decode('{"a":\n"ü"}'.encode("cp1252"))


def test_without_surrogates_leaves_other_values_as_they_are() -> None:
    assert without_surrogates({"a": [1, None, True, 2.5, "x"]}) == {"a": [1, None, True, 2.5, "x"]}


@pytest.mark.parametrize("value", [{}, [], "x", None, {"format": 1}, {"format": "other/thing"}, {"format": "qagen/qa"}])
def test_a_value_without_a_tag_of_ours_passes(value: object) -> None:
    assert check_tag(value, "qa", newest=1) is None  # type: ignore[func-returns-value]


def test_a_tag_of_another_kind_is_refused_with_both_names() -> None:
    with pytest.raises(DataError, match="it is a qagen/chunks@1 file, not a qagen/qa file"):
        check_tag({"format": "qagen/chunks@1"}, "qa", newest=1)


def test_a_later_version_is_refused_and_the_way_out_is_said() -> None:
    with pytest.raises(DataError, match=r"made by a newer qagen \(qagen/qa@12\); update qagen"):
        check_tag({"format": "qagen/qa@12"}, "qa", newest=11)


def test_times_are_utc_with_a_z() -> None:
    east = datetime(2026, 11, 22, 7, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))

    assert utc_time(east) == "2026-11-22T05:00:00Z"
    assert datetime.fromisoformat(utc_time()).tzinfo == UTC
