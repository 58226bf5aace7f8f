"""`python -m benchmarks.indexing [--chunks N]`: how long the index of chunks takes to build, and to ask; as JSON."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from random import Random
from statistics import median

from qagen.search import Index

_VOCABULARY = 60_000
_SENTENCES, _WORDS = 14, 12
_DIFFERENT = 20_000
"""Sentences; chunks are drawn from them, since a new one for each would take longer than the index."""
_QUERIES = 1000
_BEST = 10


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="indexing", description=__doc__)
    parser.add_argument("--chunks", type=int, default=100_000)
    given = parser.parse_args()
    random = Random(given.chunks)
    sentences = [" ".join(words) for words in _sentences(random)]
    index_s = 0.0
    with Index() as index:
        for number in range(given.chunks):
            text = " ".join(random.choices(sentences, k=_SENTENCES))
            began = time.perf_counter()
            index.add(f"c{number}", text)
            index_s += time.perf_counter() - began
        asked = [_timed(index, " ".join(random.sample(random.choice(sentences).split(), 6))) for _ in range(_QUERIES)]
    # The first query finishes the index.
    index_s += asked[0]
    print(json.dumps({"index_s": index_s, "query_s": median(asked[1:]), "queries": len(asked) - 1}))


def _timed(index: Index, question: str) -> float:
    began = time.perf_counter()
    index.search(question, _BEST)
    return time.perf_counter() - began


def _sentences(random: Random) -> Iterator[list[str]]:
    """Of made-up words, as frequent as words are (Zipf)."""
    words = ["".join(random.choices("abcdefghijklmnoprstuvwz", k=random.randint(3, 10))) for _ in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (place + 2.7) for place in range(_VOCABULARY)))
    for _ in range(_DIFFERENT):
        yield random.choices(words, cum_weights=weights, k=_WORDS)


if __name__ == "__main__":
    main()
