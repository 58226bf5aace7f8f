"""`python -m benchmarks.search [--chunks N ...]`: what searching every question over all chunks costs, and tells.

Texts are sentences of made-up words, as frequent as words are (Zipf). A question takes six of the longer words of one
sentence of its chunk; one in twenty is made of the hundred most frequent words of all, and must be found to be vague.
`combine` runs with the chunk files at hand and without, in a process of its own; the difference is the search.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from benchmarks.duplicates import measure
from qagen.pairs import pair_id
from qagen.state import chunk_keys
from tests.builders import chunk_file_of

_PER_FILE = 200
_PAIRS = 3
_VAGUE = 0.05
_VOCABULARY = 60_000
_SENTENCES, _WORDS = 14, 12


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="search", description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    given = parser.parse_args()
    print(
        "   chunks    pairs   CPU s: without   with   peak MB: without   with   us a question   vague found   wrongly"
    )
    for count in given.chunks:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            vague = _write(folder, count)
            without = measure(folder, "-o", "out.jsonl", "--chunks-dir", "none")
            searched = measure(folder, "-o", "out.jsonl")
            pairs = [json.loads(line) for line in (folder / "out.jsonl").open()]
            found = {pair["pair_id"] for pair in pairs if "Q_VAGUE" in pair["checks"]}
            per_question = 1e6 * (searched.cpu_s - without.cpu_s) / len(pairs)
            print(
                f"{count:>9,}{len(pairs):>9,}{without.cpu_s:>17.1f}{searched.cpu_s:>7.1f}{without.peak_mb:>19.0f}"
                f"{searched.peak_mb:>7.0f}{per_question:>16.0f}{len(found & vague) / len(vague):>14.1%}"
                f"{len(found - vague) / len(pairs):>10.2%}",
                flush=True,
            )


def _write(folder: Path, count: int) -> set[str]:
    """Chunk files and QA files; gives the vague pairs."""
    random = Random(count)
    words = ["".join(random.choices("abcdefghijklmnoprstuvwz", k=random.randint(3, 10))) for _ in range(_VOCABULARY)]
    weights = list(itertools.accumulate(1 / (place + 2.7) for place in range(_VOCABULARY)))
    vague: set[str] = set()
    for place in ("chunks", "qa"):
        (folder / place).mkdir()
    for number in range(count // _PER_FILE):
        name = f"d{number:05}"
        sentences = [
            [random.choices(words, cum_weights=weights, k=_WORDS) for _ in range(_SENTENCES)] for _ in range(_PER_FILE)
        ]
        cores = [" ".join(f"{' '.join(sentence).capitalize()}." for sentence in chunk) + "\n" for chunk in sentences]
        chunk_file = chunk_file_of(cores, file_name=f"{name}.md", source_file=f"docs/{name}.md")
        (folder / "chunks" / f"{name}_chunks.json").write_text(chunk_file.model_dump_json())
        pairs = []
        for index, key in enumerate(chunk_keys(chunk_file.chunks)):
            for _ in range(_PAIRS):
                is_vague = random.random() < _VAGUE
                asked = random.sample(words[:100], 4) if is_vague else _some(random, random.choice(sentences[index]))
                answer = " ".join(random.choice(sentences[index]))
                question = f"What is {' '.join(asked)}?"
                identity = pair_id(question, answer, key)
                vague |= {identity} if is_vague else set()
                pairs.append(
                    {
                        "pair_id": identity,
                        "chunk_key": key,
                        "chunk_index": index,
                        "question": question,
                        "answer": answer,
                    }
                )
        value = {"status": "completed", "metadata": {"file_name": f"{name}.md"}, "training_pairs": pairs}
        (folder / "qa" / f"{name}_qa.json").write_text(json.dumps(value))
    return vague


def _some(random: Random, sentence: Sequence[str]) -> list[str]:
    """Six of its words, short ones only where there are no others."""
    return sorted(random.sample(sentence, len(sentence)), key=lambda word: len(word) < 5)[:6]


if __name__ == "__main__":
    main()
