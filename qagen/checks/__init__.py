"""Pair + passage -> [check codes]: what can be told about a pair by code alone. Pure.

A rule is one row in `RULES` and a function that finds it; its code is what files carry. A pair with a code of level
`error` is kept apart from the training data, in `rejected_pairs`. What rules know of languages stands in `packs/`.
"""

from __future__ import annotations

from qagen.checks import packs
from qagen.checks.case import Case, Findings, Level, Thresholds
from qagen.checks.rules import RULES, Rule, examine, needing_words
from qagen.checks.twins import ask_the_same, normal_question
from qagen.formats import Chunk, DocumentInfo, Pair
from qagen.pairs import Built

OF_WORDS = frozenset({"LANG", "A_UNGROUNDED", "A_UNGROUNDED_PARTLY", "A_ENTITY"})
"""Codes that compare the words of a pair with those of its passage."""

_UNTOLD = "und"
"""A language that is not told from others: ISO 639-2."""

__all__ = [
    "OF_WORDS",
    "RULES",
    "Case",
    "Findings",
    "Level",
    "Rule",
    "Thresholds",
    "ask_the_same",
    "check",
    "examine",
    "needing_words",
    "normal_question",
]


def check(
    built: list[Built],
    chunk: Chunk,
    *,
    document: DocumentInfo | None = None,
    finish: str | None = None,
    prompt: str = "",
    translated: bool = False,
    thresholds: Thresholds = Thresholds(),  # noqa: B008
) -> tuple[list[Pair], list[Pair]]:
    """The pairs of a chunk with their codes: those to keep, and those with an error.

    `finish` is that of the reply: where it is `length`, the last pair is the one that was cut. `translated`: pairs may
    be in another language than the passage, so that their words are not compared with its words.
    """
    kept: list[Pair] = []
    rejected: list[Pair] = []
    passage, context, section = chunk.core, chunk.context_before, chunk.section or ""
    title = (document.title or document.file_name if document else "") or ""
    for place, one in enumerate(built, 1):
        language = _written_in(one.pair) if translated else one.pair.language
        case = Case(
            question=one.pair.question,
            answer=one.pair.answer,
            question_type=one.pair.question_type,
            quotes=tuple(one.pair.evidence),
            matches=one.matches,
            passage=passage,
            context=context,
            title=title,
            section=section,
            language=language,
            finish=finish if place == len(built) else None,
            prompt=prompt,
            # Only a pair that is kept makes its twin a duplicate: of two, one must remain.
            earlier=tuple(pair.question for pair in kept),
        )
        found = examine(case, thresholds).codes
        codes = [code for code in found if not (translated and code in OF_WORDS)]
        group = rejected if any(RULES[code].level == "error" for code in codes) else kept
        own = None if language == _UNTOLD else language
        as_it_is = not codes and own == one.pair.language
        group.append(one.pair if as_it_is else one.pair.model_copy(update={"checks": list(codes), "language": own}))
    return kept, rejected


def _written_in(pair: Pair) -> str:
    """The language of a pair that need not be in its document's."""
    pack = packs.of_text(f"{pair.question} {pair.answer}")
    return pack.language if pack else _UNTOLD
