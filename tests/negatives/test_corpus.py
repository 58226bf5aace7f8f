"""The corpus on the disk: made once, opened again, and the same by both engines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from qagen import files
from qagen.errors import DataError, StorageError, UsageError
from qagen.negatives import corpus as corpus_module
from qagen.negatives.corpus import Corpus, choose_engine
from qagen.negatives.store import Writer
from qagen.search import quick
from tests.negatives.given import write_chunks

ENGINES = ("sqlite", "tantivy")
TEXTS = [
    "The relief valve of the pump opens at 12 bar.",
    "The gearbox of the pump holds four litres of oil.",
    "Travel requests are approved by Maria Keller.",
    "Das Flusensieb der Maschine wird jeden Monat gereinigt.",
    "最大压力为十二巴。泵在此压力下停止。",
]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "tantivy":
        pytest.importorskip("tantivy")
    return str(request.param)


def opened(engine: str, *dirs: Path) -> Corpus:
    return Corpus.open(dirs or [Path("chunks")], Path("out"), engine)


def rooms() -> list[str]:
    return sorted(path.name for path in Path("out/.index").iterdir())


def test_passages_are_found_by_their_words_and_read_from_the_disk(engine: str) -> None:
    keys = write_chunks(Path("chunks"), "manual", TEXTS, title="Pump manual", language="en")
    with opened(engine) as corpus:
        assert corpus.engine == engine
        assert len(corpus) == 5
        for query, number in (("which pressure opens the valve", 0), ("Maria Keller", 2), ("最大压力", 4)):
            found = corpus.search(query, 3)
            assert found[0][0] == number
            assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        assert corpus.search("unheard whispers", 3) == []
        assert corpus.search("!", 3) == []
        one = corpus.passage(keys[1])
        assert one is not None
        assert (one.text, one.document, one.source_file) == (TEXTS[1], "manual", "docs/manual.md")
        assert (one.start, one.end, one.section) == (len(TEXTS[0]), len(TEXTS[0] + TEXTS[1]), "Part 1")
        assert (one.title, one.language) == ("Pump manual", "en")
        assert corpus.passage("unknown") is None
        assert sorted(number for number, _ in corpus.search("manual", 9)) == [0, 1, 2, 3, 4]


def test_it_is_made_once_and_opened_again(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    with opened(engine) as corpus:
        first = (corpus.hash, corpus.texts_hash, corpus.search("pump valve oil", 5))
    monkeypatch.setattr(corpus_module, "_build", None)
    with opened(engine) as corpus:
        assert (corpus.hash, corpus.texts_hash, corpus.search("pump valve oil", 5)) == first


def test_it_is_made_anew_when_a_chunk_changed_and_the_old_one_goes(engine: str) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    with opened(engine) as corpus:
        old = corpus.hash
    write_chunks(Path("chunks"), "manual", [*TEXTS[:4], "A new text about turbines."])
    with opened(engine) as corpus:
        assert rooms() == [corpus.hash] != [old]
        assert corpus.search("turbines", 1)[0][0] == 4


def test_what_does_not_change_a_chunk_makes_nothing_anew(engine: str) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    with opened(engine) as corpus:
        old = corpus.hash
    write_chunks(Path("chunks"), "manual", TEXTS, processed_at="2026-01-01T00:00:00Z")
    with opened(engine) as corpus:
        assert corpus.hash == old


def test_the_hash_of_the_texts_is_the_same_for_both_engines() -> None:
    pytest.importorskip("tantivy")
    write_chunks(Path("chunks"), "manual", TEXTS)
    with opened("sqlite") as one, Corpus.open([Path("chunks")], Path("elsewhere"), "tantivy") as other:
        assert one.texts_hash == other.texts_hash
        assert one.hash != other.hash
        for query in ("pump", "the relief valve of the pump", "Maria Keller approves", "压力"):
            ranks = [[number for number, _ in corpus.search(query, 5)] for corpus in (one, other)]
            assert ranks[0] == ranks[1]


def test_a_half_built_one_is_never_used(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "save", fail)
        with pytest.raises(StorageError, match="No space left"):
            opened(engine)
        assert rooms() == []
    with opened(engine) as corpus:
        assert len(corpus) == 5


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "nothing left", "other words"])
def test_one_that_is_damaged_is_made_again_whatever_the_file_and_the_damage(engine: str, damage: str) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    with opened(engine) as corpus:
        room = Path("out/.index") / corpus.hash
    kinds = {path.suffix for path in contents(room)}
    assert len(kinds) >= 2
    for kind in sorted(kinds):  # tantivy names its files anew each time
        harm(next(path for path in contents(room) if path.suffix == kind), damage)
        assert not files.is_whole(room)
        with opened(engine) as corpus:
            assert corpus.search("Maria Keller", 1)[0][0] == 2
        assert files.is_whole(room)


def contents(room: Path) -> list[Path]:
    return [path for path in sorted(room.rglob("*")) if path.is_file() and path.stat().st_size]


def harm(path: Path, damage: str) -> None:
    """Change a file as a bad copy does: a new one in its place. What a library has mapped must not shrink under it."""
    data = path.read_bytes()
    path.unlink()
    middle = len(data) // 2
    if damage == "cut":
        path.write_bytes(data[:middle])
    elif damage == "flipped":
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif damage == "nothing left":
        path.write_bytes(b"")
    elif damage == "other words":
        path.write_bytes(b"x" * 3000)


def test_one_that_is_whole_is_opened_and_not_made_again(engine: str) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    made = set()
    for _ in range(3):
        with opened(engine) as corpus:
            room = Path("out/.index") / corpus.hash
            made.add((room.stat().st_ino, (room / "seal.json").read_bytes()))
    assert len(made) == 1


def test_leftovers_of_a_killed_run_go_and_those_of_a_running_one_stay() -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    for name, age in (("young", 0), ("old", 7200)):
        room = Path(f"out/.index/.building-{name}")
        room.mkdir(parents=True)
        os.utime(room, (room.stat().st_mtime - age,) * 2)
    with opened("sqlite") as corpus:
        assert rooms() == [".building-young", corpus.hash]


def test_several_folders_are_one_corpus_and_the_same_key_is_found_in_its_document(engine: str) -> None:
    keys = write_chunks(Path("a"), "one", [TEXTS[0], TEXTS[1]])
    write_chunks(Path("b"), "two", [TEXTS[0], TEXTS[2]])
    write_chunks(Path("b"), "one", ["Another file of the same name."])
    with opened(engine, Path("a"), Path("b"), Path("a")) as corpus:
        assert len(corpus) == 5
        for document in ("one", "two"):
            found = corpus.passage(keys[0], document)
            assert found is not None
            assert found.document == document
        assert (found := corpus.passage(keys[1], "two")) is not None
        assert found.document == "one"
        assert [corpus.at(number).text for number in corpus.numbers_of("one")] == TEXTS[:2]
        assert list(corpus.numbers_of("nothing")) == []


def test_files_that_cannot_be_read_are_told_and_left_out(engine: str) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    Path("chunks/broken_chunks.json").write_text("{")
    Path("chunks/running_chunks.json").write_text(json.dumps({"chunks": [{"text": "a"}], "status": "in_progress"}))
    problems: dict[str, str] = {}
    with Corpus.open([Path("chunks")], Path("out"), engine, lambda path, why: problems.update({path.name: why})):
        assert sorted(problems) == ["broken_chunks.json", "running_chunks.json"]
        assert "not JSON" in problems["broken_chunks.json"]


def test_without_any_chunk_there_is_no_corpus() -> None:
    with pytest.raises(DataError, match="no such folder"):
        opened("sqlite")
    write_chunks(Path("chunks"), "empty", [])
    with pytest.raises(DataError, match="no chunk"):
        opened("sqlite")


def test_the_engine_is_chosen_by_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_engine("sqlite") == "sqlite"
    monkeypatch.setattr(quick, "version", lambda: None)
    assert choose_engine() == "sqlite"
    with pytest.raises(UsageError, match="pip install"):
        choose_engine("tantivy")
    monkeypatch.setattr(quick, "version", lambda: "1")
    assert choose_engine() == "tantivy"


def test_files_that_change_while_they_are_read_are_no_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    write_chunks(Path("chunks"), "manual", TEXTS)
    hashed = corpus_module._hash

    def hash_and_change(*given: object) -> object:
        result = hashed(*given)  # type: ignore[arg-type]
        write_chunks(Path("chunks"), "manual", TEXTS[:2])
        return result

    monkeypatch.setattr(corpus_module, "_hash", hash_and_change)
    with pytest.raises(DataError, match="changed while"):
        opened("sqlite")
    assert rooms() == []
