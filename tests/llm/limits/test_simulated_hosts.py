"""Ten simulated minutes with a host that lets 600 requests a minute through, told or not: how much of it is used.

Of every kind of host: fewer than one request in twenty is refused, none is sent before the time that a refusal named,
and nine tenths of what could pass do. Where the host says nothing, a few more are lost to guessing. A host without any
bucket (a burst of one) refuses two that come a little too close together, and each time costs a whole second of
waiting; there, six tenths have to do.
"""

from __future__ import annotations

from typing import Any

import pytest

from qagen.llm.limits import Traffic
from tests.llm.limits.simulation import BEGIN, Host, Simulation

WORKERS = 32
SECONDS = 600
QUARTER_S = 900
TELLS = {
    "retry-after": frozenset({"retry_after"}),
    "headers": frozenset({"headers"}),
    "both": frozenset({"retry_after", "headers"}),
    "nothing": frozenset(),
}
HOSTS = [("bucket", 1), ("bucket", 10), ("bucket", 600), ("window", 0), ("sliding", 0)]
LATENCIES = (0.05, 0.2, 2, 20)


def scenarios() -> list[Any]:
    return [
        pytest.param(kind, burst, tells, latency_s, id=f"{kind}{burst or ''}-{tells}-{latency_s}s")
        for kind, burst in HOSTS
        for tells in TELLS
        for latency_s in LATENCIES
    ]


@pytest.mark.parametrize(("kind", "burst", "tells", "latency_s"), scenarios())
def test_what_a_host_lets_through_is_used_and_hardly_more_is_asked(
    kind: str, burst: float, tells: str, latency_s: float
) -> None:
    host = Host(kind, 600, burst, TELLS[tells], latency_s)
    result = Simulation(host, Traffic(WORKERS), workers=WORKERS).run(SECONDS)
    could_pass = min(host.per_minute / 60, WORKERS / latency_s) * SECONDS
    assert result.too_early == 0
    assert result.given_up == 0
    assert result.share_refused < 0.05
    assert result.passed >= (0.6 if burst == 1 else 0.8 if tells == "nothing" else 0.9) * could_pass
    assert result.most_in_flight <= WORKERS


@pytest.mark.parametrize("latency_s", [0.5, 3])
@pytest.mark.parametrize("refusal_s", [0.003, 0.5])
@pytest.mark.parametrize("tells", ["retry-after", "nothing"])
@pytest.mark.parametrize("share", [0.02, 0.08, 0.12])
def test_a_host_that_refuses_by_chance_is_used_nearly_as_if_it_refused_nobody(
    share: float, tells: str, refusal_s: float, latency_s: float
) -> None:
    host = Host("none", says=TELLS[tells], latency_s=latency_s, sporadic=share, refusal_s=refusal_s)
    for seed in range(5):
        result = Simulation(host, Traffic(16), workers=WORKERS, seed=seed).run(SECONDS)
        assert result.passed >= 0.75 * 16 / latency_s * SECONDS
        assert result.waits_cut_short == 0
        assert result.given_up == 0


@pytest.mark.parametrize("tells", ["retry-after", "nothing"])
def test_a_limit_behind_a_host_that_refuses_by_chance_is_not_overrun_and_used_a_little(tells: str) -> None:
    host = Host("bucket", 600, 10, TELLS[tells], 0.2, sporadic=0.08)
    result = Simulation(host, Traffic(WORKERS), workers=WORKERS).run(SECONDS)
    assert result.share_refused < 0.3
    assert result.passed >= 0.1 * 10 * SECONDS


@pytest.mark.parametrize("kind", ["bucket", "window", "sliding"])
def test_a_rate_that_the_user_sets_below_the_limit_is_never_refused(kind: str) -> None:
    traffic = Traffic(WORKERS, requests_per_minute=540)
    result = Simulation(Host(kind, 600, 10, latency_s=0.2), traffic, workers=WORKERS).run(SECONDS)
    assert result.refused == 0
    assert result.passed == pytest.approx(5400, rel=0.01)


def test_a_limit_that_is_told_in_headers_and_fills_evenly_is_hardly_ever_met() -> None:
    host = Host("bucket", 600, 600, TELLS["both"], 0.2)
    result = Simulation(host, Traffic(WORKERS), workers=WORKERS).run(SECONDS)
    assert result.share_refused < 0.005


@pytest.mark.parametrize("latency_s", [0.2, 2])
def test_a_host_that_answers_four_at_a_time_is_not_asked_for_many_more(latency_s: float) -> None:
    host = Host("places", places=4, latency_s=latency_s)
    result = Simulation(host, Traffic(WORKERS), workers=WORKERS).run(SECONDS)
    assert result.share_refused < 0.07
    assert result.passed >= 0.25 * 4 / latency_s * SECONDS


@pytest.mark.parametrize("tells", ["retry-after", "nothing"])
def test_after_a_host_has_refused_everything_for_quarter_of_an_hour_it_is_used_again(tells: str) -> None:
    host = Host("bucket", 600, 10, TELLS[tells], 0.2, refuses=(60, 60 + QUARTER_S))
    simulation = Simulation(host, Traffic(WORKERS), workers=WORKERS)
    result = simulation.run(60 + QUARTER_S + 600)
    after = [at for at in result.replies if at > BEGIN + 60 + QUARTER_S]
    assert result.given_up == 0
    assert len(after) > 3000, "of 6,000 that could pass"
