"""Codes as people type them."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from qagen.errors import UsageError


def known_name(typed: str, known: Collection[str], *, where: str, what: str = "code") -> str:
    """The one of `known` that was typed, in any case. `where` begins the text of the error, such as the flag.

    Raises:
        UsageError: there is none; the text says which is nearest, and which there are.
    """
    names = {name.casefold(): name for name in known}
    wanted = typed.strip().casefold()
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, n=1)
    guess = f"; did you mean {names[near[0]]}?" if near else "."
    raise UsageError(f"{where}: there is no {what} {typed.strip()!r}{guess} Known: {', '.join(sorted(known))}.")
