"""Whether questions find the chunk that they were made of."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from qagen.dataset import Combined
from qagen.search import Unavailable
from qagen.state import chunk_keys
from tests.builders import chunk_file_of
from tests.dataset.given import combine, kept, metadata, pair, qa, questions, rejected

PARTS = ["valve", "pump", "boiler", "relay", "filter", "sensor", "burner", "fan"]


def cores(count: int) -> list[str]:
    """Passages of a manual, each about a part of its own."""
    random = Random(5)
    return [
        f"The {random.choice(PARTS)} of line number {number} and the study of its main findings: it is opened with "
        f"tool K{number}Q and takes {number + 3} bar. The main advantages of the method are explained in the study. \n"
        for number in range(count)
    ]


def laid_out(count: int, language: str = "en") -> list[str]:
    """A chunk file on the disk; gives the keys."""
    chunk_file = chunk_file_of(cores(count), title="The plant", language=language)
    Path("chunks").mkdir(exist_ok=True)
    (Path("chunks") / "a_chunks.json").write_text(chunk_file.model_dump_json())
    return chunk_keys(chunk_file.chunks)


def asked(key: str, question: str, answer: str = "It is opened with a tool, as the study explains.") -> dict[str, Any]:
    return pair(question, answer, chunk_key=key)


def checked(*pairs: dict[str, Any], **choices: Any) -> Combined:
    return combine(qa("a", *pairs), chunks_dir=Path("chunks"), **choices)


def test_a_question_that_does_not_find_its_chunk_is_marked() -> None:
    keys = laid_out(120)
    pairs = [
        asked(keys[70], "With which tool K70Q is it opened?"),
        asked(keys[100], "What are the main advantages of the method?"),
        asked(keys[101], "What are the main findings of the study about line number 7?", "Its main findings."),
    ]
    result = checked(*pairs)
    assert [one["checks"] for one in kept()] == [[], ["Q_VAGUE"], ["Q_VAGUE"]]
    assert result.checks["Q_VAGUE"] == 2
    assert metadata()["round_trip"] == {
        "chunks": 120,
        "first_10": 1,
        "within_limit": 0,
        "limit": 10,
        "beyond": 2,
        "other_language": 0,
        "without_chunk": 0,
    }


def test_what_is_vague_can_be_left_out() -> None:
    keys = laid_out(120)
    checked(
        asked(keys[70], "With which tool K70Q is it opened?"),
        asked(keys[101], "Which tool opens line number 7?"),
        drop=frozenset({"Q_VAGUE"}),
    )
    assert questions() == ["With which tool K70Q is it opened?"]
    assert [(row["reason"], row["checks"]) for row in rejected()] == [("Q_VAGUE", ["Q_VAGUE"])]


def test_a_pair_whose_chunk_is_gone_is_counted_and_not_judged() -> None:
    laid_out(60)
    result = checked(asked("gone", "Which tool opens line number 7?"), include_outdated=True)
    assert kept()[0]["checks"] == []
    assert result.round_trip is not None
    assert result.round_trip.without_chunk == 1


@pytest.mark.parametrize(
    "answer",
    ["Es wird mit einem besonderen Werkzeug geöffnet, das im Anhang der Anleitung beschrieben steht.", "Werkzeug"],
    ids=["long", "short"],
)
def test_a_question_of_another_language_than_its_passage_is_not_judged(answer: str) -> None:
    keys = laid_out(60)
    result = checked(asked(keys[5], "Womit wird das Ventil der Anlage im Normalbetrieb geöffnet?", answer))
    assert kept()[0]["checks"] == []
    assert result.round_trip is not None
    assert result.round_trip.other_language == 1


def test_a_finding_of_an_earlier_run_is_replaced_where_the_chunks_are_at_hand_and_kept_where_not() -> None:
    keys = laid_out(60)
    good = {**asked(keys[5], "With which tool K5Q is it opened?"), "checks": ["EV_INEXACT", "Q_VAGUE"]}
    checked(good)
    assert kept()[0]["checks"] == ["EV_INEXACT"]
    combine(qa("a", good))
    assert kept()[0]["checks"] == ["EV_INEXACT", "Q_VAGUE"]


def test_combining_again_with_the_chunks_changes_nothing() -> None:
    keys = laid_out(150)
    checked(*(asked(key, f"Which tool opens line number {place % 9}?", f"K{place}Q") for place, key in enumerate(keys)))
    first = kept()
    assert {code for one in first for code in one["checks"]} == {"CONFLICT", "Q_VAGUE"}
    combine(Path("training_data.json"), output=Path("again.json"), chunks_dir=Path("chunks"))
    assert kept(Path("again.json")) == first


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        (0, "there is no such folder"),
        (1, "it takes 50 different chunks, and there is 1"),
        (49, "it takes 50 different chunks, and there are 49"),
        (50, None),
    ],
)
def test_with_few_chunks_or_none_it_is_said_that_nothing_was_looked_for(chunks: int, why: str | None) -> None:
    if chunks:
        laid_out(chunks)
    result = checked(pair("What is it?", "A tool.", chunk_key=""))
    assert (why in result.not_checked["Q_VAGUE"]) if why else result.not_checked == {}
    assert (result.round_trip is None) == (why is not None)
    assert checked(pair("What is it?", "A tool.", chunk_key=""), checks=False).not_checked == {}


def test_without_fts5_it_is_said_that_nothing_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise Unavailable("this Python's SQLite has no FTS5")

    laid_out(60)
    monkeypatch.setattr("qagen.search.Index", refuse)
    assert checked(pair("What is it?", "A tool.", chunk_key="")).not_checked == {
        "Q_VAGUE": "this Python's SQLite has no FTS5"
    }
