"""Documents in, chunk files out."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from qagen import corpus, intake
from qagen.errors import DataError, UsageError
from qagen.settings import Settings

TEXT = "# Pump\n\n" + "The relief valve opens at 12 bar. " * 20 + "\n\n## Storage\n\n" + "Loosen the lines. " * 20


prepare = sys.modules["qagen.intake.prepare"]


def settings(**fields: Any) -> Settings:
    return Settings.load(**{"chunk_size": 200, "chunk_overlap": 20, **fields})


def document(name: str, text: str = TEXT) -> Path:
    path = Path("documents") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def snapshot(folder: str) -> dict[str, tuple[bytes, int, int]]:
    """Bytes, inode and time of each file: what was written again differs."""
    paths = sorted(Path(folder).glob("[!.]*"))
    return {path.name: (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}


def test_a_document_becomes_a_chunk_file_and_its_text_beside_it() -> None:
    document("pump.md")
    prepared = intake.prepare([Path("documents")], settings())

    (done,) = prepared.done
    chunk_file = corpus.read_chunks(Path("chunks/pump_chunks.json"))
    text = Path("chunks/pump.txt").read_text()
    assert text == TEXT
    assert (done.label, done.characters, done.fate, done.notes) == ("documents/pump.md", len(TEXT), "new", ())
    assert done.chunks == len(chunk_file.chunks) == chunk_file.processing_info.total_chunks
    assert chunk_file.processing_info.chunk_size == 200
    assert chunk_file.processing_info.chunk_overlap == 20
    assert "".join(chunk.core for chunk in chunk_file.chunks) == TEXT
    for chunk in chunk_file.chunks:
        assert text[chunk.start_char : chunk.end_char] == chunk.text
    assert {chunk.section for chunk in chunk_file.chunks} == {"Pump", "Pump > Storage"}
    value = json.loads(Path("chunks/pump_chunks.json").read_bytes())
    assert (value["format"], value["status"]) == ("qagen/chunks@1", "completed")
    assert value["metadata"]["processed_at"].endswith("Z")


def test_an_unchanged_document_is_left_alone() -> None:
    document("pump.md")
    intake.prepare([Path("documents")], settings())
    before = snapshot("chunks")
    prepared = intake.prepare([Path("documents")], settings())

    assert [one.fate for one in prepared.done] == ["unchanged"]
    assert snapshot("chunks") == before


def test_a_changed_document_and_other_sizes_are_cut_again() -> None:
    path = document("pump.md")
    intake.prepare([Path("documents")], settings())
    path.write_text(TEXT + "One more sentence.")
    assert [one.fate for one in intake.prepare([Path("documents")], settings()).done] == ["changed"]
    assert Path("chunks/pump.txt").read_text().endswith("One more sentence.")
    prepared = intake.prepare([Path("documents")], settings(chunk_size=300))

    assert [one.fate for one in prepared.done] == ["cut again"]
    assert corpus.read_chunks(Path("chunks/pump_chunks.json")).processing_info.chunk_size == 300


def test_a_damaged_chunk_file_is_written_again() -> None:
    document("pump.md")
    intake.prepare([Path("documents")], settings())
    Path("chunks/pump_chunks.json").write_text("{")

    assert [one.fate for one in intake.prepare([Path("documents")], settings()).done] == ["new"]
    assert corpus.read_chunks(Path("chunks/pump_chunks.json")).chunks


def test_the_text_beside_a_chunk_file_is_written_again_where_it_is_gone() -> None:
    document("pump.md")
    intake.prepare([Path("documents")], settings())
    Path("chunks/pump.txt").unlink()
    intake.prepare([Path("documents")], settings())

    assert Path("chunks/pump.txt").read_text() == TEXT


def test_a_bad_document_is_noted_and_the_good_one_beside_it_is_cut() -> None:
    document("empty.md", " \n ")
    document("pump.md")
    prepared = intake.prepare([Path("documents")], settings())

    assert [one.label for one in prepared.done] == ["documents/pump.md"]
    assert [(one.file, one.why) for one in prepared.failed] == [("documents/empty.md", "it holds no text")]
    assert sorted(path.name for path in Path("chunks").glob("[!.]*")) == ["pump.txt", "pump_chunks.json"]


def test_files_that_no_reader_is_for_are_noted_as_skipped() -> None:
    document("pump.md")
    document("logo.xyz")
    document("LICENCE")
    prepared = intake.prepare([Path("documents")], settings())

    assert [(one.file, one.why) for one in prepared.skipped] == [
        ("documents/LICENCE", "there is no reader for files without an ending"),
        ("documents/logo.xyz", "there is no reader for .xyz"),
    ]


def test_a_folder_without_documents_is_an_error_that_names_the_known_endings() -> None:
    document("logo.xyz")

    with pytest.raises(DataError, match=r"documents: there is no document with a known ending \(\.txt, .*\.md"):
        intake.prepare([Path("documents")], settings())
    assert not Path("chunks").exists()


def test_patterns_that_leave_no_document_are_named() -> None:
    document("a.md")
    document("b.md")

    with pytest.raises(DataError, match=r"documents: of the 2 documents in it none is left by --include '\*\.zip'$"):
        intake.prepare([Path("documents")], settings(include=["*.zip"]))
    with pytest.raises(DataError, match=r"documents: .* none is left by --exclude '\*\.md' --exclude x$"):
        intake.prepare([Path("documents")], settings(exclude=["*.md", "x"]))


def test_a_named_file_without_a_known_ending_is_an_error_of_its_own() -> None:
    code, good = document("code.py"), document("pump.md")

    with pytest.raises(DataError, match=r"^documents/code\.py: it has none of the known endings \(\.txt, [^)]*\)$"):
        intake.prepare([code], settings())
    prepared = intake.prepare([code, good], settings())
    assert [one.label for one in prepared.done] == ["documents/pump.md"]
    assert [(one.file, one.why) for one in prepared.failed] == [("documents/code.py", "there is no reader for .py")]
    assert prepared.skipped == []
    problems = [(one.label, one.problem) for one in intake.preview([code, good], settings())]
    assert problems == [("documents/code.py", "there is no reader for .py"), ("documents/pump.md", None)]


def test_documents_that_all_fail_are_an_error_that_says_why() -> None:
    document("a.md", "")
    document("b.md", "")

    with pytest.raises(DataError, match=r"no document could be cut: documents/a\.md: it is empty; documents/b"):
        intake.prepare([Path("documents")], settings())


def test_a_chunk_folder_that_cannot_be_made_is_a_usage_error() -> None:
    document("pump.md")
    Path("chunks").write_text("a file")

    with pytest.raises(UsageError, match="chunks: no file can be written there"):
        intake.prepare([Path("documents")], settings())


def test_an_encoding_that_was_guessed_is_noted() -> None:
    document("pump.md").write_bytes("Größe: 5 €".encode("cp1252"))
    prepared = intake.prepare([Path("documents")], settings())

    assert prepared.done[0].notes == ("not UTF-8; read as Windows-1252",)
    assert Path("chunks/pump.txt").read_text(encoding="utf-8") == "Größe: 5 €"


def test_documents_of_the_same_stem_get_files_of_their_own() -> None:
    document("a/pump.md", "First text.")
    document("b/pump.md", "Second text.")
    intake.prepare([Path("documents")], settings())

    texts = sorted(path.read_text() for path in Path("chunks").glob("*.txt"))
    assert texts == ["First text.", "Second text."]
    assert len(list(Path("chunks").glob("*_chunks.json"))) == 2


def test_no_document_is_overwritten_when_chunks_go_into_the_folder_of_the_documents() -> None:
    data = "Größe:\r\n5 €".encode("cp1252")
    path = document("pump.txt")
    path.write_bytes(data)
    with contextlib.suppress(UsageError):
        intake.prepare([Path("documents")], settings(chunks_dir=Path("documents")))

    assert path.read_bytes() == data


def test_our_own_texts_are_no_documents_of_the_next_run() -> None:
    Path("pump.md").write_text(TEXT)
    first = intake.prepare([Path()], settings())
    second = intake.prepare([Path()], settings())

    assert [one.label for one in first.done] == ["pump.md"]
    assert [(one.label, one.fate) for one in second.done] == [("pump.md", "unchanged")]


def test_a_text_that_is_not_ours_is_not_overwritten() -> None:
    Path("pump.md").write_text("# Pump\n\nThe limit is 4 bar.")
    Path("pump.txt").write_text("my own notes")
    with pytest.raises(UsageError, match=r"pump\.txt would be overwritten"):
        intake.prepare([Path("pump.md")], Settings.load(chunks_dir=Path()))
    assert Path("pump.txt").read_text() == "my own notes"


def test_a_document_keeps_its_name_when_another_of_the_same_stem_comes_later() -> None:
    settings = Settings.load(chunks_dir=Path("c"))
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "doc.md").write_text(f"# {folder}\n\nThe limit of {folder} is 4 bar.")
    intake.prepare([Path("a")], settings)
    first = Path("c/doc_chunks.json").read_bytes()
    intake.prepare([Path("b")], settings)
    intake.prepare([Path("a"), Path("b")], settings)
    assert Path("c/doc_chunks.json").read_bytes() == first
    assert len(list(Path("c").glob("*_chunks.json"))) == 2


# Many documents


def test_several_documents_at_a_time_give_the_same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_WORTH_CHILDREN", 0)
    for number in range(20):
        document(f"{number % 3}/part {number}.md", f"# Part {number}\n\n{TEXT}")
    one = intake.prepare([Path("documents")], settings(jobs=1, chunks_dir=Path("one")))
    many = intake.prepare([Path("documents")], settings(jobs=3, chunks_dir=Path("many")))

    def without_time(folder: str) -> dict[str, Any]:
        texts = {path.name: path.read_text() for path in Path(folder).glob("[!.]*")}
        return {name: re.sub(r'"processed_at": ".*?"', "", text) for name, text in texts.items()}

    assert one.done == many.done
    assert [done.label for done in many.done] == sorted(done.label for done in many.done)
    assert without_time("one") == without_time("many")


def test_progress_is_told_after_each_document() -> None:
    sizes = [document(f"{name}.md", TEXT * times).stat().st_size for times, name in enumerate("abc", start=1)]
    told: list[tuple[int, int, int]] = []
    intake.prepare([Path("documents")], settings(jobs=1), lambda *figures: told.append(figures))

    assert [(done, total) for done, total, _ in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1][2] == sum(sizes)


def test_a_document_that_is_gone_is_named_and_its_chunks_stay() -> None:
    document("a.md")
    gone = document("b.md")
    intake.prepare([Path("documents")], settings())
    gone.unlink()
    prepared = intake.prepare([Path("documents")], settings())

    (one,) = prepared.vanished
    assert one.file == "documents/b.md"
    assert one.why == "the document is gone; its chunks stay in b_chunks.json. Delete that file to leave them out"
    assert Path("chunks/b_chunks.json").exists()


def test_documents_that_were_not_named_this_time_are_not_gone() -> None:
    document("a.md")
    document("b.md")
    intake.prepare([Path("documents")], settings())
    assert intake.prepare([Path("documents/a.md")], settings()).vanished == []
    assert intake.prepare([Path("documents")], settings(include=["a.*"])).vanished == []


def test_what_is_known_of_a_document_stands_in_its_chunk_file() -> None:
    document("pumpe.md", "# Pumpe\n\n" + "Das Ventil öffnet bei einem Druck von zwölf bar und schließt danach. " * 5)
    intake.prepare([Path("documents")], settings())
    value = json.loads(Path("chunks/pumpe_chunks.json").read_bytes())

    assert value["metadata"]["title"] == "Pumpe"
    assert value["metadata"]["language"] == "de"
    assert value["metadata"]["tokens"] > 50
    wanted = {"splitting_strategy": "markdown", "chosen_by": "auto", "size_unit": "characters", "min_chunk_size": 50}
    assert wanted.items() <= value["processing_info"].items()


def test_the_same_strategy_chosen_by_name_cuts_again_only_where_it_differs() -> None:
    document("pump.md")
    document("plain.txt", "Words. " * 100)
    intake.prepare([Path("documents")], settings())
    fates = {
        one.label: one.fate for one in intake.prepare([Path("documents")], settings(splitting_strategy="token")).done
    }
    assert set(fates.values()) == {"cut again"}
    prepared = intake.prepare([Path("documents")], settings(splitting_strategy="token"))
    assert {one.fate for one in prepared.done} == {"unchanged"}


def test_interrupted_work_leaves_whole_files_and_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_WORTH_CHILDREN", 0)
    for number in range(10):
        document(f"{number}.md")

    def interrupt(done: int, *_: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        intake.prepare([Path("documents")], settings(jobs=2), interrupt)
    for path in Path("chunks").glob("*_chunks.json"):
        assert corpus.read_chunks(path).chunks
    prepared = intake.prepare([Path("documents")], settings(jobs=2))
    assert len(prepared.done) == 10
    assert sum(one.fate == "unchanged" for one in prepared.done) >= 3


def test_a_preview_writes_nothing_and_names_what_cannot_be_read() -> None:
    document("pump.md")
    document("empty.md", "")
    previews = {one.label: one for one in intake.preview([Path("documents")], settings())}

    assert previews["documents/empty.md"].problem == "it is empty"
    cut = previews["documents/pump.md"].cut
    assert cut is not None
    assert cut.text == TEXT
    assert not Path("chunks").exists()


def test_links_and_names_of_all_kinds_stay_inside_the_folder() -> None:
    names = ["new\nline.md", "a" * 246 + ".md", "-rf.md", "a..md", "größe 日本.md", "<b>[red].md", "quote'\".md"]
    for name in names:
        document(name, f"Text of {name}.")
    prepared = intake.prepare([Path("documents")], settings())

    assert len(prepared.done) + len(prepared.failed) == len(names)
    assert not prepared.failed
    written = sorted(path.name for path in Path("chunks").glob("[!.]*"))
    assert len(written) == 2 * len(names)
    assert all(len(name.encode()) <= 255 and "\n" not in name and not name.startswith((".", "-")) for name in written)
    assert sorted(path.name for path in Path().iterdir()) == ["chunks", "documents"]


# Fields of records


def test_a_field_that_is_named_concerns_records_alone() -> None:
    for name in ("a.txt", "a.md", "a.html", "a.csv"):
        document(name)
    document("faq.json", '[{"text": "Hot.", "answer": "Because it is hot.", "question": "Why?"}]')
    intake.prepare([Path("documents")], settings())
    prepared = intake.prepare([Path("documents")], settings(text_field=["question", "answer"]))

    assert {one.label for one in prepared.done if one.fate != "unchanged"} == {"documents/faq.json"}
    processing = corpus.read_chunks(Path("chunks/faq_chunks.json")).processing_info
    assert processing.text_field == "question,answer"
    assert {one.fate for one in intake.prepare([Path("documents")], settings(text_field="question,answer")).done} == {
        "unchanged"
    }


def test_a_field_that_an_older_version_recorded_where_it_did_not_concern_cuts_nothing_again() -> None:
    document("a.txt")
    intake.prepare([Path("documents")], settings())
    path = Path("chunks/a_chunks.json")
    value = json.loads(path.read_bytes())
    value["processing_info"]["text_field"] = "answer"
    path.write_text(json.dumps(value))

    assert [one.fate for one in intake.prepare([Path("documents")], settings()).done] == ["unchanged"]


# Encodings


def test_another_encoding_cuts_text_files_again_and_nothing_else() -> None:
    document("a.txt").write_bytes("Насос подаёт воду.".encode("koi8-r"))
    document("b.rtf").write_bytes(b"{\\rtf1 The pump moves water.}")

    def fates(**fields: Any) -> list[str]:
        return [one.fate for one in intake.prepare([Path("documents")], settings(**fields)).done]

    assert fates(encoding="koi8-r") == ["new", "new"]
    assert Path("chunks/a.txt").read_text(encoding="utf-8") == "Насос подаёт воду."
    assert fates(encoding="KOI8_R") == ["unchanged", "unchanged"]
    assert fates(encoding="cp1251") == ["cut again", "unchanged"]
    assert fates() == ["cut again", "unchanged"]
    assert fates() == ["unchanged", "unchanged"]


def test_what_is_no_text_in_the_encoding_is_left_out_alone() -> None:
    document("a.txt", "plain")
    document("b.txt").write_bytes(b"\xff\xff\xff")
    document("c.txt").write_bytes(bytes(range(256)))
    prepared = intake.prepare([Path("documents")], settings(encoding="euc-jp"))

    assert [one.label for one in prepared.done] == ["documents/a.txt"]
    assert [one.file for one in prepared.failed] == ["documents/b.txt", "documents/c.txt"]


@pytest.mark.parametrize("name", ["klingon", "rot13", "idna", "hex", "a\0b", ""])
def test_an_unknown_encoding_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError, match=r"--encoding: there is no encoding .* Such as: cp1252"):
        settings(encoding=name)


def test_a_link_that_goes_in_a_circle_costs_itself_alone() -> None:
    folder = Path("linked")
    folder.mkdir()
    (folder / "a.txt").write_text("The valve opens at 12 bar.")
    (folder / "b.txt").symlink_to("c.txt")
    (folder / "c.txt").symlink_to("b.txt")
    prepared = intake.prepare([folder], Settings.load())

    assert [one.label for one in prepared.done] == ["linked/a.txt"]
    assert {one.file: one.why for one in prepared.failed} == dict.fromkeys(
        ["linked/b.txt", "linked/c.txt"], "it is a link that leads nowhere"
    )


def test_a_text_with_the_longest_name_that_there_is_can_be_cut() -> None:
    folder = Path("long")
    folder.mkdir()
    (folder / f"{'x' * 251}.txt").write_text("The valve opens at 12 bar.")

    assert [one.chunks for one in intake.prepare([folder], Settings.load()).done] == [1]
