"""Negatives and extra positives whose passages were deleted or edited since they were mined."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.dataset.given import combine, kept
from tests.dataset.test_joining import negatives
from tests.dataset.test_today import BOTH, CHUNKS, KETTLE, chunk, combined, generate, run

PUMP, VALVE = ["It pumps. ", "It stops. "], ["It opens. ", "It closes. "]


def passage(text: str, source: str, **fields: Any) -> dict[str, Any]:
    """A chunk of a document as mining names it."""
    key = hashlib.sha256(text.encode()).hexdigest()
    return {"document": text, "chunk_id": "c", "chunk_key": key, "source_file": source, "explanation": "e", **fields}


def negative(text: str, source: str) -> dict[str, Any]:
    return passage(text, source, method="bm25_filtered")


def mined(qa: Path, *found: dict[str, Any], positives: tuple[dict[str, Any], ...] = ()) -> None:
    """The negatives of the first pair of a document."""
    combine(qa, output=Path("look.json"))
    one = kept(Path("look.json"))[0]
    entry = {key: one[key] for key in ("pair_id", "chunk_key", "question")}
    negatives(qa.stem.removesuffix("_qa"), {**entry, "negatives": list(found), "extra_positives": list(positives)})


def corpus() -> tuple[Path, Path]:
    """A kettle, whose first pair has passages of all three documents; a pump; and a valve without pairs."""
    kettle, pump = generate("kettle", KETTLE), generate("pump", PUMP)
    chunk("valve", VALVE)
    mined(
        kettle,
        negative(KETTLE[2], "docs/kettle.md"),
        negative(PUMP[0], "docs/pump.md"),
        negative(VALVE[0], "docs/valve.md"),
        positives=(passage(PUMP[1], "docs/pump.md"), passage(VALVE[1], "docs/valve.md")),
    )
    return kettle, pump


def joined() -> list[str]:
    """What the first pair has."""
    one = kept()[0]
    return [found["document"] for found in [*one["negatives"], *one["extra_positives"]]]


@BOTH
def test_all_are_joined_while_their_passages_are_there(checks: bool) -> None:
    result = combined(*corpus(), checks=checks)
    assert joined() == [KETTLE[2], PUMP[0], VALVE[0], PUMP[1], VALVE[1]]
    assert not result.joined.gone


@BOTH
def test_passages_of_a_document_that_was_deleted_are_left_out_and_counted_by_document(checks: bool) -> None:
    paths = corpus()
    (CHUNKS / "valve_chunks.json").unlink()
    result = combined(*paths, checks=checks)
    assert joined() == [KETTLE[2], PUMP[0], PUMP[1]]
    assert result.joined.gone == {"docs/valve.md": 2}
    assert (result.joined.negatives, result.joined.extra_positives, result.joined.gone_positives) == (2, 1, 1)


def test_passages_that_were_edited_are_left_out_of_other_documents() -> None:
    paths = corpus()
    chunk("pump", ["It pumps oil. ", PUMP[1]])
    result = combined(*paths)
    assert joined() == [KETTLE[2], VALVE[0], PUMP[1], VALVE[1]]
    assert result.joined.gone == {"docs/pump.md": 1}


def test_a_passage_that_another_document_has_is_not_gone_whoever_had_it_before() -> None:
    paths = corpus()
    (CHUNKS / "valve_chunks.json").rename(CHUNKS / "tap_chunks.json")
    chunk("pump", PUMP[1:])
    chunk("handbook", ["Of pumps. ", PUMP[0]])
    assert not combined(*paths).joined.gone


def test_of_equal_texts_of_a_document_one_is_enough() -> None:
    kettle = generate("kettle", [*KETTLE, "See above. ", "See above. "])
    twice = negative("See above. ", "docs/kettle.md")
    mined(kettle, {**twice, "chunk_key": twice["chunk_key"] + "#2"})
    chunk("kettle", [*KETTLE, "See above. "])
    assert not combined(kettle).joined.gone


def test_all_stay_in_where_outdated_text_is_chosen() -> None:
    paths = corpus()
    (CHUNKS / "valve_chunks.json").unlink()
    result = combined(*paths, include_outdated=True)
    assert len(joined()) == 5
    assert not result.joined.gone


def test_what_was_mined_in_another_folder_is_only_elsewhere() -> None:
    paths = corpus()
    for name in ("kettle", "valve"):
        (CHUNKS / f"{name}_chunks.json").unlink()
    assert not combined(*paths).joined.gone


def test_nobody_knows_of_a_document_that_is_combined_without_its_chunk_file() -> None:
    kettle, pump = corpus()
    (CHUNKS / "pump_chunks.json").unlink()
    assert not combined(kettle, pump).joined.gone
    assert combined(kettle).joined.gone == {"docs/pump.md": 2}


def test_where_a_chunk_file_cannot_be_read_its_passages_are_not_gone() -> None:
    paths = corpus()
    (CHUNKS / "valve_chunks.json").write_text("{")
    assert not combined(*paths).joined.gone


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_without_chunk_files_nothing_is_gone(folder: Path | None) -> None:
    paths = corpus()
    assert not combine(*paths, chunks_dir=folder).joined.gone


def test_the_command_says_how_many_of_what_and_how_to_have_others() -> None:
    corpus()
    (CHUNKS / "valve_chunks.json").unlink()
    said = " ".join(run("combine").stderr.split())
    assert (
        "note: 1 negative and 1 extra positive left out: text that is in no chunk file any more, of docs/valve.md (2). "
        "`qagen mine-negatives --no-resume` chooses all anew, --include-outdated takes them as they are."
    ) in said
    assert "chunk file any more" not in run("combine", "--include-outdated").stderr


def test_it_is_said_where_a_pair_has_no_negatives_left() -> None:
    kettle = generate("kettle", KETTLE)
    mined(kettle, negative("Gone. ", "docs/gone.md"))
    said = " ".join(run("combine").stderr.split())
    assert "note: 1 negative left out" in said
    assert "1 pair got no negatives for that." in said
    assert kept()[0]["negatives"] == []
