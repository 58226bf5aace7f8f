"""Labels for passages that were found for questions: by the truth that a test planted, else by plain words.

The truth says of a question which texts make a passage answer it, or be another thing: `{question: {text: label}}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Truth = Mapping[str, Mapping[str, str]]

_EXCERPT = re.compile(r"^<(p\d+)-([0-9a-f]{16})>\n(.*?)\n</\1-\2>$", re.MULTILINE | re.DOTALL)
_QUESTION = re.compile(r"^(\d+)\. (.+)\n   Answer: (.*)\n   Ids: (.+)$", re.MULTILINE)
_BEGINS = "The questions, and the ids to judge for each:"
_LABELS = ("answers", "partly", "related", "unrelated")


def is_wanted(message: str) -> bool:
    """Whether a message asks for labels, and not for pairs."""
    return _BEGINS in message


def content(message: str, truth: Truth) -> dict[str, Any]:
    """The whole reply as a value: every id of every question once."""
    excerpts = {name: text for name, _, text in _EXCERPT.findall(message)}
    questions = []
    for number, question, answer, ids in _QUESTION.findall(message.partition(_BEGINS)[2]):
        labels = [_labelled(name, question, answer, excerpts[name], truth) for name in ids.split(", ")]
        questions.append({"question": int(number), "labels": labels})
    return {"questions": questions}


def _labelled(name: str, question: str, answer: str, text: str, truth: Truth) -> dict[str, str]:
    label = _label(question, answer, text, truth)
    reason = f"It {label.rstrip('s')}s the question." if label == "answers" else f"It is {label} and gives no answer."
    return {"id": name, "reason": reason, "label": label}


def _label(question: str, answer: str, text: str, truth: Truth) -> str:
    """What is planted comes first; of several texts the label that speaks most for an answer."""
    planted = [label for said, label in truth.get(question, {}).items() if said in text]
    if planted:
        return min(planted, key=_LABELS.index)
    if answer and answer.rstrip(".") in text:
        return "answers"
    asked = set(re.findall(r"\w{4,}", question.casefold()))
    return "related" if asked & set(re.findall(r"\w{4,}", text.casefold())) else "unrelated"
