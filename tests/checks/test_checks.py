"""The checks of a chunk's pairs, and the table of rules."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from qagen import checks
from qagen.checks import RULES, Case, Thresholds, examine
from qagen.formats import Chunk, DocumentInfo, Pair
from qagen.pairs import Draft, Match, build
from qagen.pairs.evidence import EXACT_SCORE

TEXT = "Loosen the deck lines before storage. The relief valve opens at 12 bar and closes again at 10 bar."
CHUNK = Chunk(chunk_index=0, chunk_id="0", text=TEXT, start_char=0, end_char=len(TEXT), core_start=38)
DOCUMENT = DocumentInfo(title="Relief valves", language="en")
QUESTION = "When does the relief valve open?"
QUOTE = ("opens at 12 bar",)


def check(*drafts: Draft, **more: str) -> tuple[list[Pair], list[Pair]]:
    built = build(drafts, CHUNK, "key", DOCUMENT, model="m", kind="llm")
    return checks.check(built, CHUNK, document=DOCUMENT, finish=more.get("finish"), prompt=more.get("prompt", ""))


def codes_of(*quotes: str) -> list[str]:
    kept, rejected = check(Draft(QUESTION, "At 12 bar.", None, quotes))
    (pair,) = kept + rejected
    return pair.checks


def test_a_pair_whose_quote_stands_in_the_core_is_clean() -> None:
    assert codes_of("opens at 12 bar") == []
    assert codes_of("The  RELIEF valve", "closes again") == []


def test_a_pair_without_a_quote_is_kept_with_a_warning() -> None:
    kept, rejected = check(Draft(QUESTION, "At 12 bar."))

    assert [pair.checks for pair in kept] == [["EV_MISSING"]]
    assert rejected == []


def test_a_pair_whose_quotes_stand_nowhere_is_rejected() -> None:
    kept, rejected = check(Draft(QUESTION, "At 12 bar.", None, ("The company was founded in 1987.",)))

    assert kept == []
    assert [pair.checks for pair in rejected] == [["EV_NOT_FOUND"]]


def test_a_pair_of_which_some_quotes_are_found_is_kept_with_a_warning() -> None:
    assert codes_of("opens at 12 bar", "in 1987") == ["EV_PARTLY_FOUND"]


def test_a_quote_in_similar_words_is_kept_with_a_warning() -> None:
    assert codes_of("the relief valves open at 12 bars and they close again at 9 bar") == ["EV_INEXACT"]


def test_evidence_in_the_overlap_alone_is_kept_with_a_warning() -> None:
    assert codes_of("Loosen the deck lines") == ["EV_OUTSIDE_CORE"]
    assert codes_of("Loosen the deck lines", "opens at 12 bar") == []
    assert codes_of("storage. The relief valve") == []


def test_several_codes_stand_together_in_the_order_of_the_rules() -> None:
    assert codes_of("Loosen the deck lines", "in 1987") == ["EV_PARTLY_FOUND", "EV_OUTSIDE_CORE"]
    kept, _ = check(Draft("When does it open?", "<b>At 12 bar</b>", None, ("in 1987", "12 bar")))
    order = list(RULES)
    assert len(kept[0].checks) > 2
    assert kept[0].checks == sorted(kept[0].checks, key=order.index)


def test_the_second_of_two_same_questions_is_rejected() -> None:
    first = Draft(QUESTION, "At 12 bar.", None, QUOTE)
    second = Draft(" when does  the relief valve open ?!", "At a pressure of 12 bar.", None, QUOTE)

    kept, rejected = check(first, second)
    assert [pair.answer for pair in kept] == ["At 12 bar."]
    assert [(pair.answer, pair.checks) for pair in rejected] == [("At a pressure of 12 bar.", ["DUP_CHUNK"])]


def test_a_question_is_no_duplicate_of_one_that_was_rejected() -> None:
    made_up = Draft(QUESTION, "In 1987.", None, ("The company was founded in 1987.",))
    sound = Draft(QUESTION, "At 12 bar.", None, QUOTE)

    kept, rejected = check(made_up, sound)
    assert [pair.answer for pair in kept] == ["At 12 bar."]
    assert [pair.answer for pair in rejected] == ["In 1987."]


def test_pairs_keep_the_order_of_the_reply() -> None:
    topics = ["deck", "lines", "storage", "relief", "valve"]
    kept, _ = check(*(Draft(f"What is said of the {topic}?", "Loosen the deck lines.") for topic in topics))

    assert [pair.question for pair in kept] == [f"What is said of the {topic}?" for topic in topics]


def test_only_the_last_pair_of_a_reply_that_was_cut_is_truncated() -> None:
    drafts = [Draft(f"When does the {name} valve open?", "At 12 bar.", None, QUOTE) for name in ("relief", "safety")]
    kept, _ = check(*drafts, finish="length")

    assert [pair.checks for pair in kept] == [[], ["TRUNCATED"]]


def test_the_overlap_is_no_material_and_yet_known() -> None:
    kept, rejected = check(
        Draft(QUESTION, "At 12 bar, before storage.", None, QUOTE),
        Draft("At what pressure does the valve close?", "At 9 bar.", "factual", QUOTE),
    )
    assert [pair.checks for pair in kept] == [[]]
    assert [pair.checks for pair in rejected] == [["A_NUMBER"]]


def test_words_of_the_prompt_are_found_in_pairs() -> None:
    prompt = "Every question names the product, rule, person or standard that it is about."
    leaked = Draft(QUESTION, "Every question names the product, rule, person or standard.", None, QUOTE)

    assert check(leaked, prompt=prompt)[1][0].checks == ["A_UNGROUNDED", "PROMPT_LEAK"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is it?", "what  is\nit"),
        ("Why!", "WHY?"),
        ("何ですか？", "何ですか"),
        ("STRASSE?", "Straße"),
        ("A?", "A ?"),
    ],
)
def test_questions_are_the_same_but_for_case_white_space_and_final_marks(one: str, other: str) -> None:
    assert checks.normal_question(one) == checks.normal_question(other)


@pytest.mark.parametrize(("one", "other"), [("Valve A?", "Valve B?"), ("At 1.0 bar?", "At 10 bar?"), ("a b", "ab")])
def test_questions_that_differ_in_more_stay_different(one: str, other: str) -> None:
    assert checks.normal_question(one) != checks.normal_question(other)


def test_every_code_stands_in_the_table_under_its_own_name() -> None:
    assert all(code == rule.code and rule.message and rule.advice for code, rule in RULES.items())


def test_the_codes_that_reject_a_pair_are_these() -> None:
    assert {code for code, rule in RULES.items() if rule.level == "error"} == {
        *("Q_EMPTY", "A_EMPTY", "Q_SHORT", "Q_EQ_A", "CTX_REF", "EV_NOT_FOUND", "A_NUMBER", "A_UNGROUNDED"),
        *("LANG", "REFUSAL", "PLACEHOLDER", "PROMPT_LEAK", "DUP_CHUNK"),
    }


def test_what_cannot_be_told_is_skipped_and_says_why() -> None:
    skipped = examine(Case(QUESTION, "At 12 bar.")).skipped

    assert skipped["A_NUMBER"] == skipped["LANG"] == "the passage is not known"
    assert skipped["EV_MISSING"] == "whether its quotes stand in the passage is not known"
    assert examine(Case("Co oznacza P05?", "Awarię.", language="pl")).skipped["CTX_REF"] == (
        "there is no language pack for pl"
    )
    assert examine(Case("Xyzzy?", "Plugh.")).skipped["Q_DANGLING"] == "the language is not known"


def test_nothing_is_skipped_where_all_is_known() -> None:
    case = Case(QUESTION, "At 12 bar.", passage=TEXT, matches=(), language="en")
    assert examine(case).skipped == {}


def test_what_is_skipped_is_not_found() -> None:
    found = examine(Case("According to the text, what?", "At 99 bar. The text says so.", language="pl", matches=()))
    assert found.skipped
    assert not set(found.codes) & (set(found.skipped) - {"REFUSAL"})


def test_a_refusal_in_english_is_found_in_any_language() -> None:
    found = examine(Case("Co oznacza P05?", "I cannot answer this question.", language="pl"))
    assert "REFUSAL" in found.codes
    assert "REFUSAL" not in found.skipped


def test_the_words_tell_the_language_where_the_document_does_not() -> None:
    question = "What does the passage say about the pressure at which the relief valve opens?"
    assert "CTX_REF" in examine(Case(question, "At 12 bar.")).codes
    assert "CTX_REF" in examine(Case("Was steht im Text über das Ventil, wenn es geschlossen ist?", "Nichts.")).codes


def test_a_region_does_not_make_another_language() -> None:
    for language in ("en", "en-US", "EN_gb"):
        assert "CTX_REF" in examine(Case("According to the text, when?", "At 12 bar.", language=language)).codes


@pytest.mark.parametrize(
    ("limit", "value", "case", "code"),
    [
        ("least_question_words", 1, Case("Why?", "It is full.", language="en"), "Q_SHORT"),
        ("most_question_words", 200, Case("word " * 70 + "?", "Yes it is.", language="en"), "Q_LONG"),
        ("most_answer_words", 500, Case(QUESTION, "word " * 400 + ".", language="en"), "A_LONG"),
        ("most_answer_share", 9.0, Case(QUESTION, "The valve opens. " * 20, passage=TEXT, language="en"), "A_LONG"),
        ("finished_words", 20, Case(QUESTION, "It opens when there is far more", language="en"), "TRUNCATED"),
        ("language_letters", 900, Case("Wann?", "Das Ventil öffnet sich. " * 9, passage=TEXT * 9), "LANG"),
    ],
)
def test_a_threshold_moves_where_its_rule_begins(limit: str, value: Any, case: Case, code: str) -> None:
    assert code in examine(case).codes
    assert code not in examine(case, dataclasses.replace(Thresholds(), **{limit: value})).codes


def test_empty_texts_have_codes_of_their_own() -> None:
    assert examine(Case("", "")).codes == ("Q_EMPTY", "A_EMPTY")
    assert examine(Case(" \n", "\t", passage="", matches=())).codes == ("Q_EMPTY", "A_EMPTY", "EV_MISSING")


def test_quotes_are_judged_by_where_they_were_found() -> None:
    far, near = Match(0, 5, 100.0), Match(0, 5, EXACT_SCORE - 1)
    case = Case(QUESTION, "At 12 bar.", context="Loosen", language="en")

    def codes(*matches: Match | None) -> tuple[str, ...]:
        return examine(dataclasses.replace(case, matches=matches)).codes

    assert codes() == ("EV_MISSING",)
    assert codes(None, None) == ("EV_NOT_FOUND",)
    assert codes(far, None) == ("EV_PARTLY_FOUND", "EV_OUTSIDE_CORE")
    assert codes(near) == ("EV_INEXACT", "EV_OUTSIDE_CORE")
    assert codes(Match(0, 9, 100.0)) == ()


def test_a_rule_that_fails_is_told_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_case: Case, _thresholds: Thresholds) -> bool:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setitem(RULES, "A_SHORT", dataclasses.replace(RULES["A_SHORT"], find=fail))
    found = examine(Case(QUESTION, "At 12 bar.", passage=TEXT, language="en"))
    assert found.codes == ("CHECK_FAILED",)
    assert "bug of qagen: ZeroDivisionError: a mistake" in found.skipped["A_SHORT"]
    kept, _ = check(Draft(QUESTION, "At 12 bar.", None, QUOTE))
    assert [pair.checks for pair in kept] == [["CHECK_FAILED"]]


@pytest.mark.parametrize(
    ("question", "answer", "codes", "language"),
    [
        ("Laut dem Text: Wann öffnet das Ventil der Anlage?", "Das Ventil öffnet bei einem Druck von 12 bar.", 1, "de"),
        ("Bei welchem Druck öffnet das Ventil der Anlage?", "Das Ventil öffnet bei einem Druck von 12 bar.", 0, "de"),
        ("Przy jakim ciśnieniu otwiera się zawór?", "Zawór otwiera się przy ciśnieniu 12 bar.", 0, None),
    ],
)
def test_a_pair_in_another_language_than_its_passage_is_checked_in_its_own(
    question: str, answer: str, codes: int, language: str | None
) -> None:
    built = build((Draft(question, answer, None, QUOTE),), CHUNK, "key", DOCUMENT, model="m", kind="llm")
    kept, rejected = checks.check(built, CHUNK, document=DOCUMENT, translated=True)
    (pair,) = kept + rejected
    assert pair.checks == ["CTX_REF"] * codes
    assert pair.language == language
