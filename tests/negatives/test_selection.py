"""What becomes a negative, in which order, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qagen.negatives.selection import explain, select
from qagen.negatives.types import Candidate, Choices, Guarded, Label, Labelled
from tests.negatives.given import asked, candidate, guarded

ONE = asked(
    "At what pressure does the relief valve of the KP-40 open?", evidence=["It opens at 12 bar."], own="own text"
)
CHOICES = Choices(negatives=3)


def labelled(**labels: Label) -> dict[str, Labelled]:
    return {f"key of {text}": Labelled(label, f"reason of {text}") for text, label in labels.items()}


def drawn(text: str, method: str = "random") -> Candidate:
    return candidate(text, rank=None, method=method)


def test_related_ones_come_first_then_unrelated_ones_then_what_nobody_judged() -> None:
    said = labelled(a="unrelated", b="related")
    mined = select(ONE, guarded("a", "b", "c", "d"), said, CHOICES)
    assert [(one.document, one.method, one.verified, one.rank) for one in mined.negatives] == [
        ("b", "llm_verified", True, 2),
        ("a", "llm_verified", True, 1),
        ("c", "bm25_filtered", False, 3),
    ]
    assert [one.explanation for one in mined.negatives[:2]] == ["reason of b", "reason of a"]
    assert mined.flags == []


def test_what_answers_is_a_positive_and_what_answers_in_part_is_nothing() -> None:
    said = labelled(a="answers", b="partly", c="related")
    mined = select(ONE, guarded("a", "b", "c"), said, CHOICES, [drawn("b"), drawn("a"), drawn("x")])
    assert [one.document for one in mined.negatives] == ["c", "x"]
    assert [(one.document, one.explanation) for one in mined.extra_positives] == [("a", "reason of a")]
    assert mined.dropped == {"answers": 1, "partly": 1}
    assert mined.flags == ["negatives_short"]


def test_the_order_of_the_fallback_ends_with_fewer_and_never_pads() -> None:
    spare = [drawn("s", "same_document"), drawn("r"), drawn("r")]
    mined = select(ONE, guarded("a"), None, Choices(negatives=5), spare)
    assert [one.method for one in mined.negatives] == ["bm25_filtered", "same_document", "random"]
    assert mined.flags == ["negatives_short"]
    assert not any(one.verified for one in mined.negatives)


def test_a_reply_that_says_nothing_of_the_question_is_flagged() -> None:
    mined = select(ONE, guarded("a", "b", "c"), {}, CHOICES)
    assert mined.flags == ["unlabelled"]
    assert {one.method for one in mined.negatives} == {"bm25_filtered"}
    assert select(ONE, Guarded(()), {}, CHOICES).flags == ["negatives_short"]


def test_nothing_is_mined_for_a_vague_question() -> None:
    mined = select(ONE, Guarded((), {}, is_vague=True), None, CHOICES, [drawn("r")])
    assert (mined.negatives, mined.flags) == ([], ["vague"])


def test_a_label_holds_for_the_same_text_in_another_document() -> None:
    twice = Guarded((candidate("a", "k", document="one"), candidate("a", "k#2", document="one"), candidate("b")))
    mined = select(ONE, twice, {"k": Labelled("partly", "")}, CHOICES)
    assert [one.document for one in mined.negatives] == ["b"]


def test_a_model_without_a_reason_leaves_the_facts() -> None:
    mined = select(ONE, guarded("a"), {"key of a": Labelled("related", "")}, CHOICES)
    assert mined.negatives[0].explanation == "BM25 rank 1; holds neither the evidence nor the answer's values."


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (candidate("a", rank=7, shares=("valve", "pressure")), "BM25 rank 7; shares: valve, pressure; LACKS."),
        (candidate("a", rank=7, is_merged=True), "Words and embeddings rank 7; LACKS."),
        (candidate("a", method="dense"), "Found by embeddings alone, rank 3 of words and embeddings; LACKS."),
        (drawn("a"), "A passage of another document, not found by the search; LACKS."),
        (
            candidate("a", rank=None, method="same_document", section="B"),
            "Another section of the same document, not found by the search; LACKS.",
        ),
        (drawn("a", "same_document"), "Another passage of the same document, not found by the search; LACKS."),
    ],
)
def test_an_explanation_says_what_was_computed(one: Candidate, text: str) -> None:
    assert explain(ONE, one) == text.replace("LACKS", "holds neither the evidence nor the answer's values")


def test_an_explanation_says_nothing_that_was_not_looked_for() -> None:
    assert explain(asked("Is it dry?", "It is dry."), drawn("a")) == (
        "A passage of another document, not found by the search."
    )
    assert explain(asked("Is it dry?", "It is dry.", ["Dry it is."]), candidate("a")) == (
        "BM25 rank 3; does not hold the evidence."
    )
    assert explain(asked("How hot?", "90 degrees"), candidate("a")) == (
        "BM25 rank 3; does not hold the values of the answer."
    )
    assert explain(asked("How hot?", "90 degrees", ["It is 90."]), candidate("90")) == (
        "BM25 rank 3; does not hold the evidence."
    )


_TEXTS = st.sampled_from([*"abcdefg", "own text"])
_LABELS = st.dictionaries(
    _TEXTS,
    st.builds(Labelled, st.sampled_from(["answers", "partly", "related", "unrelated"]), st.sampled_from(["", "r"])),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_TEXTS, max_size=8), st.none() | _LABELS, st.lists(_TEXTS, max_size=5), st.integers(1, 10))
def test_whatever_is_found_and_said_the_rules_hold(
    texts: list[str], said: dict[str, Labelled] | None, spare: list[str], most: int
) -> None:
    own = asked("How hot?", own="own text")
    # The chunk itself, and one text under several places of a document.
    keys = {text: "own" if text == "own text" else f"key {text}" for text in [*texts, *spare, *(said or {})]}
    found = tuple(
        candidate(text, f"{keys[text]}#{at}" if at else keys[text], rank=at + 1) for at, text in enumerate(texts)
    )
    labels = None if said is None else {keys[text]: one for text, one in said.items()}
    others = [candidate(text, keys[text], rank=None, method="random") for text in spare]
    mined = select(own, Guarded(found), labels, Choices(negatives=most), others)
    chosen = [one.document for one in mined.negatives]
    assert len(chosen) == len(set(chosen)) <= most
    assert "own text" not in chosen
    assert set(chosen).isdisjoint(one.document for one in mined.extra_positives)
    assert ("negatives_short" in mined.flags) == (len(chosen) < most)
    for one in mined.negatives:
        label = (said or {}).get(one.document)
        assert label is None or label.label in {"related", "unrelated"}
        assert one.verified == (one.method == "llm_verified")
        assert not one.verified or label is not None
        assert one.verified or label is None
        assert one.explanation
    verified = [one.verified for one in mined.negatives]
    assert verified == sorted(verified, reverse=True)
    assert select(own, Guarded(found), labels, Choices(negatives=most), others) == mined
