"""JSON and JSON Lines: records that hold texts, such as the files of other data sets. Each record is a section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qagen import formats
from qagen.documents.composer import one_line
from qagen.documents.text import decode
from qagen.documents.types import Document, Heading, Reading
from qagen.errors import DataError

TEXT_FIELDS = (
    "text",
    "content",
    "body",
    "page_content",
    "article",
    "document",
    "passage",
    "markdown",
    "abstract",
    "description",
)
"""Where texts are looked for, in this order, when the user names no field."""
TITLE_FIELDS = ("title", "name", "heading", "headline", "id")
LONGEST_TITLE = 200
MOST_NAMED = 10
"""Fields that an error names."""
Record = dict[str, Any] | str


def read(data: bytes, reading: Reading) -> Document:
    """A document with the text of each record, under its title, or its number where only others have titles.

    Texts stay as they are: headings of Markdown in them are text.

    Raises:
        DataError: it is not JSON, it is a file of our own, or no field holds texts.
    """
    text, notes = decode(data, reading.encoding)
    values, bad = _values(text)
    _refuse_our_own(values)
    records, field = _records(values, reading.text_field)
    sections = list(_sections(records, field))
    if len(sections) < len(records):
        missing = len(records) - len(sections)
        have, where = "has" if missing == 1 else "have", f" in the field {field}" if field else ""
        notes = (*notes, f"{missing} of its {len(records)} records {have} no text{where}")
    return _document(sections, (*notes, *_named(bad)), _title(values[0]) if len(values) == 1 else None)


def _values(text: str) -> tuple[list[Any], list[int]]:
    """The values in the file: one, or one per line; and the numbers of lines that are not JSON."""
    if not text.strip():
        raise DataError("it is empty")
    try:
        return [formats.decode(text.encode())], []
    except ValueError as error:
        reason = error
    values: list[Any] = []
    bad: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append(formats.decode(line.encode()))
        except ValueError:
            bad.append(number)
    # Lines of JSON that is set out over many lines are no records, even if some can be read for themselves.
    if not values or text.lstrip().split("\n", 1)[0].strip() in ("[", "{", "[{"):
        raise DataError(f"it is not JSON ({reason}). Fetch or export it again")
    return values, bad


def _refuse_our_own(values: Sequence[Any]) -> None:
    for value in values:
        tag = value.get("format") if isinstance(value, dict) else None
        if isinstance(tag, str) and tag.startswith("qagen/"):
            raise DataError(f"it is a file of qagen's own ({tag[:40]}), no document")


def _records(values: list[Any], wanted: str | None) -> tuple[list[Record], str | None]:
    """The records and the field that holds their texts; None where they are texts themselves.

    An object is one record, or it holds a list of them: it is read as what has more text.
    """
    candidates = list(_candidates(values))
    found: list[tuple[int, list[Record], str | None]] = []
    for records in candidates:
        if sum(isinstance(record, str) for record in records) * 2 > len(records):
            return records, None
        if field := _text_field(records, wanted):
            found.append((sum(len(_text(record, field)) for record in records), records, field))
    if not found:
        raise DataError(_no_text(candidates, wanted))
    _, records, used = max(found, key=lambda one: one[0])
    return records, used


def _candidates(values: list[Any]) -> Iterator[list[Any]]:
    if len(values) == 1 and isinstance(values[0], list):
        yield values[0]
        return
    yield values
    if len(values) == 1 and isinstance(values[0], dict):
        lists = [value for value in values[0].values() if isinstance(value, list)]
        yield from sorted((one for one in lists if any(isinstance(item, dict) for item in one)), key=len, reverse=True)


def _text_field(records: Sequence[Any], wanted: str | None) -> str | None:
    """The wanted field if any record has a text in it, else the first of the usual ones that most have."""
    if wanted:
        return wanted if any(_text(record, wanted) for record in records) else None
    return next((name for name in TEXT_FIELDS if sum(bool(_text(r, name)) for r in records) * 2 > len(records)), None)


def _no_text(candidates: Sequence[Sequence[Any]], wanted: str | None) -> str:
    names = list(
        dict.fromkeys(key for records in candidates for one in records if isinstance(one, dict) for key in one)
    )
    if not names:
        return "it holds no records: a list of objects or of texts is read, or one of them per line"
    shown = ", ".join(one_line(name)[:40] for name in names[:MOST_NAMED]) + (" ..." if len(names) > MOST_NAMED else "")
    what = f"no record has a text in the field {wanted}" if wanted else "no field is known to hold its text"
    return (
        f"{what}; its fields are: {shown}. Name the one that holds the text: --text-field NAME, or a.b for one inside"
    )


def _text(record: Any, path: str) -> str:
    """The text in a field; empty where there is none. Paragraphs in a list are joined."""
    value = record if isinstance(record, str) else _field(record, path)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "\n\n".join(value)
    return value if isinstance(value, str) and value.strip() else ""


def _field(record: Any, path: str) -> Any:
    """The value at a path such as `body.text`; a name with a dot in it goes first."""
    if isinstance(record, dict) and path in record:
        return record[path]
    for name in path.split("."):
        record = record.get(name) if isinstance(record, dict) else None
    return record


@dataclass(frozen=True, slots=True)
class _Section:
    title: str | None
    text: str


def _sections(records: Sequence[Record], field: str | None) -> Iterator[_Section]:
    """Those of the records with text. Where some have titles, the others are numbered, so as to be under no other's."""
    found = [_section(record, field) for record in records]
    some_are_titled = any(section.title for section in found if section)
    for number, section in enumerate(found, start=1):
        if section:
            yield replace(section, title=f"Record {number}") if some_are_titled and not section.title else section


def _section(record: Record, field: str | None) -> _Section | None:
    """None for a record without text."""
    text = _text(record, field) if field else record if isinstance(record, str) else ""
    ends = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n")
    return _Section(_title(record, field), ends) if ends.strip() else None


def _title(record: Any, text_field: str | None = None) -> str | None:
    if not isinstance(record, dict):
        return None
    for name in TITLE_FIELDS:
        value = record.get(name)
        title = one_line(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if title and len(title) <= LONGEST_TITLE and name != text_field:
            return title
    return None


def _document(sections: Sequence[_Section], notes: tuple[str, ...], title: str | None) -> Document:
    # Not by the Composer: it takes the indentation from lines, and code and lists in the texts need theirs.
    pieces: list[str] = []
    headings: list[Heading] = []
    length = 0
    for section in sections:
        if section.title:
            headings.append(Heading(length, 1, section.title))
        piece = (f"# {section.title}\n\n" if section.title else "") + section.text + "\n\n"
        pieces.append(piece)
        length += len(piece)
    text = "".join(pieces)
    return Document(
        text[:-1], title=title, headings=tuple(headings), sections_are_apart=True, markup="markdown", notes=notes
    )


def _named(bad: Sequence[int]) -> Iterator[str]:
    """What to say of lines that are not JSON."""
    if bad:
        shown = ", ".join(map(str, bad[:5])) + (" and others" if len(bad) > 5 else "")
        if len(bad) == 1:
            yield f"line {shown} is not JSON and was left out"
        else:
            yield f"{len(bad)} of its lines are not JSON and were left out: lines {shown}"
