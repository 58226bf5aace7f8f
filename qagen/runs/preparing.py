"""What every plan needs: prices, cautions, room for new results."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from qagen import files
from qagen.corpus import backup_of
from qagen.errors import DataError, UsageError
from qagen.formats import decode
from qagen.llm.prices import Price, Table, parse_table, price_of
from qagen.llm.providers import Endpoint, is_near
from qagen.llm.route import proxy_of
from qagen.runs.job import Job
from qagen.settings import Settings

_CONTEXT_STEP = 4096


def price(settings: Settings, endpoint: Endpoint) -> Price | None:
    """The price of today; None where it is unknown.

    Raises:
        UsageError: the user's own table cannot be read.
    """
    return price_of(endpoint.provider, endpoint.model, datetime.now(UTC).date(), own_prices(settings))


def own_prices(settings: Settings) -> Table | None:
    """The user's own table of prices, where one is set.

    Raises:
        UsageError: it cannot be read.
    """
    if settings.prices_file is None:
        return None
    try:
        text = files.read_bytes(settings.prices_file).decode("utf-8")
    except (DataError, UnicodeDecodeError) as error:
        raise UsageError(f"--prices: {error}") from None
    return parse_table(text, str(settings.prices_file))


def cautions(settings: Settings, endpoint: Endpoint, results: Path) -> list[str]:
    """What the user should know before documents leave the machine. `results`: the folder that is written to."""
    found = settings.cautions()
    proxy = proxy_of(endpoint)
    if proxy:
        found.append(f"requests go through the proxy {proxy}, by the environment.")
    if endpoint.base_url.startswith("http:") and not is_near(endpoint.base_url) and not endpoint.provider.in_process:
        found.append(f"the documents travel unencrypted to {endpoint.host}, because its address begins with http:.")
    kind = files.network_file_system(results)
    if kind:
        found.append(
            f"{results} lies on a network file system ({kind}): files stay whole, but what was received "
            "last may come late to its disk, and a run on another machine may not see this one's lock."
        )
    return found


def nothing_usable(job: Job, folder: Path, what: str, help_text: str) -> DataError:
    """None of the files can be used."""
    reasons = "; ".join(f"{one.file}: {one.why}" for one in job.left_out[:10])
    return DataError(f"{folder}: no {what} can be used: {reasons}. {help_text}")


def window(needed_tokens: int) -> int:
    """The smallest window of 4096 * 2**k tokens that holds them.

    One size for the whole run, because a server may have to load the model again for another.
    """
    size = _CONTEXT_STEP
    while size < needed_tokens:
        size *= 2
    return size


def set_aside(job: Job) -> None:
    """Move the earlier results of the run's documents to one folder in `archive/` (`--no-resume`); the job says where.

    Raises:
        StorageError: one could not be moved.
    """
    earlier = [plan.path for plan in job.plans if plan.path.exists()]
    costs = [_cost_of(path) for path in earlier]
    for path in earlier:
        # One folder for all of a run, whatever the clock says meanwhile: so that they can be had back together.
        place = files.set_aside(path, "archive", move=True, into=job.archive)
        job.archive, job.archived = place.parent, job.archived + 1
        if backup_of(path).exists():
            files.set_aside(backup_of(path), "archive", move=True, into=job.archive)
    job.archived_usd = None if None in costs else sum(cost for cost in costs if cost)


def _cost_of(path: Path) -> float | None:
    """What the results in a state file cost; None where that is unknown."""
    try:
        summary = decode(files.read_bytes(path)).get("summary", {})
        cost = summary.get("cost_usd")
        free = not (summary.get("input_tokens") or summary.get("output_tokens"))
    except (DataError, ValueError, AttributeError):
        return None
    return 0.0 if cost is None and free else cost if isinstance(cost, int | float) else None
