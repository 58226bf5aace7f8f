"""What the live line says of a host that holds requests back."""

from __future__ import annotations

from qagen.cli.live_line import held_back
from qagen.llm.limits import Quota, Traffic

NOW = 1000.0


def test_nothing_is_said_while_nothing_is_held_back() -> None:
    assert held_back(Traffic(8), NOW) == ""


def test_a_pause_says_how_long_it_still_is() -> None:
    traffic = Traffic(8)
    traffic.limited(NOW, traffic.enter(NOW, 0, retry=False), 20)
    assert held_back(traffic, NOW + 5) == "rate limit: 15 s"


def test_a_rate_of_the_host_is_shown_as_long_as_it_holds_requests_back() -> None:
    for per_minute, shown in ((720, "12/s"), (90, "1.5/s")):
        traffic = Traffic(8)
        traffic.answered(NOW, {"requests": Quota(per_minute, 0, 60)})
        assert traffic.delay_s(NOW)
        assert held_back(traffic, NOW) == f"limited by the host: {shown}"
        assert held_back(traffic, NOW + 10) == ""
