"""Pairs as plain rows: what `Pair` would make of each, without an object for each.

Whoever passes on half a million pairs, and looks into a few, has them checked so in less than half of the time.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, NotRequired, cast

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from qagen.formats.json_text import check_tag, decode
from qagen.formats.qa_file import Pair, QAFile

Row = dict[str, Any]
"""Values by the names of `Pair`'s fields, all of them and in their order; others may follow."""
PAIR_FIELDS = tuple(Pair.model_fields)


def pair_rows(values: Any) -> list[Row]:
    """A list of pairs, each a row of its own: they may be changed.

    Raises:
        ValidationError: one of them is no pair.
    """
    return _rows().validate_python(values)


def parse_rows(data: bytes) -> tuple[QAFile, list[Row]]:
    """A QA file as `QAFile.parse` reads it, but its training pairs beside it.

    Raises:
        DataError: made by a newer qagen, or another kind of file.
        ValueError: not JSON, or of an unknown shape.
    """
    value = decode(data)
    check_tag(value, "qa", newest=1)
    try:
        return QAFile.model_validate({**value, "training_pairs": []}), pair_rows(value["training_pairs"])
    except (ValidationError, TypeError, KeyError):
        # What is wrong is told of the file as a whole.
        whole = QAFile.model_validate(value)
        return whole, [dict(vars(pair)) for pair in whole.training_pairs]


@cache
def _rows() -> TypeAdapter[list[Row]]:
    fields = {name: Annotated[field.annotation, field] for name, field in Pair.model_fields.items()}
    asked = {
        name: kind if Pair.model_fields[name].is_required() else NotRequired[kind] for name, kind in fields.items()
    }
    form = TypedDict("PairRow", asked)  # type: ignore[misc]  # it says what the model says, so that there is one of them
    return cast(TypeAdapter[list[Row]], TypeAdapter(list[form]))
