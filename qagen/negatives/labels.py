"""Candidates -> one request for all questions of a chunk, and a model's reply -> labels. Pure.

The instructions lie beside the code (`labels.txt`); they are the same for every request and stand first. Each excerpt
has an id that is unique in the request, so that a reply is short and says clearly what it is about.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, get_args

import orjson

from qagen.formats import Pair, without_surrogates
from qagen.llm.types import ChatRequest
from qagen.negatives.types import Guarded, Label, Labelled, Passage
from qagen.negatives.windows import best_window
from qagen.pairs import Unreadable
from qagen.pairs.found_json import embedded, repair, without_thoughts
from qagen.prompts import fence

LABELS: tuple[Label, ...] = get_args(Label)
MOST_WORDS = 20
"""Of a reason."""
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["questions"],
    "properties": {
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["question", "labels"],
                "properties": {
                    "question": {"type": "integer"},
                    "labels": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["id", "reason", "label"],
                            "properties": {
                                "id": {"type": "string"},
                                "reason": {"type": "string"},
                                "label": {"type": "string", "enum": list(LABELS)},
                            },
                        },
                    },
                },
            },
        }
    },
}
_MOST_CHARACTERS = 256 * 1024
"""More is no reply to what we ask."""
_MOST_CHARACTERS_OF_WORDS = 200
"""Of a reason in a script without spaces, or of one very long word."""
_LONGEST_QUESTION = 600
_DEEPEST = 12
_DIGITS = re.compile(r"\d{1,6}")
_TOKENS_OF_LABEL = 60
_TOKENS_OF_QUESTION = 30


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a candidate, as it is shown."""

    id: str
    chunk_key: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a model for one pair."""

    pair: Pair
    ids: tuple[str, ...]
    """Of the excerpts that are to be judged."""


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """All that one request says."""

    passage: Passage
    """That the questions were made of."""
    questions: Mapping[int, Question]
    """By their number in the request, from 1."""
    excerpts: Mapping[str, Excerpt]

    @property
    def system(self) -> str:
        return instructions()

    @property
    def user(self) -> str:
        """The positive, the excerpts, the questions: in one order, so that the same request is the same bytes."""
        shown = {name for question in self.questions.values() for name in question.ids}
        salt = hashlib.sha256("\0".join(one.text for one in self.excerpts.values()).encode("utf-8", "replace"))
        of = f"{self.passage.text}\0{salt.hexdigest()}"
        parts = ["The passage that the questions were made of:", fence("source", self.passage.text, of=of)]
        parts += ["The passages to judge:"]
        parts += [fence(name, one.text, of=of) for name, one in self.excerpts.items() if name in shown]
        parts += ["The questions, and the ids to judge for each:"]
        parts += [
            f"{number}. {_line(question.pair.question)}\n   Answer: {_line(question.pair.answer)}\n"
            f"   Ids: {', '.join(question.ids)}"
            for number, question in self.questions.items()
            if question.ids
        ]
        return "\n\n".join(parts)

    @property
    def output_tokens(self) -> int:
        """About how many a whole reply takes."""
        ids = sum(len(question.ids) for question in self.questions.values())
        return _TOKENS_OF_QUESTION * (1 + len(self.questions)) + _TOKENS_OF_LABEL * ids

    @property
    def material(self) -> Mapping[str, Any]:
        """The same as plain fields, for a provider that is no language model."""
        return {
            "passage": self.passage.text,
            "questions": {
                number: {"question": one.pair.question, "answer": one.pair.answer, "ids": list(one.ids)}
                for number, one in self.questions.items()
            },
            "excerpts": {name: one.text for name, one in self.excerpts.items()},
        }

    def chat(self, model: str, max_tokens: int, **fields: Any) -> ChatRequest:
        """The request to a model; `fields` are those of `ChatRequest`."""
        return ChatRequest(
            system=self.system,
            user=self.user,
            model=model,
            max_tokens=max_tokens,
            schema=SCHEMA,
            schema_name="labels",
            material=self.material,
            **fields,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says."""

    labels: Mapping[int, Mapping[str, Labelled]]
    """By the number of the question and the id of the excerpt."""
    invented: int = 0
    """Entries of ids or questions that there are none of."""
    repeated: int = 0
    """Entries of what was judged before; the first counts."""
    unknown: int = 0
    """Entries without one of our labels."""

    @property
    def notes(self) -> dict[str, int]:
        """What was unusual, for the chunk's record."""
        counts = {"invented_ids": self.invented, "repeated_ids": self.repeated, "unknown_labels": self.unknown}
        return {name: count for name, count in counts.items() if count}


@cache
def instructions() -> str:
    """The system text of every request."""
    return files("qagen.negatives").joinpath("labels.txt").read_text(encoding="utf-8").strip()


def sha256() -> str:
    """One hash over all that decides what is sent, besides the chunk and the choices."""
    return hashlib.sha256(f"{instructions()}\0{SCHEMA!r}".encode()).hexdigest()


def request(passage: Passage, asked: Sequence[tuple[Pair, Guarded]], most: int = 10) -> LabelRequest | None:
    """What to ask for the questions of a chunk; None where no question has candidates.

    `most`: candidates that are shown of each question. The numbers are those of `asked`, from 1.
    """
    excerpts: dict[str, Excerpt] = {}
    ids: dict[tuple[str, str], str] = {}
    questions: dict[int, Question] = {}
    for number, (pair, guarded) in enumerate(asked, 1):
        of_pair: list[str] = []
        for candidate in guarded.candidates[:most]:
            window = best_window(candidate.passage.text, pair.question)
            name = ids.setdefault((candidate.passage.chunk_key.partition("#")[0], window), f"p{len(ids) + 1}")
            excerpts.setdefault(name, Excerpt(name, candidate.passage.chunk_key, window))
            if name not in of_pair:
                of_pair.append(name)
        if of_pair:
            questions[number] = Question(pair, tuple(of_pair))
    return LabelRequest(passage, questions, excerpts) if questions else None


def read(text: str, asked: LabelRequest, *, cut: bool = False) -> Reading:
    """The labels of a reply, however it is wrapped. `cut`: it ended at the token limit.

    Raises:
        Unreadable: there is no JSON in it, or none with labels.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Unreadable(f"it was longer than {_MOST_CHARACTERS:,} characters")
    if not text.strip():
        raise Unreadable("it was empty")
    entries = _entries_of(text, cut=cut)
    if not entries:
        raise Unreadable("there was no JSON object with labels in it")
    labels: dict[int, dict[str, Labelled]] = {}
    invented = repeated = unknown = 0
    for number, entry in entries:
        place = _place(number, entry, asked)
        label = _label(entry)
        if place is None:
            invented += 1
        elif label is None:
            unknown += 1
        elif place[1] in labels.setdefault(place[0], {}):
            repeated += 1
        else:
            labels[place[0]][place[1]] = Labelled(label, _reason(entry))
    return Reading({number: said for number, said in labels.items() if said}, invented, repeated, unknown)


def missing(asked: LabelRequest, labels: Mapping[int, Mapping[str, Labelled]]) -> dict[int, tuple[str, ...]]:
    """The ids that nothing was said of, by question; only questions that lack some."""
    lacking = {
        number: tuple(name for name in question.ids if name not in labels.get(number, {}))
        for number, question in asked.questions.items()
    }
    return {number: names for number, names in lacking.items() if names}


def narrowed(asked: LabelRequest, wanted: Mapping[int, Collection[str]]) -> LabelRequest:
    """The same request for some of its ids alone: what a repair round asks for. Ids and numbers stay as they are."""
    questions = {
        number: replace(question, ids=tuple(name for name in question.ids if name in wanted.get(number, ())))
        for number, question in asked.questions.items()
    }
    return replace(asked, questions={number: one for number, one in questions.items() if one.ids})


def joined(
    one: Mapping[int, Mapping[str, Labelled]], other: Mapping[int, Mapping[str, Labelled]]
) -> dict[int, dict[str, Labelled]]:
    """Labels of two rounds; of what both judged, the first counts."""
    return {number: {**other.get(number, {}), **one.get(number, {})} for number in sorted({*one, *other})}


def by_chunk(asked: LabelRequest, labels: Mapping[int, Mapping[str, Labelled]], number: int) -> dict[str, Labelled]:
    """The labels of one question by chunk_key, as the selection wants them; none where nothing was said of it.

    Where two excerpts of a chunk were judged, the label that speaks most for an answer counts.
    """
    found: dict[str, Labelled] = {}
    for name, labelled in labels.get(number, {}).items():
        if name in asked.excerpts:
            key = asked.excerpts[name].chunk_key
            if key not in found or LABELS.index(labelled.label) < LABELS.index(found[key].label):
                found[key] = labelled
    return found


def _entries_of(text: str, *, cut: bool) -> list[tuple[Any, dict[str, Any]]]:
    """Every entry with an id that a reply holds, by the reading that gives most; each with its question, if it says."""
    try:
        return list(_entries(orjson.loads(text)))
    except orjson.JSONDecodeError:
        pass
    text = without_thoughts(text, cut=cut)
    whole = [entry for value in embedded(text) for entry in _entries(value)]
    # The last entry of a reply that was cut may be half of one, and look whole when it is repaired.
    repaired = list(_entries(repair(text[: text.rfind("}") + 1] if cut else text)))
    return max(whole, repaired, key=_worth)


def _worth(entries: Sequence[tuple[Any, Mapping[str, Any]]]) -> tuple[int, int]:
    """Of a reading: first how many entries say which question they are about."""
    return sum(number is not None for number, _ in entries), len(entries)


def _entries(value: Any, number: Any = None, depth: int = 0) -> Iterator[tuple[Any, dict[str, Any]]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _entries(item, number, depth + 1)
    elif isinstance(value, dict):
        number = value.get("question", value.get("number", number))
        if "id" in value and ("label" in value or "reason" in value):
            yield number, value
            return
        for item in value.values():
            yield from _entries(item, number, depth + 1)


def _place(number: Any, entry: Mapping[str, Any], asked: LabelRequest) -> tuple[int, str] | None:
    """Which question and excerpt an entry is about; None where there is no such one."""
    found = _DIGITS.search(str(entry.get("id"))[:40])
    name = f"p{int(found[0])}" if found else ""
    having = [one for one, question in asked.questions.items() if name in question.ids]
    said = _DIGITS.search(str(number)[:40]) if number is not None and not isinstance(number, bool) else None
    if said is None:
        # It does not say which question; there may be one alone that it can be about.
        return (having[0], name) if len(having) == 1 else None
    return (int(said[0]), name) if int(said[0]) in having else None


def _label(entry: Mapping[str, Any]) -> Label | None:
    said = entry.get("label")
    plain = said.strip().casefold() if isinstance(said, str) else ""
    return next((label for label in LABELS if label == plain), None)


def _reason(entry: Mapping[str, Any]) -> str:
    said = entry.get("reason")
    words = without_surrogates(said).split() if isinstance(said, str) else []
    return " ".join(words[:MOST_WORDS])[:_MOST_CHARACTERS_OF_WORDS]


def _line(text: str) -> str:
    """On one line, so that it cannot pass for more than it is."""
    return " ".join(text.split())[:_LONGEST_QUESTION]
