"""`python -m tests.negatives.truth [--unseen] [-v]`: how often a negative answers, by four ways to choose it."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from qagen.formats import Pair
from qagen.negatives.corpus import Corpus
from qagen.negatives.miner import Miner
from qagen.negatives.types import Choices, Labelled
from tests.negatives import planted, seen, unseen
from tests.negatives.planted import Domain, Planted

SEEDS = (1, 2, 3)
QUESTIONS = 250
CHOICES = Choices()
METHODS = ("random", "naive BM25", "guards", "guards and labels")
_TEXTS: dict[str, str] = {}
Choose = Callable[[Pair], list[str]]


@dataclass
class Rate:
    """What one way to choose gave."""

    questions: int = 0
    mined: int = 0
    """Questions that have negatives."""
    negatives: int = 0
    false: int = 0
    decoys: int = 0
    """Negatives of the same topic: what is asked, of something else; or something else of what is asked about."""
    methods: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Pair, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all negatives."""
        return self.false / max(1, self.negatives)

    def add(self, pair: Pair, chosen: Sequence[str], made: Planted) -> None:
        """Count the negatives of a pair, given by their keys."""
        answering = made.answering[pair.pair_id]
        self.questions += 1
        self.mined += bool(chosen)
        self.negatives += len(chosen)
        wrong = [key for key in chosen if key in answering]
        self.false += len(wrong)
        self.decoys += sum(made.is_decoy(pair, key) for key in chosen if key not in answering)
        self.wrong += [(pair, key) for key in wrong]


def measure(domains: Sequence[Domain], folder: Path, seed: int, engine: str = "auto") -> dict[str, Rate]:
    """The four rates on one planted corpus."""
    made = planted.plant(domains, folder / "chunks", seed=seed, questions=QUESTIONS)
    rates = {name: Rate() for name in METHODS}
    with Corpus.open([made.folder], folder, engine) as corpus:
        for name, choose in _ways(corpus, made, rates).items():
            for pair in made.pairs:
                rates[name].add(pair, choose(pair), made)
    return rates


def _ways(corpus: Corpus, made: Planted, rates: dict[str, Rate]) -> dict[str, Choose]:
    miner = Miner(corpus, CHOICES)
    keys = [key for _, key in corpus.each()]
    if "-v" in sys.argv:
        _TEXTS.update((key, corpus.at(number).text) for number, key in corpus.each())

    def at_random(pair: Pair) -> list[str]:
        others = [key for key in keys if key != pair.chunk_key]
        return Random(pair.pair_id).sample(others, CHOICES.negatives)

    def naive(pair: Pair) -> list[str]:
        found = [corpus.at(number).chunk_key for number, _ in corpus.search(pair.question, CHOICES.searched)]
        return [key for key in found if key != pair.chunk_key][: CHOICES.negatives]

    def guarded(pair: Pair) -> list[str]:
        prepared = miner.prepare([pair])[0]
        mined = miner.select(prepared)
        rates["guards"].methods.update(negative.method for negative in mined.negatives)
        rates["guards"].methods.update(mined.flags)
        rates["guards"].methods.update({f"-{name}": count for name, count in mined.dropped.items()})
        return [negative.chunk_key for negative in mined.negatives]

    def labelled(pair: Pair) -> list[str]:
        prepared = miner.prepare([pair])[0]
        shown = [candidate.passage.chunk_key for candidate in prepared.guarded.candidates[: CHOICES.candidates]]
        answering = made.answering[pair.pair_id]
        labels = {key: Labelled("answers" if key in answering else "related", "By the plan.") for key in shown}
        mined = miner.select(prepared, labels)
        rates["guards and labels"].methods.update(negative.method for negative in mined.negatives)
        return [negative.chunk_key for negative in mined.negatives]

    return dict(zip(METHODS, (at_random, naive, guarded, labelled), strict=True))


def together(rates: Sequence[dict[str, Rate]]) -> dict[str, Rate]:
    """The sums over several corpora."""
    total = {name: Rate() for name in METHODS}
    for one in rates:
        for name, rate in one.items():
            sums = total[name]
            sums.questions += rate.questions
            sums.mined += rate.mined
            sums.negatives += rate.negatives
            sums.false += rate.false
            sums.decoys += rate.decoys
            sums.methods.update(rate.methods)
            sums.wrong += rate.wrong
    return total


def main() -> None:
    """Print the rates of one half."""
    domains = unseen.DOMAINS if "--unseen" in sys.argv else seen.DOMAINS
    rates = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as name:
            rates.append(measure(domains, Path(name), seed))
    print("method             questions  with negatives  negatives  false   rate  same topic")
    for name, rate in together(rates).items():
        print(
            f"{name:<19}{rate.questions:>9,}{rate.mined:>16,}{rate.negatives:>11,}{rate.false:>7,}{rate.share:>7.2%}"
            f"{rate.decoys / max(1, rate.negatives):>12.1%}"
        )
        if "-v" in sys.argv and name == "guards":
            for pair, key in rate.wrong:
                print(f"      {pair.question} | {pair.answer} | {_TEXTS.get(key)}")
        if rate.methods:
            print("   " + ", ".join(f"{key} {count}" for key, count in sorted(rate.methods.items())))


if __name__ == "__main__":
    main()
