"""How long to wait and when to give up: values in, values out."""

from __future__ import annotations

import pytest

from qagen.errors import RejectedError, TransientError
from qagen.llm.limits import Suspects, backoff_s

RESET = TransientError("reset", code="reset")
LIMITED = TransientError("429", code="rate_limited")


@pytest.mark.parametrize(
    ("tries", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (6, 32.0), (7, 60.0), (50, 60.0), (500, 60.0)]
)
def test_the_wait_is_anywhere_up_to_a_ceiling_that_doubles_to_a_minute(tries: int, longest: float) -> None:
    assert backoff_s(RESET, tries, 0.0) == 0.0
    assert backoff_s(RESET, tries, 0.5) == longest / 2
    assert backoff_s(RESET, tries, 1.0) == longest


@pytest.mark.parametrize(("tries", "least", "longest"), [(1, 2.0, 2.0), (2, 2.0, 2.0), (3, 2.0, 4.0), (7, 8.0, 16.0)])
def test_a_rate_limit_without_a_hint_waits_two_seconds_at_least_and_half_its_ceiling(
    tries: int, least: float, longest: float
) -> None:
    assert backoff_s(LIMITED, tries, 0.0) == least
    assert backoff_s(LIMITED, tries, 1.0) == longest


@pytest.mark.parametrize("code", ["rate_limited", "5xx"])
@pytest.mark.parametrize("tries", [1, 9])
def test_what_the_server_asks_for_is_a_minimum_with_a_tenth_on_top(code: str, tries: int) -> None:
    error = TransientError("busy", code=code, retry_after_s=20.0)
    assert backoff_s(error, tries, 0.0) == 20.0
    assert backoff_s(error, tries, 1.0) == pytest.approx(22.0)


def test_a_wait_that_is_drawn_stays_within_its_bounds() -> None:
    assert all(0 <= backoff_s(RESET, 3) <= 4 for _ in range(200))


def test_waits_that_are_drawn_differ() -> None:
    assert len({backoff_s(RESET, 3) for _ in range(20)}) > 1


def test_a_success_releases_the_suspects_for_a_decision() -> None:
    suspects: Suspects[str] = Suspects()
    assert not suspects.suspect("a")
    assert not suspects.suspect("b")
    assert suspects.succeeded() == ["a", "b"]
    assert suspects.succeeded() == []
    assert suspects.successes == 2


def test_three_suspects_without_a_success_between_stop_the_run() -> None:
    suspects: Suspects[str] = Suspects()
    assert [suspects.suspect(name) for name in "abc"] == [False, False, True]


def test_a_success_between_begins_the_count_anew() -> None:
    suspects: Suspects[str] = Suspects()
    suspects.suspect("a")
    suspects.suspect("b")
    suspects.succeeded()
    assert [suspects.suspect(name) for name in "cde"] == [False, False, True]


def test_a_refusal_is_doubtful_until_something_succeeds() -> None:
    suspects: Suspects[str] = Suspects()
    assert suspects.is_doubtful(RejectedError("no", code="bad_request"))
    assert not suspects.is_doubtful(RejectedError("no", code="context_length"))
    suspects.succeeded()
    assert not suspects.is_doubtful(RejectedError("no", code="bad_request"))


@pytest.mark.parametrize(
    ("code", "successes", "down"),
    [("connect", 5, True), ("reset", 5, True), ("read_timeout", 5, True), ("5xx", 5, False), ("5xx", 0, True)],
)
def test_who_got_no_answer_met_a_dead_provider_and_who_got_one_did_not(code: str, successes: int, down: bool) -> None:
    suspects: Suspects[str] = Suspects(successes=successes)
    assert suspects.is_down(TransientError("x", code=code)) is down


def test_a_refused_request_does_not_mean_that_the_provider_is_down() -> None:
    assert not Suspects().is_down(RejectedError("no", code="bad_request"))
