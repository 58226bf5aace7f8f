"""Terms that the author explains by form: `Term: definition`, `**Term** - definition`, definition lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.llm.rules import markup, sentences
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Draft
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.words import LABELS

_FORMS = (
    # **Term:** text, **Term**: text, **Term** - text
    re.compile(r"\*\*([^*\n]{2,60}?)(?:[:.]\*\*|\*\*\s?:|\*\*\s{1,3}[-–—])\s+(\S.*)", re.DOTALL),
    # the definition list of Markdown Extra: the term, then a line that begins with a colon
    re.compile(r"([^:\n]{2,60})\n\s{0,3}:\s+(\S.*)", re.DOTALL),
    # Term: text
    re.compile(r"([^\W\d_][^:.!?\n]{1,50}):\s+(\S.*)", re.DOTALL),
)
_DASHED = re.compile(r"([^\W\d_][^:.!?\n–—]{1,50}?)\s[-–—]\s+(\S.*)", re.DOTALL)
_GLOSSARIES = re.compile(
    r"glossar|terms\b|terminolog|definition|abbreviation|words\b|vocabular|begriffe|abkürzung|t[ée]rminos|termes|lexique|definicion",
    re.IGNORECASE,
)
_NOUN_PHRASE = re.compile(
    r"(?:the|an?|any|each|every|one|someone|something|operation|der|die|das|ein|eine|jede[rs]?|el|la|los|las|un|una|"
    r"le|les|une|l')\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d")
_MOST_WORDS = 60


def find(passage: str, blocks: list[Block], voice: Voice) -> Iterator[Draft]:
    """One question for each explained term, in order."""
    if not voice.phrases:
        return
    for block in blocks:
        # A numbered item is a step or a clause, and what stands before its colon says what to do.
        if block.kind not in {"text", "item"} or block.number is not None or block.end - block.start > 1500:
            continue
        found = _split(passage[block.start : block.end], block)
        if found:
            term, text = found
            question = _question(term, text, block, voice)
            yield Draft("glossary", question, markup.sentence(text), sentences.quotes(passage, block))


def _split(raw: str, block: Block) -> tuple[str, str] | None:
    """Term and explanation, plain, or None where the form is only punctuation."""
    forms = (*_FORMS, _DASHED) if block.kind == "item" or _GLOSSARIES.search(block.heading) else _FORMS
    for form in forms:
        if match := form.match(raw):
            term, text = markup.plain(match[1]).strip(" :.*"), markup.plain(match[2])
            return (term, text) if _is_term(term) and _is_explanation(text) else None
    return None


def _is_term(term: str) -> bool:
    words = term.casefold().split()
    if not 1 <= len(words) <= 6 or not term[0].isalpha() or "?" in term:
        return False
    # A sentence that runs into a colon ("Proceed as follows") is no term, and its verb often stands first or last.
    return not LABELS.intersection(words) and words[-1] not in {"follows", "folgt", "is", "are", "sind", "ist", "that"}


def _is_explanation(text: str) -> bool:
    count = len(text.split())
    figure = bool(_FIGURE.search(text)) and count >= 2
    return (count >= 4 or figure) and count <= _MOST_WORDS and text[0].isalnum() and not text.endswith((":", "?"))


def _question(term: str, text: str, block: Block, voice: Voice) -> str:
    assert voice.phrases
    if _NOUN_PHRASE.match(text) or _GLOSSARIES.search(block.heading):
        template = voice.phrases.means
    elif _FIGURE.search(text) and len(text.split()) <= 6:
        template = voice.phrases.value
    else:
        template = voice.phrases.says
    return voice.ask(template, term, x=voice.quoted(term))
