"""A corpus whose truth is known: which chunk states which fact.

Each fact (subject, kind, value) is stated in its home chunk, and some again elsewhere: word for word, in other words,
in other notation, in a table, in an overlapping neighbour. Around them stand chunks of the same topic: other subjects
with the same kind of fact, other facts of the same subject. The wording comes from templates in two halves that share
none: guards are made by looking at the one, and measured on the other. The templates were written before the guards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeVar

from qagen.formats import Chunk, ChunkFile, DocumentInfo, Pair
from qagen.pairs import pair_id
from qagen.state import chunk_keys

T = TypeVar("T")
FactKey = tuple[str, str, str]
"""Domain, subject, kind."""
Wordings = tuple[str, ...]
"""A value, and other ways to say the same."""


@dataclass(frozen=True)
class Kind:
    """A kind of fact: what is known, how it is asked, stated, and stated otherwise."""

    name: str
    values: Sequence[Wordings]
    questions: Sequence[str]
    statements: Sequence[str]
    restated: Sequence[str]
    answers: Sequence[str]
    column: str = ""
    """Its heading in a table; empty: it stands in none."""


@dataclass(frozen=True)
class Domain:
    """A topic with its subjects, facts, and sentences that state none of them."""

    name: str
    language: str
    subjects: Sequence[str]
    kinds: Sequence[Kind]
    filler: Sequence[str]
    titles: Sequence[str]


@dataclass(frozen=True)
class Fact:
    """What is true of a subject."""

    domain: str
    subject: str
    kind: str
    wordings: Wordings

    @property
    def key(self) -> FactKey:
        return self.domain, self.subject, self.kind


@dataclass
class Draft:
    """A chunk in the making."""

    title: str
    sentences: list[str]
    facts: set[FactKey] = field(default_factory=set)
    asked: list[tuple[Fact, str]] = field(default_factory=list)
    """Facts that this is the home of, each with its sentence."""


@dataclass(frozen=True)
class Planted:
    """Chunk files in a folder, questions, and what answers them."""

    folder: Path
    pairs: list[Pair]
    answering: dict[str, frozenset[str]]
    """By pair_id: the keys of all chunks that state its fact."""
    stating: dict[str, frozenset[FactKey]]
    """By the key of a chunk: the facts that it states."""
    asked: dict[str, FactKey]
    """By pair_id."""

    def is_decoy(self, pair: Pair, chunk_key: str) -> bool:
        """Whether a chunk states what is asked of something else, or something else of what is asked about."""
        subject, kind = self.asked[pair.pair_id][1:]
        return any((fact[1] == subject) != (fact[2] == kind) for fact in self.stating.get(chunk_key, ()))


def amounts(numbers: Sequence[int], *forms: str) -> list[Wordings]:
    """Values of a number: `{n}` as it is, `{words}` as a word, `{tenth}` and `{kilo}` in another unit."""
    made = []
    for n in numbers:
        words = _WORDS.get(n, str(n))
        made.append(tuple(form.format(n=f"{n:,}", plain=n, words=words, tenth=f"{n / 10:g}") for form in forms))
    return made


_WORDS = dict(
    enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
)


def combined(first: Sequence[Wordings], second: Sequence[Wordings], joint: str) -> list[Wordings]:
    """Every pair of two parts, their first wordings together, their second ones, and so on."""
    return [
        tuple(joint.format(a=one[at], b=other[at]) for at in range(min(len(one), len(other))))
        for one in first
        for other in second
    ]


def plant(domains: Sequence[Domain], folder: Path, *, seed: int, questions: int) -> Planted:
    """Write chunk files, and give questions about them."""
    random = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pairs: list[Pair] = []
    stated: dict[FactKey, set[str]] = {}
    facts_of: dict[str, FactKey] = {}
    for domain in domains:
        documents = _documents(domain, random)
        for number, drafts in enumerate(documents):
            keys = _write(folder, f"{domain.name}-{number:03}", drafts, domain, overlapping=number % 5 == 4)
            for draft, key in zip(drafts, keys, strict=True):
                for fact in draft.facts:
                    stated.setdefault(fact, set()).add(key)
                for asked, sentence in draft.asked:
                    pair = _pair(domain, asked, sentence, key, random, f"{domain.name}-{number:03}")
                    pairs.append(pair)
                    facts_of[pair.pair_id] = asked.key
    chosen = sorted(random.sample(pairs, min(questions, len(pairs))), key=lambda pair: pair.pair_id)
    answering = {pair.pair_id: frozenset(stated[facts_of[pair.pair_id]]) for pair in chosen}
    stating: dict[str, frozenset[FactKey]] = {}
    for fact, keys_of_fact in stated.items():
        for key in keys_of_fact:
            stating[key] = stating.get(key, frozenset()) | {fact}
    return Planted(folder, chosen, answering, stating, facts_of)


def _documents(domain: Domain, random: Random) -> list[list[Draft]]:
    """One document for each subject, then those that say some of it again."""
    facts = {
        (subject, kind.name): Fact(domain.name, subject, kind.name, random.choice(list(kind.values)))
        for subject in domain.subjects
        for kind in domain.kinds
    }
    kinds = {kind.name: kind for kind in domain.kinds}
    documents = [_home(domain, subject, facts, kinds, random) for subject in domain.subjects]
    again = [
        (fact, kinds[fact.kind])
        for fact in facts.values()
        for _ in range(random.choices((0, 1, 2, 3), weights=(40, 30, 20, 10))[0])
    ]
    random.shuffle(again)
    documents += [_overview(domain, some, random) for some in _in_groups(again, 12)]
    copied = [draft for document in documents for draft in document if draft.asked and random.random() < 0.06]
    documents += [_copies(domain, some, random) for some in _in_groups(copied, 4)]
    tabled = [kind for kind in domain.kinds if kind.column]
    if tabled:
        groups = _in_groups([*domain.subjects], 6)
        documents.append([_table(domain, group, facts, tabled, random) for group in groups[::2]])
    return documents


def _in_groups(values: Sequence[T], size: int) -> list[Sequence[T]]:
    return [values[at : at + size] for at in range(0, len(values), size)]


def _home(
    domain: Domain, subject: str, facts: dict[tuple[str, str], Fact], kinds: dict[str, Kind], random: Random
) -> list[Draft]:
    """A subject's own document: a few facts in each chunk, between sentences that state none."""
    title = random.choice(list(domain.titles)).format(s=subject)
    names = [*kinds]
    random.shuffle(names)
    drafts = []
    for some in _in_groups(names, random.choice((2, 2, 3))):
        draft = Draft(title, [line.format(s=subject) for line in random.sample(list(domain.filler), 4)])
        for name in some:
            fact, kind = facts[subject, name], kinds[name]
            sentence = random.choice(list(kind.statements)).format(s=subject, v=fact.wordings[0])
            draft.sentences.insert(random.randrange(len(draft.sentences) + 1), sentence)
            draft.facts.add(fact.key)
            draft.asked.append((fact, sentence))
        drafts.append(draft)
    return drafts


def _overview(domain: Domain, facts: Sequence[tuple[Fact, Kind]], random: Random) -> list[Draft]:
    """Facts of several subjects once more, half of them in other words and notation."""
    drafts = []
    for some in _in_groups(facts, 2):
        subjects = [fact.subject for fact, _ in some]
        filler = random.sample(list(domain.filler), 3)
        draft = Draft("Overview", [line.format(s=random.choice(subjects)) for line in filler])
        for fact, kind in some:
            wording = fact.wordings[0] if random.random() < 0.5 else random.choice(fact.wordings)
            sentence = random.choice(list(kind.restated)).format(s=fact.subject, v=wording)
            draft.sentences.insert(random.randrange(len(draft.sentences) + 1), sentence)
            draft.facts.add(fact.key)
        drafts.append(draft)
    return drafts


def _copies(domain: Domain, originals: Sequence[Draft], random: Random) -> list[Draft]:
    """Chunks as they stood in an older edition: one sentence is another one."""
    drafts = []
    for original in originals:
        stating = {sentence for _, sentence in original.asked}
        sentences = [line for line in original.sentences if line in stating or random.random() < 0.7]
        drafts.append(Draft(original.title, [*sentences, "This edition is out of print."], set(original.facts)))
    return drafts


def _table(
    domain: Domain, subjects: Sequence[str], facts: dict[tuple[str, str], Fact], kinds: Sequence[Kind], random: Random
) -> Draft:
    """Values of several subjects side by side; a cell in two is left out."""
    lines = ["| | " + " | ".join(kind.column for kind in kinds) + " |", "|---" * (len(kinds) + 1) + "|"]
    draft = Draft("Table", lines)
    for subject in subjects:
        cells = []
        for kind in kinds:
            shown = random.random() < 0.5
            cells.append(facts[subject, kind.name].wordings[0] if shown else "-")
            if shown:
                draft.facts.add(facts[subject, kind.name].key)
        lines.append(f"| {subject} | " + " | ".join(cells) + " |")
    return draft


def _write(folder: Path, name: str, drafts: Sequence[Draft], domain: Domain, *, overlapping: bool) -> list[str]:
    """A chunk file. `overlapping`: by a tool that repeats what stood before and does not say so."""
    texts = []
    for draft in drafts:
        joint = "\n" if draft.title == "Table" else " "
        texts.append(joint.join(draft.sentences) + "\n\n")
    chunks, reached = [], 0
    for index, text in enumerate(texts):
        whole = text
        if overlapping and index:
            before = drafts[index - 1]
            repeated = before.sentences[-2:]
            whole = " ".join(repeated) + " " + text
            drafts[index].facts |= {fact.key for fact, sentence in before.asked if sentence in repeated}
        chunks.append(
            Chunk(
                chunk_index=index,
                chunk_id=f"{name}-{index}",
                text=whole,
                start_char=None if overlapping else reached,
                end_char=None if overlapping else reached + len(text),
                core_start=None if overlapping else reached,
                section=drafts[index].title,
            )
        )
        reached += len(text)
    information = DocumentInfo(file_name=f"{name}.md", source_file=f"docs/{name}.md", title=drafts[0].title)
    made = ChunkFile(metadata=information, chunks=chunks)
    (folder / f"{name}_chunks.json").write_text(made.model_dump_json(), encoding="utf-8")
    return chunk_keys(made.chunks)


def _pair(domain: Domain, fact: Fact, sentence: str, key: str, random: Random, document: str) -> Pair:
    kind = next(one for one in domain.kinds if one.name == fact.kind)
    question = random.choice(list(kind.questions)).format(s=fact.subject)
    answer = random.choice(list(kind.answers)).format(s=fact.subject, v=fact.wordings[0])
    answer = answer[:1].upper() + answer[1:]
    return Pair(
        pair_id=pair_id(question, answer, key),
        chunk_key=key,
        question=question,
        answer=answer,
        evidence=[sentence],
        file_name=f"{document}.md",
        source_file=f"docs/{document}.md",
        language=domain.language,
    )
