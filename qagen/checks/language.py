"""Whether a pair is written in the language of its passage."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from qagen.checks import packs
from qagen.checks.case import CannotTell, Case, Thresholds

_SCRIPTS = {
    "Latin": "A-Za-z\u00aa-\u024f\u1e00-\u1eff",
    "Cyrillic": "\u0400-\u052f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "Hebrew": "\u0590-\u05ff",
    "Devanagari": "\u0900-\u097f",
    "Thai": "\u0e00-\u0e7f",
    "Hangul": "\uac00-\ud7af",
    "Kana": "\u3040-\u30ff",
    "Han": "\u3400-\u9fff",
}
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
_NOT_LATIN = re.compile("[^\x00-\u024f\u1e00-\u20ff]")
_KANA_SHARE = 0.1
"""Of the letters of a Japanese text; Chinese has none."""
_CLEAR_SHARE = 0.6
"""Of a text's letters, from which it is written in a script."""
_SAMPLE = 4000
"""Characters that tell the language of a text."""
_SPAN_OF_CODE = re.compile(r"`[^`\n]*`")
_MARK_OF_CODE = re.compile(r"[/\\@_=|$<>]")
"""A word with such a mark is a path, an address, a formula: it has no language, nor have digits and marks."""
_NO_LETTERS = re.compile(r"[\d\W_]+")
_CLEAR_STOP_WORDS = 0.22
"""Share of stop words of the passage's language, from which a text needs no model to be of that language."""
_Rank = Callable[[str], list[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text without what has no language."""

    plain: str
    letters: int
    script: str | None


def is_other(case: Case, limits: Thresholds) -> bool:
    """The answer, the question or both are clearly in another language than the passage.

    Raises:
        CannotTell: it would take the language model, and that cannot be loaded.
    """
    if not case.passage:
        return False
    pack = packs.of_text(case.passage)
    if pack and _is_clearly(pack, case.question) and _is_clearly(pack, case.answer):
        return False  # and so are both together
    both = f"{case.question} {case.answer}"
    return any(_differs(text, case.passage, limits) for text in (both, case.answer, case.question))


def _differs(text: str, passage: str, limits: Thresholds) -> bool:
    said, source = _read(text), _read(passage)
    if said.script and source.script and said.script != source.script:
        return said.letters >= limits.script_letters
    # A sign of these scripts says as much as three letters.
    needed = limits.language_letters / (3 if said.script in {"Han", "Kana", "Hangul"} else 1)
    if said.letters < needed or source.letters < needed:
        return False
    pack = packs.of_text(passage)
    if pack and _is_clearly(pack, text):
        return False
    return _is_unlikely(said.plain, source.plain, limits.language_margin)


def _is_clearly(pack: packs.Pack, text: str) -> bool:
    """Whether so many of its words are stop words of the language that no model need be asked."""
    return packs.is_clearly(text, pack, _CLEAR_STOP_WORDS)


@lru_cache(maxsize=64)
def _read(text: str) -> _Text:
    some = text[:_SAMPLE]
    if "`" in some or _MARK_OF_CODE.search(some):
        parts = _SPAN_OF_CODE.sub(" ", some).split()
        some = " ".join(word for word in parts if not _MARK_OF_CODE.search(word))
    plain = _NO_LETTERS.sub(" ", some)
    return _Text(plain, len(plain) - plain.count(" "), script(plain))


def script(text: str) -> str | None:
    """The script of most of its letters; None where none has most. Kana and Han together are Japanese."""
    if text.isascii() or not _NOT_LATIN.search(text):
        return "Latin" if text.strip() else None
    counts = {script: len(letters.findall(text)) for script, letters in _LETTERS.items()}
    total = sum(counts.values())
    if counts["Kana"] >= max(1, _KANA_SHARE * (counts["Kana"] + counts["Han"])):
        counts["Kana"] += counts.pop("Han")
    script = max(counts, key=lambda name: counts[name])
    return script if total and counts[script] >= _CLEAR_SHARE * total else None


def _is_unlikely(text: str, passage: str, margin: float) -> bool:
    """Whether some language fits the text much better than each that fits the passage."""
    scores = dict(_rank(text))
    own = _rank(passage)
    near = own[0][1] - margin * math.sqrt(len(passage.encode("utf-8", "replace")))
    likeliest = max(scores[language] for language, score in own if score >= near)
    return max(scores.values()) - likeliest > margin * math.sqrt(len(text.encode("utf-8", "replace")))


@lru_cache(maxsize=16)
def _rank(text: str) -> tuple[tuple[str, float], ...]:
    model = _model()
    if isinstance(model, OSError):
        raise CannotTell(f"the language model cannot be loaded: {model}")
    return tuple(model(text))


@cache
def _model() -> _Rank | OSError:
    """py3langid, which unpacks itself into a temporary file; a failure is remembered, as each try takes a while."""
    import py3langid  # type: ignore[import-untyped]

    try:
        py3langid.classify("words")
    except OSError as error:
        return error
    return py3langid.rank  # type: ignore[no-any-return]
