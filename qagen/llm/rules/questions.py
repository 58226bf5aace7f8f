"""Material -> Reply: all forms tried in order, and the choice among what they find."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from qagen.llm.rules import (
    abbreviations,
    blocks,
    cloze,
    definitions,
    faq,
    glossary,
    phrases,
    sentences,
    skips,
    steps,
    tables,
)
from qagen.llm.rules.material import Draft, Material, Pair, Reply, Span


def write(material: Material) -> Reply:
    """At most `material.questions` pairs, surest form first; never padded. Any text will do.

    Table rows fill no more than half while there is something else: eight rows of one table are true, but dull.
    """
    skip = skips.before_reading(material.passage)
    if skip:
        return Reply(skip_reason=skip)
    forms = [list(form) for form in _forms(material)]
    choice = _Choice(material.questions)
    *sure, rows, gaps = forms
    for form in sure:
        choice.take(form, most=material.questions)
    choice.take(rows, most=(material.questions + 1) // 2)
    choice.take(gaps, most=material.questions)
    choice.take(rows, most=material.questions)
    pairs = tuple(_pair(material.passage, draft) for form in forms for draft in form if id(draft) in choice.taken)
    return Reply(pairs, None if pairs or material.questions < 1 else skips.after_reading(material.passage))


def _forms(material: Material) -> Iterable[Iterable[Draft]]:
    """In order of trust. The author's own questions and procedures come first, since they use their text up whole."""
    voice = phrases.voice_of(material)
    passage = material.passage
    parts = blocks.split(passage, material.heading)
    found = sentences.split(passage, parts)
    yield faq.find(passage, parts, voice)
    yield glossary.find(passage, parts, voice)
    yield abbreviations.find(passage, parts, voice)
    yield definitions.find(material, found, voice)
    yield steps.find(passage, parts, voice)
    yield tables.find(passage, parts, voice)
    yield cloze.find(passage, found, voice)


def _pair(passage: str, draft: Draft) -> Pair:
    evidence = tuple(passage[quote.start : quote.end] for quote in draft.quotes)
    return Pair(draft.question_type, evidence, draft.question, draft.answer)


@dataclass(slots=True)
class _Choice:
    """What was taken so far: no question twice, and nothing asked twice about the same words."""

    most: int
    taken: set[int] = field(default_factory=set)
    """`id` of the drafts; their lists outlive the choice."""
    _questions: set[str] = field(default_factory=set)
    _evidence: set[tuple[Span, ...]] = field(default_factory=set)
    _claims: list[tuple[int, int]] = field(default_factory=list)
    """Stretches that are used up, sorted and disjoint."""

    def take(self, form: list[Draft], most: int) -> None:
        """Takes from a form in its order until it has `most` of it, or is full."""
        count = sum(id(draft) in self.taken for draft in form)
        for draft in form:
            if len(self.taken) >= self.most or count >= most:
                return
            if id(draft) not in self.taken and self._is_free(draft):
                self._add(draft)
                count += 1

    def _is_free(self, draft: Draft) -> bool:
        question = draft.question.casefold()
        if (
            question in self._questions
            or draft.quotes in self._evidence
            or not draft.quotes
            or not draft.answer.strip()
        ):
            return False
        return not draft.claims or not any(self._overlaps(quote) for quote in draft.quotes)

    def _overlaps(self, quote: Span) -> bool:
        at = bisect_right(self._claims, (quote.start, quote.end))
        before = at > 0 and self._claims[at - 1][1] > quote.start
        after = at < len(self._claims) and self._claims[at][0] < quote.end
        return before or after

    def _add(self, draft: Draft) -> None:
        self.taken.add(id(draft))
        self._questions.add(draft.question.casefold())
        self._evidence.add(draft.quotes)
        if draft.claims:
            for quote in draft.quotes:
                insort(self._claims, (quote.start, quote.end))
