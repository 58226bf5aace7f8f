"""Answers that repeat: their question, or the passage word for word."""

from __future__ import annotations

from qagen.checks import words
from qagen.checks.case import Case, Thresholds
from qagen.checks.twins import normal_question

_LONGEST_COMPARED = 2000
"""Characters of a question beyond which only equality counts: comparing grows with the product of the lengths."""


def question_equals_answer(case: Case, limits: Thresholds) -> bool:
    """The answer is the question, nearly so, or begins with the whole of it."""
    question, answer = normal_question(case.question), normal_question(case.answer)
    if not question or not answer:
        return False
    if question == answer:
        return True
    if len(question) > _LONGEST_COMPARED:
        return answer.startswith(question)
    if _begins_with_whole(answer[: 4 * _LONGEST_COMPARED], question, case):
        return True
    if len(answer) > 2 * len(question):
        return False
    from rapidfuzz import fuzz  # combine goes without it where it checks nothing

    return fuzz.ratio(question, answer, score_cutoff=limits.echo_ratio) > 0 and not _is_stated(case)


def _begins_with_whole(answer: str, question: str, case: Case) -> bool:
    """Whether the words of the question, more than two, are the answer's first."""
    if case.question.isascii() and case.answer.isascii() and len(case.answer) <= _LONGEST_COMPARED:
        # Such texts have the same words before they were made normal, and those are remembered.
        asked, said = words.of(case.question), words.of(case.answer)
    else:
        asked, said = words.of(question), words.of(answer)
    return len(asked) > 2 and said[: len(asked)] == asked


def _is_stated(case: Case) -> bool:
    """Whether the answer is a statement to a question for yes or no, and so has all of its words."""
    return "?" in case.question and "?" not in case.answer and words.of(case.question)[:1] != words.of(case.answer)[:1]


def question_gives_answer_away(case: Case, limits: Thresholds) -> bool:
    """A short answer stands in its question, which offers no choice."""
    said = words.of(case.answer[:500])
    if not said or len(said) > limits.most_leaked_words or len(case.answer) > 500:
        return False
    pack = case.pack
    asked = words.of(case.question)
    if pack and (said[0] in pack.bare or any(word in pack.alternatives for word in asked)):
        return False
    if len(said) == 1 and len(said[0]) < 2:
        return False
    return f" {' '.join(said)} " in words.spaced(case.question)


def is_copied(case: Case, limits: Thresholds) -> bool:
    """A long answer, nearly all of which is one stretch of the passage."""
    said = words.of(case.answer)
    if len(said) <= limits.copied_words or not case.passage:
        return False
    # What covers 90 % covers the middle 80 % whole.
    spare = int(len(said) * (1 - limits.copied_share))
    passage = words.spaced(case.passage)
    middle = f" {' '.join(said[spare : len(said) - spare])} "
    start = passage.find(middle)
    if start < 0:
        return False
    before, after = passage[:start].split(), passage[start + len(middle) :].split()
    length = (
        len(said) - 2 * spare + _common(said[:spare][::-1], before[::-1]) + _common(said[len(said) - spare :], after)
    )
    return length >= limits.copied_share * len(said)


def _common(one: tuple[str, ...] | list[str], other: tuple[str, ...] | list[str]) -> int:
    """How many of the first words of two lists are the same."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
