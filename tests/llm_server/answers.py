"""What the server answers: it follows from the passage and the number asked for, and from nothing else.

So the same passage gets the same pairs in whatever order, company or repetition it is asked about, and every question
carries the mark of the passage that it was made from: a checker can tell which chunk a pair belongs to.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import orjson

Pair = dict[str, Any]

_BLOCK = re.compile(r"^<((?:passage|source)-[0-9a-f]{16})>[ \t]*\r?\n(.*?)</\1>", re.MULTILINE | re.DOTALL)
_ASKED = re.compile(r"[Uu]p to (\d+)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？।])|\n+")
_LINE_SIGNS = re.compile(r"^(?:[#>*+\-|\s]+|\d+[.)]\s+)+")
_TOPIC_NOISE = re.compile(r"[#*|`<>\[\]{}()\"?!]+")
_ENGLISH = re.compile(r"\b(?:the|and|of|is|to)\b", re.IGNORECASE)
_LONGEST_QUOTE = 200

# Several wordings, because a program that looks for duplicates would find near ones among questions of one wording.
_WORDINGS = (
    "What is known about {topic} [{mark}]?",
    "Which statement is made concerning {topic} [{mark}]?",
    "How would an expert explain {topic} [{mark}]?",
    "When someone looks up {topic} [{mark}], what do they learn?",
    "What should readers remember regarding {topic} [{mark}]?",
    "Can you summarise what holds for {topic} [{mark}]?",
    "Why does it matter to know {topic} [{mark}]?",
    "Please complete the following beginning of a fact: {topic} [{mark}]?",
)
_WORDING_OF_OTHER_LANGUAGES = "{topic} [{mark}]?"
"""No English in it: a program that compares the languages of question and passage must not stumble over us."""


def marker(passage: str) -> str:
    """The mark that every question about this passage carries: 12 hex digits."""
    return sha256(passage.strip().encode("utf-8", "surrogatepass")).hexdigest()[:12]


def passage_in(message: str) -> str:
    """The last `<passage-HEX>` or `<source-HEX>` block of a user message; the whole message where there is none."""
    blocks = _BLOCK.findall(message)
    return str(blocks[-1][1] if blocks else message).strip()


def number_asked(message: str) -> int:
    """How many questions the message wants: the first "up to N" outside its passages, else 3."""
    found = _ASKED.search(_BLOCK.sub("", message)) or _ASKED.search(message)
    return int(found[1]) if found else 3


def sentences(passage: str) -> list[str]:
    """Distinct stretches of the passage, each a verbatim part of it of at most 200 characters, in order."""
    parts = [_LINE_SIGNS.sub("", part).strip() for part in _SENTENCE_END.split(passage)]
    wordy = [_shortened(part) for part in dict.fromkeys(parts) if any(map(str.isalnum, part))]
    # A heading or a lone number makes a poor question: taken only where the passage has nothing better.
    full = [part for part in wordy if len(part) >= 20]
    return list(dict.fromkeys(full or wordy))


def pairs(passage: str, count: int) -> list[Pair]:
    """Up to `count` pairs, each from a sentence of its own."""
    mark = marker(passage)
    found = sentences(passage)[:count]
    english = _ENGLISH.search(passage) is not None
    return [pair(sentence, mark, _WORDINGS[i % len(_WORDINGS)], english) for i, sentence in enumerate(found)]


def pair(sentence: str, mark: str, wording: str = _WORDINGS[0], english: bool = True) -> Pair:
    """One pair. The answer restates the sentence, so that it is grounded whatever a program checks."""
    template = wording if english else _WORDING_OF_OTHER_LANGUAGES
    ended = sentence if sentence[-1] in ".!?。！？।" else f"{sentence}."
    return {
        "question_type": "factual",
        "evidence": [sentence],
        "question": template.format(topic=_topic(sentence), mark=mark),
        "answer": ended,
    }


def content(passage: str, count: int) -> dict[str, Any]:
    """The whole reply as a value, keys in the order of the schema."""
    made = pairs(passage, count)
    return {"skip_reason": None if made else "no_facts", "pairs": made}


def as_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def _shortened(sentence: str) -> str:
    if len(sentence) <= _LONGEST_QUOTE:
        return sentence
    head = sentence[:_LONGEST_QUOTE]
    return head.rsplit(None, 1)[0] if " " in head else head


def _topic(sentence: str) -> str:
    """The first words of a sentence, not all of them: a question must not hold its whole answer."""
    words = _TOPIC_NOISE.sub(" ", sentence).split()
    if len(words) < 3:  # a script without spaces, or a very short line
        return " ".join(words)[:30].rstrip("。.,;:")
    first = words[: min(8, max(3, len(words) * 2 // 3))]
    return " ".join(first).rstrip(".,;:")
