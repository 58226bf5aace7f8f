"""The one place where errors become a sentence and an exit code."""

from __future__ import annotations

import os
import tempfile
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from qagen.errors import BUG, INTERRUPTED, QagenError, UsageError
from qagen.redaction import harmless, redact

_WORDS = "qagen.words"
"""Where the context keeps the words of the command line."""


class Commands(TyperGroup):
    """The group of all commands. The boundary stands here, so that tests that call the app see it, too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep the words as they were typed."""
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except QagenError as error:
            _talk_as_asked(ctx)
            _say(str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            _say("interrupted; files that were finished are whole, and the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read our output has seen enough. Nothing may be written any more, at exit neither.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise typer.Exit(0) from None
        except Exception as error:
            if _is_typers(error):
                if hasattr(error, "format_message") and _talk_as_asked(ctx):
                    _say(error.format_message())
                    raise typer.Exit(getattr(error, "exit_code", UsageError.exit_code)) from None
                raise
            if _was_interrupted(error):
                _say("interrupted before anything was asked.")
                raise typer.Exit(INTERRUPTED) from None
            complain_of(error)
            raise typer.Exit(BUG) from None


def complain_of(bug: Exception) -> None:
    """Say that there is an error that nobody foresaw, and where its traceback is."""
    _say(redact(f"a bug in qagen: {bug!r}. What was received is saved. Details: {_write_details(bug)}"))


def _talk_as_asked(ctx: Any) -> bool:
    """Whether machines listen: they hear of a mistyped command, too, though its settings were never read."""
    from qagen.cli import console
    from qagen.settings import wants_json

    if wants_json(ctx.meta[_WORDS]):
        console.log_as("json")
        return True
    return False


def _say(text: str) -> None:
    from qagen.cli.console import complain

    complain(text)


def _is_typers(error: Exception) -> bool:
    """Exits and usage errors belong to Typer, which shows them with the command's usage."""
    return type(error).__module__.partition(".")[0] == "typer"


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether a Ctrl-C was wrapped on its way, as libraries do while they are imported."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _write_details(error: Exception) -> str:
    """The traceback goes into a file, without keys: it is for a bug report, not for the screen."""
    text = harmless(redact("".join(traceback.format_exception(error))))
    with tempfile.NamedTemporaryFile("w", prefix="qagen-bug-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(text)
    return file.name
