"""What checks know of a language: a TOML file here, and a word in `LANGUAGES`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import repeat
from typing import Any

from qagen.checks import words
from qagen.checks.sieve import Sieve

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
_LEAST_SHARE = 0.2
"""Of a text's words that are stop words of its language, in any but lists of names; most texts have 0.35 to 0.5."""
_TERM = re.compile("<([A-Z]+)>")
_SAMPLE = 4000
"""Characters that tell the language of a text."""
_MOST_COUNTED = 255
"""Words, so that their number fits into a byte."""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One language. Words are casefolded; patterns are for text on one line."""

    language: str
    capitalises_nouns: bool
    stop: frozenset[str]
    """Words without a subject of their own, interrogatives and auxiliaries among them."""
    interrogatives: frozenset[str]
    any_interrogatives: frozenset[str]
    """Those that may stand for each other: what, which."""
    openers: frozenset[str]
    """Auxiliaries that begin a question."""
    imperatives: frozenset[str]
    pronouns: frozenset[str]
    """Personal, possessive and demonstrative ones, which need something to point at."""
    negations: frozenset[str]
    """Small words that turn a question into another one: not, without."""
    conjunctions: frozenset[str]
    """Words that join the items of a list: and, or."""
    alternatives: frozenset[str]
    """Words that offer a choice: or."""
    bare: frozenset[str]
    """Answers of one word: yes, true."""
    months: Mapping[str, int]
    days: frozenset[str]
    numbers: Mapping[str, tuple[str, ...]]
    """Word -> its values, in their shortest notation."""
    scales: Mapping[str, int]
    """Word -> power of ten."""
    references: Sieve
    """A text that speaks of its source."""
    document_references: Sieve
    """The same in words that are right where the source is named: according to the manual."""
    refusals: Sieve
    impersonal: re.Pattern[str]
    """Pronouns that point at nothing: it is important to; this year."""
    verbs: re.Pattern[str]
    """Single words that are no nouns by their form."""
    list_request: re.Pattern[str]
    """A question for a number of things; group `number`."""


@lru_cache(maxsize=64)
def load(language: str) -> Pack | None:
    """The pack of a language, by its code; None where there is none."""
    return _read(_code(language)) if is_known(language) else None


def is_known(language: str) -> bool:
    """Whether there is a pack of a language; it is not made for that."""
    return _code(language) in LANGUAGES


def _code(language: str) -> str:
    return re.split("[-_]", language.strip().lower())[0]


@lru_cache(maxsize=64)
def of_text(text: str) -> Pack | None:
    """The pack of the language that most of the words belong to; None where that is not clear."""
    shares = _shares(text)
    return load(LANGUAGES[shares.index(max(shares))]) if _is_clear(shares) else None


def _is_clear(shares: list[float]) -> bool:
    *_, second, best = sorted(shares)
    return best >= _LEAST_SHARE and best > 1.2 * second


def is_clearly(text: str, pack: Pack, least: float) -> bool:
    """Whether the text is in the language, and so large a share of its first words are stop words."""
    shares = _shares(text)
    own = shares[LANGUAGES.index(pack.language)]
    return own >= least and _is_clear(shares) and own == max(shares)


@lru_cache(maxsize=64)
def _shares(text: str) -> list[float]:
    """The same for every language."""
    some, speakers = words.of(text[:_SAMPLE]), _speakers()
    parts = [some[begin : begin + _MOST_COUNTED] for begin in range(0, len(some), _MOST_COUNTED)] or [()]
    first, *others = [sum(map(speakers.get, part, repeat(0))).to_bytes(len(LANGUAGES), "little") for part in parts]
    counts = map(sum, zip(first, *others, strict=True)) if others else first
    return [count / (len(some) or 1) for count in counts]


@cache
def _speakers() -> dict[str, int]:
    """Of each stop word a number, whose bytes are 1 for the languages that have it.

    One sum of them holds the counts of all languages, and to sum takes a third of what a loop takes.
    """
    found: dict[str, int] = {}
    for place, language in enumerate(LANGUAGES):
        for word in _data(language)["words"]["stop"].split():
            found[word] = found.get(word, 0) | 1 << 8 * place
    return found


def all_packs() -> list[Pack]:
    """One for each language."""
    return [_read(code) for code in LANGUAGES]


@cache
def _data(code: str) -> dict[str, Any]:
    return tomllib.loads(files("qagen.checks.packs").joinpath(f"{code}.toml").read_text(encoding="utf-8"))


@cache
def _read(code: str) -> Pack:
    data = _data(code)
    sets: dict[str, Any] = {name: frozenset(data["words"][name].split()) for name in _SETS}
    numbers: dict[str, tuple[str, ...]] = {}
    for value, names in data["numbers"].items():
        for name in names.split():
            numbers[name] = (*numbers.get(name, ()), value)
    months = {name: place for place, names in enumerate(data["months"], 1) for name in names.split()}
    scales = {name: int(places) for places, names in data["scales"].items() for name in names.split()}
    some = "|".join(data["numbers"][value].split()[0] for value in _LISTABLE)
    terms = {**data["terms"], "NUMBER": f"(?P<number>[2-9]|10|{some})"}
    patterns: dict[str, Any] = {name: _compiled(_of(data, name, terms)) for name in _PATTERNS}
    patterns |= {name: Sieve(_of(data, name, terms)) for name in _MANY_PATTERNS}
    return Pack(
        language=code,
        capitalises_nouns=data["capitalises_nouns"],
        months=months,
        numbers=numbers,
        scales=scales,
        **sets,
        **patterns,
    )


_SETS = (
    *("stop", "interrogatives", "any_interrogatives", "openers", "imperatives", "pronouns", "negations"),
    *("conjunctions", "alternatives", "bare", "days"),
)
_MANY_PATTERNS = ("references", "document_references", "refusals")
_PATTERNS = ("impersonal", "verbs", "list_request")
_LISTABLE = tuple(map(str, range(2, 11)))
"""Numbers of things that an answer may list one by one."""


def _of(data: Mapping[str, Any], name: str, terms: Mapping[str, str]) -> list[str]:
    """The patterns of that name; `<TERM>` stands for its alternatives, in which other terms may stand."""

    def expanded(text: str) -> str:
        return _TERM.sub(lambda found: f"(?:{expanded(terms[found[1]])})", text)

    return [expanded(pattern) for pattern in data["patterns"].get(name, [])]


def _compiled(patterns: list[str]) -> re.Pattern[str]:
    """One pattern of all."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.IGNORECASE)
