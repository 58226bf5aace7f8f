"""Questions that the author asks and answers: a heading or line that ends in a question mark, then its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.llm.rules import markup, sentences
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Draft
from qagen.llm.rules.phrases import Voice

_ASKER = re.compile(
    r"^(?:\*\*)?(?:Q(?:uestion)?|F(?:rage)?|P(?:regunta)?)\s?\d{0,3}\s?[:.]\s*(?:\*\*)?\s*", re.IGNORECASE
)
_ANSWERER = re.compile(r"^(?:\*\*)?(?:A(?:nswer|ntwort)?|R(?:espuesta|éponse)?)\s?[:.]\s*(?:\*\*)?\s*", re.IGNORECASE)
_DEICTIC = re.compile(r"\b(?:above|below|oben|unten|following|this (?:section|chapter|document))\b", re.IGNORECASE)


_MOST_BLOCKS = 12


def find(passage: str, blocks: list[Block], voice: Voice) -> Iterator[Draft]:
    """The author's own questions with the answer in full."""
    for at, block in enumerate(blocks[:-1]):
        question = _question(passage, block)
        answer = _answer(passage, blocks, at + 1) if question else []
        if not answer:
            continue
        parts = [_ANSWERER.sub("", passage[part.start : part.end], count=1) for part in answer]
        text = _joined([markup.plain(part) for part in parts], answer)
        if len(text.split()) < 3 or text.endswith(("?", ":")) or _is_cut(text, answer[-1], blocks[-1]):
            continue
        quotes = tuple(quote for part in answer for quote in sentences.quotes(passage, part, most=6))
        yield Draft("glossary", _placed(question, voice), text, quotes)


def _question(passage: str, block: Block) -> str:
    """The block as a question, or empty. One with several sentences is a paragraph that ends in a question."""
    if (
        block.end - block.start > 250
        or block.kind == "row"
        or passage[block.end - 3 : block.end].rstrip("*_ ")[-1:] not in "?？"
    ):
        return ""
    text = markup.plain(_ASKER.sub("", passage[block.start : block.end], count=1))
    text = markup.heading(text) if block.kind == "heading" else text
    one = sum(text.count(mark) for mark in ".!?？") == 1 or block.kind == "heading"
    return text if one and len(text) >= 8 and not _DEICTIC.search(text) and text[-1] in "?？" else ""


def _is_cut(text: str, last: Block, last_of_passage: Block) -> bool:
    """Whether the passage ends in the middle of the answer."""
    return last is last_of_passage and text[-1].isalnum()


def _answer(passage: str, blocks: list[Block], at: int) -> list[Block]:
    """The blocks from `at` on that answer: texts and items until the next heading, question or table.

    A question that is only a line is answered by the next text and the list behind it; what follows is another matter.
    """
    asker = blocks[at - 1]
    asked_in_heading = asker.kind == "heading" and not passage.startswith("**", asker.start)
    found: list[Block] = []
    for block in blocks[at : at + _MOST_BLOCKS]:
        if block.kind in {"heading", "row"} or _question(passage, block):
            break
        if found and not asked_in_heading and block.kind == "text":
            break
        found.append(block)
    return found


def _joined(parts: list[str], blocks: list[Block]) -> str:
    lines = [
        f"{block.number}. {part}" if block.number is not None else f"- {part}" if block.kind == "item" else part
        for part, block in zip(parts, blocks, strict=True)
    ]
    return "\n".join(line for line in lines if line)


def _placed(question: str, voice: Voice) -> str:
    """The question with the document's name in front, unless it shares a telling word with it."""
    name = voice.name or voice.heading
    telling = {
        word for word in re.findall(r"[\w-]{4,}", name.casefold()) if word not in {"support", "questions", "guide"}
    }
    if not name or telling.intersection(re.findall(r"[\w-]{4,}", question.casefold())):
        return question
    short = re.split(r": | [-–—] ", name, maxsplit=1)[0]
    return f"{short if ' ' in short else name}: {question}"
