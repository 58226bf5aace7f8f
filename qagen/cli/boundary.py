"""The one place where errors become a sentence and an exit code."""

from __future__ import annotations

import os
import tempfile
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from qagen.errors import BUG, INTERRUPTED, QagenError
from qagen.redaction import harmless, redact


class Commands(TyperGroup):
    """The group of all commands. The boundary stands here, so that tests that call the app see it, too."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except QagenError as error:
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
                raise
            if _was_interrupted(error):
                _say("interrupted before anything was asked.")
                raise typer.Exit(INTERRUPTED) from None
            details = _write_details(error)
            _say(redact(f"a bug in qagen: {error!r}. What was received is saved. Details: {details}"))
            raise typer.Exit(BUG) from None


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
