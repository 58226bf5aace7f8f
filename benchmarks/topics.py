"""How well `topics.shifts` finds the joints of texts that were put together from different topics.

    python -m benchmarks.topics [--seed N] [--documents N]

Each document is 4 to 10 segments of 5 to 40 sentences; no two neighbours are of one topic. Nothing marks a joint: half
of the documents are one long paragraph, in the others all paragraphs are separated alike. Pk (Beeferman et al. 1999)
and WindowDiff (Pevzner and Hearst 2002) count windows, of half a segment's mean length, whose ends are wrongly held to
be of one topic or of two: 0 is perfect. `random` and `even` are told the true number of cuts, `shifts` and `tiling`
are not. `tiling` is TextTiling with tf-idf windows, at the sizes that were best with seed 0.
"""

from __future__ import annotations

import argparse
import ast
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import accumulate, pairwise
from math import hypot, log
from pathlib import Path
from pydoc_data import topics as reference
from random import Random
from statistics import fmean, pstdev

from qagen.cutting import sentences, topics

Topic = list[str]
"""The sentences of one topic, in order."""

EXAMPLES = Path(__file__).parent.parent / "examples"
MODULES = """
argparse ast asyncio.streams bdb calendar codecs collections configparser csv ctypes datetime decimal difflib doctest
email.message fractions ftplib functools gettext heapq http.client http.server imaplib inspect ipaddress itertools
logging mailbox multiprocessing.pool optparse os pathlib pickle random re sched sqlite3 ssl statistics string subprocess
tarfile telnetlib tempfile textwrap threading tkinter tokenize turtle typing unittest.case urllib.parse urllib.request
weakref xml.dom.minidom zipfile
""".split()
"""Those that a Python lacks are left out, as are those with few sentences."""
CHAPTERS = """
assignment comparisons debugger execmodel formatstrings import naming numeric-types string-methods strings try types
typesmapping typesseq
""".split()
"""Parts of the language reference that share no paragraphs."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A text made of segments."""

    text: str
    starts: list[int]
    """Offsets of its sentences."""
    joints: list[int]
    """Which sentences begin a new segment, the first one left out."""


@dataclass(frozen=True, slots=True)
class Score:
    """Two measures of error: 0 is perfect."""

    pk: float
    window_diff: float


def examples() -> list[Topic]:
    """The project's own examples: manuals, a policy, questions and answers."""
    return [prose(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.iterdir())]


def docstrings() -> list[Topic]:
    """Modules of the standard library, each by what it says of itself, its classes and its functions."""
    return [topic for topic in map(_module_prose, MODULES) if len(topic) >= 20]


def chapters() -> list[Topic]:
    """Python's language reference: one subject, so that neighbours have many words in common."""
    return [prose(reference.topics[name]) for name in CHAPTERS if name in reference.topics]


def generated(rng: Random) -> list[Topic]:
    """Twelve topics of made-up words: a small vocabulary each, among function words and a larger one that all share."""
    function_words, common = (_vocabulary(rng, 60, 1, 2), _vocabulary(rng, 800, 2, 4))
    return [list(_speech(rng, function_words, common, _vocabulary(rng, 60, 2, 4))) for _ in range(12)]


SOURCES: dict[str, Callable[[Random], list[Topic]]] = {
    "examples": lambda _: examples(),
    "docstrings": lambda _: docstrings(),
    "reference": lambda _: chapters(),
    "generated": generated,
}


def prose(text: str) -> Topic:
    """The whole sentences of a text, without headings, tables and code; none twice."""
    found = []
    for start, end in pairwise([*sentences.starts_in(text, 0, len(text)), len(text)]):
        sentence = re.sub(r"^[-*\d.\s]+", "", " ".join(text[start:end].split()))
        if len(sentence) < 400 and re.fullmatch(r"[^\W\d_a-z](?:[^|>]*)[.?!]", sentence) and sentence.count(" ") > 4:
            found.append(sentence)
    return list(dict.fromkeys(found))


def _module_prose(name: str) -> Topic:
    file = find_spec(name)
    if file is None or not (file.origin or "").endswith(".py"):
        return []
    tree = ast.parse(Path(str(file.origin)).read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    return prose("\n\n".join(texts))


def _vocabulary(rng: Random, size: int, least: int, most: int) -> list[str]:
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    return ["".join(rng.choices(syllables, k=rng.randint(least, most))) + rng.choice("nrst") for _ in range(size)]


def _speech(rng: Random, function_words: list[str], common: list[str], own: list[str]) -> Iterator[str]:
    """60 sentences: half function words, a third of the common vocabulary, a sixth of the topic's own."""
    parts = [(function_words, 0.5), (common, 0.33), (own, 0.17)]
    words = [word for vocabulary, _ in parts for word in vocabulary]
    weights = [
        share / (rank + 2) / sum(1 / (other + 2) for other in range(len(vocabulary)))
        for vocabulary, share in parts
        for rank in range(len(vocabulary))
    ]
    for _ in range(60):
        yield " ".join(rng.choices(words, weights, k=rng.randint(6, 20))).capitalize() + "."


def join(parts: Sequence[Topic], rng: Random, with_paragraphs: bool) -> Joined:
    """The segments one behind the other; paragraphs, where there are any, end at joints as well as elsewhere."""
    text = ""
    starts: list[int] = []
    joints: list[int] = []
    for part in parts:
        joints.append(len(starts))
        left = 0
        for sentence in part:
            if with_paragraphs and left == 0:
                text, left = text.rstrip() + "\n\n" if text else "", rng.randint(1, 6)
            starts.append(len(text))
            text += sentence + " "
            left -= 1
    return Joined(text.rstrip(), starts, joints[1:])


def draw(sources: list[Topic], rng: Random) -> list[Topic]:
    """Consecutive sentences of 4 to 10 topics; a topic may come again, but not at once."""
    parts: list[Topic] = []
    last = None
    for _ in range(rng.randint(4, 10)):
        last = rng.choice([topic for topic in sources if topic is not last])
        size = min(rng.randint(5, 40), len(last))
        begin = rng.randrange(len(last) - size + 1)
        parts.append(last[begin : begin + size])
    return parts


def found(joined: Joined) -> list[int]:
    """The sentences at which `shifts` cuts."""
    cuts = {bisect_right(joined.starts, shift.offset) - 1 for shift in topics.shifts(joined.text)}
    return sorted(cuts - {0})


def tiling(joined: Joined) -> list[int]:
    """TextTiling (Hearst 1997): valleys of the cosine between windows of 14 sentences, smoothed over 5."""
    ends = [*joined.starts[1:], len(joined.text)]
    bags = [
        Counter(word[:6] for word in re.findall(r"[^\W\d_]{2,}", joined.text[start:end].lower()))
        for start, end in zip(joined.starts, ends, strict=True)
    ]
    spread = Counter(word for bag in bags for word in bag)
    rarity = {word: log(len(bags) / count) if count <= 0.3 * len(bags) else 0.0 for word, count in spread.items()}
    rough = [_cosine(bags[max(0, at - 14) : at], bags[at : at + 14], rarity) for at in range(1, len(bags))]
    curve = [fmean(rough[max(0, at - 2) : at + 3]) for at in range(len(rough))]
    depths = [_climb(curve[at::-1]) + _climb(curve[at:]) for at in range(len(curve))]
    deep = fmean(depths) + pstdev(depths)
    return [at + 1 for at, depth in enumerate(depths) if depth > deep and depth == max(depths[max(0, at - 3) : at + 4])]


def _cosine(left: Sequence[Counter[str]], right: Sequence[Counter[str]], rarity: dict[str, float]) -> float:
    sides = [
        {word: rarity[word] * count for word, count in sum(bags, Counter[str]()).items()} for bags in (left, right)
    ]
    product = sum(weight * sides[1].get(word, 0.0) for word, weight in sides[0].items())
    return product / (hypot(*sides[0].values()) * hypot(*sides[1].values()) or 1.0)


def _climb(curve: Sequence[float]) -> float:
    """From its beginning up to its first peak."""
    end = next((at for at, (here, there) in enumerate(pairwise(curve)) if there < here), len(curve) - 1)
    return curve[end] - curve[0]


def at_random(joined: Joined, rng: Random) -> list[int]:
    """As many cuts as there are joints, anywhere; where there are paragraphs, between two of them."""
    places = [at for at in range(1, len(joined.starts)) if joined.text[joined.starts[at] - 1] == "\n"]
    return sorted(rng.sample(places or range(1, len(joined.starts)), len(joined.joints)))


def evenly(joined: Joined) -> list[int]:
    """As many cuts as there are joints, at equal distances."""
    count = len(joined.joints) + 1
    return [round(part * len(joined.starts) / count) for part in range(1, count)]


METHODS: dict[str, Callable[[Joined, Random], list[int]]] = {
    "shifts": lambda joined, _: found(joined),
    "tiling": lambda joined, _: tiling(joined),
    "random": at_random,
    "even": lambda joined, _: evenly(joined),
    "none": lambda *_: [],
}


def score(cuts: list[int], joints: list[int], size: int) -> Score:
    """Pk and WindowDiff over a text of `size` sentences."""
    window = max(1, round(size / (len(joints) + 1) / 2))
    ours, true = _counted(cuts, size), _counted(joints, size)
    pairs = [(ours[at + window] - ours[at], true[at + window] - true[at]) for at in range(size - window)]
    return Score(fmean((a > 0) != (b > 0) for a, b in pairs), fmean(a != b for a, b in pairs))


def _counted(cuts: list[int], size: int) -> list[int]:
    """How many cuts there are up to each sentence."""
    marked = set(cuts)
    return list(accumulate(int(at in marked) for at in range(size)))


def measure(source: str, with_paragraphs: bool, documents: int, seed: int) -> dict[str, list[Score]]:
    """The scores of every method, document by document."""
    rng = Random(f"{seed} {source} {with_paragraphs}")
    scores: dict[str, list[Score]] = {name: [] for name in METHODS}
    drawn = SOURCES[source](rng)
    for _ in range(documents):
        drawn = SOURCES[source](rng) if source == "generated" else drawn
        joined = join(draw(drawn, rng), rng, with_paragraphs)
        for name, method in METHODS.items():
            scores[name].append(score(method(joined, rng), joined.joints, len(joined.starts)))
    return scores


def in_one_topic(source: str, seed: int, method: Callable[[Joined], list[int]]) -> float:
    """Cuts per 100 sentences in documents of a single topic."""
    rng = Random(f"{seed} {source}")
    whole = [join([topic], rng, with_paragraphs=True) for topic in SOURCES[source](rng)]
    return 100 * sum(len(method(joined)) for joined in whole) / sum(len(joined.starts) for joined in whole)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--documents", type=int, default=40, help="per source and layout (default: 40)")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}; Pk / WindowDiff, mean over documents\n")
    print(f"{'source':<12}{'layout':<12}{'n':>5}" + "".join(f"{name:>15}" for name in METHODS))
    total: dict[str, list[Score]] = {}
    for source in SOURCES:
        for with_paragraphs in (True, False):
            scores = measure(source, with_paragraphs, arguments.documents, arguments.seed)
            _print_row(source, "paragraphs" if with_paragraphs else "one block", scores)
            for name, some in scores.items():
                total.setdefault(name, []).extend(some)
    _print_row("all", "", total)
    print(f"\n{'cuts per 100 sentences of one topic':<38}{'shifts':>8}{'tiling':>8}")
    for source in SOURCES:
        rates = [in_one_topic(source, arguments.seed, method) for method in (found, tiling)]
        print(f"{source:<38}" + "".join(f"{rate:8.1f}" for rate in rates))


def _print_row(source: str, layout: str, scores: dict[str, list[Score]]) -> None:
    cells = [
        f"{fmean(one.pk for one in some):.2f} / {fmean(one.window_diff for one in some):.2f}"
        for some in scores.values()
    ]
    print(f"{source:<12}{layout:<12}{len(scores['shifts']):>5}" + "".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
