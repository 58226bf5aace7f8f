"""A passage and a pair, taken apart once: what guards compare. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from qagen.checks import numbers, packs, words
from qagen.checks.language import script
from qagen.checks.packs import Pack
from qagen.formats import Pair
from qagen.negatives import boilerplate
from qagen.negatives.types import Passage

_GRAM = 5
"""Words of a shingle."""
_REMEMBERED = 1000
"""Passages: neighbouring questions find the same ones."""
_TOKEN = re.compile(r"\w+(?:[-_./]\w+)*")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？])|\n+")
_DIGIT = re.compile(r"\d")
_INITIAL = re.compile(r"(?:^|[.!?:;]\s+)[\"'(\[]?$")
_LETTERS = 200
"""Characters that tell the language of a text."""


_SAME = str.maketrans(
    {**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("‐‑‒–—−", "-"), "\u00ad": ""}
)


class Text:
    """A text that may answer."""

    def __init__(self, text: str, around: str = "") -> None:
        self.text = text
        self._around = around
        """Title and section: they say what the text is about."""
        self._values: dict[Pack | None, frozenset[str]] = {}

    @cached_property
    def sentences(self) -> list[tuple[str, ...]]:
        """The words of each."""
        return [said for part in _SENTENCE.split(self.text) if (said := words.split(part))]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(word for sentence in self.sentences for word in sentence)

    @cached_property
    def shingles(self) -> frozenset[int]:
        """Its runs of five words, as hashes; of a shorter text, the text."""
        said = self.words
        return frozenset(hash(said[at : at + _GRAM]) for at in range(max(1, len(said) - _GRAM + 1)))

    @cached_property
    def pack(self) -> Pack | None:
        return packs.of_text(self.text)

    @cached_property
    def script(self) -> str | None:
        return script(self.text[: 10 * _LETTERS])

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word[: words.PREFIX] for word in self.words)

    @cached_property
    def windows(self) -> list[frozenset[str]]:
        """The stems of every two sentences that stand together."""
        parts = [frozenset([word[: words.PREFIX] for word in sentence]) for sentence in self.sentences]
        return [one | other for one, other in zip(parts, [*parts[1:], frozenset()], strict=True)]

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Words and codes as they are written, and those of title and section."""
        written = _TOKEN.findall(f"{self.text}\n{self._around}".casefold())
        return frozenset(written) | frozenset(self.words) | frozenset(words.of(self._around))

    @cached_property
    def about(self) -> frozenset[str]:
        """The stems of title and section."""
        return frozenset(word[: words.PREFIX] for word in words.of(self._around))

    @cached_property
    def plain(self) -> str:
        """Without differences of typography, case and white space."""
        return plain(self.text)

    @cached_property
    def is_boilerplate(self) -> bool:
        """Whether it says nothing that a question could be about."""
        return boilerplate.is_boilerplate(self.text)

    def values(self, pack: Pack | None) -> frozenset[str]:
        """The numbers that it may be said to hold."""
        if pack not in self._values:
            self._values[pack] = numbers.known(self.text, pack)
        return self._values[pack]


@lru_cache(maxsize=_REMEMBERED)
def taken_apart(passage: Passage) -> Text:
    """The passage as it will be indexed."""
    return Text(passage.text, f"{passage.title or ''}\n{passage.section or ''}")


def tokens(text: str) -> frozenset[str]:
    """Words and codes, casefolded; of KP-40 also its parts."""
    return frozenset(_TOKEN.findall(text.casefold())) | frozenset(words.of(text))


def plain(text: str) -> str:
    """The text without differences of typography, case and white space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_SAME)).translate(_SAME)
    return " ".join(text.replace("*", "").replace("_", " ").casefold().split())


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair, as far as it matters to whether a passage answers it."""

    pair: Pair
    own: Passage
    pack: Pack | None
    names: frozenset[str]
    """Codes, numbers and names of the question: what it is about."""
    asked: Mapping[str, float]
    """Stems of the question's other words that carry meaning, and how much each tells."""
    said: frozenset[str]
    """Stems of the answer that the question has not."""
    said_names: frozenset[str]
    """Codes and names of the answer that the question has not."""
    numbers: tuple[numbers.Number, ...]
    """Numbers of the answer that the question has not."""
    is_short: bool
    """Whether the answer is a mere value."""
    own_similarity: float | None = None


_SHORT = 8
"""Words of an answer that is a mere value."""
_FEW = 2
"""Words that it adds to a number, where it says again what was asked."""


def ask(
    pair: Pair, own: Passage, rarity: Mapping[str, float] | None = None, own_similarity: float | None = None
) -> Asked:
    """The pair, taken apart. `rarity`: how much each term tells; without it they all tell the same."""
    both = f"{pair.question} {pair.answer}"
    pack = packs.load(pair.language or "") or packs.of_text(both) or taken_apart(own).pack
    stop = pack.stop if pack else frozenset()
    asked_names, said_names = names(pair.question, pack), names(pair.answer, pack)
    in_names = {word[: words.PREFIX] for name in asked_names for word in words.of(name)}
    asked: dict[str, float] = {}
    for word in words.of(pair.question):
        stem = word[: words.PREFIX]
        if words.is_content(word, stop) and stem not in in_names:
            asked[stem] = max(asked.get(stem, 0.0), (rarity or {}).get(word, 1.0))
    known = numbers.known(pair.question, pack)
    claimed = tuple(number for number in numbers.claimed(pair.answer, pack) if not number.is_in(known))
    bare = {word[: words.PREFIX] for word in pack.bare} if pack else set()
    said = words.content(pair.answer, stop) - words.content(pair.question, stop) - in_names - bare
    return Asked(
        pair=pair,
        own=own,
        pack=pack,
        names=asked_names,
        asked=asked,
        said=said,
        said_names=said_names - asked_names - tokens(pair.question),
        numbers=claimed,
        is_short=len(words.of(pair.answer)) <= _SHORT or (bool(claimed) and len(said) <= _FEW),
        own_similarity=own_similarity,
    )


def names(text: str, pack: Pack | None) -> frozenset[str]:
    """Codes (KP-40, cache_size), and words written large inside a sentence where the language does that to names."""
    found = set()
    for match in _TOKEN.finditer(text):
        token = match[0].strip("_")
        folded = token.casefold()
        begins = _INITIAL.search(text, 0, match.start()) is not None
        large = token[:1].isupper() and not begins and not (pack and pack.capitalises_nouns)
        inner = any(letter.isupper() for letter in token[1:])
        is_code = ("_" in token or inner or _DIGIT.search(token) is not None) and not token.isdigit()
        if (is_code or large) and len(token) > 1 and not (pack and folded in pack.stop):
            found.add(folded)
    return frozenset(found)
