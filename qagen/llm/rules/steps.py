"""Numbered steps under a heading that says what they achieve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from qagen.llm.rules import markup, sentences
from qagen.llm.rules.blocks import Block
from qagen.llm.rules.material import Draft
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.words import DE_PROCEDURES, EN_GERUNDS, EN_NOUN_FOLLOWERS, EN_PROCEDURES, EN_VERBS

_HOW_TO = re.compile(r"(?:how to|cómo|comment)\s+(?=\S)", re.IGNORECASE)
_OBJECT = re.compile(r"(?:el|la|los|las|un|una|su|le|les|l'\w+|une|des|du|votre|son|sa)\b", re.IGNORECASE)
_ROMANCE_INFINITIVE = {"es": ("ar", "er", "ir", "arse", "erse", "irse"), "fr": ("er", "ir", "re")}
_MOST_STEPS = 20


@dataclass(slots=True)
class _Run:
    """Consecutive steps, each with what belongs to it (sub-items, remarks), and whether all of them are there."""

    heading: str
    steps: list[list[Block]] = field(default_factory=list)
    first: int = 1
    whole: bool = True

    @property
    def last(self) -> int:
        return self.first + len(self.steps) - 1


def find(passage: str, blocks: list[Block], voice: Voice) -> Iterator[Draft]:
    """One question for each run of steps whose heading can be asked; the answer lists them in full."""
    if not voice.phrases:
        return
    for run in _runs(passage, blocks):
        asked = _template(run.heading, voice)
        if not asked or not 2 <= len(run.steps) <= _MOST_STEPS:
            continue
        template, x = asked
        only = "" if run.whole else voice.phrases.only_steps.format(first=run.first, last=run.last)
        answer = "\n".join(_step(passage, number, parts) for number, parts in enumerate(run.steps, run.first))
        quotes = tuple(sentences.quote(passage, part.start, part.end) for parts in run.steps for part in parts)
        yield Draft("steps", voice.ask(template, run.heading, x=x, only=only), answer, quotes)


def _step(passage: str, number: int, parts: list[Block]) -> str:
    return f"{number}. " + " ".join(markup.plain(passage[part.start : part.end]) for part in parts)


def _runs(passage: str, blocks: list[Block]) -> Iterator[_Run]:
    run: _Run | None = None
    for block in blocks:
        if block.kind == "item" and block.number is not None and not block.indent:
            if not run or block.number != run.last + 1 or block.heading != run.heading:
                if run:
                    yield run
                run = _Run(block.heading, first=block.number, whole=block.number == 1)
            run.steps.append([block])
        elif run and block.indent >= 2 and block.kind in {"item", "text"}:
            run.steps[-1].append(block)
        elif run:
            yield run
            run = None
    if run:
        yield _at_the_end(passage, run)


def _at_the_end(passage: str, run: _Run) -> _Run:
    """Steps that reach the end of the passage may go on in the next one, and the last may be cut."""
    ends = [passage[parts[-1].end - 1] in ".!?:;)。" for parts in run.steps]
    if any(ends) and not ends[-1]:
        run.steps.pop()
    run.whole = False
    return run


def _template(heading: str, voice: Voice) -> tuple[str, str] | None:
    """The question for a heading and what to put for `{x}`; None where the heading does not say what the steps do."""
    assert voice.phrases
    words = heading.split()
    if len(words) < 2 or len(words) > 12 or heading.endswith("?"):
        return None
    first, second = words[0].casefold(), words[1].casefold()
    if how := _HOW_TO.match(heading):
        return voice.phrases.do, heading[how.end() :]
    if voice.language == "en":
        return _english(heading, first, second, words[-1].casefold(), voice)
    if voice.language == "de":
        ends_in_infinitive = words[-1].islower() and words[-1].endswith(("en", "ern", "eln"))
        if ends_in_infinitive or first == "wie" or DE_PROCEDURES.intersection(heading.casefold().split()):
            return voice.phrases.doing, voice.quoted(heading)
        return None
    if first.endswith(_ROMANCE_INFINITIVE.get(voice.language, ("-",))) and _OBJECT.match(words[1]):
        return voice.phrases.do, heading[0].lower() + heading[1:]
    return None


def _english(heading: str, first: str, second: str, last: str, voice: Voice) -> tuple[str, str] | None:
    assert voice.phrases
    lowered = heading[0].lower() + heading[1:]
    if last in EN_PROCEDURES:
        return voice.phrases.procedure, lowered if first not in EN_VERBS else voice.quoted(heading)
    if first in EN_GERUNDS and second not in EN_NOUN_FOLLOWERS:
        return voice.phrases.doing, lowered
    if first in EN_VERBS and second not in EN_NOUN_FOLLOWERS:
        return voice.phrases.do, lowered
    return None
