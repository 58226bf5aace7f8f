"""Which chunks a question finds, and what counts as a word."""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qagen.search import Index, Unavailable, spaced, terms
from qagen.search.quick import QuickIndex


def index(*texts: str) -> Index:
    made = Index()
    for number, text in enumerate(texts):
        made.add(f"c{number}", text)
    return made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Pump's valve A-17, 3.5 bar!", ["the", "pump", "s", "valve", "a", "17", "3", "5", "bar"]),
        ("max_pressure ____ STRASSE Straße", ["max", "pressure", "strasse", "strasse"]),
        ("पंप की क्षमता", ["पंप", "की", "क्षमता"]),
        ("最大压力 of 泵", ["最大", "大压", "压力", "of", "泵"]),
        ("ポンプ", ["ポン", "ンプ"]),
        ("Ｆｕｌｌ width ﬁne", ["full", "width", "fine"]),
        ("!?", []),
    ],
)
def test_words_of_every_script_are_found_and_marks_cut_none(text: str, found: list[str]) -> None:
    assert terms(text) == found


def test_the_chunk_that_holds_the_rare_words_is_the_first() -> None:
    with index("The pump runs.", "The valve of the pump opens at 12 bar.", "The manual is long.") as made:
        hits = made.search("At which pressure does the valve open, 12 bar?", 2)
        assert [hit.chunk_id for hit in hits] == ["c1", "c0"]
        assert hits[0].score > hits[1].score > 0
        assert made.rank("At which pressure does the valve open, 12 bar?", "c1") == 1
        assert made.rank("valve", "c0") is None
        assert made.rank("valve", "unknown") is None
        assert made.rank("nothing of that", "c0") is None
        assert made.search("nothing like it", 5) == []
        assert made.search("!", 5) == []


def test_chunks_that_match_equally_well_share_the_place_in_their_middle() -> None:
    with index("pump valve", "pump valve", "pump only", "something else", "pump valve") as made:
        assert [made.rank("pump valve", f"c{number}") for number in range(5)] == [2, 2, 4, None, 2]
        assert [hit.chunk_id for hit in made.search("pump valve", 4)] == ["c0", "c1", "c4", "c2"]


def test_an_index_that_was_saved_is_the_same_when_it_is_opened(tmp_path: Path) -> None:
    texts = ["The pump runs.", "The valve of the pump opens at 12 bar.", "The manual is long."]
    with Index(tmp_path / "words.sqlite") as made:
        for number, text in enumerate(texts):
            made.add(str(number), text)
        made.save()
        expected = made.search("the valve of the pump", 5)
    with Index.open(tmp_path / "words.sqlite") as opened:
        assert len(opened) == 3
        assert opened.frequency("pump") == 2
        assert opened.search("the valve of the pump", 5) == expected
        assert opened.rank("valve", "1") == 1


def test_words_with_spaces_between_them_are_the_same_words() -> None:
    ascii_text = "".join(map(chr, range(128))) + " Max_pressure A-17"
    for text in (ascii_text, "Straße 最大压力 पंप की ﬁne", ""):
        assert spaced(text).split() == terms(text)
    assert terms(ascii_text) == re.findall(r"[^\W_]+", ascii_text.lower())


def test_both_engines_find_the_same_chunks_in_the_same_order(tmp_path: Path) -> None:
    pytest.importorskip("tantivy")
    random = Random(5)
    words = ["".join(random.choices("abcdefgh", k=4)) for _ in range(400)]
    texts = [" ".join(random.choices(words, k=random.randint(30, 40))) for _ in range(300)]
    with Index() as one, QuickIndex(tmp_path) as other:
        for number, text in enumerate(texts):
            one.add(str(number), text)
            other.add(str(number), text)
        other.save()
        assert len(one) == len(other)
        for text in texts[:40]:
            query = " ".join(text.split()[:6])
            mine, theirs = one.search(query, 10), other.search(query, 10)
            assert mine[0].chunk_id == theirs[0].chunk_id
            assert mine[0].score == pytest.approx(theirs[0].score, rel=0.15)
            common = {hit.chunk_id for hit in mine} & {hit.chunk_id for hit in theirs}
            assert len(common) >= 6


def test_an_id_is_added_once() -> None:
    with index("pump") as made:
        made.add("c0", "valve")
        assert len(made) == 1
        assert made.rank("valve", "c0") is None


def test_what_is_added_later_is_found_too() -> None:
    with index("pump one", "pump two") as made:
        assert made.frequency("pump") == 2
        made.add("late", "pump three")
        assert made.frequency("pump") == 3
        assert made.rank("three", "late") == 1


@pytest.mark.parametrize(
    "query", ['"', "a OR b", "NEAR(a b)", "words: pump", "pump*", "-pump", "(", "^pump", "'; DROP"]
)
def test_a_question_is_never_taken_for_a_command(query: str) -> None:
    with index("the pump or near it", "a b") as made:
        made.search(query, 3)
        made.rank(query, "c0")


def test_the_scores_are_those_of_bm25() -> None:
    random = Random(3)
    texts = [" ".join(random.choices("abcdefghijklmnop", k=random.randint(3, 40))) for _ in range(60)]
    mean = sum(len(text.split()) for text in texts) / len(texts)

    def score(query: str, text: str) -> float:
        counts, total = Counter(text.split()), 0.0
        for term in query.split():
            having = sum(term in other.split() for other in texts)
            rarity = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
            length = 1.2 * (0.25 + 0.75 * len(text.split()) / mean)
            total += rarity * counts[term] * 2.2 / (counts[term] + length)
        return total

    with index(*texts) as made:
        for query in ("a b c", "p", "k l m n o", "a p"):
            hits = made.search(query, 100)
            expected = {f"c{number}": score(query, text) for number, text in enumerate(texts)}
            assert {hit.chunk_id: pytest.approx(hit.score, rel=1e-4) for hit in hits} == {
                one: value for one, value in expected.items() if value
            }
            for hit in hits:
                better = sum(other.score > hit.score for other in hits)
                equal = sum(other.score == hit.score for other in hits)
                assert made.rank(query, hit.chunk_id) == better + equal - equal // 2


def test_frequent_words_are_left_out_where_they_would_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qagen.search.index._MOST_POSTINGS", 10)
    with index(*["common word here"] * 30, "common rare scarce here") as made:
        assert made.rank("the common rare scarce word", "c30") == 1
        assert [hit.chunk_id for hit in made.search("the common rare scarce word", 5)] == ["c30"]
        assert len(made.search("common word", 50)) == 31


def test_memory_for_words_is_bounded_and_what_was_forgotten_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qagen.search.index._MOST_KEPT", 2)
    with index("pump one", "pump two", "valve two") as made:
        for _ in range(2):
            assert made.rank("pump", "c1") == 1
            assert made.rank("valve two", "c2") == 1
            assert made.rank("two", "c1") == 1


def test_an_sqlite_that_cannot_search_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    class Without:
        def __init__(self, *given: Any) -> None:
            self._base = connect(*given)

        def execute(self, statement: str, *given: Any) -> Any:
            if "fts5" in statement:
                raise sqlite3.OperationalError("no such module: fts5")
            return self._base.execute(statement, *given)

        def close(self) -> None:
            self._base.close()

    monkeypatch.setattr("qagen.search.index.sqlite3.connect", Without)
    with pytest.raises(Unavailable, match="has no FTS5"):
        Index()
