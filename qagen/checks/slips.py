"""What a model writes when it does not answer: refusals, placeholders, and pieces of its own prompt."""

from __future__ import annotations

import re
from functools import lru_cache

from qagen.checks import packs, words
from qagen.checks.case import CannotTell, Case, Thresholds
from qagen.checks.sieve import Sieve

_CODE = re.compile(r"```[^`]*```|`[^`\n]*`")
_PLACEHOLDER = Sieve(
    (
        r"\blorem ipsum\b",
        r"\byour (?:question|answer) here\b",
        r"\b(?:sample|example|placeholder|dummy) (?:question|answer)\b",
        r"\ba clear question about\b",
        r"\b(?-i:TODO|TBD|FIXME|XXX+)\b",
        r"\{\{[^{}\n]{0,60}\}\}",
        r"\$\{[^{}\n]{0,60}\}",
        r"(?<![\w$])\{(?:answer|question|topic|name|product|company|title|subject|value|text|context|passage)\}",
        r"\[(?:insert|your|company|name|product|topic|date|year|amount|number|fill|enter)\b[^\]\n]{0,60}\]",
        r"\[[^\]\n]{0,60}\b(?:einfügen|einsetzen|insérer|insertar|inserire|inserir|invoegen)\b[^\]\n]{0,20}\]",
        r"<(?:answer|question|topic|name|product|company|title|subject|value|insert|your|text)\b[^<>\n]{0,40}>",
        r"\bexample\.(?:com|org|net)\b",
    )
)
_FIELD = (
    "question|answer|réponse|frage|antwort|pregunta|respuesta|pergunta|resposta|domanda|risposta|vraag|antwoord|pytanie"
    "|odpowiedź"
)
_WHOLE = re.compile(rf"(?:(?:{_FIELD})\W{{0,3}}\d{{0,3}}|\.{{2,}}|…|-+|answer\W*(?:tbd|todo))\W*", re.IGNORECASE)
"""A whole question or answer that says nothing."""
_TYPE_NAME = re.compile(r"(?:string|text|null|none|str)\W*", re.IGNORECASE)
"""The same of a question; as an answer it may be right."""
_LABEL = re.compile(rf"^\W{{0,4}}(?:(?:{_FIELD})(?: ?\d{{1,3}} ?[:.)]| ?:)|(?-i:[QA])\d{{0,3}} ?:)\s", re.IGNORECASE)
"""What a form has before its fields."""
_SEARCHED = 8000
"""Characters of an answer; longer ones are no refusals."""
_MARKS_OF_PROMPTS = Sieve(
    (
        r"</?(?:passage|context)-[\da-f]{4,16}>?",
        r"</?think(?:ing)?>",
        r"\bskip_reason\b",
        r"\bquestion_type\b",
        r"```json",
        r"<\|[\w ]{1,30}\|>",
        r"\[/?INST\]",
        r"<<SYS>>",
        r"</?s>(?=\s|$)",
    )
)
"""Tags and keys of ours, and tokens of chat templates."""


def answer_is_refusal(case: Case, _: Thresholds) -> bool:
    """In the pair's language, or in English, which models fall back to.

    Raises:
        CannotTell: it is none in English, and no other language could be looked at.
    """
    if case.question_type == "unanswerable":
        return False
    line = words.on_one_line(case.answer[:_SEARCHED])
    own = case.pack
    for pack in dict.fromkeys((own, packs.load("en"))):
        found = pack.refusals.search(line) if pack else None
        # "No data is available" may be what the passage says.
        if found and found[0].casefold() not in words.on_one_line(case.passage or "").casefold():
            return True
    if own is None:
        raise CannotTell("only refusals in English were looked for: there is no language pack")
    return False


def has_placeholder(case: Case, _: Thresholds) -> bool:
    if _TYPE_NAME.fullmatch(case.question.strip()):
        return True
    for text in (case.question.strip(), case.answer.strip()):
        if not text:
            continue
        if _WHOLE.fullmatch(text) or _LABEL.match(text):
            return True
        found = _PLACEHOLDER.search(_CODE.sub(" ", text) if "`" in text else text)
        if found and found[0] not in case.source:
            return True
    return False


def has_prompt(case: Case, limits: Thresholds) -> bool:
    """A tag or key of our request, or words of its text in a row."""
    for text in (case.question, case.answer):
        found = _MARKS_OF_PROMPTS.search(text)
        if found and found[0].casefold() not in case.source.casefold():
            return True
    if not case.prompt:
        return False
    length = limits.leaked_words
    leaked = _leaked(case.question, case.prompt, length) | _leaked(case.answer, case.prompt, length)
    return bool(leaked) and not leaked <= _runs(case.source, length)


def _leaked(text: str, prompt: str, length: int) -> frozenset[tuple[str, ...]]:
    """So many words in a row that the text has of the prompt."""
    if length > 1:
        # Every run has one of these two words in a row, and hardly a text has one that the prompt has, too.
        found, step = words.of(text), length - 1
        if _runs(prompt, 2).isdisjoint(zip(found[step - 1 :: step], found[step::step], strict=False)):
            return frozenset()
    return _runs(text, length) & _runs(prompt, length)


@lru_cache(maxsize=64)
def _runs(text: str, length: int) -> frozenset[tuple[str, ...]]:
    """Every so many words in a row."""
    found = words.of(text)
    return frozenset(found[i : i + length] for i in range(len(found) - length + 1))
