"""Sentences that define what they are about, by narrow patterns for English, German, Spanish and French.

A naive "X is a Y" is right less than half of the time, so the filters are tight: a short subject that names something
and that the passage or its headings speak of elsewhere, and a predicate that classifies rather than judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qagen.llm.rules import sentences
from qagen.llm.rules.material import Draft, Material
from qagen.llm.rules.phrases import Voice
from qagen.llm.rules.sentences import Sentence
from qagen.llm.rules.words import EMPTY_SUBJECTS, JUDGEMENTS

_SUBJECT = r"(?P<subject>[^\W_][\w/-]*(?: [\w/-]+){0,3}?)"
_PATTERNS = {
    "en": re.compile(
        rf"(?:(?P<article>An?|The) )?{_SUBJECT} (?:is (?:an?|any|the (?:process|act|method|formation|ability|ratio|"
        r"time|amount|person|engineer|part|unit|device))|means|refers to|denotes|is defined as) (?P<rest>\w+)"
    ),
    "de": re.compile(
        rf"(?:(?P<article>Ein|Eine|Der|Die|Das) )?{_SUBJECT} "
        r"(?:ist (?:ein|eine|der|die|das|jede|jeder|jedes)|bezeichnet|bedeutet) (?P<rest>[\w-]+)"
    ),
    "es": re.compile(
        rf"(?:(?P<article>Una?|El|La|Los|Las) )?{_SUBJECT} (?:es una?|se define como|significa) (?P<rest>\w+)"
    ),
    "fr": re.compile(
        rf"(?:(?P<article>Une?|Le|La|Les|L') ?)?{_SUBJECT} (?:est une?|désigne|se définit comme) (?P<rest>\w+)"
    ),
}
_INDEFINITE = frozenset({"a", "an", "ein", "eine", "un", "una", "une"})
_LOOKED_AT = 20_000
"""Characters in which a subject is looked for; a bound, so that long passages cost no more than they are long."""
_NAME = re.compile(r"[A-ZÄÖÜ0-9]")


def find(material: Material, found: list[Sentence], voice: Voice) -> Iterator[Draft]:
    """One question for each defining sentence; the sentence is the answer."""
    pattern = _PATTERNS.get(voice.language)
    if not pattern or not voice.phrases:
        return
    around = f"{material.title or ''}\n{material.section or ''}\n{material.passage[:_LOOKED_AT]}".casefold()
    for sentence in found:
        match = pattern.match(sentence.text[:200])
        if not match or not 8 <= len(sentence.text.split()) <= 40 or sentence.text[-1] not in ".!)":
            continue
        subject = match["subject"]
        if (
            _names_something(subject, match["article"] or "", around, voice)
            and match["rest"].casefold() not in JUDGEMENTS
        ):
            question = _question(subject, match["article"] or "", voice)
            span = sentences.quote(material.passage, sentence.start, sentence.end)
            yield Draft("definition", question, sentence.text, (span,))


def _names_something(subject: str, article: str, around: str, voice: Voice) -> bool:
    words = subject.casefold().split()
    if EMPTY_SUBJECTS.intersection(words) or len(subject) < 3 or not any(char.isalpha() for char in subject):
        return False
    # "The pump is a ..." speaks of one pump; "The KP-40 is a ..." and "A pump is a ..." can be asked.
    indefinite = article.casefold() in _INDEFINITE
    if article and not indefinite and not _has_name(subject, voice):
        return False
    return indefinite or _has_name(subject, voice) or around.count(subject.casefold()) > 1


def _has_name(subject: str, voice: Voice) -> bool:
    """Whether a word in it is a name or a code. German nouns all have capitals, so there only digits and codes tell."""
    words = subject.split()
    if voice.language == "de":
        return any(any(c.isdigit() for c in word) or word[1:2].isupper() for word in words)
    return any(_NAME.search(word[1:]) for word in words) or any(word[0].isupper() for word in words[1:])


def _question(subject: str, article: str, voice: Voice) -> str:
    """ "What is a wear ring?" where there is an article, or else "What is meant by "cavitation"?"."""
    assert voice.phrases
    if article and voice.phrases.is_a:
        return voice.ask(voice.phrases.is_a, subject, article=article[0].lower() + article[1:], x=subject)
    if voice.language == "de" or article or " " in subject or _has_name(subject, voice):
        return voice.ask(voice.phrases.defined, subject, x=voice.quoted(subject))
    # The capital of a sentence's first word goes, that of a name stays.
    return voice.ask(voice.phrases.defined, subject, x=voice.quoted(subject[0].lower() + subject[1:]))
