"""Fill-in-the-blank questions: the sentences that say most, each with the thing blanked that is rarest."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from qagen.llm.rules import blanks, markup, sentences
from qagen.llm.rules.blanks import BLANK, Blank
from qagen.llm.rules.material import Draft
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.sentences import Sentence
from qagen.llm.rules.words import LABELS, LEANING_STARTS, STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_POINTS_ELSEWHERE = re.compile(
    r"https?://|www\.|\b(?:above|below|following|as follows|(?:see|section|chapter|table|figure|clause|appendix) \d|"
    r"this (?:manual|document|section|chapter|page|guide|table)|siehe|oben|unten|folgende[nrs]?|abschnitt|"
    r"diese[rsmn]? (?:anleitung|abschnitt|kapitel|dokument)|véase|siguientes?|"
    r"ci-dessus|ci-dessous|suivante?s?)\b",
    re.IGNORECASE,
)
_LEANS = re.compile(
    r"\b(?:this|these|those|such|latter|former|therefore|then|dies\w{0,2}|daher|deshalb|dann|dieser|solche\w?)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"([^\W\d_]{3,20})[:!]\s+(?=\S)")
_BOUND = re.compile(
    r"\b(?:most|least|about|approximately|exceeds?|than|within|up to|over|under|above|below|maximum|minimum|"
    r"limit is|every|"
    r"höchstens|mindestens|maximal|etwa|bis zu|über|unter|alle|máximo|mínimo|hasta|"
    r"menos|más de|au plus|au moins|environ|jusqu'à)(?: of)?\s$",
    re.IGNORECASE,
)
_STOPS = frozenset().union(*STOP_WORDS.values())
_SHORTEST, _LONGEST = 8, 35


def find(passage: str, found: list[Sentence], voice: Voice) -> Iterator[Draft]:
    """One fill-in for each fit sentence, best first: kind of blank, then the sum of tf-idf within the passage."""
    words = [[word.casefold() for word in _WORD.findall(sentence.text)] for sentence in found]
    seen_in = Counter(word for one in words for word in set(one))
    ranked: list[tuple[float, int, Sentence, Blank]] = []
    for at, sentence in enumerate(found):
        if not _SHORTEST <= len(words[at]) <= _LONGEST or not _stands_alone(sentence):
            continue
        blank = _best_blank(passage, sentence, seen_in, voice)
        if blank:
            ranked.append((-_score(sentence, blank, words[at], seen_in, len(found)), at, sentence, blank))
    for _, _, sentence, blank in sorted(ranked, key=lambda row: row[:2]):
        yield _draft(passage, sentence, blank, voice)


def _stands_alone(sentence: Sentence) -> bool:
    """A whole sentence that can be understood without the one before it."""
    text = _unlabelled(sentence.text)
    first = _WORD.match(text.lstrip("\"'„“«(¿¡"))
    if not first or first[0].casefold() in LEANING_STARTS or text[0].islower():
        return False
    if text[-1] not in ".!。！" and not text.endswith((".)", '."', ".“", ".”")):
        return False
    letters = sum(char.isalpha() for char in text)
    balanced = text.count("(") == text.count(")") and text.count('"') % 2 == 0
    whole = balanced and BLANK not in text and "|" not in text and letters >= 0.6 * len(text)
    return whole and not _POINTS_ELSEWHERE.search(text)


def _unlabelled(text: str) -> str:
    """The text without a label such as `Warning:` in front."""
    label = _LABEL.match(text)
    return text[label.end() :] if label and label[1].casefold() in LABELS else text


def _best_blank(passage: str, sentence: Sentence, seen_in: Counter[str], voice: Voice) -> Blank | None:
    """The best kind, then bounds ("at most ..."), then what the fewest other sentences hold, then the last: news comes
    late."""
    offset = len(sentence.text) - len(_unlabelled(sentence.text))
    context = voice.place(sentence.block.heading)
    raw = passage[sentence.start : sentence.end]
    fit = [blank for blank in blanks.find(sentence, raw, context) if blank.start > offset]
    if _LEANS.search(sentence.text):
        fit = [blank for blank in fit if blank.rank < 3]
    return min(fit, key=lambda blank: _order(sentence.text, blank, seen_in), default=None)


def _order(text: str, blank: Blank, seen_in: Counter[str]) -> tuple[int, bool, int, int]:
    is_bound = _BOUND.search(text[max(0, blank.start - 20) : blank.start]) is not None
    return blank.rank, not is_bound, _rarity(blank, seen_in), -blank.start


def _rarity(blank: Blank, seen_in: Counter[str]) -> int:
    return max((seen_in[word.casefold()] for word in _WORD.findall(blank.answer)[:1]), default=0)


def _score(sentence: Sentence, blank: Blank, words: list[str], seen_in: Counter[str], count: int) -> float:
    content = [word for word in words if word not in _STOPS]
    total = sum(math.log((count + 1) / seen_in[word]) for word in content)
    # The plain sum prefers whatever is longest; the root keeps length worth something, but not everything.
    weight = total / math.sqrt(len(words))
    kind = (1.0, 0.9, 0.6, 0.35)[blank.rank]
    return weight * kind * (0.6 if _LEANS.search(sentence.text) else 1.0)


def _draft(passage: str, sentence: Sentence, blank: Blank, voice: Voice) -> Draft:
    gapped = f"{sentence.text[: blank.start]}{BLANK}{sentence.text[blank.end :]}"
    gapped = markup.capital(_unlabelled(gapped))
    place = voice.place(sentence.block.heading)
    if not voice.phrases:
        question = f"{place}: {gapped}" if place else gapped
    elif place:
        question = voice.phrases.cloze.format(place=voice.quoted(place), sentence=gapped)
    else:
        question = voice.phrases.cloze_nowhere.format(sentence=gapped)
    return Draft("cloze", question, blank.answer, (sentences.quote(passage, sentence.start, sentence.end),))
