"""Pairs about text that is there no more, and figures that agree with those of `qagen status`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen import overview, state
from qagen.cli import app
from qagen.dataset import Combined
from qagen.formats import GenerationInfo, encode, seal_blocks
from tests.builders import chunk_file_of, completed, qa_value, write_json
from tests.dataset.given import OUTPUT, combine, kept, metadata, questions, rejected

CHUNKS, QA = Path("chunks"), Path("qa")
KETTLE = ["It boils at 140 C. ", "It has a lid. ", "It weighs 2 kg. "]
EDITED = ["It boils at 150 C. ", *KETTLE[1:]]
BOTH = pytest.mark.parametrize("checks", [True, False], ids=["with all checks", "without checks"])


def chunk(name: str, cores: list[str]) -> Any:
    """`qagen chunk`."""
    CHUNKS.mkdir(exist_ok=True)
    chunk_file = chunk_file_of(cores, file_name=f"{name}.md", source_file=f"docs/{name}.md")
    (CHUNKS / f"{name}_chunks.json").write_bytes(encode(chunk_file.model_dump(mode="json")))
    return chunk_file


def generate(name: str, cores: list[str], settled: int | None = None) -> Path:
    """`qagen chunk`, and `qagen generate-qa` of all chunks or the first ones: a pair each."""
    QA.mkdir(exist_ok=True)
    path = QA / f"{name}_qa.json"
    chunk_file = chunk(name, cores)
    document = state.start(chunk_file, f"{name}_chunks.json", GenerationInfo(model="m"), path, None)
    for at, one in list(enumerate(chunk_file.chunks))[:settled]:
        document.remember(at, completed(one, document.keys[at], f"{name} {at}: {cores[at].strip()}?"))
    path.write_bytes(b"".join(seal_blocks(document.encode())))
    return path


def combined(*paths: Path, **choices: Any) -> Combined:
    return combine(*paths, chunks_dir=CHUNKS, **choices)


def run(*typed: str) -> Any:
    return CliRunner().invoke(app, [*typed])


@BOTH
def test_pairs_about_text_that_was_edited_are_left_out_counted_and_written_to_the_rejects(checks: bool) -> None:
    kettle, pump = generate("kettle", KETTLE), generate("pump", ["It pumps. "])
    chunk("kettle", EDITED)

    result = combined(kettle, pump, checks=checks)

    assert questions() == ["kettle 1: It has a lid.?", "kettle 2: It weighs 2 kg.?", "pump 0: It pumps.?"]
    step = next(step for step in result.funnel.steps if step.step == "changed text")
    assert (step.left_out, step.pairs) == ({"OUTDATED": 1}, 3)
    assert [(one["question"], one["reason"]) for one in rejected()] == [("kettle 0: It boils at 140 C.?", "OUTDATED")]
    why = "1 of 3 chunks are not asked yet; 1 of 3 pairs are about text that is not there any more"
    assert metadata()["changed"] == [{"file": "kettle_qa.json", "why": why}]


@BOTH
@pytest.mark.parametrize("now", [KETTLE, EDITED, KETTLE[:2], ["It boils at 140 C. It has", " a lid. It weighs 2 kg. "]])
def test_as_many_chunks_are_answered_as_status_says(now: list[str], checks: bool) -> None:
    paths = [generate("kettle", KETTLE), generate("pump", ["It pumps. ", "It stops. "], settled=1)]
    chunk("kettle", now)
    total = overview.total(overview.rows(CHUNKS, QA))

    result = combined(*paths, checks=checks, include_outdated=True, include_unfinished=True)

    assert (result.funnel.answered, result.funnel.chunks) == (total.completed, total.chunks)
    summary = result.documents[0].summary
    assert summary["completed_chunks"] == overview.rows(CHUNKS, QA)[0].completed


def test_an_unfinished_document_is_left_out_with_the_figures_of_today() -> None:
    paths = [generate("kettle", KETTLE, settled=2), generate("pump", ["It pumps. "])]
    chunk("kettle", [*EDITED, "It is red. "])
    assert [one.why for one in combined(*paths).left_out] == ["in_progress: 1 of 4 chunks"]


@BOTH
def test_outdated_pairs_stay_in_where_that_is_chosen_and_are_named_all_the_same(checks: bool) -> None:
    kettle = generate("kettle", KETTLE)
    chunk("kettle", EDITED)
    result = combined(kettle, checks=checks, include_outdated=True)
    assert len(kept()) == 3
    assert ["and stay in" in one.why for one in result.changed] == [True]


def test_a_document_that_has_more_text_since_is_named_and_keeps_its_pairs() -> None:
    kettle = generate("kettle", KETTLE)
    chunk("kettle", [*KETTLE, "It is red. "])
    result = combined(kettle)
    assert len(kept()) == 3
    assert [one.why for one in result.changed] == ["1 of 4 chunks are not asked yet"]


@BOTH
def test_without_the_chunk_file_nobody_knows_and_nothing_changes(checks: bool) -> None:
    kettle = generate("kettle", KETTLE)
    generate("pump", ["It pumps. "])
    (CHUNKS / "kettle_chunks.json").unlink()
    result = combined(kettle, checks=checks)
    assert (len(kept()), result.changed) == (3, [])
    assert (result.funnel.answered, result.funnel.chunks) == (3, 3)


@BOTH
def test_a_chunk_file_that_cannot_be_read_says_nothing_of_its_document(checks: bool) -> None:
    kettle = generate("kettle", KETTLE)
    (CHUNKS / "kettle_chunks.json").write_text("{")
    result = combined(kettle, checks=checks)
    assert (len(kept()), result.changed) == (3, [])
    assert [one.file for one in result.chunk_problems] == ["kettle_chunks.json"]


def test_a_chunk_file_of_another_document_with_that_name_says_nothing() -> None:
    generate("pump", KETTLE)
    other = Path("qa/kettle_qa.json")
    Path("qa/pump_qa.json").rename(other)  # its chunk file is called pump_chunks.json
    chunk("kettle", ["Something else. "])
    result = combined(other)
    assert (len(kept()), result.changed) == (3, [])


def test_pairs_without_a_chunk_key_and_files_of_older_tools_are_never_outdated() -> None:
    chunk("old", EDITED)
    old = write_json(QA / "old_qa.json", qa_value("old", ["Q?"], chunks={}))
    result = combined(old)
    assert (questions(), result.changed) == (["Q?"], [])


def test_a_dataset_that_goes_in_is_taken_as_it_is() -> None:
    kettle = generate("kettle", KETTLE)
    combined(kettle, output=Path("old.json"))
    chunk("kettle", EDITED)
    result = combined(Path("old.json"))
    assert (len(kept()), result.changed) == (3, [])
    assert (result.funnel.answered, result.funnel.chunks) == (3, 3)


def test_the_command_names_the_document_and_says_what_to_do() -> None:
    generate("kettle", KETTLE)
    chunk("kettle", EDITED)
    result = run("combine")
    assert result.exit_code == 0, result.output
    shown = " ".join(result.output.split())
    assert "2 of 3 chunks answered" in shown
    assert "after changed text 2 -1 OUTDATED" in shown
    assert "changed since: kettle_qa.json: 1 of 3 chunks are not asked yet; 1 of 3 pairs are about text" in shown
    assert "`qagen generate-qa` asks what is new. --include-outdated takes the outdated pairs, too." in shown
    assert len(json.loads(OUTPUT.read_bytes())["training_pairs"]) == 2
    again = run("combine", "--include-outdated")
    assert len(kept()) == 3
    assert "changed since: kettle_qa.json" in again.stderr
    assert "takes the outdated pairs" not in again.stderr


@pytest.mark.parametrize("name", ["training_data.json", "data.jsonl"])
def test_a_dataset_of_less_than_half_of_the_pairs_says_so_last_and_why(name: str) -> None:
    generate("kettle", KETTLE)
    run("combine", "-o", name)
    chunk("kettle", ["It boils at 140 C. It has", " a lid. ", KETTLE[2]])
    shown = " ".join(run("combine", "-o", name).output.split())
    assert f"note: {name} had 3 pairs and has 1 now: 2 are about text that is not in the chunk files any more" in shown
    assert f"the dataset of before is {name}.bak." in shown
    assert "now: 2 are about" not in run("combine", "-o", name).output  # it is as large as the one before


def test_a_dataset_that_is_smaller_for_other_reasons_or_by_little_says_nothing_of_the_one_before() -> None:
    generate("kettle", KETTLE)
    generate("pump", ["It pumps. "])
    run("combine")
    chunk("kettle", EDITED)
    assert "had 4 pairs" not in run("combine").output
    run("combine", "--include-outdated")
    assert "had 4 pairs" not in run("combine", "qa/pump_qa.json").output


@pytest.mark.parametrize("text", ["{", '{"metadata": {"generated_by": "qa_combiner", "total_qa_pairs": "?"}', "[]"])
def test_what_is_replaced_need_not_be_a_dataset(text: str) -> None:
    generate("kettle", KETTLE)
    OUTPUT.write_text(text)
    assert run("combine").exit_code == 0


def test_check_says_how_many_pairs_combine_will_leave_out() -> None:
    generate("kettle", KETTLE)
    assert "OUTDATED" not in run("check").output
    chunk("kettle", EDITED)
    shown = " ".join(run("check").output.split())
    assert "1 pair of QA files is about text that is not in the chunk files any more: `qagen combine` leaves" in shown
    assert json.loads(run("check", "--json").stdout)["outdated"] == 1
