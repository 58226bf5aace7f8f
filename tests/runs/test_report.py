"""The figures of a run agree with each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from qagen.llm.meter import Meter
from qagen.llm.prices import Price, without_dust
from qagen.llm.types import Usage
from qagen.pump import Outcome, Tally
from qagen.runs import Report
from qagen.state import Counts

PRICE = Price(1.0, 10.0)


def report(tally: Tally, price: Price | None, known: float | None, **facts: Any) -> Report:
    """A run over one document whose file says what all runs cost."""
    job: Any = SimpleNamespace(
        plans=[SimpleNamespace(name="a", counts=Counts(cost_usd=known))], price=price, facts=facts
    )
    return Report(job, Outcome(), tally, Meter(), 1.0)


def test_replies_without_token_counts_cost_as_much_in_all_runs_as_now() -> None:
    tally = Tally(replies=2, uncounted=2, estimated=Usage(1_000_000, 0, 100_000))
    found = report(tally, PRICE, known=0.0)
    assert found.cost_usd == found.cost_all_runs_usd == pytest.approx(2.0)


def test_a_run_of_unknown_price_costs_nothing_until_a_reply_came() -> None:
    assert report(Tally(), None, known=0.0).cost_usd == 0.0
    assert report(Tally(), None, known=0.25).cost_all_runs_usd == 0.25
    came = report(Tally(replies=1), None, known=0.0)
    assert (came.cost_usd, came.cost_all_runs_usd) == (None, None)


def test_what_earlier_runs_cost_stays_unknown_where_it_is() -> None:
    assert report(Tally(replies=1, usage=Usage(9, 0, 9)), PRICE, known=None).cost_all_runs_usd is None


def test_embeddings_cost_nothing_where_there_are_none_and_are_unknown_where_they_are() -> None:
    assert report(Tally(), PRICE, known=0.0).embeddings_usd == 0.0
    assert report(Tally(), PRICE, known=0.0, embeddings={"cost_usd": None}).embeddings_usd is None


def test_money_in_json_has_no_dust_of_floats() -> None:
    facts = {"embeddings": {"cost_usd": 0.1}, "embeddings_all_runs": {"cost_usd": 0.2}}
    found = report(Tally(), PRICE, known=0.1, **facts)
    assert found.embeddings_all_runs_usd == 0.2
    assert found._with_embeddings() == {
        "cost_usd_with_embeddings": 0.1,
        "cost_usd_all_runs_with_embeddings": 0.3,
    }
    assert without_dust(0.18851300000000001 + 1e-17) == 0.188513
    assert without_dust(None) is None
