"""Whether the quotes that a pair rests on stand in the passage."""

from __future__ import annotations

from qagen.checks.case import Case, Thresholds
from qagen.pairs import Match
from qagen.pairs.evidence import EXACT_SCORE


def is_missing(case: Case, _: Thresholds) -> bool:
    return case.matches == ()


def is_not_found(case: Case, _: Thresholds) -> bool:
    return bool(case.matches) and not any(case.matches or ())


def is_partly_found(case: Case, _: Thresholds) -> bool:
    return any(case.matches or ()) and not all(case.matches or ())


def is_inexact(case: Case, _: Thresholds) -> bool:
    return any(match.score < EXACT_SCORE for match in _found(case))


def is_outside_core(case: Case, _: Thresholds) -> bool:
    found = _found(case)
    return bool(found) and all(match.end <= len(case.context) for match in found)


def _found(case: Case) -> list[Match]:
    return [match for match in case.matches or () if match is not None]
