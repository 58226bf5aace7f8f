"""What is printed: results on stdout, the conversation on stderr; nothing that could steer a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape

from qagen.redaction import escaped, harmless, redact

if TYPE_CHECKING:
    from qagen.cli.listing import Listing
    from qagen.doctor import Finding
    from qagen.formats import LeftOut

WIDTH_IN_FILES = 160
WIDE = 100
"""Columns from which all figures fit."""
_form = "text"
MOST_LISTED = 20
"""Longer lists are cut, and the number of the rest is said."""


class _Pipe(Console):
    """A console that lets the boundary decide what a closed pipe means; rich would exit with 1."""

    def on_broken_pipe(self) -> None:
        """Called while the error is handled."""
        raise


def out() -> Console:
    """The console for results. In a file or a pipe, lines are not cut at 80 columns."""
    return _Pipe(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else WIDTH_IN_FILES)


def err() -> Console:
    """The console for everything else."""
    return _Pipe(file=sys.stderr, highlight=False)


def safe(text: str) -> str:
    """Text from outside, made harmless: no control characters, no marks of direction, no rich markup."""
    return escape(harmless(redact(text)))


def tell(console: Console, markup: str) -> None:
    """A paragraph: broken between words on a terminal, in one line in a file."""
    console.print(markup, soft_wrap=not console.is_terminal)


def log_as(form: str) -> None:
    """`json`: from now on the conversation is one event per line."""
    global _form
    _form = form


def print_event(name: str, facts: Mapping[str, Any]) -> None:
    """One line of JSON on stderr, harmless and without keys."""
    from qagen.formats import decode, encode, utc_time

    shown = {key: str(value) if isinstance(value, Path) else value for key, value in facts.items()}
    if isinstance(shown.get("content"), bytes):
        shown["content"] = decode(facts["content"]) if facts["content"] else None
    line = encode({"time": utc_time(), "event": name, **shown}).decode()
    sys.stderr.write(_as_json_for(sys.stderr, harmless(redact(line))) + "\n")


def _as_json_for(stream: TextIO, text: str) -> str:
    """JSON text in characters that the stream has: others as JSON has them in ASCII."""
    if (stream.encoding or "utf-8").lower().startswith("utf"):
        return text
    import json

    return "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """A block whose output may have no reader any more: what the command was for is done all the same."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def complain(text: str) -> None:
    """An error, as one paragraph."""
    if _form == "json":
        print_event("error", {"message": text})
    else:
        tell(err(), f"[bold red]error:[/] {safe(text)}")


def note(text: str) -> None:
    """Something the user should know."""
    if _form == "json":
        print_event("notice", {"text": text})
    else:
        tell(err(), f"[yellow]note:[/] {safe(text)}")


def say(text: str) -> None:
    """A line of the conversation."""
    tell(err(), safe(text))


def print_json(value: Any) -> None:
    """A value as JSON on stdout. Paths are written as text."""
    import json

    text = escaped(redact(json.dumps(value, indent=2, ensure_ascii=False, default=str)))
    sys.stdout.write(_as_json_for(sys.stdout, text) + "\n")


def label(text: str) -> str:
    """A name in a table, made harmless, on one line."""
    return safe(text.replace("\n", "\ufffd"))


def one_line(text: str) -> str:
    """Text from outside in a line of its own."""
    return safe(" ".join(text.split()))


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 chunk`, `1,200 chunks`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def tokens(number: int) -> str:
    """Short: 812, 12.3k, 1.21M."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.2f}M"


def dollars(cost: float | None) -> str:
    """US dollars, with enough digits to see small sums; `unknown` where it is."""
    if cost is None:
        return "unknown"
    return f"${cost:.2f}" if cost >= 1 or cost == 0 else f"${cost:.4f}"


def show_origins(origins: Sequence[tuple[str, Any, str]], *, with_defaults: bool) -> None:
    """Settings as config.env would have them, and where each came from; the defaults dimmed, or only counted."""
    given = [one for one in origins if one[2] != "default"]
    rest = [one for one in origins if one[2] == "default"]
    listing = table("Setting", "", "")
    for name, value, origin in given:
        listing.add_row(safe(name), safe(_as_in_the_file(value)), safe(origin))
    for name, value, origin in rest if with_defaults else ():
        listing.add_row(safe(name), safe(_as_in_the_file(value)), origin, style="dim")
    if listing.row_count:
        out().print(listing)
    if not with_defaults:
        out().print(f"[dim]{count(len(rest), 'setting')} at their defaults: --all-settings shows them[/]")
    out().print()


def _as_in_the_file(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        value = [f"{name}={setting}" for name, setting in value.items()]
    return " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def show_finding(finding: Finding) -> None:
    """One line of `doctor`."""
    colour = {"ok": "green", "note": "yellow", "fail": "red"}[finding.verdict]
    out().print(f"[{colour}]{finding.verdict:<5}[/] {finding.what:<9} {safe(finding.text)}", soft_wrap=True)


def table(first: str, *others: str) -> Listing:
    """A light table: the first column is names, the others are figures until the last."""
    from qagen.cli.listing import Listing

    return Listing(first, *others)


def name_left_out(what: str, listed: Iterable[LeftOut], most: int | None = MOST_LISTED) -> None:
    """Each file that is not in the result, and why; all of them where `most` is None."""
    everything = list(listed)
    for one in everything[:most]:
        err().print(f"[yellow]{what}:[/] {safe(one.file)}: {safe(one.why)}", soft_wrap=True)
    if most is not None and len(everything) > most:
        err().print(f"[yellow]{what}:[/] and {len(everything) - most} more", soft_wrap=True)
