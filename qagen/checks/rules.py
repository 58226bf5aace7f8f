"""RULES: one row per code. What a code means, how much it weighs, what it needs to know, and who finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qagen.checks import echoes, evidence, form, grounding, language, packs, private, references, slips, twins
from qagen.checks.case import CannotTell, Case, Findings, Level, Thresholds

Need = Literal["passage", "quotes", "pack"]
Finder = Callable[[Case, Thresholds], bool]
FAILED = "CHECK_FAILED"
"""A rule raised an error."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means, and how much it weighs."""

    code: str
    level: Level
    message: str
    advice: str
    """What helps, where many pairs have the code."""
    find: Finder
    needs: tuple[Need, ...] = ()
    """What must be known of a pair, without which the rule is skipped."""


_FORM = (
    Rule(
        "Q_EMPTY",
        "error",
        "the question is empty",
        "Look at the reply: it may not have the form that was asked for.",
        form.question_is_empty,
    ),
    Rule(
        "A_EMPTY",
        "error",
        "the answer is empty",
        "Look at the reply: it may not have the form that was asked for.",
        form.answer_is_empty,
    ),
    Rule(
        "Q_SHORT",
        "error",
        "the question is too short to name what it is about",
        "Use a larger model, or ask for fewer questions per chunk.",
        form.question_is_short,
    ),
    Rule(
        "Q_LONG",
        "warn",
        "the question is longer than 60 words",
        "Read a few: the passage may be part of the question.",
        form.question_is_long,
    ),
    Rule(
        "A_SHORT",
        "warn",
        "the answer is one word, and no value, code or name",
        "Ask for complete sentences, and for no yes-or-no questions.",
        form.answer_is_short,
    ),
    Rule(
        "A_LONG",
        "warn",
        "the answer is longer than 350 words, or than its passage",
        "Read a few: what the passage does not say may have been added.",
        form.answer_is_long,
    ),
    Rule(
        "Q_NOT_QUESTION",
        "warn",
        "the question neither asks nor instructs: a heading, a statement",
        "Leave such pairs out of a set for search; for instruction tuning some are fine.",
        form.is_no_question,
        ("pack",),
    ),
)
_WORDING = (
    Rule(
        "Q_EQ_A",
        "error",
        "the answer repeats the question",
        "Use a larger model; small ones echo.",
        echoes.question_equals_answer,
    ),
    Rule(
        "Q_LEAKS_A",
        "warn",
        "the answer stands in the question",
        "Leave such pairs out: they teach nothing.",
        echoes.question_gives_answer_away,
    ),
    Rule(
        "CTX_REF",
        "error",
        "the question speaks of its source: the passage, the text",
        "Give documents titles, so that questions can name their subject; keep the rule against it in your own prompt.",
        references.question_refers,
        ("pack",),
    ),
    Rule(
        "CTX_REF_ANSWER",
        "warn",
        "the answer speaks of its source: the passage, the text",
        "Keep the rule against it in your own prompt.",
        references.answer_refers,
        ("pack",),
    ),
    Rule(
        "Q_DANGLING",
        "warn",
        "the question has a pronoun that points at nothing in it",
        "Give documents titles, so that questions can name their subject.",
        references.is_dangling,
        ("pack",),
    ),
)
_EVIDENCE = (
    Rule(
        "EV_MISSING",
        "warn",
        "the pair has no quote as evidence",
        "Use a model that keeps to the form of the reply.",
        evidence.is_missing,
        ("quotes",),
    ),
    Rule(
        "EV_NOT_FOUND",
        "error",
        "no quote of the pair stands in the passage",
        "The model makes quotes up: use another one, or smaller chunks.",
        evidence.is_not_found,
        ("quotes",),
    ),
    Rule(
        "EV_PARTLY_FOUND",
        "warn",
        "not all quotes of the pair stand in the passage",
        "Judge a sample of these pairs first.",
        evidence.is_partly_found,
        ("quotes",),
    ),
    Rule(
        "EV_INEXACT",
        "warn",
        "a quote stands in the passage only in similar words",
        "Compare numbers and conditions of a few with their passages.",
        evidence.is_inexact,
        ("quotes",),
    ),
    Rule(
        "EV_OUTSIDE_CORE",
        "warn",
        "the evidence stands in the overlap with the chunk before",
        "The chunk before may have the same question: combine removes it.",
        evidence.is_outside_core,
        ("quotes",),
    ),
)
_GROUNDING = (
    Rule(
        "A_NUMBER",
        "error",
        "the answer has a number that the passage does not have",
        "Use another model or a lower temperature; numbers are what experts check first.",
        grounding.number_is_unfounded,
        ("passage",),
    ),
    Rule(
        "A_NUMBER_DERIVED",
        "warn",
        "the answer has a number that the passage does not have; it may be worked out from others",
        "Check the arithmetic of these pairs, or leave inferential, analytical and comparative questions out.",
        grounding.derived_number_is_unfounded,
        ("passage",),
    ),
    Rule(
        "A_ENTITY",
        "warn",
        "the answer has a name or a code that the passage does not have",
        "Judge a sample: it is knowledge of the model, or another way to write a name.",
        grounding.entity_is_unfounded,
        ("passage",),
    ),
    Rule(
        "A_UNGROUNDED",
        "error",
        "hardly a word of the answer stands in the passage",
        "Look at the chunks: on garbled or empty text models invent.",
        grounding.is_ungrounded,
        ("passage",),
    ),
    Rule(
        "A_UNGROUNDED_PARTLY",
        "warn",
        "most words of the answer do not stand in the passage",
        "Judge a sample: it is paraphrase, or reasons that the model made up.",
        grounding.is_partly_grounded,
        ("passage",),
    ),
    Rule(
        "A_COPY",
        "info",
        "the answer is a long copy of the passage",
        "Watch the share: many such answers teach copying.",
        echoes.is_copied,
        ("passage",),
    ),
    Rule(
        "LANG",
        "error",
        "the pair is in another language than the passage",
        "Name the language of the documents, or use a model that knows it.",
        language.is_other,
        ("passage",),
    ),
)
_SLIPS = (
    Rule(
        "REFUSAL",
        "error",
        "the answer says that there is no answer",
        "Ask for fewer questions per chunk: the passage had no more to ask about.",
        slips.answer_is_refusal,
    ),
    Rule(
        "PLACEHOLDER",
        "error",
        "the pair has a placeholder where text should stand",
        "Use a larger model; small ones repeat the example of the form.",
        slips.has_placeholder,
    ),
    Rule(
        "PROMPT_LEAK",
        "error",
        "the pair repeats our own instructions, or tags of the prompt",
        "Use a larger model; if it thinks aloud, turn its thinking off.",
        slips.has_prompt,
    ),
    Rule(
        "MARKUP",
        "warn",
        "the pair has tags, entities, broken characters or written-out escapes in it",
        "Look at the chunks: they may have been read with the wrong encoding.",
        form.has_markup,
    ),
    Rule(
        "TRUNCATED",
        "warn",
        "the answer ends in the middle",
        "Allow more tokens per reply, or ask for fewer questions per chunk.",
        form.is_truncated,
    ),
    Rule(
        "LIST_INCOMPLETE",
        "warn",
        "the answer lists fewer or more things than the question asks for",
        "Use larger chunks, so that a list and its end stand in one.",
        form.list_is_incomplete,
        ("pack",),
    ),
    Rule(
        "PII",
        "warn",
        "the answer has personal data or a secret in it",
        "Look at the documents before you give the data to anybody.",
        private.has_personal_data,
    ),
    Rule(
        "DUP_CHUNK",
        "error",
        "the chunk has the same question already",
        "Ask for fewer questions per chunk.",
        twins.is_duplicate,
    ),
)
_OURSELVES = (
    Rule(
        FAILED,
        "warn",
        "a rule of qagen failed on this pair, so that it could not be checked by it",
        "Please report it, with what `qagen check` says of the pair.",
        lambda _case, _thresholds: False,
    ),
)
_ALL = (*_FORM, *_WORDING, *_EVIDENCE, *_GROUNDING, *_SLIPS, *_OURSELVES)
RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}
"""By code, in the order in which codes stand together."""


def needing_words(language: str) -> list[str]:
    """Codes of the rules that cannot run in a language, for lack of a pack."""
    return [] if packs.is_known(language) else [rule.code for rule in RULES.values() if "pack" in rule.needs]


def examine(case: Case, thresholds: Thresholds = Thresholds()) -> Findings:  # noqa: B008
    """What the rules say of one pair."""
    lacking = _lacking(case)
    codes: list[str] = []
    skipped: dict[str, str] = {}
    for rule in RULES.values():
        why = next((lacking[need] for need in rule.needs if need in lacking), None) if lacking else None
        try:
            if why is None and rule.find(case, thresholds):
                codes.append(rule.code)
        except CannotTell as reason:
            why = str(reason)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not stop a run of days, nor hide
            why = f"the rule itself failed, which is a bug of qagen: {type(error).__name__}: {error}"
            codes.append(FAILED)
        if why is not None:
            skipped[rule.code] = why
    return Findings(tuple(dict.fromkeys(codes)), skipped)


def _lacking(case: Case) -> dict[Need, str]:
    """What is not known of a pair, and how users are told."""
    lacking: dict[Need, str] = {}
    if case.passage is None:
        lacking["passage"] = "the passage is not known"
    if case.matches is None:
        lacking["quotes"] = "whether its quotes stand in the passage is not known"
    if case.pack is None:
        lacking["pack"] = (
            f"there is no language pack for {case.language}" if case.language else "the language is not known"
        )
    return lacking
