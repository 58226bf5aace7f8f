"""All steps together, with what may be wrong about the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from qagen.formats import Pair
from qagen.negatives import Choices, Corpus, Dense, Labelled, Miner
from qagen.negatives.candidates import merge
from tests.negatives.given import pair, write_chunks

_OWN = (
    "gearbox oil crate lifting eyes noise bearings housing gasket motor flange paint cable plug fuse lamp "
    "switch tray hose clamp  nozzle filter sieve float gauge dial needle glass frame bolt washer spring "
    "plate rail wheel belt brush ladder rope hammer "
).split()
PUMPS = [
    f"The relief valve of the KP-{number} opens at {number + 100} bar. Then come {' and '.join(_OWN[at : at + 4])}."
    for number, at in zip(range(40, 50), range(0, 40, 4), strict=True)
]
"""Siblings: one sentence with other values, and words of their own."""


@contextmanager
def mining(choices: Choices = Choices(), **documents: list[str]) -> Iterator[tuple[Miner, dict[str, list[str]]]]:  # noqa: B008
    keys = {name: write_chunks(Path("chunks"), name, texts) for name, texts in documents.items()}
    with Corpus.open([Path("chunks")], Path("out"), "sqlite") as corpus:
        yield Miner(corpus, choices), keys


def about(number: int, key: str, **fields: Any) -> Pair:
    answer = f"{number + 100} bar"
    quote = f"The relief valve of the KP-{number} opens at {answer}"
    return pair(f"At which pressure does the relief valve of the KP-{number} open?", answer, [quote], chunk_key=key)


def test_siblings_of_the_same_topic_are_the_negatives_of_a_question() -> None:
    with mining(pumps=PUMPS) as (miner, keys):
        prepared = miner.prepare([about(42, keys["pumps"][2])], "pumps")
        mined = miner.select(prepared[0])
        assert len(mined.negatives) == 4
        assert {one.method for one in mined.negatives} == {"bm25_filtered"}
        assert all("relief valve" in one.document and "KP-42" not in one.document for one in mined.negatives)
        first = mined.negatives[0]
        assert first.rank == 2
        assert first.explanation.startswith("BM25 rank 2; shares: ")
        assert first.explanation.endswith("; holds neither the evidence nor the answer's values.")
        assert miner.select_all(prepared) == [mined]


def test_labels_of_a_reply_reach_the_pairs_they_are_about() -> None:
    with mining(pumps=PUMPS) as (miner, keys):
        pairs = [about(40, keys["pumps"][0]), about(40, "gone"), pair("Whose?", chunk_key=keys["pumps"][0])]
        prepared = miner.prepare(pairs, "pumps")
        assert [one.flags for one in prepared] == [(), ("chunk_gone",), ()]
        request = miner.request(prepared)
        assert request is not None
        assert list(request.questions) == [1]
        said = {1: {name: Labelled("related", f"about {name}") for name in request.questions[1].ids[:2]}}
        mined = miner.select_all(prepared, request, said)
        assert [one.verified for one in mined[0].negatives] == [True, True, False, False]
        assert mined[0].flags == []
        assert (mined[1].negatives, mined[1].flags) == ([], ["chunk_gone"])
        # Nothing was found for the third one, so that no model was asked.
        assert "unlabelled" not in mined[2].flags
        assert miner.select_all(prepared, request, {})[0].flags == ["unlabelled"]


def test_a_corpus_of_one_chunk_has_no_negatives() -> None:
    with mining(pumps=PUMPS[:1]) as (miner, keys):
        prepared = miner.prepare([about(40, keys["pumps"][0])])
        assert miner.request(prepared) is None
        mined = miner.select_all(prepared)[0]
        assert (mined.negatives, mined.flags) == ([], ["negatives_short"])


def test_without_another_document_other_sections_fill_up_and_then_it_is_short() -> None:
    texts = [
        PUMPS[0],
        "Noise from the gearbox tells an operator of worn bearings.",
        "Crates with turbines are lifted by two eyes only.",
    ]
    with mining(pumps=texts) as (miner, keys):
        mined = miner.select(miner.prepare([about(40, keys["pumps"][0])])[0])
        assert sorted(one.document for one in mined.negatives) == sorted(texts[1:])
        assert mined.flags == ["negatives_short"]
        for one in mined.negatives:
            if one.method == "same_document":
                assert (one.rank, one.score, one.verified) == (None, None, False)
                assert one.explanation.startswith("Another section of the same document, not found by the search")


def test_passages_of_other_documents_are_drawn_last_and_the_same_ones_each_time() -> None:
    filler = [
        f"Crate {number} stands {'behind' * (number % 3)} the hall and holds gaskets of every size."
        for number in range(30)
    ]
    with mining(pumps=[PUMPS[0]], crates=filler) as (miner, keys):
        question = pair("When does KP-40 let go?", "140 bar", chunk_key=keys["pumps"][0])
        mined = [miner.select(miner.prepare([question])[0]) for _ in range(2)]
        assert mined[0] == mined[1]
        assert [one.method for one in mined[0].negatives] == ["random"] * 4
        other = pair("When does KP-40 open up?", "140 bar", chunk_key=keys["pumps"][0])
        drawn = miner.select(miner.prepare([other])[0])
        assert {one.document for one in drawn.negatives} != {one.document for one in mined[0].negatives}


@pytest.mark.parametrize("question", ["Ab welchem Druck öffnet das Ventil?", "圧力はいくつですか", "?!"])
def test_a_question_in_another_language_than_the_corpus_is_vague(question: str) -> None:
    texts = [
        f"The valve number {number} opens by the force of a spring that is {number} mm long." for number in range(60)
    ]
    with mining(pumps=texts) as (miner, keys):
        prepared = miner.prepare([pair(question, "12", chunk_key=keys["pumps"][0])])
        assert miner.request(prepared) is None
        mined = miner.select(prepared[0])
        assert (mined.negatives, mined.flags) == ([], ["vague"])


def test_fewer_candidates_than_asked_give_fewer_negatives() -> None:
    with mining(Choices(negatives=10), pumps=PUMPS[:4]) as (miner, keys):
        mined = miner.select(miner.prepare([about(40, keys["pumps"][0])])[0])
        assert len(mined.negatives) == 3
        assert mined.flags == ["negatives_short"]


def test_embeddings_bring_what_words_do_not_and_cut_what_is_too_near() -> None:
    texts = [
        *PUMPS[:3],
        "Sudden surges lift a spring-loaded cap on top, so that water escapes.",
        "Some cap lifts under a heavy load of water, they say.",
    ]
    with mining(Choices(negatives=2), pumps=texts) as (miner, keys):
        question = about(40, keys["pumps"][0])
        dense = {question.pair_id: Dense([(0, 0.9), (4, 0.89), (3, 0.8), (1, 0.7)], own=0.9)}
        prepared = miner.prepare([question], dense=dense)[0]
        found = {one.passage.text: one for one in prepared.guarded.candidates}
        assert found[texts[3]].method == "dense"
        assert found[texts[1]].method == "bm25"
        assert found[texts[1]].similarity == 0.7
        assert texts[4] not in found
        assert prepared.guarded.dropped["too_near"] == 1
        # Found by both, it is before what only one of them found.
        assert prepared.guarded.candidates[0].passage.text == texts[1]
        mined = miner.select(prepared)
        assert mined.negatives[0].explanation.startswith("Words and embeddings rank 2; shares: ")
        assert {one.method for one in mined.negatives} <= {"bm25_filtered", "dense_filtered"}


def test_ranks_are_merged_by_their_reciprocals() -> None:
    merged = merge([5, 7, 9], [9, 5])
    assert [number for number, _ in merged] == [5, 9, 7]
    assert merged[0][1] == pytest.approx(1 / 61 + 1 / 62)


def test_the_same_text_in_two_documents_is_taken_once() -> None:
    with mining(pumps=PUMPS[:2], copies=PUMPS[1:3]) as (miner, keys):
        mined = miner.select(miner.prepare([about(40, keys["pumps"][0])], "pumps")[0])
        texts = [one.document for one in mined.negatives]
        assert len(texts) == len(set(texts)) == 2
