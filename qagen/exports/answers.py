"""Which passages answer a question that several pairs ask: none of them is a negative of any of these pairs."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qagen.checks import normal_question
from qagen.dataset.copies import shared


class Answers:
    """Of all pairs, as hashes: some ten bytes a pair, and more only for those whose question is asked again.

    Questions are the same as `combine` takes them for the same: equal but for case, white space and final marks.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        questions, answers = array("q"), array("q")
        again = array("q")
        for row in rows:
            question = row.get("question")
            if not isinstance(question, str):
                continue  # damaged: who takes the row in says so
            plain = normal_question(question)
            again.append(_hash(plain))
            for text in _positives(row):
                questions.append(again[-1])
                answers.append(_hash(plain, text))
        several = shared(again)
        pairs = zip(questions, answers, strict=True)
        self._answers = frozenset(answer for question, answer in pairs if question in several)

    def has(self, question: str, text: str) -> bool:
        """Whether the text answers the question in a pair of the dataset, where several ask it."""
        return bool(self._answers) and _hash(normal_question(question), text) in self._answers


def _positives(row: Mapping[str, Any]) -> Iterator[str]:
    """The passage and the extra positives of a row as it stands in the file."""
    extras = row.get("extra_positives")
    documents = [one.get("document") for one in extras if isinstance(one, dict)] if isinstance(extras, list) else []
    yield from (text for text in (row.get("source_text"), *documents) if isinstance(text, str))


def _hash(*parts: str) -> int:
    """64 bits. Two that are unlike share one hardly ever, and then a negative less goes in."""
    whole = "\0".join(parts).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest(), "big", signed=True)
