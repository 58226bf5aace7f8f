"""Rules for what goes wrong, and when: `{"fault": NAME, "when": {...}, "times": N, "delay_ms": N, ...parameters}`.

The first rule whose conditions all hold decides. The conditions of `when`, none of them meaning "always":

    nth: [1, 2]         the first and the second request (counted since the faults were configured)
    after: n            every request after the n-th
    every: n            every n-th request
    marker: [...]       passages with these markers
    contains: "text"    passages with this text in them
    model: [...]        these models
    share: 0.15         about so many, drawn from seed, fault, marker and attempt: the same ones in every run
    first_attempts: k   the first k requests of every marker
    in_flight_over: n   when more than n requests are unanswered, this one included
    path: "/v1/models"  requests to this path; without it a rule is about requests for text only

The faults themselves stand in `problems` (errors that are reported), `texts` (what the model says), `vectors` (what it
makes of texts), `bodies` (what arrives) and `deliveries` (how it arrives). Requests that the dialect refuses are
counted, but meet no fault. A request for vectors counts as one for text; its passage is all of its texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.llm_server import bodies, deliveries, problems, texts, vectors
from tests.llm_server.dialects.types import Ask

_KINDS: tuple[Mapping[str, Any], ...] = (
    problems.PROBLEMS,
    texts.TEXTS,
    vectors.VECTORS,
    bodies.BODIES,
    deliveries.DELIVERIES,
)
NAMES = frozenset(name for kind in _KINDS for name in kind)
_PARAMS = problems.PARAMS | texts.PARAMS | bodies.PARAMS | deliveries.PARAMS
_NEEDED = {"status": "status", "redirect": "location"}
ECHOES = frozenset({"http_401_echo", "http_500_echo", "text_echo", "pair_echo"})
"""Faults whose answer repeats the key that came with the request."""
_CONDITIONS: dict[str, type | tuple[type, ...]] = {
    "nth": list,
    "after": int,
    "every": int,
    "marker": list,
    "contains": str,
    "model": list,
    "share": (int, float),
    "first_attempts": int,
    "in_flight_over": int,
    "path": str,
}


@dataclass(slots=True)
class Rule:
    fault: str
    when: dict[str, Any]
    params: dict[str, Any]
    times: int | None = None
    """At most so many uses."""
    delay_ms: float = 0
    """Waited before the fault shows."""
    uses: int = 0


@dataclass(frozen=True, slots=True)
class _Moment:
    """All that a condition may look at."""

    path: str
    ask: Ask | None
    ordinal: int
    attempt: int
    in_flight: int


class Faults:
    """The rules with their counts.

    Raises:
        ValueError: a rule names what does not exist.
    """

    def __init__(self, rules: list[dict[str, Any]], seed: int) -> None:
        self._rules = [_rule(raw) for raw in rules]
        self._seed = seed
        self._ordinals: Counter[str] = Counter()
        self._attempts: Counter[str] = Counter()

    def pick(self, path: str, ask: Ask | None, in_flight: int) -> Rule | None:
        """Count a request that may be answered, and choose what goes wrong with it. No ask: it wants no text."""
        kind = path if ask is None else "text"
        self._ordinals[kind] += 1
        if ask is not None:
            self._attempts[ask.marker] += 1
        attempt = self._attempts[ask.marker] if ask is not None else 0
        moment = _Moment(path, ask, self._ordinals[kind], attempt, in_flight)
        for rule in self._rules:
            if (rule.times is None or rule.uses < rule.times) and self._applies(rule, moment):
                rule.uses += 1
                return rule
        return None

    def refused(self) -> None:
        """Count a request for text that the dialect refused."""
        self._ordinals["text"] += 1

    def _applies(self, rule: Rule, now: _Moment) -> bool:
        if "path" not in rule.when and now.ask is None:
            return False
        return all(self._holds(condition, value, rule, now) for condition, value in rule.when.items())

    def _holds(self, condition: str, value: Any, rule: Rule, now: _Moment) -> bool:
        ask = now.ask
        match condition:
            case "nth":
                return now.ordinal in value
            case "after":
                return bool(now.ordinal > value)
            case "every":
                return now.ordinal % int(value) == 0
            case "in_flight_over":
                return bool(now.in_flight > value)
            case "path":
                return bool(now.path == value)
            case "marker":
                return ask is not None and ask.marker in value
            case "contains":
                return ask is not None and value in ask.passage
            case "model":
                return ask is not None and ask.model in value
            case "first_attempts":
                return ask is not None and now.attempt <= value
        return ask is not None and draw(self._seed, rule.fault, ask.marker, now.attempt) < value  # share


def draw(*about: object) -> float:
    """A number in [0, 1) that looks random and is always the same for the same arguments."""
    digest = sha256(repr(about).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _rule(raw: dict[str, Any]) -> Rule:
    params = dict(raw)
    name = params.pop("fault", None)
    when = params.pop("when", {})
    times, delay_ms = params.pop("times", None), params.pop("delay_ms", 0)
    if name not in NAMES:
        raise ValueError(f"unknown fault {name!r}; there are: {', '.join(sorted(NAMES))}")
    if unknown := set(when) - set(_CONDITIONS):
        raise ValueError(f"unknown conditions {sorted(unknown)} of fault {name}; there are: {sorted(_CONDITIONS)}")
    if wrong := [condition for condition, value in when.items() if not isinstance(value, _CONDITIONS[condition])]:
        raise ValueError(f"conditions {wrong} of fault {name} have the wrong type")
    if unknown := set(params) - _PARAMS.get(name, set()):
        raise ValueError(f"unknown parameters {sorted(unknown)} of fault {name}")
    if name in _NEEDED and _NEEDED[name] not in params:
        raise ValueError(f"fault {name} needs {_NEEDED[name]!r}")
    if name in problems.PROBLEMS:
        problems.check(name, params)
    texts.check(name, params)
    return Rule(name, when, params, times, delay_ms)
