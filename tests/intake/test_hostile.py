"""A folder of everything that can be wrong with documents, through the real command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.intake.hostile_files import SECRET, SENTENCE, bad_files, doubtful_files, good_files

LARGEST_TREE_MB = 2500


@dataclass(frozen=True)
class Ended:
    """What the command did."""

    code: int
    out: str
    err: str
    peak_mb: float
    """Of all its processes together."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`documents` with good, doubtful and bad files; `secret` beside it."""
    place = tmp_path_factory.mktemp("hostile")
    secret = place / "secret"
    secret.write_text(SECRET)
    folder = place / "documents"
    for name, data in {**good_files(), **doubtful_files()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for name, (make, _) in bad_files(secret).items():
        (folder / name).write_bytes(make())
    os.mkfifo(folder / "fifo.md")
    (folder / "circle").symlink_to(".", target_is_directory=True)
    (folder / "outside.md").symlink_to(secret)
    (folder / "nowhere.md").symlink_to("gone.md")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return place


@pytest.fixture(scope="module")
def ended(corpus: Path) -> Ended:
    command = [sys.executable, "-m", "qagen", "chunk", "documents", "--document-timeout", "15"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENAI_API_KEY": "sk-canary-0123456789"}
    process = subprocess.Popen(
        command, cwd=corpus, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peaks = [0.0]
    watcher = threading.Thread(target=watch, args=(process, peaks))
    watcher.start()
    out, err = process.communicate(timeout=300)
    watcher.join()
    return Ended(process.returncode, out, err, max(peaks))


def watch(process: subprocess.Popen[str], peaks: list[float]) -> None:
    while process.poll() is None:
        peaks.append(sum(resident_mb(pid) for pid in family(process.pid)))
        time.sleep(0.05)


def family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [path.name for path in Path(f"/proc/{pid}/task").iterdir()]
        for thread in threads:
            children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in set(children) for one in family(int(child)))]


def resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0


def lines_about(name: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if f"documents/{name}:" in line]


def test_the_run_ends_with_1_and_tells_of_no_bug(ended: Ended) -> None:
    assert ended.code == 1, ended.err
    assert "Traceback" not in ended.out + ended.err
    assert "bug" not in ended.err


def test_every_good_document_is_done(ended: Ended, corpus: Path) -> None:
    files = [json.loads(path.read_text()) for path in (corpus / "chunks").glob("*_chunks.json")]
    done = {value["metadata"]["source_file"]: value for value in files}
    for name in good_files():
        value = done[f"documents/{name}"]
        assert SENTENCE in "".join(chunk["text"] for chunk in value["chunks"])


@pytest.mark.parametrize("name", sorted(bad_files(Path("/secret"))))
def test_each_bad_document_is_named_once_with_its_reason(name: str, ended: Ended) -> None:
    words = bad_files(Path("/secret"))[name][1]
    found = lines_about(name, ended.err)
    assert len(found) == 1, (found, ended.err)
    assert found[0].startswith("failed: ")
    assert words in found[0]
    assert f"documents/{name}" not in ended.out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fifo.md", "it is no regular file"),
        ("outside.md", "it is a link that leads out of the folder"),
        ("nowhere.md", "it is a link that leads nowhere"),
    ],
)
def test_what_is_no_file_is_named_once(name: str, words: str, ended: Ended) -> None:
    (found,) = lines_about(name, ended.err)
    assert words in found


def test_what_there_is_no_reader_for_is_skipped(ended: Ended) -> None:
    (found,) = lines_about("picture.png", ended.err)
    assert found.startswith("skipped: ")


def test_doubtful_documents_are_done_or_named_once(ended: Ended, corpus: Path) -> None:
    done = {
        json.loads(path.read_text())["metadata"]["source_file"] for path in (corpus / "chunks").glob("*_chunks.json")
    }
    for name in doubtful_files():
        assert (f"documents/{name}" in done) + len(lines_about(name, ended.err)) == 1, name


def test_nothing_is_written_outside_and_nothing_outside_is_read(ended: Ended, corpus: Path) -> None:
    assert sorted(path.name for path in corpus.iterdir()) == ["chunks", "documents", "secret"]
    assert not (corpus.parent / "climbed.txt").exists()
    for path in (corpus / "chunks").glob("[!.]*"):
        assert re.fullmatch(r"[^/\n]+(_chunks\.json|\.txt)", path.name)
        assert SECRET not in path.read_text()


def test_no_key_reaches_a_document(ended: Ended, corpus: Path) -> None:
    assert "canary-0" not in ended.out + ended.err
    assert all("canary-0" not in path.read_text() for path in (corpus / "chunks").glob("[!.]*"))


def test_all_processes_together_stay_below_two_and_a_half_gigabytes(ended: Ended) -> None:
    assert 0 < ended.peak_mb < LARGEST_TREE_MB, f"{ended.peak_mb:.0f} MB"
