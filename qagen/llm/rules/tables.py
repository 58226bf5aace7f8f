"""Rows of Markdown tables: the first cell names what the others say something about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.llm.rules import markup, sentences
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Draft
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.words import NO_NOUNS

_SEPARATOR = re.compile(r"\|?(?:\s*:?-{1,}:?\s*\|)+(?:\s*:?-{1,}:?\s*)?\|?\s*$")
_CELL = re.compile(r"(?<!\\)\|")
_EMPTY = frozenset({"", "-", "–", "—", "n/a", "none", "?"})
_MOST_COLUMNS = 4


def find(passage: str, blocks: list[Block], voice: Voice) -> Iterator[Draft]:
    """One question for each row of each table that has a head."""
    if not voice.phrases:
        return
    head: list[str] = []
    for at, block in enumerate(blocks):
        if block.kind != "row":
            head = []
        elif at and blocks[at - 1].kind == "row" and _SEPARATOR.match(passage[block.start : block.end]):
            head = _cells(passage, blocks[at - 1])
        elif head and (draft := _draft(passage, block, head, voice)):
            yield draft


def _cells(passage: str, block: Block) -> list[str]:
    raw = passage[block.start : block.end].strip().removeprefix("|")
    cells = _CELL.split(raw)
    return [markup.plain(cell) for cell in (cells[:-1] if not cells[-1].strip() else cells)]


def _draft(passage: str, block: Block, head: list[str], voice: Voice) -> Draft | None:
    assert voice.phrases
    label, *values = _cells(passage, block)
    columns = head[1:]
    usable = len(values) == len(columns) and 1 <= len(values) < _MOST_COLUMNS and label.casefold() not in _EMPTY
    if not usable or _EMPTY.intersection(map(str.casefold, values)) or _EMPTY.intersection(columns) or len(label) > 80:
        return None
    table = f" ({block.heading})" if block.heading and block.heading.casefold() not in voice.name.casefold() else ""
    template, names = _wording(columns, voice)
    heads = f"{', '.join(names[:-1])}{voice.phrases.join}{names[-1]}" if len(names) > 1 else names[0]
    question = voice.ask(template, label, column=heads, x=_named(label, voice), table=table)
    answer = "; ".join(f"{value} ({column})" for column, value in zip(columns, values, strict=True))
    text = f"{label}: {values[0] if len(values) == 1 else answer}".rstrip(".")
    return Draft("glossary", question, f"{text}.", (sentences.quote(passage, block.start, block.end),))


def _named(label: str, voice: Voice) -> str:
    """A code such as E07 is a name by itself; everything else is quoted."""
    is_code = label.isalnum() and any(char.isdigit() for char in label)
    return label if is_code else voice.quoted(label)


def _wording(columns: list[str], voice: Voice) -> tuple[str, list[str]]:
    """The template, and the heads as they stand in it: as nouns where they are plain English ones, quoted elsewhere."""
    assert voice.phrases
    template = voice.phrases.cell if len(columns) == 1 else voice.phrases.cells
    are_nouns = all(
        column.replace(" ", "").isalpha()
        and column[1:].islower()
        and not NO_NOUNS.intersection(column.casefold().split())
        for column in columns
    )
    if template and are_nouns:
        return template, [column[0].lower() + column[1:] for column in columns]
    return voice.phrases.listed, [voice.quoted(column) for column in columns]
