"""How far each document is, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from qagen.cli.console import WIDE, count, dollars, err, label, out, safe, table, tokens
from qagen.overview import NOT_BEGUN, Mining, Row, total
from qagen.spending import Spent

if TYPE_CHECKING:
    from rich.table import Table


def show(rows: Sequence[Row], embeddings: Mapping[str, Spent]) -> None:
    """How far each document is, its negatives where some were mined, and what embeddings took for them."""
    everything = [*rows, total(rows)]
    names = ["chunks", "done", "failed", "pending", "pairs", "tokens", "cost"]
    listing = _status_table("Document", names, ["chunks", "left", "pairs", "cost"])
    for row in everything:
        used, cost = _spent(row)
        full = (f"{row.chunks:,}", f"{row.completed:,}", f"{row.failed or ''}", f"{row.pending or ''}")
        left = f"{row.failed + row.pending or ''}"
        short = (f"{row.chunks:,}", left, f"{row.pairs:,}", cost)
        _add_status(listing, row.name, row.status, (*full, f"{row.pairs:,}", used, cost), short)
    out().print(listing)
    if any(row.mining for row in rows):
        out().print()
        out().print(_mining_table(everything))
    for model, spent in embeddings.items():
        out().print(f"embeddings {safe(model)}, not in the table: {_embeddings(spent)}", soft_wrap=True)
    for row in rows:
        for problem in (row.problem, row.mining and row.mining.problem):
            if problem:
                err().print(f"[red]{safe(row.name)}:[/] {safe(problem)}", soft_wrap=True)


def _mining_table(rows: Iterable[Row]) -> Table:
    """How far the negatives of each document that has pairs are."""
    names = ["pairs", "mined", "pending", "failed", "negatives", "tokens", "cost"]
    listing = _status_table("Negatives", names, ["pairs", "left", "negatives", "cost"])
    for row in rows:
        if not row.pairs and row.mining is None:
            continue  # nothing to mine; but what was spent on pairs that are gone stands here
        one = row.mining or Mining(NOT_BEGUN, pending=row.pairs)
        used, cost = _spent(one)
        full = (f"{row.pairs:,}", f"{one.mined:,}", f"{one.pending or ''}", f"{one.failed or ''}")
        short = (f"{row.pairs:,}", f"{one.pending or ''}", f"{one.negatives:,}", cost)
        _add_status(listing, row.name, one.status, (*full, f"{one.negatives:,}", used, cost), short)
    return listing


def _spent(one: Row | Mining) -> tuple[str, str]:
    """Tokens, in and out, and what they cost; nothing where nothing was asked."""
    if one.cost_usd is None and not (one.input_tokens or one.output_tokens):
        return "", ""
    return f"{tokens(one.input_tokens)} + {tokens(one.output_tokens)}", dollars(one.cost_usd)


def _embeddings(spent: Spent) -> str:
    """What they took in all runs."""
    if spent.requests is None or spent.input_tokens is None:
        return "what they took is unknown, for some were made before qagen kept an account of it"
    asked = count(spent.requests, "request")
    return f"{asked}, tokens {tokens(spent.input_tokens)} in, cost {dollars(spent.cost_usd)} in all runs"


def _status_table(first: str, names: Sequence[str], short: Sequence[str]) -> Table:
    return table(first, "status", *(names if out().width >= WIDE else short))


def _add_status(listing: Table, name: str, status: str, full: Sequence[str], short: Sequence[str]) -> None:
    """A document's row; one without a status is the sum of all."""
    if not status:
        listing.add_section()
    colour = {"completed": "green", "failed": "red", "unreadable": "red"}.get(status, "yellow")
    figures = full if out().width >= WIDE else short
    listing.add_row(label(name), f"[{colour}]{status}[/]", *figures)
