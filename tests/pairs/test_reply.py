"""The ladder from what a model wrote to drafts, over every kind of damage that is known."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.pairs.reply import MOST_CHARACTERS, Draft, Reading, Unreadable, read


def entry(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "question_type": "factual",
        "evidence": [f"Quote {number}."],
        "question": f"Question {number}?",
        "answer": f"Answer {number}.",
        **fields,
    }


def reply(count: int = 3) -> str:
    return json.dumps({"skip_reason": None, "pairs": [entry(number) for number in range(count)]})


def drafts(count: int) -> tuple[Draft, ...]:
    return tuple(
        Draft(f"Question {number}?", f"Answer {number}.", "factual", (f"Quote {number}.",)) for number in range(count)
    )


THREE = Reading(drafts(3))
WHOLE = reply()
ENTRIES = json.dumps([entry(number) for number in range(3)])


DAMAGED = {
    "as it should be": WHOLE,
    "indented": json.dumps(json.loads(WHOLE), indent=2),
    "white space around": f"\n\n  {WHOLE} \n",
    "bom": f"\ufeff{WHOLE}",
    "code fence": f"```json\n{WHOLE}\n```",
    "code fence without a name": f"```\n{WHOLE}\n```",
    "code fence never closed": f"```json\n{WHOLE}",
    "prose before": f"Here are the pairs you asked for:\n\n{WHOLE}",
    "prose after": f"{WHOLE}\n\nI hope this helps!",
    "prose with brackets": f"As [1] and {{2}} say (see [a]): {WHOLE} [end]",
    "prose with empty brackets": f"The list [] is not empty: {WHOLE}",
    "thought": f"<think>The passage is short. {{maybe}}</think>\n{WHOLE}",
    "thought under its long name": f"<THINKING>Hm.</THINKING>{WHOLE}",
    "thought with a draft of a reply in it": f"<think>{reply(1)}</think>{WHOLE}",
    "thought that only ends": f"Let me see. {reply(1)}</think>{WHOLE}",
    "thought that is never closed": f"<think>Hm.\n{WHOLE}",
    "two thoughts": f"<think>a</think><think>b</think>{WHOLE}",
    "bare list": ENTRIES,
    "bare list in a fence": f"```json\n{ENTRIES}\n```",
    "list under another name": f'{{"qa_pairs": {ENTRIES}}}',
    "list under yet another name": f'{{"questions": {ENTRIES}}}',
    "unknown keys": f'{{"thoughts": "x", "pairs": {ENTRIES}, "count": 3}}',
    "trailing comma in the list": WHOLE.replace("]}", ",]}").replace(",]}", "]}", 0),
    "trailing comma after the last entry": f'{{"skip_reason": null, "pairs": {ENTRIES[:-1]},]}}',
    "trailing comma after the list": f'{{"skip_reason": null, "pairs": {ENTRIES},}}',
    "trailing comma in an entry": WHOLE.replace('"Answer 1."}', '"Answer 1.",}'),
    "missing comma between entries": WHOLE.replace("}, {", "} {"),
    "missing end": WHOLE.removesuffix("]}"),
    "missing end of the object": WHOLE.removesuffix("}"),
    "single quotes": WHOLE.replace('"', "'"),
    "python literals": repr(json.loads(WHOLE)),
    "none and true": WHOLE.replace("null", "None"),
    "keys without quotes": WHOLE.replace('"pairs"', "pairs").replace('"question"', "question"),
    "comment": WHOLE.replace('"pairs"', '/* here */ "pairs"'),
    "one object a line": "\n".join(json.dumps(entry(number)) for number in range(3)),
    "objects between words": " and ".join(json.dumps(entry(number)) for number in range(3)),
    "raw newline in a string": WHOLE.replace("Quote 1.", "Quote\n1."),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in DAMAGED.items()])
def test_all_three_pairs_are_read_from(text: str) -> None:
    reading = read(text)

    assert [(draft.question, draft.answer) for draft in reading.drafts] == [
        (draft.question, draft.answer) for draft in THREE.drafts
    ]
    assert reading.malformed == 0


def test_a_whole_reply_is_read_with_all_of_its_fields() -> None:
    assert read(WHOLE) == THREE


def test_a_single_object_is_a_single_pair() -> None:
    assert read(json.dumps(entry(0))) == Reading(drafts(1))
    assert read(f"```json\n{json.dumps(entry(0))}\n```") == Reading(drafts(1))


def test_white_space_around_texts_is_taken_off_and_types_are_lower_case() -> None:
    text = json.dumps(
        [entry(0, question=" Question 0?\n", answer="\tAnswer 0. ", question_type=" Factual ", evidence=[" Quote 0. "])]
    )

    assert read(text) == Reading(drafts(1))


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        ("Quote 0.", ("Quote 0.",)),
        (None, ()),
        ([], ()),
        (["a", 3, None, "", "  ", ["b"], "c"], ("a", "c")),
        ({"quote": "a"}, ()),
        (12, ()),
    ],
)
def test_evidence_of_another_shape_costs_nothing_but_itself(given: Any, evidence: tuple[str, ...]) -> None:
    (draft,) = read(json.dumps([entry(0, evidence=given)])).drafts

    assert draft.evidence == evidence
    assert draft.question == "Question 0?"


@pytest.mark.parametrize("given", [None, 3, ["factual"], "  "])
def test_a_type_of_another_shape_is_no_type(given: Any) -> None:
    assert read(json.dumps([entry(0, question_type=given)])).drafts[0].question_type is None


@pytest.mark.parametrize(
    "bad",
    [
        {"question": "Q?"},
        {"answer": "A."},
        {"question": "", "answer": "A."},
        {"question": "Q?", "answer": "  "},
        {"question": "Q?", "answer": ["A."]},
        {"question": ["Q?"], "answer": "A."},
        {"question": None, "answer": None},
        "Q? A.",
        17,
        None,
        [],
    ],
)
def test_a_bad_entry_is_dropped_alone_and_counted(bad: Any) -> None:
    text = json.dumps({"skip_reason": None, "pairs": [entry(0), bad, entry(1)]})

    assert read(text) == Reading(drafts(2), None, malformed=1)


def test_entries_that_are_all_bad_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="no entry of it has both a question and an answer"):
        read('{"pairs": [{"question": "Q?"}, 3]}')


def test_nothing_to_ask_is_a_result_with_its_reason() -> None:
    assert read('{"skip_reason": "references", "pairs": []}') == Reading((), "references")
    assert read('{"skip_reason": "references"}') == Reading((), "references")
    assert read('```json\n{"skip_reason": "references", "pairs": []}\n```') == Reading((), "references")


def test_no_pairs_without_a_reason_are_a_result_too() -> None:
    assert read('{"skip_reason": null, "pairs": []}') == Reading(())
    assert read('{"skip_reason": "  ", "pairs": []}') == Reading(())


# Cut at the token limit


def test_a_cut_reply_keeps_all_of_its_complete_entries() -> None:
    for end in range(WHOLE.index("}, {") + 1, len(WHOLE) - 3):
        complete = WHOLE[:end].count('."}')
        assert read(WHOLE[:end], cut=True).drafts == drafts(complete)


def test_a_cut_reply_never_gives_a_half_answer() -> None:
    for end in range(len(WHOLE)):
        try:
            found = read(WHOLE[:end], cut=True).drafts
        except Unreadable:
            continue
        assert found == drafts(3)[: len(found)]


def test_a_cut_list_in_a_fence_keeps_its_complete_entries() -> None:
    assert read(f"```json\n{ENTRIES[:-10]}", cut=True).drafts == drafts(2)


def test_a_reply_that_is_cut_in_its_first_entry_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read(WHOLE[: WHOLE.index("Answer 0.") + 4], cut=True)


def test_a_reply_that_is_cut_in_its_thinking_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read(f"<think>A first idea: {json.dumps(entry(0))}, but the answer is wrong, bec", cut=True)


def test_a_cut_reply_whose_json_is_whole_is_read_whole() -> None:
    assert read(WHOLE, cut=True) == THREE


# Words that only look like damage


@pytest.mark.parametrize(
    "words",
    [
        "Use {braces} and [brackets].",
        "A ```fence``` here",
        'She said "no".',
        "Line one.\nLine two.",
        "C:\\new\\table",
        "日本 🙂",
    ],
)
def test_marks_inside_of_strings_are_kept_as_they_are(words: str) -> None:
    text = json.dumps([entry(0, answer=words)])

    for damaged in (text, f"Here:\n```json\n{text}\n```", text[:-1] + ",]"):
        assert read(damaged).drafts[0].answer == words


def test_tags_of_thinking_inside_of_an_answer_are_kept() -> None:
    words = "Reasoning models write <think>their thoughts</think> before the answer."

    assert read(json.dumps([entry(0, answer=words)])).drafts[0].answer == words


def test_a_lone_surrogate_does_not_make_a_reply_unreadable() -> None:
    text = '{"pairs": [{"question": "Why \\ud83d?", "answer": "A."}]}'

    assert read(text).drafts[0].answer == "A."


# What cannot be read


@pytest.mark.parametrize("text", ["", "   \n", "<think>Only thoughts.</think>"])
def test_an_empty_reply_is_unreadable_and_says_so(text: str) -> None:
    with pytest.raises(Unreadable, match="it was empty"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        "null",
        "12",
        '"text"',
        "{}",
        '{"answer": "A."}',
        "[1, 2]",
        '{"pairs": "none"}',
        "[" * 100_000,
        '{"pairs":' * 20_000,
        "[{" * 2_000,
        '"' * 50_000,
        "\\" * 50_000,
        "{" * 2_000,
        "<think>" * 1_000,
    ],
    ids=lambda text: f"{text[:12]!r} of {len(text)}",
)
def test_a_text_without_pairs_is_unreadable_and_nothing_else(text: str) -> None:
    with pytest.raises(Unreadable, match=r"no JSON object with pairs|no entry of it"):
        read(text)


def test_a_reply_of_300_kb_is_refused_unread() -> None:
    with pytest.raises(Unreadable, match="it was longer than 262,144 characters"):
        read(reply(3) + " " * 300_000)


def test_a_reply_just_below_the_bound_is_read() -> None:
    text = WHOLE + " " * (MOST_CHARACTERS - len(WHOLE))

    assert read(text) == THREE


FRAGMENTS = st.sampled_from(
    [
        *'{}[]",:\\ \n',
        '"question"',
        '"answer"',
        '"pairs"',
        "null",
        "'",
        "```",
        "<think>",
        "</think>",
        "/*",
        "//",
        "\ud83d",
    ]
)


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=60).map("".join)), st.booleans())
def test_no_text_raises_anything_but_unreadable(text: str, cut: bool) -> None:
    try:
        reading = read(text, cut=cut)
    except Unreadable:
        return
    assert all(draft.question.strip() and draft.answer.strip() for draft in reading.drafts)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)), st.text(max_size=3), st.booleans())
def test_no_damage_to_a_reply_raises_anything_but_unreadable(at: int, to: int, text: str, cut: bool) -> None:
    with contextlib.suppress(Unreadable):
        read(WHOLE[:at] + text + WHOLE[to:], cut=cut)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=4))
def test_every_json_reply_gives_the_very_words_that_stand_in_it(texts: list[tuple[str, str]]) -> None:
    good = [(question.strip(), answer.strip()) for question, answer in texts if question.strip() and answer.strip()]
    text = json.dumps({"skip_reason": None, "pairs": [{"question": q, "answer": a} for q, a in texts]})
    if not good:
        return

    assert [(draft.question, draft.answer) for draft in read(text).drafts] == good
