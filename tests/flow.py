"""Helpers of tests that run the real command in a process of its own, and that check its files from outside.

The checker reads the files as plain JSON, and the server's ledger: it trusts none of the program's own code.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.llm_server import Entry, LLMServer, marker

EXAMPLES = Path(__file__).parent.parent / "examples"
_MARK = re.compile(r"\[([0-9a-f]{12})\]")


def qagen(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `qagen` to its end, in the working directory."""
    return subprocess.run(
        command(*arguments), env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )


def command(*arguments: str | Path) -> list[str]:
    """The command line of `qagen`, as a new process can run it."""
    return [sys.executable, "-m", "qagen", *map(str, arguments)]


def hear(process: subprocess.Popen[str], words: str) -> str:
    """What it says on stderr until it says that. The rest is left to `communicate`, which knows no reader's buffer."""
    assert process.stderr is not None
    heard = b""
    while words.encode() not in heard:
        piece = os.read(process.stderr.fileno(), 65536)
        assert piece, heard.decode(errors="replace")
        heard += piece
    return heard.decode(errors="replace")


HURRY = """
import sys
from qagen.llm.limits import backoff, breaker
from qagen.pump import saving
backoff._BASE_S, breaker.PAUSE_S, saving.SAVE_AGAIN_AFTER_S = 0.05, 0.3, (0.1, 0.2)
from qagen.cli import main
main()
"""


def hurried(*arguments: str | Path) -> list[str]:
    """The same command line in a process that does not wait long: pauses of seconds are made fractions of one."""
    return [sys.executable, "-c", HURRY, *map(str, arguments)]


def local(server: LLMServer, *more: str | Path) -> tuple[str | Path, ...]:
    """The arguments of a generation with the server in Ollama's dialect."""
    return ("generate-qa", "--provider", "local", "--model", "qwen3:14b", "--ollama-base-url", server.url, *more)


def write_chunks(folder: Path, name: str, texts: list[str], language: str | None = None) -> Path:
    """A chunk file of our form, without overlap."""
    folder.mkdir(parents=True, exist_ok=True)
    chunks, start = [], 0
    for index, text in enumerate(texts):
        chunk = {"chunk_index": index, "chunk_id": f"{name}-{index}", "text": text}
        chunks.append({**chunk, "start_char": start, "end_char": start + len(text), "core_start": start})
        start += len(text)
    path = folder / f"{name}_chunks.json"
    metadata = {"file_name": f"{name}.txt", "source_file": f"{name}.txt", "file_type": ".txt", "title": name}
    metadata |= {"language": language} if language else {}
    path.write_text(json.dumps({"format": "qagen/chunks@1", "metadata": metadata, "chunks": chunks}))
    return path


def passages(count: int, name: str = "unit") -> list[str]:
    """Texts with three sentences each, no two alike."""
    return [
        f"The {name} number {n} has a limit of {n + 100} bar. It was tested for {n + 7} days in hall {n % 9}. "
        f"After {n + 3} hours the {name} must rest.\n"
        for n in range(count)
    ]


def read(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Found:
    """What an outsider finds in a folder of results."""

    pairs: int
    settled: set[str]
    """Markers of the passages that are settled."""


def check_from_outside(chunks_dir: Path, qa_dir: Path) -> Found:
    """Every file parses, no leftovers, no pair doubled, misplaced or without its chunk; the counts agree."""
    assert [path.name for path in qa_dir.glob(".tmp*")] == []
    settled: set[str] = set()
    total = 0
    for path in sorted(qa_dir.glob("*_qa.json")):
        qa = read(path)
        source = read(chunks_dir / qa["metadata"]["chunks_file"])
        marks = {chunk["chunk_index"]: marker(chunk["text"]) for chunk in source["chunks"]}
        done = sorted(int(index) for index, record in qa["chunks"].items() if record["status"] == "completed")
        assert qa["completed_chunks"] == done
        assert qa["summary"]["completed_chunks"] == len(done)
        identifiers = [pair["pair_id"] for pair in qa["training_pairs"]]
        assert len(set(identifiers)) == len(identifiers)
        assert [pair["chunk_index"] for pair in qa["training_pairs"]] == sorted(
            pair["chunk_index"] for pair in qa["training_pairs"]
        )
        per_chunk: Counter[int] = Counter()
        for pair in qa["training_pairs"]:
            found = _MARK.search(pair["question"])
            assert found is not None
            assert found[1] == marks[pair["chunk_index"]], "a pair of another chunk"
            per_chunk[pair["chunk_index"]] += 1
        assert per_chunk == Counter({int(i): r["kept"] for i, r in qa["chunks"].items() if r.get("kept")})
        total += len(identifiers)
        settled |= {marks[index] for index in done}
    return Found(total, settled)


def asked(ledger: list[Entry]) -> Counter[str]:
    """How often each passage was asked about."""
    return Counter(entry.marker for entry in ledger if entry.marker and entry.path != "/v1/models")
