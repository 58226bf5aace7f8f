"""Documents that were moved keep their chunk files, and with them their answers; copies are named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qagen import corpus, intake
from qagen.cli import app
from qagen.intake import names
from qagen.settings import Settings

TEXTS = {
    name: f"# The {name}\n\n" + f"The valve of the {name} opens at 12 bar. " * 20 for name in ("pump", "fan", "lamp")
}


@pytest.fixture(autouse=True)
def folder() -> Path:
    folder = Path("documents")
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(text)
    chunk("documents")
    return folder


def chunk(*places: str, **fields: Any) -> intake.Prepared:
    return intake.prepare([Path(place) for place in places], Settings.load(**{"chunk_size": 200} | fields))


def fates(prepared: intake.Prepared) -> dict[str, tuple[str, str | None]]:
    return {one.label: (one.fate, one.moved_from) for one in prepared.done}


def chunk_files() -> list[str]:
    return sorted(path.name for path in Path("chunks").glob("*_chunks.json"))


def origin(name: str) -> tuple[str, str]:
    info = corpus.read_chunks(Path(f"chunks/{name}_chunks.json")).metadata
    return info.source_file, info.file_name


def test_a_folder_that_was_renamed_keeps_its_chunk_files_and_only_their_labels_change(folder: Path) -> None:
    before = corpus.read_chunks(Path("chunks/pump_chunks.json"))
    folder.rename("handbooks")
    prepared = chunk("handbooks")

    assert fates(prepared) == {f"handbooks/{name}.md": ("moved", f"documents/{name}.md") for name in sorted(TEXTS)}
    assert chunk_files() == ["fan_chunks.json", "lamp_chunks.json", "pump_chunks.json"]
    after = corpus.read_chunks(Path("chunks/pump_chunks.json"))
    assert (after.chunks, after.processing_info) == (before.chunks, before.processing_info)
    assert after.metadata == before.metadata.model_copy(update={"source_file": "handbooks/pump.md"})
    assert prepared.vanished == prepared.copies == []
    assert set(fates(chunk("handbooks")).values()) == {("unchanged", None)}


def test_a_document_that_was_renamed_keeps_its_chunk_file_under_the_old_name(folder: Path) -> None:
    (folder / "notes.txt").write_text("No heading, no title. " * 20)
    chunk("documents")
    (folder / "pump.md").rename(folder / "press.md")
    (folder / "notes.txt").rename(folder / "memo.txt")
    found = fates(chunk("documents"))

    assert found["documents/press.md"] == ("moved", "documents/pump.md")
    assert origin("pump") == ("documents/press.md", "press.md")
    assert corpus.read_chunks(Path("chunks/notes_chunks.json")).metadata.title == "memo"
    assert corpus.read_chunks(Path("chunks/pump_chunks.json")).metadata.title == "The pump"
    assert {fate for fate, _ in fates(chunk("documents")).values()} == {"unchanged"}
    assert chunk_files() == ["fan_chunks.json", "lamp_chunks.json", "notes_chunks.json", "pump_chunks.json"]


def test_another_working_directory_is_no_new_document(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    prepared = chunk(".", chunks_dir=Path("../chunks"))
    monkeypatch.chdir("..")

    assert fates(prepared)["pump.md"] == ("moved", "documents/pump.md")
    assert chunk_files() == ["fan_chunks.json", "lamp_chunks.json", "pump_chunks.json"]


def test_the_same_file_by_another_path_is_no_new_document(folder: Path) -> None:
    Path("link").symlink_to(folder)

    assert fates(chunk("link"))["link/pump.md"] == ("moved", "documents/pump.md")
    assert len(chunk_files()) == 3


def test_a_copy_is_chunked_for_itself_and_named(folder: Path) -> None:
    shutil.copy(folder / "pump.md", folder / "second.md")
    prepared = chunk("documents")

    assert fates(prepared)["documents/second.md"] == ("new", None)
    assert origin("pump") == ("documents/pump.md", "pump.md")
    (one,) = prepared.copies
    assert one.file == "documents/second.md"
    assert one.why.startswith("the same content stands in pump_chunks.json (documents/pump.md) too")
    assert "paid for twice. Remove one" in one.why


def test_a_copy_of_a_document_that_is_not_of_this_run_is_named_as_well(folder: Path) -> None:
    shutil.copy(folder / "pump.md", "second.md")
    prepared = chunk("second.md")

    assert fates(prepared) == {"second.md": ("new", None)}
    assert [one.file for one in prepared.copies] == ["second.md"]
    assert "pump_chunks.json (documents/pump.md)" in prepared.copies[0].why


def test_of_two_new_documents_with_the_bytes_of_one_that_is_gone_one_was_moved_and_the_other_is_a_copy(
    folder: Path,
) -> None:
    Path("other").mkdir()
    shutil.copy(folder / "pump.md", "other/a.md")
    (folder / "pump.md").rename("other/pump.md")
    prepared = chunk("other")

    assert fates(prepared) == {"other/a.md": ("new", None), "other/pump.md": ("moved", "documents/pump.md")}
    assert [one.file for one in prepared.copies] == ["other/pump.md"]


def test_twins_that_are_moved_together_keep_what_each_had() -> None:
    for place in ("docs/a", "docs/b"):
        Path(place).mkdir(parents=True)
        Path(place, "readme.md").write_text("The same text in both. " * 20)
    chunk("docs")
    before = {path: names.owner(path) for path in Path("chunks").glob("readme-*_chunks.json")}
    Path("docs").rename("moved")
    prepared = chunk("moved")

    assert {one.fate for one in prepared.done} == {"moved"}
    after = {path: names.owner(path) for path in Path("chunks").glob("readme-*_chunks.json")}
    assert after == {path: label.replace("docs", "moved") for path, label in before.items() if label}


def test_a_document_that_stands_alone_under_its_stem_keeps_the_name_that_told_it_from_another() -> None:
    for place in ("a", "b"):
        Path(place).mkdir()
        Path(place, "readme.md").write_text(f"The text of {place}. " * 20)
    chunk("a", "b")
    files = chunk_files()
    Path("b/readme.md").unlink()

    assert fates(chunk("a")) == {"a/readme.md": ("unchanged", None)}
    assert chunk_files() == files


def test_a_new_document_at_the_old_place_takes_nothing_from_the_one_that_was_moved(folder: Path) -> None:
    (folder / "pump.md").rename(folder / "press.md")
    chunk("documents")
    (folder / "pump.md").write_text("Another text altogether. " * 20)
    found = fates(chunk("documents"))

    assert found["documents/press.md"] == ("unchanged", None)
    assert found["documents/pump.md"] == ("new", None)
    assert origin("pump") == ("documents/press.md", "press.md")
    assert len(chunk_files()) == 4
    assert {fate for fate, _ in fates(chunk("documents")).values()} == {"unchanged"}


def test_a_document_that_was_moved_and_is_cut_otherwise_keeps_its_chunk_file(folder: Path) -> None:
    folder.rename("handbooks")

    assert fates(chunk("handbooks", chunk_size=300))["handbooks/pump.md"] == ("cut again", "documents/pump.md")
    assert len(chunk_files()) == 3


def test_who_is_known_costs_no_look_at_other_chunk_files(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()
    real = names.origin

    def noted(path: Path) -> object:
        asked.add(path.name)
        return real(path)

    monkeypatch.setattr(names, "origin", noted)
    chunk("documents/pump.md")

    assert asked == {"pump_chunks.json"}


def test_what_a_chunk_file_says_of_its_document_is_found_however_it_is_laid_out() -> None:
    path = Path("chunks/pump_chunks.json")
    known = names.origin(path)
    path.write_text(json.dumps(json.loads(path.read_text())))

    assert known == names.origin(path)
    assert known is not None
    assert known.source_file == "documents/pump.md"


def test_nothing_is_asked_again_of_what_was_moved_and_the_pairs_name_the_new_place(folder: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["generate-qa", "--provider", "rules"]).exit_code == 0
    folder.rename("handbooks")
    shown = runner.invoke(app, ["chunk", "handbooks", "--chunk-size", "200"], env={"COLUMNS": "200"})
    again = runner.invoke(app, ["generate-qa", "--provider", "rules"])

    assert "moved from documents/pump.md" in shown.output
    assert "nothing to ask" in again.output
    pairs = json.loads(Path("qa/pump_qa.json").read_bytes())["training_pairs"]
    assert {pair["source_file"] for pair in pairs} == {"handbooks/pump.md"}


def test_a_document_that_is_reached_by_two_paths_is_one_document(folder: Path) -> None:
    (folder / "new.md").write_text("# New\n\n" + "It is new. " * 30)
    prepared = chunk("documents", str(folder.resolve()), "documents/../documents/new.md")

    assert list(fates(prepared)) == [f"documents/{name}.md" for name in sorted([*TEXTS, "new"])]
    assert prepared.copies == []
    assert chunk_files() == ["fan_chunks.json", "lamp_chunks.json", "new_chunks.json", "pump_chunks.json"]


def test_of_many_documents_with_the_same_bytes_that_were_moved_each_place_is_looked_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (folder / f"page{number}.txt").write_text("This page does not exist.")
    chunk("documents")
    folder.rename("moved")
    asked: list[Path] = []
    resolve = Path.resolve

    def count(path: Path, strict: bool = False) -> Path:
        asked.append(path)
        return resolve(path, strict)

    monkeypatch.setattr(Path, "resolve", count)
    found = fates(chunk("moved"))

    assert all(found[f"moved/page{n}.txt"] == ("moved", f"documents/page{n}.txt") for n in range(20))
    assert len(asked) < 10 * 20
