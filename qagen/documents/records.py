"""JSON and JSON Lines: records that hold texts, such as the files of other data sets. Each record is a section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
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
FAQ_FIELDS = (("question", "answer"), ("q", "a"))
"""Fields of questions with their answers: neither says enough without the other, so that both are proposed."""
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
    wanted = tuple(dict.fromkeys(reading.text_field.split(","))) if reading.text_field else ()
    records, fields = _records(values, wanted)
    sections = list(_sections(records, fields))
    notes = (*notes, *_missing(records, fields))
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


def _missing(records: Sequence[Record], fields: Sequence[str]) -> Iterator[str]:
    """What to say of records without a text in each of the fields."""
    for field in fields or [""]:
        missing = sum(not (_text(record, field) if field else _plain(record)) for record in records)
        if missing:
            have, where = "has" if missing == 1 else "have", f" in the field {field}" if field else ""
            yield f"{missing} of its {len(records)} records {have} no text{where}"


def _records(values: list[Any], wanted: tuple[str, ...]) -> tuple[list[Record], tuple[str, ...]]:
    """The records and the fields that hold their texts; none where they are texts themselves.

    An object is one record, or it holds a list of them: it is read as what has more text.
    """
    candidates = list(_candidates(values))
    found: list[tuple[int, list[Record], tuple[str, ...]]] = []
    for records in candidates:
        if sum(isinstance(record, str) for record in records) * 2 > len(records):
            return records, ()
        inner, fields = _inside(records, wanted) if wanted else (records, _text_field(records))
        if fields:
            found.append((sum(len(_text(record, field)) for record in inner for field in fields), inner, fields))
    if not found:
        raise DataError(_no_text(candidates, wanted))
    _, records, used = max(found, key=lambda one: one[0])
    return records, used


def _inside(records: list[Any], wanted: tuple[str, ...]) -> tuple[list[Record], tuple[str, ...]]:
    """The records that have texts in all the wanted fields, and what the fields are called in them; none at all: ().

    Where the fields begin with the name of a list, as `faqs.q` may, its items are the records.
    """
    while not all(any(_text(record, field) for record in records) for field in wanted):
        parts = [field.partition(".") for field in wanted]
        name = parts[0][0]
        if any(head != name or not rest for head, _, rest in parts):
            return [], ()
        below = [record.get(name) for record in records if isinstance(record, dict)]
        records = [
            item for one in below for item in (one if isinstance(one, list) else [one]) if isinstance(item, dict)
        ]
        wanted = tuple(rest for _, _, rest in parts)
    return records, wanted


def _candidates(values: list[Any]) -> Iterator[list[Any]]:
    if len(values) == 1 and isinstance(values[0], list):
        yield values[0]
        return
    yield values
    if len(values) == 1 and isinstance(values[0], dict):
        lists = [value for value in values[0].values() if isinstance(value, list)]
        yield from sorted((one for one in lists if any(isinstance(item, dict) for item in one)), key=len, reverse=True)


def _text_field(records: Sequence[Any]) -> tuple[str, ...]:
    """The first of the usual fields that most records have a text in."""
    usual = (name for name in TEXT_FIELDS if sum(bool(_text(r, name)) for r in records) * 2 > len(records))
    return tuple(islice(usual, 1))


def _no_text(candidates: Sequence[Sequence[Any]], wanted: tuple[str, ...]) -> str:
    names = list(
        dict.fromkeys(key for records in candidates for one in records if isinstance(one, dict) for key in one)
    )
    if not names:
        return "it holds no records: a list of objects or of texts is read, or one of them per line"
    shown = ", ".join(one_line(name)[:40] for name in names[:MOST_NAMED]) + (" ..." if len(names) > MOST_NAMED else "")
    field = next((one for one in wanted if not any(_text(r, one) for records in candidates for r in records)), "")
    if wanted:
        several = "no record has texts in all of the fields " + ", ".join(wanted)
        what = f"no record has a text in the field {field}" if field else several
    else:
        what = "no field is known to hold its text"
    faq = _faq(candidates)
    if faq and not wanted:
        return f"{what}; its fields are: {shown}. It looks like questions with their answers: --text-field {faq}"
    return (
        f"{what}; its fields are: {shown}. Name the one that holds the text: --text-field NAME, several with commas "
        "(NAME,NAME), or a.b for one inside"
    )


def _faq(candidates: Sequence[Sequence[Any]]) -> str | None:
    """The fields of questions and answers that most records have, as `--text-field` wants them."""
    for records in candidates:
        for pair in FAQ_FIELDS:
            named = Counter(
                tuple(found)
                for one in records
                if isinstance(one, dict)
                if all(found := [next((n for n in one if n.lower() == name and _text(one, n)), "") for name in pair])
            )
            for fields, number in named.most_common(1):
                if number * 2 > len(records):
                    return ",".join(fields)
    return None


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


def _sections(records: Sequence[Record], fields: Sequence[str]) -> Iterator[_Section]:
    """Those of the records with text. Where some have titles, the others are numbered, so as to be under no other's."""
    found = [_section(record, fields) for record in records]
    some_are_titled = any(section.title for section in found if section)
    for number, section in enumerate(found, start=1):
        if section:
            yield replace(section, title=f"Record {number}") if some_are_titled and not section.title else section


def _section(record: Record, fields: Sequence[str]) -> _Section | None:
    """None for a record without text."""
    texts = [_plain(record)] if isinstance(record, str) else [_text(record, field) for field in fields]
    cleaned = [text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip("\n") for text in texts]
    text = "\n\n".join(one for one in cleaned if one.strip())
    return _Section(_title(record, fields), text) if text else None


def _plain(record: Any) -> str:
    """A record that is a text itself; empty for one that is none."""
    return record if isinstance(record, str) and record.strip() else ""


def _title(record: Any, text_fields: Sequence[str] = ()) -> str | None:
    if not isinstance(record, dict):
        return None
    for name in TITLE_FIELDS:
        value = record.get(name)
        title = one_line(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if title and len(title) <= LONGEST_TITLE and name not in text_fields:
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
