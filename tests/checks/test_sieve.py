"""A sieve finds what the patterns themselves would find."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen.checks import packs, slips, words
from qagen.checks.packs import LANGUAGES
from qagen.checks.sieve import Sieve, needs

GOLD = Path(__file__).parents[1] / "gold"
PATTERNS = (
    r"\b(?:the|this) (?:text|passage)s?\b",
    r"^n/?a\b",
    r"not (?:given|known)(?= here)",
    r"(?:ab){2,3}c?",
    r"İ?ı+x",
)


@cache
def texts() -> tuple[str, ...]:
    """All questions and answers of the gold sets, as the checks see them."""
    found: set[str] = set()
    for path in [*(GOLD / "checks").glob("*.jsonl"), GOLD / "careless.jsonl"]:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            found |= {words.on_one_line(value) for value in row.values() if isinstance(value, str)}
    assert len(found) > 2000
    return tuple(sorted(found))


def plain(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def sources(sieve: Sieve) -> list[str]:
    numbered = [one for group in sieve._groups.values() for one in group]
    return [pattern for _, pattern in sorted(numbered)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["references", "document_references", "refusals"])
def test_on_all_gold_texts_it_finds_the_same_at_the_same_place(language: str, name: str) -> None:
    pack = packs.load(language)
    assert pack is not None
    sieve: Sieve = getattr(pack, name)
    whole = plain(sources(sieve))
    for text in texts():
        found, expected = sieve.search(text), whole.search(text)
        assert (found and found.span()) == (expected and expected.span()), text


@pytest.mark.parametrize("sieve", [slips._PLACEHOLDER, slips._MARKS_OF_PROMPTS])
def test_so_do_the_patterns_of_slips(sieve: Sieve) -> None:
    whole = plain(sources(sieve))
    for text in texts():
        found, expected = sieve.search(text), whole.search(text)
        assert (found and found.span()) == (expected and expected.span()), text


@given(st.text(alphabet="THEtheis TXxtpasge nN/aAgivenkow hrabcİıſK", max_size=40))
def test_on_any_text_too(text: str) -> None:
    found, expected = Sieve(PATTERNS).search(text), plain(list(PATTERNS)).search(text)
    assert (found and found.span()) == (expected and expected.span())


OF_WORDS = (
    "according to the",
    "as a",
    " this ",
    "text",
    "context",
    "in ",
    " of th",
    "ı",
    "ss",
    "  ",
    "a b",
    "{{",
    "s>",
)
REMEMBERING = Sieve([*PATTERNS, *map(re.escape, OF_WORDS), r"\b(?:as a|of th)\b", r"(?:a| )b|  "])


@given(st.lists(st.sampled_from([*OF_WORDS, " ", "\n", "THE", "Ac", "cording", "ß", "x" * 41, "textual"]), max_size=9))
def test_so_does_one_that_remembers_the_words_of_earlier_texts(parts: list[str]) -> None:
    text = "".join(parts)
    found, expected = REMEMBERING.search(text), plain(sources(REMEMBERING)).search(text)
    assert (found and found.span()) == (expected and expected.span())


def test_what_it_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qagen.checks.sieve._MOST_REMEMBERED", 50)
    sieve = Sieve(PATTERNS)
    for number in range(500):
        assert sieve.search(f"word{number} text{number} {'long' * 20}{number}") is None
    assert len(sieve._harmless) + len(sieve._telling) <= 60
    assert sieve.search("Here is this passage")


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bas (?:an? )?AI\b", {"as "}),
        (r"\b(?:the|this) passage\b", {" passage"}),
        (r"(?:text|passage)s?", {"text", "passage"}),
        (r"(?:text|passage)? is", {" is"}),
        (r"(?:text|\d+)", set()),
        (r"gemäß", {"gemäss"}),
        (r"(?!never)(?=seen)ends", {"ends"}),
        (r"(?:word){2}", {"word"}),
        (r"(?:word)*", set()),
    ],
)
def test_what_a_match_must_hold_stands_in_the_pattern(pattern: str, needed: set[str]) -> None:
    assert needs(pattern) == needed
