"""`python -m benchmarks.duplicates [--pairs N ...]`: what `combine` costs, and whether it removes what it should.

Questions are put together from few words, so that most are much alike, as those about a table are. Planted among them:
duplicates, exact and near, which must go; near-misses that differ in a number, a code, a name, a word of contrast, a
negation or the order, most with the same answer, which must stay; and other answers to the same question, which must be
found to contradict. Everything is the real command in a process of its own; linear means that the last column of times
does not grow with the number of pairs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.bench import qagen
from benchmarks.measuring import Cost, run

PER_FILE = 500
_WHAT = """maximum minimum nominal rated permissible allowed typical average initial final effective absolute relative
residual specific""".split()
_QUANTITY = """pressure temperature voltage torque speed flow viscosity clearance thickness load capacity weight height
width depth frequency current power interval duration tolerance hardness density humidity pitch stroke angle preload
backlash efficiency""".split()
_PART = """valve pump bearing gasket rotor stator impeller shaft seal flange nozzle filter piston cylinder gearbox
clutch spring washer bolt housing cover bracket sensor relay switch fuse cable connector terminal heater cooler fan belt
chain pulley roller conveyor hopper tank boiler burner damper manifold strainer coupling diaphragm actuator
regulator""".split()
_PLACE = """inlet outlet upper lower left right front rear inner outer primary secondary hydraulic electric pneumatic
manual""".split()
_WHEN = """during start-up|after shutdown|before maintenance|in normal operation|under full load|at standstill|while
cleaning|when idling|in winter|in an emergency|during transport|after installation|in standby|at altitude""".split("|")
_MAKER = "Corvane Nordtherm Alvero Birkholm Castellan Dunmore Estrada Falkirk".split()
_UNIT = "bar mm kg rpm Nm volts litres hours".split()


@dataclass(frozen=True)
class Base:
    """A question that nobody else asks."""

    words: tuple[str, str, str, str, str]
    code: str
    amount: int
    unit: str
    is_long: bool

    def question(self, *, which: str = "What is the", of: str = "of the", plural: str = "") -> str:
        what, quantity, place, part, when = self.words
        return f"{which} {what} {quantity} {of} {place} {part}{plural}{self.code} {when}?"

    @property
    def answer(self) -> str:
        if not self.is_long:
            return f"{self.amount} {self.unit}"
        return (
            f"It is {self.amount} {self.unit}, measured at the test point after ten minutes with both covers fitted "
            "and the supply connected."
        )


def _exact(base: Base, random: Random) -> tuple[str, str]:
    question = base.question()
    return random.choice([question, f" {question.lower()}", question.replace(" ", "  "), question[:-1]]), base.answer


def _near(base: Base, random: Random) -> tuple[str, str]:
    what, quantity, place, part, when = base.words
    question = random.choice(
        [
            base.question(of="for the"),
            base.question(which="Which is the"),
            base.question(plural="s"),
            base.question(which="What's the"),
            f"{when.capitalize()}, what is the {what} {quantity} of the {place} {part}{base.code}?",
        ]
    )
    said_again = f"The {what} {quantity} is {base.amount} {base.unit}."
    return question, base.answer if base.is_long else random.choice([base.answer, said_again])


def _inserted(base: Base, _random: Random) -> tuple[str, str]:
    """A word more, and a long answer that is the same."""
    what, quantity, place, part, when = base.words
    return f"What is the {what} {quantity} of the {place} {part}{base.code} just {when}?", base.answer


def _near_miss(base: Base, random: Random) -> tuple[str, str]:
    what, quantity, place, part, when = base.words
    other_what = random.choice([word for word in _WHAT if word != what])
    other_place = random.choice([word for word in _PLACE if word != place])
    question = random.choice(
        [
            f"What is the {what} {quantity} of the {place} {part} Z{random.randrange(10**6)} {when}?",
            f"What is the {what} {quantity} of the {place} {part} in line {random.randrange(10**6)} {when}?",
            f"What is the {what} {quantity} of the {place} {random.choice(_MAKER)} {part}{base.code} {when}, "
            f"model {random.randrange(10**6)}?",
            f"What is the {other_what} {what} {quantity} of the {place} {part}{base.code} {when}?",
            f"What is not the {what} {quantity} of the {place} {part}{base.code} {when}?",
            f"What is the {what} {quantity} from the {place} {part}{base.code} to the {other_place} tank {when}?",
            f"What is the {what} {quantity} from the {other_place} tank to the {place} {part}{base.code} {when}?",
        ]
    )
    return question, f"{base.amount} {base.unit}"


def _contradiction(base: Base, random: Random) -> tuple[str, str]:
    return base.question(), base.answer.replace(str(base.amount), str(base.amount + 1 + random.randrange(50)))


_KINDS: dict[str, tuple[float, Callable[[Base, Random], tuple[str, str]]]] = {
    "exact": (0.03, _exact),
    "near": (0.03, _near),
    "inserted": (0.01, _inserted),
    "miss": (0.04, _near_miss),
    "other": (0.01, _contradiction),
}
"""Share of each kind, and how it is made of a question."""
_GO = ("exact", "near", "inserted")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="duplicates", description=__doc__)
    parser.add_argument("--pairs", type=int, nargs="+", default=[100_000, 1_000_000])
    given = parser.parse_args()
    print("    pairs               wall s   CPU s  peak MB  us a pair     exact    near  inserted  wrongly  conflicts")
    found: dict[str, list[Combined]] = {"--checks": [], "--no-checks": []}
    for count in given.pairs:
        for option, several in found.items():
            one = combined(count, option)
            several.append(one)
            shares = f"{one.recall['exact']:>10.1%}{one.recall['near']:>8.1%}{one.recall['inserted']:>10.1%}"
            figures = f"{one.cost.wall_s:>7.1f}{one.cost.cpu_s:>8.1f}{one.cost.peak_mb:>9.0f}{one.us_per_pair:>11.1f}"
            print(f"{count:>9,}  {option:<11}{figures}{shares}{one.wrongly:>9,}{one.conflicts:>11.1%}", flush=True)
        print(f"           cat        {one.copy_s:>7.1f}")
    for option, several in found.items():
        times = several[-1].us_per_pair / several[0].us_per_pair
        print(f"{option}: a pair of the last run costs {times:.2f} times one of the first")


@dataclass(frozen=True, slots=True)
class Combined:
    """One run of `combine` over files with planted duplicates."""

    pairs: int
    cost: Cost
    recall: dict[str, float]
    """Share of each kind of planted duplicates that went."""
    wrongly: int
    """Pairs that went and should not."""
    conflicts: float
    """Share of planted contradictions that were found."""
    copy_s: float
    """What it takes to read and write the same bytes."""

    @property
    def us_per_pair(self) -> float:
        return 1e6 * self.cost.wall_s / self.pairs


def combined(count: int, option: str) -> Combined:
    """Write so many pairs, and combine them with `--checks` or `--no-checks`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planted = write(folder / "qa", count)
        cost = measure(folder, "-o", "out.jsonl", "--rejects", "rejected.jsonl", option)
        recall, wrongly, conflicts = _judge(folder, planted)
        return Combined(count, cost, recall, wrongly, conflicts, copy(folder).wall_s)


def write(folder: Path, count: int) -> Counter[str]:
    """The QA files; gives how many pairs of each kind there are. A pair's id says its kind, and what it was made of."""
    folder.mkdir()
    random = Random(count)
    planted: Counter[str] = Counter()
    pairs = _pairs(count, random, planted)
    for number in range(-(-count // PER_FILE)):
        chosen = list(islice(pairs, PER_FILE))
        name = f"d{number:05}"
        value = {
            "metadata": {"file_name": f"{name}.md", "source_file": f"docs/{name}.md"},
            "status": "completed",
            "completed_chunks": [0],
            "training_pairs": [{**pair, "source_file": f"docs/{name}.md"} for pair in chosen],
            "summary": {"total_chunks": 1, "completed_chunks": 1, "total_qa_pairs": len(chosen)},
        }
        (folder / f"{name}_qa.json").write_text(json.dumps(value))
    return planted


def _pairs(count: int, random: Random, planted: Counter[str]) -> Iterator[dict[str, Any]]:
    """Bases, and now and then something made of an earlier one, in another document for the most part."""
    recent: list[tuple[int, Base]] = []
    used: set[tuple[str, ...]] = set()
    for number in range(count):
        kind = random.choices([*_KINDS, "base"], [share for share, _ in _KINDS.values()] + [0.88])[0]
        if kind == "base" or not recent:
            base = _base(random, used)
            recent.append((number, base))
            planted["base"] += 1
            yield _pair(f"base:{number}", base.question(), base.answer, number)
            if len(recent) > 20_000:
                recent = recent[10_000:]
            continue
        place = random.randrange(len(recent))
        of, base = recent[place]
        if kind == "inserted" and not base.is_long:
            kind = "exact"
        question, answer = _KINDS[kind][1](base, random)
        recent.pop(place)  # one thing is made of each, so that it is known what must become of it
        planted[kind] += 1
        yield _pair(f"{kind}:{of}:{number}", question, answer, number)


def _base(random: Random, used: set[tuple[str, ...]]) -> Base:
    while True:
        words = tuple(random.choice(words) for words in (_WHAT, _QUANTITY, _PLACE, _PART, _WHEN))
        code = f" {random.choice('ABCDEFGH')}{random.randrange(100)}" if random.random() < 0.3 else ""
        if (*words, code) not in used:
            used.add((*words, code))
            what, quantity, place, part, when = words
            return Base(
                (what, quantity, place, part, " ".join(when.split())),
                code,
                random.randrange(2, 900),
                random.choice(_UNIT),
                random.random() < 0.5,
            )


def _pair(identity: str, question: str, answer: str, number: int) -> dict[str, Any]:
    return {
        "pair_id": identity,
        "chunk_key": f"{number // 5:064x}",
        "question": question,
        "answer": answer,
        "question_type": "factual",
        "evidence": [f"In table {number} of the manual the value is given as {answer}."],
        "chunk_index": number // 5,
        "chunk_start": 0,
        "chunk_end": 1000,
        "evidence_start": number % PER_FILE * 100,
        "evidence_end": number % PER_FILE * 100 + 60,
        "section": "4 Technical data > 4.2 Tables",
        "language": "en",
        "grounding": 1.0,
        "model": "m",
    }


def _judge(folder: Path, planted: Counter[str]) -> tuple[dict[str, float], int, float]:
    """Share of planted duplicates that went, how many pairs went that should not, share of contradictions found."""
    gone: Counter[str] = Counter()
    wrongly = 0
    with (folder / "rejected.jsonl").open() as lines:
        for line in lines:
            row = json.loads(line)
            one, other = sorted((row["pair_id"].split(":"), row["dropped_for"].split(":")), key=len)
            if other[0] in _GO and one[0] == "base" and other[1] == one[1]:
                gone[other[0]] += 1
            else:
                wrongly += 1
    head = json.loads((folder / "out.meta.json").read_bytes())["metadata"]
    recall = {kind: gone[kind] / max(1, planted[kind]) for kind in _GO}
    return recall, wrongly, head["conflicts"] / max(1, planted["other"])


def measure(folder: Path, *options: str) -> Cost:
    """`qagen combine` of the folder."""
    return run(qagen("combine", *options), folder)


def copy(folder: Path) -> Cost:
    """The same bytes, read and written."""
    return run(["/bin/sh", "-c", "find qa -name '*.json' | sort | xargs cat > everything"], folder)


if __name__ == "__main__":
    main()
