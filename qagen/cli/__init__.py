"""argv in, text out. One module per command; what is heavy is imported inside the command that needs it."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from qagen import __version__
from qagen.cli import check, chunk, combine, doctor, errors, export, generate_qa, mine_negatives, status
from qagen.cli.boundary import Commands
from qagen.cli.options import Command
from qagen.cli.postponed import postpone
from qagen.redaction import guard_output

app = typer.Typer(
    cls=Commands,
    name="qagen",
    help=(
        "Turn your documents into question-answer training data.\n\n"
        "[bold]chunk[/] cuts documents into pieces, [bold]generate-qa[/] asks a model about each piece and remembers "
        "every answer, [bold]combine[/] makes one dataset of it. Stop at any time; the same command goes on where it "
        "stopped and pays for nothing twice."
    ),
    epilog=(
        "Try it without a model, a key or a server:  "
        "[bold]qagen chunk examples && qagen generate-qa --provider rules && qagen combine[/]\n\n"
        "Every setting can also stand in the environment or in config.env (see config.env.example)."
    ),
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    # With locals, an unhandled traceback would print keys.
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PIPELINE = "Pipeline"
TRAINING_DATA = "Training data"
QUALITY = "Quality"
UTILITIES = "Utilities"

app.command("chunk", cls=Command, rich_help_panel=PIPELINE)(chunk.chunk)
app.command("generate-qa", cls=Command, rich_help_panel=PIPELINE)(generate_qa.generate_qa)
app.command("combine", cls=Command, rich_help_panel=PIPELINE)(combine.combine)
app.command("mine-negatives", cls=Command, rich_help_panel=TRAINING_DATA)(mine_negatives.mine_negatives)
app.command("export", cls=Command, rich_help_panel=TRAINING_DATA)(export.export)
app.command("check", cls=Command, rich_help_panel=QUALITY)(check.check)
app.command("status", cls=Command, rich_help_panel=UTILITIES)(status.status)
app.command("errors", cls=Command, rich_help_panel=UTILITIES)(errors.errors)
app.command("doctor", cls=Command, rich_help_panel=UTILITIES)(doctor.doctor)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"qagen {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""


def main() -> None:
    """The console command `qagen`."""
    guard_output()
    _show_everything()
    postpone()
    _leave_out_others(sys.argv[1:2])
    app(prog_name="qagen")


def _show_everything() -> None:
    """Where a terminal knows no more than ASCII, other characters are written as escapes; nothing ends by one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="backslashreplace")


def _leave_out_others(words: list[str]) -> None:
    """Where the first word is a command, typer need not make the others of their functions."""
    asked = [command for command in app.registered_commands if command.name in words]
    app.registered_commands = asked or app.registered_commands
