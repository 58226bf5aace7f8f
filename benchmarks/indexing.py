"""`python -m benchmarks.indexing [--engine E] [--chunks N]`: how long an index of chunks takes to build, and to ask.

The result is JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from statistics import median

from qagen.search import Index, quick

_VOCABULARY = 60_000
_SENTENCES, _WORDS = 14, 12
_DIFFERENT = 20_000
"""Sentences; chunks are drawn from them, since a new one for each would take longer than the index."""
_QUERIES = 1000
_BEST = 10
ENGINES = ("tantivy", "sqlite")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="indexing", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--chunks", type=int, default=100_000)
    given = parser.parse_args()
    random = Random(given.chunks)
    sentences = [" ".join(words) for words in _sentences(random)]
    with tempfile.TemporaryDirectory() as folder, _index(given.engine, Path(folder)) as index:
        index_s = 0.0
        for number in range(given.chunks):
            text = " ".join(random.choices(sentences, k=_SENTENCES))
            index_s += _timed(partial(index.add, str(number), text))
        index_s += _timed(index.save)
        questions = [" ".join(random.sample(random.choice(sentences).split(), 6)) for _ in range(_QUERIES)]
        asked = [_timed(partial(index.search, question, _BEST)) for question in questions]
    print(json.dumps({"index_s": index_s, "query_s": median(asked), "queries": len(asked)}))


def _index(engine: str, folder: Path) -> Index | quick.QuickIndex:
    return quick.QuickIndex(folder) if engine == "tantivy" else Index()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sentences(random: Random) -> Iterator[list[str]]:
    """Of made-up words, as frequent as words are (Zipf)."""
    words = ["".join(random.choices("abcdefghijklmnoprstuvwz", k=random.randint(3, 10))) for _ in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (place + 2.7) for place in range(_VOCABULARY)))
    for _ in range(_DIFFERENT):
        yield random.choices(words, cum_weights=weights, k=_WORDS)


if __name__ == "__main__":
    main()
