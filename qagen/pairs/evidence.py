"""Where a quote stands in a passage, although models straighten quotes, join lines and drop words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

FOUND_SCORE = 80.0
"""Similarity from which a quote counts as found. Of 2,230 chunks, a sentence of another chunk reaches 56 at most, and
one with a word dropped has a median of 96."""
EXACT_SCORE = 90.0
"""Below this a found quote differs by more than typography."""
_SHORTEST_FUZZY = 20
"""Shorter quotes are found everywhere, so they must stand there as they are."""
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…|\[\.\.\.\]|\[…\])\s*")
_SAME = str.maketrans(
    {**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("‐‑‒–—−", "-"), "\u00ad": ""}
)


@dataclass(frozen=True, slots=True)
class Match:
    """A quote's place: `[start, end)` in characters of the chunk's text, and how alike it is (0 to 100)."""

    start: int
    end: int
    score: float


class Passage:
    """A chunk's text, ready to find quotes in it. What begins at `core_offset` is preferred."""

    def __init__(self, text: str, core_offset: int = 0) -> None:
        self._text = text
        self._core_offset = core_offset

    def find(self, quote: str) -> Match | None:
        """The best place of a quote: as it is, but for typography, or nearly. None: it is not there.

        A quote with an ellipsis is found when each of its parts is; its place reaches from the first to the last.
        """
        exact = self._find_exact(quote)
        if exact is not None:
            return exact
        parts = [part for part in _ELLIPSIS.split(quote) if part]
        matches = [self._find_part(part) for part in parts]
        found = [match for match in matches if match is not None]
        if not found or len(found) != len(matches):
            return None
        return Match(
            min(match.start for match in found),
            max(match.end for match in found),
            min(match.score for match in found),
        )

    def _find_exact(self, quote: str) -> Match | None:
        for begin in (self._core_offset, 0):
            start = self._text.find(quote, begin)
            if start >= 0:
                return Match(start, start + len(quote), 100.0)
        return None

    def _find_part(self, quote: str) -> Match | None:
        plain, _ = _normalise(quote)
        text, origins = self._normal
        if not plain:
            return None
        core = next((i for i, origin in enumerate(origins) if origin >= self._core_offset), 0)
        for begin in (core, 0):
            start = text.find(plain, begin)
            if start >= 0:
                return self._match(start, start + len(plain), 100.0)
        if len(plain) < _SHORTEST_FUZZY:
            return None
        from rapidfuzz import fuzz

        for begin in (core, 0):
            region = text[begin:]
            if len(plain) > len(region):
                # partial_ratio would swap its arguments, and find the region in the quote.
                score = fuzz.ratio(plain, region, score_cutoff=FOUND_SCORE)
                if score and region:
                    return self._match(begin, len(text), score)
                continue
            best = fuzz.partial_ratio_alignment(plain, region, score_cutoff=FOUND_SCORE)
            if best is not None:
                return self._match(begin + best.dest_start, begin + best.dest_end, best.score)
        return None

    def _match(self, start: int, end: int, score: float) -> Match:
        _, origins = self._normal
        return Match(origins[start], origins[end - 1] + 1, score)

    @cached_property
    def _normal(self) -> tuple[str, list[int]]:
        return _normalise(self._text)


def _normalise(text: str) -> tuple[str, list[int]]:
    """The text without differences of typography, case and white space, and the origin of each of its characters."""
    characters: list[str] = []
    origins: list[int] = []
    for origin, character in enumerate(text):
        plain = unicodedata.normalize("NFKD", character.translate(_SAME)).translate(_SAME).casefold()
        for piece in plain:
            if piece.isspace():
                if not characters or characters[-1] == " ":
                    continue
                piece = " "
            elif piece in "*_":  # marks of emphasis, which models leave out
                continue
            characters.append(piece)
            origins.append(origin)
    if characters and characters[-1] == " ":
        characters.pop()
        origins.pop()
    return "".join(characters), origins
