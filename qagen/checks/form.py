"""Whether question and answer have the form of such: length, ending, markup, the number of items asked for."""

from __future__ import annotations

import re
from functools import cache

from qagen.checks import words
from qagen.checks.case import Case, Thresholds
from qagen.checks.packs import Pack

_QUESTION_MARK = re.compile("[?？؟⁇⸮՞\u037e]")
_LEAST_LETTERS = 12
"""Of a question in a language without pack: "Kavitasyon nedir?" says all with two words."""
_SENTENCE_END = re.compile(r"[.!?。！？।…؟。）)\]}»”\"'`>*]$")
_CODE_BLOCK = re.compile(r"```[^`]*```|`[^`\n]*`")
_VALUE_END = re.compile(r"\d\S*(?: ?[^\W\d_]{1,12}\S?)?$|[A-Z]{2,}\S*$|\S+[/\\.@_]\S+$|[°%€$£]\S{0,3}$")
"""A number with its unit, an abbreviation, a path or address."""
_LONGEST_VALUE = 60
"""Characters."""
_MARKER = re.compile(r"^[ \t]{0,12}(?:[-*•–·]|\d{1,2}[.)]|[a-h][.)])[ \t]{1,8}(?=\S)", re.MULTILINE)
"""What stands before the items of a list."""
_SEPARATOR = re.compile(r",(?!\d)|[;\n]|\. (?=[A-ZÄÖÜÉÀ])")
_TAGS = (
    "a|b|i|u|p|br|hr|em|h[1-6]|li|ol|ul|td|th|tr|div|img|sub|sup|span|font|code|pre|table|tbody|strong|center|section"
)
_HTML = re.compile(rf"</?(?:{_TAGS})(?:\s[^<>]{{0,200}})?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|ndash|mdash|hellip|euro|[a-zA-Z]uml|#\d{1,6}|#x[\da-fA-F]{1,5});")
_BAD_CHARACTERS = "\u00ad\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_BROKEN = re.compile(f"[{_BAD_CHARACTERS}]")
_MOJIBAKE = re.compile("Ã[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[\u00a0-\u00bf]|â€|ï»¿")
"""UTF-8 that was read as cp1252."""
_ESCAPE = re.compile(
    r"(?<!\\)\\(?:[nt](?!(?:au|ext\w*|imes|heta|o|op|an|u|e|eq|abla|ot|eg|i)\b)|u[\da-fA-F]{4}|x[\da-fA-F]{2})"
)
"""A line break or a character that is written out; \\tau and \\nu are formulas."""
_SUSPECT = re.compile(rf"[{_BAD_CHARACTERS}ÃÂâï`<&\\]")
"""What all of these, a fence among them, have at least one of."""
_PATH = re.compile(r"\b[A-Za-z]:\\")


def question_is_empty(case: Case, _: Thresholds) -> bool:
    return not case.question.strip()


def answer_is_empty(case: Case, _: Thresholds) -> bool:
    return not case.answer.strip()


def question_is_short(case: Case, limits: Thresholds) -> bool:
    """Too few words to name what it is about: "How much?", but not "What is cavitation?"."""
    question = case.question
    if not question.strip():
        return False
    if words.is_unspaced(question):
        return words.letters(question) < limits.least_question_letters
    found = words.of(question)
    if len(found) >= limits.least_question_words:
        return False
    if case.pack:
        named = [word for word in found if word not in case.pack.stop and (len(word) > 2 or not word.isalpha())]
        if len(found) == 2 and found[0] not in case.pack.imperatives:
            return not any(word[-1].isdigit() for word in named)
        return not named
    return len(found) < 2 or words.letters(question) < _LEAST_LETTERS


def question_is_long(case: Case, limits: Thresholds) -> bool:
    return len(words.of(case.question)) > limits.most_question_words * _width(case.question)


def answer_is_short(case: Case, limits: Thresholds) -> bool:
    """One word that is no value, code or name."""
    answer = case.answer.strip()
    found = words.of(answer)
    if not found or len(found) >= limits.least_answer_words or words.is_unspaced(answer):
        return False
    if any(map(str.isdigit, answer)) or "`" in answer or _is_name(answer.strip(".!?\"'* "), case):
        return False
    return not (case.pack and found[0] in case.pack.numbers and found[0] not in case.pack.bare)


def _is_name(word: str, case: Case) -> bool:
    """Whether a word is capitalised for itself: all of it, or wherever the source has it."""
    if not word[:1].isupper() or (case.pack and word.casefold() in case.pack.bare):
        return False
    if word.isupper() and len(word) > 1:
        return True
    known = f"{case.source} {case.question}"
    return word in known and word.casefold() not in known


def answer_is_long(case: Case, limits: Thresholds) -> bool:
    """More words than anybody wants, or more text than the passage has."""
    if len(words.of(case.answer)) > limits.most_answer_words * _width(case.answer):
        return True
    return case.passage is not None and len(case.answer) > limits.most_answer_share * max(len(case.passage), 200)


def _width(text: str) -> int:
    """Pairs of characters that stand for a word, in scripts without spaces."""
    return 2 if words.is_unspaced(text) else 1


def is_no_question(case: Case, _: Thresholds) -> bool:
    """No question mark, and it begins neither with an interrogative nor with an instruction."""
    question = case.question.strip()
    pack = case.pack
    if not question or pack is None or _QUESTION_MARK.search(question):
        return False
    first = words.of(question)[:3]
    asks = any(word in pack.interrogatives for word in first)
    return not asks and not any(word in pack.openers or word in pack.imperatives for word in first[:1])


def is_truncated(case: Case, limits: Thresholds) -> bool:
    """The reply was cut, or the answer ends in the middle of a sentence."""
    if case.finish == "length":
        return True
    answer = case.answer.strip()
    found = words.of(answer)
    if not found or _SENTENCE_END.search(answer):
        return False
    if answer[-1] in ",:;(-–" or answer.count("(") > answer.count(")"):
        return True
    pack = case.pack
    if pack and len(found) > 2 and found[-1] in _never_last(pack):
        return True
    if _VALUE_END.search(answer[-_LONGEST_VALUE:]) or _ends_in_capital(answer) or words.is_unspaced(answer):
        return False
    # The items of a list have no full stops.
    is_short = len(found) < limits.finished_words or _MARKER.search(answer)
    return not is_short and not _ends_a_sentence(found, case)


@cache
def _never_last(pack: Pack) -> frozenset[str]:
    """The shortest stop words: most are articles, prepositions and conjunctions."""
    return frozenset(word for word in pack.stop if len(word) < 4) - pack.bare - pack.pronouns


def _ends_in_capital(answer: str) -> bool:
    last = answer.rsplit(None, 1)[-1].lstrip("\"'“„«(")
    return last[:1].isupper()


def _ends_a_sentence(found: tuple[str, ...], case: Case) -> bool:
    """Whether the passage has the answer's last words, and ends a sentence with them."""
    if not case.passage:
        return False
    tail = r"[\W_]{1,4}".join(re.escape(word[-40:]) for word in found[-2:])
    return re.search(rf"{tail}[.!?;]", case.passage, re.IGNORECASE) is not None


def list_is_incomplete(case: Case, _: Thresholds) -> bool:
    """The question asks for a number of things, and the answer cannot be split into as many."""
    pack = case.pack
    request = pack.list_request.search(words.on_one_line(case.question)) if pack else None
    if pack is None or request is None or not case.answer.strip():
        return False
    written = request["number"].casefold()
    asked = int(written) if written.isdigit() else int(pack.numbers[written][0])
    items = len(_MARKER.findall(case.answer))
    if items > 1:
        return items != asked
    # Commas separate items, conjunctions may: fair wear and tear is one.
    listed = _MARKER.sub("", case.answer.strip(" .!\n"))
    separated = sum(1 for part in _SEPARATOR.split(listed) if part.strip())
    joints = sum(word in pack.conjunctions for word in words.of(case.answer))
    return asked > separated + joints or 1 < separated > asked


def has_markup(case: Case, _: Thresholds) -> bool:
    """Tags, entities, broken characters, escapes written out, a fence that is not closed."""
    for text in (case.question, case.answer):
        if not _SUSPECT.search(text):
            continue
        if _BROKEN.search(text) or _MOJIBAKE.search(text) or text.count("```") % 2:
            return True
        prose = _CODE_BLOCK.sub(" ", text)
        found = _HTML.search(prose) or _ENTITY.search(prose) or (None if _PATH.search(prose) else _ESCAPE.search(prose))
        # A text about HTML has tags for its subject.
        if found and found[0] not in case.source:
            return True
    return False
