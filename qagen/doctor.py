"""Settings and a host -> findings: what works, what does not, and what to do about it. Asks for no reply of a model."""

from __future__ import annotations

import difflib
import platform
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from qagen import __version__, files
from qagen.errors import AccessError, ProviderError, QagenError, UsageError
from qagen.llm.client import Client
from qagen.llm.prices import price_of
from qagen.llm.providers import NOBODY, Endpoint, is_near
from qagen.llm.route import choose
from qagen.runs import own_prices
from qagen.settings import Settings

MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Literal["ok", "note", "fail"]
    text: str
    exit_code: int = 0
    """Of a failure: 2 where a setting must change, 4 where the provider cannot be used."""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Findings, one after the other: what is here first, then what needs the host."""
    yield _versions()
    yield _documents(settings.incoming_dir)
    for folder in (settings.chunks_dir, settings.qa_dir, settings.output_file.parent):
        yield _folder(folder)
    async for finding in _answering(settings):
        yield finding
    async for finding in _embedding(settings):
        yield replace(finding, what="vectors")


async def _answering(settings: Settings) -> AsyncIterator[Finding]:
    """Who answers."""
    if settings.provider == NOBODY.name:
        yield Finding("provider", "note", f"{NOBODY.name}: only `qagen mine-negatives` can do without a model")
        return
    try:
        endpoint = settings.endpoint()
    except UsageError as error:
        yield Finding("provider", "fail", str(error), UsageError.exit_code)
        return
    for finding in _provider(endpoint, settings):
        yield finding
    if endpoint.provider.in_process:
        yield Finding("host", "ok", "needs none: questions are made by rules, in this process")
        return
    reached = True
    async for finding in _reach(endpoint, settings):
        reached = reached and finding.verdict != "fail"
        yield finding
    if reached:
        yield Finding(
            "not tried",
            "note",
            "no request was sent that costs, so credit, quota and what the model accepts are unknown: "
            "`qagen generate-qa --limit 1` tries them",
        )


async def _embedding(settings: Settings) -> AsyncIterator[Finding]:
    """Who makes vectors, where somebody shall."""
    try:
        endpoint = settings.embed_endpoint()
    except UsageError as error:
        yield Finding("provider", "fail", str(error), UsageError.exit_code)
        return
    if endpoint is None:
        return
    yield Finding("provider", "ok", f"{endpoint.provider.name}, model {endpoint.model}")
    async for finding in _reach(endpoint, settings):
        yield finding


async def _reach(endpoint: Endpoint, settings: Settings) -> AsyncIterator[Finding]:
    """What the host says, by the way that a run would take."""
    try:
        bounds = settings.bounds()
        carrier = choose(settings.transport, endpoint)
    except UsageError as error:
        yield Finding("transport", "fail", str(error), UsageError.exit_code)
        return
    yield Finding("transport", "ok", f"{carrier} carries the requests")
    async with Client(endpoint, 1, bounds=bounds) as client:
        async for finding in _host(client):
            yield finding


def _documents(folder: Path) -> Finding:
    """What `qagen chunk` reads where nothing else is named."""
    if folder.is_dir():
        return Finding("documents", "ok", f"{folder}: is there")
    return Finding("documents", "note", f"{folder}: there is no such folder; `qagen chunk` also takes others by name")


def _versions() -> Finding:
    parts = ", ".join(f"{name} {version(name)}" for name in ("httpx", "pydantic", "typer"))
    return Finding("versions", "ok", f"qagen {__version__}, Python {platform.python_version()}, {parts}")


def _folder(folder: Path) -> Finding:
    """Proven by a real write, in the folder or where it would be made; nothing stays behind."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        files.make_writable(place)
    except UsageError as error:
        return Finding("folder", "fail", str(error), UsageError.exit_code)
    return Finding("folder", "ok", f"{folder}: " + ("can be written" if place == folder else "can be made"))


def _provider(endpoint: Endpoint, settings: Settings) -> Iterator[Finding]:
    """What the settings say of the provider."""
    row = endpoint.provider
    yield Finding("provider", "ok", f"{row.name}: {row.about}, model {endpoint.model}")
    if row.key_env and not row.in_process and (endpoint.key or not is_near(endpoint.base_url)):
        present = "is set" if endpoint.key else "is not set; not every server wants one"
        yield Finding("key", "ok" if endpoint.key else "note", f"{row.key_env} {present}")
    try:
        price = price_of(row, endpoint.model, datetime.now(UTC).date(), own_prices(settings))
    except UsageError as error:
        yield Finding("price", "fail", str(error), UsageError.exit_code)
        return
    if price is None:
        yield Finding("price", "note", f"of {endpoint.model}: unknown, so no cost is shown; --prices FILE can tell it")
    elif price.input or price.output:
        yield Finding("price", "ok", f"${price.input:g} in, ${price.output:g} out per million tokens")
    asked = (
        "a JSON schema is asked for" if row.structured == "schema" else "JSON is asked for, its form is not enforced"
    )
    form = f"{asked}; each reply is checked here, too"
    yield Finding("replies", "ok", form)


async def _host(client: Client) -> AsyncIterator[Finding]:
    """Whether the host answers, lets us in, and has the model."""
    endpoint = client.endpoint
    try:
        names = await client.models()
    except AccessError as error:
        what = "key" if error.code == "auth" else "host"
        verdict: Literal["note", "fail"] = "note" if error.code == "not_found" else "fail"
        text = f"{error}" if verdict == "fail" else f"{endpoint.host} answers, but does not list its models"
        yield Finding(what, verdict, text, error.exit_code if verdict == "fail" else 0)
        return
    except ProviderError as error:
        yield Finding("host", "fail", str(error), AccessError.exit_code)
        return
    yield Finding("host", "ok", f"{endpoint.base_url} answers" + (" and accepts the key" if endpoint.key else ""))
    yield _model(endpoint, names)
    if endpoint.provider.model_facts_path:
        yield await _facts(client, endpoint.provider.model_facts_path)


def _model(endpoint: Endpoint, names: list[str]) -> Finding:
    tag = endpoint.provider.implied_tag
    wanted = endpoint.model.removeprefix("models/")
    if wanted in names or (tag and f"{wanted}{tag}" in names):
        return Finding("model", "ok", f"{wanted} is there")
    if not names:
        return Finding("model", "note", f"the host lists no models, so {wanted} may or may not be there")
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    others = f"Did you mean {', '.join(near)}?" if near else f"There are {', '.join(sorted(names)[:MOST_NAMES])} ..."
    if not endpoint.provider.models_are_complete:
        return Finding("model", "note", f"{wanted} is not listed. {others} Such servers often answer to any name.")
    hint = endpoint.provider.when_model_unknown.format(model=wanted)
    return Finding(
        "model", "fail", f"{wanted} is not among the {len(names)} models. {others} {hint}", UsageError.exit_code
    )


async def _facts(client: Client, path: str) -> Finding:
    """What the host knows of the model: the size of its context. No host tells how many requests it takes at a time."""
    endpoint = client.endpoint
    try:
        value: Any = await client.fetch("POST", path, {"model": endpoint.model})
    except QagenError as error:
        return Finding("context", "note", f"unknown: {error}")
    facts = value.get("model_info") if isinstance(value, dict) else None
    length = next((size for name, size in (facts or {}).items() if name.endswith(".context_length")), None)
    at_once = f"{endpoint.provider.max_concurrent} requests are sent at a time; more only help if the server takes more"
    return Finding("context", "ok", f"{length or 'unknown number of'} tokens at most. {at_once}")


def exit_code(findings: list[Finding]) -> int:
    """That of the first failure; 0 where all is well."""
    return next((finding.exit_code for finding in findings if finding.verdict == "fail"), 0)
