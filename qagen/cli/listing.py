"""Tables for people: names give way to figures, because half a name is still known and half a sum is a wrong one."""

from __future__ import annotations

from rich.console import RenderableType
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

_LEAST_OF_A_NAME = 8


class Listing(Table):
    """A light table. Its first column holds names, which are cut where the terminal is narrow; the others figures."""

    def __init__(self, first: str, *others: str) -> None:
        super().__init__(box=None, header_style="bold", pad_edge=False)
        # Rich narrows the columns that may wrap, and the others only when nothing is left of those.
        self.add_column(first, min_width=_LEAST_OF_A_NAME)
        for name in others:
            text = name in {"", "status"}
            self.add_column(name, justify="left" if text else "right", no_wrap=name != "")

    def add_row(
        self, *renderables: RenderableType | None, style: StyleType | None = None, end_section: bool = False
    ) -> None:
        """A row; its name stays on one line."""
        name, *figures = renderables
        if isinstance(name, str):
            name = Text.from_markup(name, overflow="ellipsis")
            name.no_wrap = True
        super().add_row(name, *figures, style=style, end_section=end_section)
