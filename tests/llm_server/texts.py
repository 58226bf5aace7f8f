"""Faults of the model: a good HTTP answer with a text in it that is not what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from tests.llm_server import answers, labelling
from tests.llm_server.dialects.types import Ask, Completion, Missing
from tests.llm_server.problems import KEY

_PROSE = "I read the passage with care. It makes several points, and each of them would make a good question."
_REFUSAL = "I'm sorry, but I can't help with that."


def said(fault: str | None, params: Mapping[str, Any], ask: Ask) -> Completion:
    """What the model says, under a fault of its own or under none."""
    write = TEXTS.get(fault or "")
    return replace(write(ask), **params) if write else good(ask)


def good(ask: Ask) -> Completion:
    return _of(_content(ask))


def _content(ask: Ask) -> dict[str, Any]:
    """Labels where they are asked for, else pairs."""
    if labelling.is_wanted(ask.user):
        return labelling.content(ask.user, ask.truth)
    return answers.content(ask.passage, ask.count)


def _of(content: Any) -> Completion:
    return Completion(answers.as_text(content))


def _pairs(ask: Ask) -> list[answers.Pair]:
    return answers.pairs(ask.passage, ask.count)


def _with(pairs: list[answers.Pair]) -> Completion:
    return _of({"skip_reason": None if pairs else "no_facts", "pairs": pairs})


def _not_json(ask: Ask) -> Completion:
    return Completion(_PROSE)


def _fenced(ask: Ask) -> Completion:
    return Completion(f"Here are the pairs:\n\n```json\n{good(ask).text}\n```\n\nLet me know if you need more.")


def _think(ask: Ask) -> Completion:
    # Braces in the thoughts: whoever looks for the first "{" finds the wrong one.
    return Completion(f'<think>\nI could start with {{"pairs": []}} but there are facts.\n</think>\n\n{good(ask).text}')


def _trailing_comma(ask: Ask) -> Completion:
    head, bracket, tail = good(ask).text.rpartition("]")
    return Completion(f"{head},{bracket}{tail}")


def _truncated(ask: Ask) -> Completion:
    """Cut in the middle of the last pair, as at the token limit."""
    text = good(ask).text
    last = max(text.rfind('{"question_type"'), 0)
    return Completion(text[: (last + len(text)) // 2], "length")


def _refusal(ask: Ask) -> Completion:
    return Completion(_REFUSAL, "refusal")


def _content_filter(ask: Ask) -> Completion:
    return Completion("", "content_filter")


def _blocked_prompt(ask: Ask) -> Completion:
    """Refused before the model began."""
    return Completion("", "content_filter", missing="candidates")


def _no_parts(ask: Ask) -> Completion:
    """An end like any other, with nothing before it."""
    return Completion("", missing="parts")


def _thinking_only(ask: Ask) -> Completion:
    """The thoughts used up all tokens, and are shown."""
    return Completion("", "length", ask.max_tokens or 1000, shows_thoughts=True)


def _skip(ask: Ask) -> Completion:
    return _of({"skip_reason": "boilerplate", "pairs": []})


def _too_many(ask: Ask) -> Completion:
    """Two more than asked, of the same sentences where the passage has no others."""
    wanted = ask.count + 2
    pairs = answers.pairs(ask.passage, wanted)
    again = [pair | {"question": f"And {pair['question'][0].lower()}{pair['question'][1:]}"} for pair in pairs]
    return _with((pairs + again)[:wanted])


def _one_bad_pair(ask: Ask) -> Completion:
    """The last pair has no answer; its siblings are good."""
    pairs = _pairs(ask)
    for pair in pairs[-1:]:
        del pair["answer"]
    return _with(pairs)


def _bad_evidence(ask: Ask) -> Completion:
    """The last pair quotes what stands nowhere in the passage."""
    pairs = _pairs(ask)
    for pair in pairs[-1:]:
        pair["evidence"] = ["Zebras juggle turquoise umbrellas whenever nobody consults the almanac."]
    return _with(pairs)


def _no_evidence(ask: Ask) -> Completion:
    pairs = _pairs(ask)
    for pair in pairs:
        del pair["evidence"]
    return _with(pairs)


def _duplicate_pair(ask: Ask) -> Completion:
    """The first pair comes a second time, at the end and in place of another where the number would be too high."""
    pairs = _pairs(ask)
    return _with((pairs[: max(1, ask.count - 1)] + pairs[:1]) if pairs else [])


def _list_top_level(ask: Ask) -> Completion:
    return _of(_pairs(ask))


def _blank_text(ask: Ask) -> Completion:
    return Completion(" \n\t")


def _single_quotes(ask: Ask) -> Completion:
    """As Python prints it."""
    return Completion(repr(_content(ask)))


def _raw_newlines(ask: Ask) -> Completion:
    """Line breaks within strings that are not escaped."""
    return Completion(good(ask).text.replace(" ", "\n"))


def _two_objects(ask: Ask) -> Completion:
    """The reply, and the same once more."""
    return Completion(f"{good(ask).text}\n{good(ask).text}")


def _lone_surrogate(ask: Ask) -> Completion:
    """Half of a character in the first question, escaped as JSON allows and no encoding does."""
    return Completion(good(ask).text.replace('"question":"', '"question":"\\ud83d ', 1))


def _wrong_types(ask: Ask) -> Completion:
    return _with([{"question_type": 1, "evidence": {}, "question": ["Why?"], "answer": None} for _ in _pairs(ask)])


def _null_pairs(ask: Ask) -> Completion:
    return _of({"skip_reason": None, "pairs": None})


def _deep_text(ask: Ask) -> Completion:
    """As deep as the usual limit of tokens allows."""
    return Completion("[" * 12_000)


def _integer_text(ask: Ask) -> Completion:
    return Completion(good(ask).text.replace("{", '{"big":' + "9" * 6000 + ",", 1))


def _text_echo(ask: Ask) -> Completion:
    """No JSON, and the key of the request in it (`faults.ECHOES`)."""
    return Completion(f"{_PROSE} You sent the key {KEY} with it.")


def _pair_echo(ask: Ask) -> Completion:
    """The key of the request in the first question and its answer, which is grounded all the same."""
    pairs = _pairs(ask)
    for pair in pairs[:1]:
        pair["question"] = f"{pair['question'].removesuffix('?')} {KEY}?"
        pair["answer"] = f"{pair['answer']} The key is {KEY}."
    return _with(pairs)


def _labels(ask: Ask, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Completion:
    """Labels of each question, changed."""
    value = labelling.content(ask.user, ask.truth)
    return _of({"questions": [{**one, "labels": change(one["labels"])} for one in value["questions"]]})


def _invented_ids(ask: Ask) -> Completion:
    """Labels for what nobody showed, before the good ones."""
    invented = {"id": "p999", "reason": "It answers best of all.", "label": "answers"}
    return _labels(ask, lambda labels: [invented, *labels])


def _repeated_ids(ask: Ask) -> Completion:
    """Each id once more, with another label."""
    return _labels(ask, lambda labels: labels + [{**one, "label": "answers", "reason": "Yes."} for one in labels])


def _missing_ids(ask: Ask) -> Completion:
    """Only the first label of each question."""
    return _labels(ask, lambda labels: labels[:1])


TEXTS: dict[str, Callable[[Ask], Completion]] = {
    "not_json_text": _not_json,
    "fenced": _fenced,
    "think": _think,
    "trailing_comma": _trailing_comma,
    "truncated_text": _truncated,
    "refusal": _refusal,
    "content_filter": _content_filter,
    "blocked_prompt": _blocked_prompt,
    "no_parts": _no_parts,
    "thinking_only": _thinking_only,
    "skip": _skip,
    "too_many": _too_many,
    "one_bad_pair": _one_bad_pair,
    "bad_evidence": _bad_evidence,
    "no_evidence": _no_evidence,
    "duplicate_pair": _duplicate_pair,
    "list_top_level": _list_top_level,
    "blank_text": _blank_text,
    "single_quotes": _single_quotes,
    "raw_newlines": _raw_newlines,
    "two_objects": _two_objects,
    "lone_surrogate": _lone_surrogate,
    "wrong_types": _wrong_types,
    "null_pairs": _null_pairs,
    "deep_text": _deep_text,
    "integer_text": _integer_text,
    "text_echo": _text_echo,
    "pair_echo": _pair_echo,
    "invented_ids": _invented_ids,
    "repeated_ids": _repeated_ids,
    "missing_ids": _missing_ids,
}

PARAMS: dict[str, set[str]] = {
    "refusal": {"reason"},
    "content_filter": {"reason"},
    "blocked_prompt": {"reason"},
    "no_parts": {"reason", "missing"},
}
"""They replace the fields of the same name in the Completion."""


def check(name: str, params: Mapping[str, Any]) -> None:
    """Raises ValueError where a parameter has a value that means nothing."""
    if params.get("missing", "parts") not in get_args(Missing):
        raise ValueError(f"fault {name} has a wrong value: missing may be {', '.join(get_args(Missing))}")
