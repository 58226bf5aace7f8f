"""What embeddings took in all runs: the account beside the vectors, and what a kill or an older tool leaves of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from qagen.embedding.store import folder_of, key_of, opened
from qagen.llm.prices import Price
from qagen.llm.providers import PROVIDERS, Endpoint
from qagen.llm.types import Usage
from qagen.spending import UNKNOWN, Spent, spent_in, total

ROOM = Path("qa/.embeddings")
HOST = Endpoint(PROVIDERS["local"], "bge-m3", "http://127.0.0.1:11434")
NAME = "local/bge-m3"
FOLDER = folder_of(ROOM, HOST)
PRICE = Price(0.1, 0.0)


def buy(*texts: str, price: Price | None = PRICE, account: bool = True, keep: bool = True) -> None:
    """A request for the vectors of texts, which takes ten tokens each and two tries."""
    with opened(FOLDER, HOST) as store:
        if account:
            store.spend(len(texts), 2, Usage(input_tokens=10 * len(texts)), price)
        if keep:
            store.add([key_of(text, "passage") for text in texts], np.ones((len(texts), 4), dtype=np.float32))


def test_what_every_run_took_adds_up() -> None:
    buy("a", "b")
    buy("c")
    assert spent_in(ROOM) == {NAME: Spent(4, 30, 3e-6)}


def test_a_kill_between_account_and_vectors_forgets_no_money() -> None:
    buy("a", "b")
    buy("c", keep=False)
    assert spent_in(ROOM)[NAME].input_tokens == 30
    buy("c")
    assert spent_in(ROOM)[NAME].input_tokens == 40


def test_the_first_request_of_all_counts_even_if_a_kill_left_no_vector_of_it() -> None:
    buy("a", keep=False)
    assert spent_in(ROOM) == {NAME: Spent(2, 10, 1e-6)}


def test_a_line_that_a_kill_cut_off_is_none_and_the_next_stands_in_its_place() -> None:
    buy("a")
    buy("b", keep=False)
    path = FOLDER / "spent.jsonl"
    os.truncate(path, path.stat().st_size - 5)
    assert spent_in(ROOM)[NAME].input_tokens == 10
    buy("b")
    assert spent_in(ROOM)[NAME].input_tokens == 20


def test_vectors_without_an_account_open_and_what_they_took_is_unknown_from_then_on() -> None:
    buy("a", account=False)
    assert spent_in(ROOM) == {NAME: UNKNOWN}
    buy("b")
    assert spent_in(ROOM) == {NAME: UNKNOWN}


def test_an_account_that_is_damaged_is_unknown_and_not_less() -> None:
    buy("a")
    (FOLDER / "spent.jsonl").write_bytes(b"{no json\n")
    assert spent_in(ROOM) == {NAME: UNKNOWN}
    (FOLDER / "embeddings.json").write_bytes(b"{no json")
    assert spent_in(ROOM) == {FOLDER.name: UNKNOWN}


def test_a_price_that_was_unknown_once_leaves_the_sum_unknown_and_the_tokens_known() -> None:
    buy("a")
    buy("b", price=None)
    assert total(spent_in(ROOM).values()) == Spent(4, 20, None)


def test_where_no_embeddings_were_made_nothing_was_spent() -> None:
    assert spent_in(ROOM) == {}
    assert total([]) == Spent(0, 0, 0.0)
