"""Options that several commands share, and how they reach the settings.

A parameter of a command that carries the name of a field of `Settings` is that field's flag: `load` passes on what the
user typed. So all defaults here are None, and the real ones stand in `Settings` alone.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from qagen.llm.providers import PROVIDERS

if TYPE_CHECKING:
    from qagen.settings import Settings

FOLDERS = "Folders and files"
MODEL = "Model"
QUESTIONS = "Questions"
RUN = "Run"
LIMITS = "Limits"
RECORDS = "Records"

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config-file", help="File with settings. [dim]default: config.env, if it is there[/]", show_default=False
    ),
]
ChunksDir = Annotated[
    Path | None,
    typer.Option("--chunks-dir", help="Folder of the chunk files. [dim]default: chunks[/]", rich_help_panel=FOLDERS),
]
QaDir = Annotated[
    Path | None,
    typer.Option("--qa-dir", help="Folder of the question-answer files. [dim]default: qa[/]", rich_help_panel=FOLDERS),
]


_NAMED = next(row for row in PROVIDERS.values() if row.base_url_flag)
"""The provider whose base URL has a flag of its own."""
ProviderBaseUrl = Annotated[
    str | None,
    typer.Option(
        _NAMED.base_url_flag or "",
        help=f"Address of {_NAMED.about.split(' on ')[0]}. [dim]default: {_NAMED.base_url}[/]",
        rich_help_panel=MODEL,
    ),
]
PricesFile = Annotated[
    Path | None,
    typer.Option("--prices", help="Your own prices, as a TOML file like prices.toml.", rich_help_panel=MODEL),
]
Provider = Annotated[
    str | None,
    typer.Option("--provider", help=f"Who answers: {', '.join(PROVIDERS)}.", rich_help_panel=MODEL),
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Model, under the provider's own name for it.", rich_help_panel=MODEL),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="Address of the server, where it is not the usual one.", rich_help_panel=MODEL),
]
ErrorFile = Annotated[
    Path | None,
    typer.Option(
        "--error-file",
        help="Log of what went wrong, as JSON Lines. [dim]default: errors.jsonl beside the results[/]",
        rich_help_panel=RECORDS,
    ),
]
ApiKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file",
        help="File that holds the key, such as a mounted secret; - asks for it. [dim]default: the environment[/]",
        rich_help_panel=MODEL,
    ),
]
CaBundle = Annotated[
    Path | None,
    typer.Option("--ca-bundle", help="Certificates to trust instead of the system's.", rich_help_panel=MODEL),
]
AllowInsecureHttp = Annotated[
    bool | None,
    typer.Option(
        "--allow-insecure-http/--refuse-insecure-http",
        help="Send the key over plain http to another machine. [dim]default: refuse[/]",
        rich_help_panel=MODEL,
    ),
]


class Command(TyperCommand):
    """A command that looks only at what was given: typer builds a validator for each option that it looks at."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for param in self.params:
            param.process_value = partial(_process, param, param.process_value)  # type: ignore[method-assign]

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Print it."""
        from qagen.cli.help import print_help

        print_help(self, ctx)


def _process(param: Any, process: Any, ctx: Any, value: Any) -> Any:
    """What `process` would make of it: nothing of nothing."""
    if value is None and not (param.required or param.callback or param.multiple or param.nargs != 1):
        return None
    try:
        return process(ctx, value)
    except Exception as error:
        if isinstance(said := getattr(error, "message", None), str):
            error.message = _in_our_words(said, value)  # type: ignore[attr-defined]
        raise


def _in_our_words(said: str, value: Any) -> str:
    """What typer passes on of a library: `Input should be a valid integer, unable to parse string as an integer`."""
    for theirs, ours in (("valid integer", "a whole number"), ("valid number", "a number")):
        if theirs in said:
            return f"it must be {ours} (it is {value!r})."
    return said


def load(ctx: typer.Context) -> Settings:
    """The settings of a command: flags, then environment, then file, then defaults.

    Raises:
        UsageError: as `Settings.load`.
    """
    from qagen.settings import Settings

    # An option that can be repeated and was not given is an empty list, which must not hide what is set elsewhere.
    given = {
        name: value
        for name, value in ctx.params.items()
        if value not in (None, (), []) and name in Settings.model_fields
    }
    address = ctx.params.get("provider_base_url")
    variables = {_NAMED.base_url_env: address} if address and _NAMED.base_url_env else {}
    return Settings.load(ctx.params.get("config_file"), variables=variables, **given)
