"""How often a negative answers after all, on corpora whose truth is known: the goals of mining."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.negatives import seen, unseen
from tests.negatives.planted import Domain
from tests.negatives.truth import CHOICES, measure

MOST_FALSE = 0.05


@pytest.mark.parametrize("engine", ["sqlite", "tantivy"])
@pytest.mark.parametrize("domains", [seen.DOMAINS, unseen.DOMAINS], ids=["seen", "unseen"])
def test_few_negatives_answer_without_a_model_and_none_with_true_labels(
    domains: tuple[Domain, ...], engine: str, tmp_path: Path
) -> None:
    if engine == "tantivy":
        pytest.importorskip("tantivy")
    rates = measure(domains, tmp_path, 1, engine)
    asked = rates["guards"].questions
    assert asked >= 200
    assert rates["guards"].share <= MOST_FALSE
    assert rates["guards and labels"].share == 0
    # A goal that is reached by mining nothing, or what nobody would take for an answer, is none.
    for name in ("guards", "guards and labels"):
        assert rates[name].mined >= 0.9 * asked
        assert rates[name].negatives >= 0.9 * CHOICES.negatives * rates[name].mined
        assert rates[name].decoys >= 0.7 * rates[name].negatives
    assert rates["guards"].share < 0.5 * rates["naive BM25"].share
    assert rates["random"].decoys < 0.5 * rates["guards"].decoys
