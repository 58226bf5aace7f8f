"""The help of a command: nothing is cut, however narrow the terminal is.

Typer's own table has a column each for names, short names, negations and types, which leaves 20 of 80 columns for what
an option is about, and cuts what is longer.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_LEFT = 30
"""Columns for names; longer ones have a line of their own."""


def print_help(command: Any, ctx: Any) -> None:
    """Usage, what the command does, and its options in their panels."""
    console = Console(file=sys.stdout, highlight=False)
    console.print(Padding(Text(command.get_usage(ctx), style="bold"), 1))
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        console.print(Padding(Text.from_markup(" ".join(paragraph.split())), (0, 1, 1, 1)))
    for name, params in _panels(command.get_params(ctx)).items():
        console.print(Panel(Group(*_lines(params, ctx)), title=name, title_align="left", border_style="dim"))


def _panels(params: Iterable[Any]) -> dict[str, list[Any]]:
    """Arguments first, then what has no panel of its own, then the panels as the command has them."""
    found: dict[str, list[Any]] = {"Arguments": [], "Options": []}
    for param in params:
        kind = "Arguments" if param.param_type_name == "argument" else "Options"
        if not getattr(param, "hidden", False):
            found.setdefault(getattr(param, "rich_help_panel", None) or kind, []).append(param)
    return {name: listed for name, listed in found.items() if listed}


def _lines(params: Iterable[Any], ctx: Any) -> Iterator[RenderableType]:
    for param in params:
        names, about = _names(param, ctx), Text.from_markup(param.help or "", overflow="fold")
        if len(names) > _LEFT:
            yield names
            yield Padding(about, (0, 0, 0, _LEFT + 1))
        else:
            row = Table.grid(padding=(0, 1))
            row.add_column(width=_LEFT, no_wrap=True)
            row.add_column()
            row.add_row(names, about)
            yield row


def _names(param: Any, ctx: Any) -> Text:
    """`--questions-per-chunk, -n <int>`, `--resume / --no-resume`, `documents...`"""
    if param.param_type_name == "argument":
        return Text(str(param.name) + "..." * (param.nargs != 1), style="bold cyan", overflow="fold")
    names = Text(", ".join(param.opts), style="bold cyan", overflow="fold")
    if param.secondary_opts:
        return names.append(" / ", style="default").append(", ".join(param.secondary_opts), style="magenta")
    return names.append(_value(param, ctx), style="yellow")


def _value(param: Any, ctx: Any) -> str:
    """What follows the name: ` <path>`; nothing after a switch."""
    if param.metavar:
        return f" {param.metavar}"
    if hasattr(param, "display_type_rich"):
        word = str(param.display_type_rich(ctx=ctx)).lower()
    else:  # a typer that still has click's types
        word = f"<{param.type.name}>"
    one = re.sub(r"list\[(\w+)\]", r"\1", word)
    return "" if one in {"<bool>", "<boolean>"} else f" {one}"
