"""`python -m benchmarks.negatives [--chunks N] [--engine NAME]`: what it costs to index all chunks, and to ask them.

Texts are sentences of made-up words, as frequent as words are (Zipf), 1 kB a chunk; a question takes six of the longer
words of one sentence. Each engine runs in a process of its own, so that its memory can be told. `index` is the engine
alone; `corpus` reads chunk files, keeps the passages and indexes them; `prepare` is a search for 50 and all guards.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from qagen.formats import Pair
from qagen.negatives import Corpus, Miner
from qagen.search import Index, quick
from tests.builders import chunk_file_of

CHUNKS = 100_000
ENGINES = ("tantivy", "sqlite")
MOST_INDEX_S, MOST_QUERY_MS = 5.0, 3.0
"""Goals with tantivy, for 100,000 chunks."""
T = TypeVar("T")
_PER_FILE = 200
_QUESTIONS = 1000
_PREPARED = 100
_VOCABULARY = 60_000
_SENTENCES, _WORDS = 14, 12


@dataclass(frozen=True)
class Cost:
    """What one engine took."""

    engine: str
    chunks: int
    index_s: float
    corpus_s: float
    open_s: float
    query_ms: float
    """Median of a search for 50."""
    query_95_ms: float
    prepare_ms: float
    """Median."""
    peak_mb: float
    """After the index was made, opened and asked."""
    disk_mb: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="negatives", description=__doc__)
    parser.add_argument("--chunks", type=int, default=CHUNKS)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(asdict(run(given.child, given.engine[0], given.chunks))))
        return
    print("engine      chunks  index s  corpus s  open s  query ms    95 %  prepare ms  peak MB  disk MB")
    for cost in measure(given.chunks, given.engine or [*ENGINES]):
        print(
            f"{cost.engine:<8}{cost.chunks:>10,}{cost.index_s:>9.1f}{cost.corpus_s:>10.1f}{cost.open_s:>8.1f}"
            f"{cost.query_ms:>10.2f}{cost.query_95_ms:>8.2f}{cost.prepare_ms:>12.1f}{cost.peak_mb:>9.0f}{cost.disk_mb:>9.0f}",
            flush=True,
        )


def measure(chunks: int = CHUNKS, engines: list[str] | None = None) -> Iterator[Cost]:
    """Each engine on the same chunks, one after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "chunks", chunks)
        for engine in engines or ENGINES:
            command = [sys.executable, "-m", "benchmarks.negatives", "--child", str(folder), "--engine", engine]
            done = subprocess.run([*command, "--chunks", str(chunks)], check=True, capture_output=True, text=True)
            yield Cost(**json.loads(done.stdout))


def run(folder: Path, engine: str, chunks: int) -> Cost:
    """What one engine takes, in this process."""
    index_s = _index(folder, engine, chunks)
    out = folder / f"out-{engine}"
    corpus_s, corpus = _timed(lambda: Corpus.open([folder / "chunks"], out, engine))
    corpus.close()
    open_s, corpus = _timed(lambda: Corpus.open([folder / "chunks"], out, engine))
    with corpus:
        asked = list(_questions(corpus))
        queries = [1000 * _timed(partial(corpus.search, one.question, 50))[0] for one in asked]
        miner = Miner(corpus)
        prepared = [1000 * _timed(partial(miner.prepare, [one]))[0] for one in asked[:_PREPARED]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Cost(
        engine=engine,
        chunks=chunks,
        index_s=index_s,
        corpus_s=corpus_s,
        open_s=open_s,
        query_ms=statistics.median(queries),
        query_95_ms=statistics.quantiles(queries, n=20)[-1],
        prepare_ms=statistics.median(prepared),
        peak_mb=peak,
        disk_mb=sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6,
    )


def _index(folder: Path, engine: str, chunks: int) -> float:
    """Seconds for the index alone; making up the texts is not counted."""
    place = folder / f"words-{engine}"
    if engine == "tantivy":
        place.mkdir()
    index = quick.QuickIndex(place) if engine == "tantivy" else Index(place)
    spent = 0.0
    for number, texts in enumerate(_texts(chunks)):
        began = time.perf_counter()
        for at, text in enumerate(texts):
            index.add(str(number * _PER_FILE + at), text)
        spent += time.perf_counter() - began
    began = time.perf_counter()
    index.save()
    index.close()
    return spent + time.perf_counter() - began


def write(folder: Path, chunks: int) -> None:
    """The chunk files."""
    folder.mkdir(parents=True)
    for number, texts in enumerate(_texts(chunks)):
        name = f"d{number:05}"
        made = chunk_file_of(texts, file_name=f"{name}.md", source_file=f"docs/{name}.md")
        (folder / f"{name}_chunks.json").write_text(made.model_dump_json())


def _texts(chunks: int) -> Iterator[list[str]]:
    """The chunks of one file after the other."""
    random = Random(chunks)
    words = ["".join(random.choices("abcdefghijklmnoprstuvwz", k=random.randint(3, 10))) for _ in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (place + 2.7) for place in range(_VOCABULARY)))
    for _ in range(chunks // _PER_FILE):
        said = iter(random.choices(words, cum_weights=weights, k=_PER_FILE * _SENTENCES * _WORDS))
        sentences = (f"{' '.join(itertools.islice(said, _WORDS)).capitalize()}." for _ in itertools.count())
        yield [" ".join(itertools.islice(sentences, _SENTENCES)) + "\n" for _ in range(_PER_FILE)]


def _questions(corpus: Corpus) -> Iterator[Pair]:
    random = Random(1)
    for _ in range(_QUESTIONS):
        passage = corpus.at(random.randrange(len(corpus)))
        sentence = random.choice(passage.text.split(". "))
        some = sorted(sentence.split(), key=lambda word: len(word) < 5)[:6]
        question = f"What is {' '.join(some)}?"
        yield Pair(
            pair_id=question, chunk_key=passage.chunk_key, question=question, answer=sentence, evidence=[sentence]
        )


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main()
