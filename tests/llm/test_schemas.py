"""One portable schema, adapted to each dialect."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from qagen.llm.schemas import strict, without_bounds, without_text_bounds
from qagen.prompts import REPLY_SCHEMA

BOUNDED: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["n", "items", "minLength"],
    "properties": {
        "n": {"type": "integer", "minimum": 1, "maximum": 5, "description": "A number.", "default": 2},
        "items": {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "string", "pattern": "^a"}},
        "minLength": {"oneOf": [{"const": "x"}, {"type": "null"}]},
        "one": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/word", "description": "Said here."}},
    },
    "$defs": {"word": {"type": "string", "minLength": 3, "description": "A word."}},
}


@pytest.mark.parametrize("adapt", [strict, without_bounds, without_text_bounds])
def test_our_own_schema_needs_no_adaptation(adapt: Any) -> None:
    assert adapt(REPLY_SCHEMA) == REPLY_SCHEMA


@pytest.mark.parametrize("adapt", [strict, without_bounds, without_text_bounds])
def test_the_schema_that_is_given_is_not_changed(adapt: Any) -> None:
    before = copy.deepcopy(BOUNDED)
    adapt(BOUNDED)
    assert before == BOUNDED


def test_strict_mode_has_no_default_no_one_of_and_no_siblings_of_a_reference() -> None:
    adapted = strict(BOUNDED)["properties"]
    assert "default" not in adapted["n"]
    assert adapted["minLength"] == {"anyOf": [{"const": "x"}, {"type": "null"}]}
    assert adapted["one"]["items"] == {"type": "string", "minLength": 3, "description": "Said here."}


def test_refused_bounds_become_words_in_the_description() -> None:
    adapted = without_bounds(BOUNDED)["properties"]
    assert adapted["n"] == {"type": "integer", "description": "A number. {minimum: 1, maximum: 5}", "default": 2}
    assert adapted["items"] == {
        "type": "array",
        "items": {"type": "string", "pattern": "^a"},
        "description": "{minItems: 2, maxItems: 3}",
    }
    assert adapted["one"]["minItems"] == 1
    assert "minLength" in adapted, "a property of that name is no keyword"


def test_gemini_gets_no_pattern_no_length_and_an_enum_for_a_constant() -> None:
    adapted = without_text_bounds(BOUNDED)
    assert adapted["properties"]["minLength"]["oneOf"][0] == {"enum": ["x"]}
    assert adapted["properties"]["items"]["items"] == {"type": "string"}
    assert adapted["$defs"]["word"] == {"type": "string", "description": "A word."}
    assert adapted["properties"]["n"]["maximum"] == 5
