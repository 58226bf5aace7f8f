"""What a reader of HTML, EPUB or OpenDocument gives: tags with HTML's names, and the text between them.

Every end is in its place. Two names are not HTML's: `page` (a new page begins) and `note` (its text is put in
brackets).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LANGUAGE = re.compile(r"\s*([a-z]{2})(?:[-_]|\s*$)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*-?\d{1,9}\s*", re.ASCII)


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


BLOCKS = words(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu ol p page pre search section "
    "summary table tbody td tfoot th thead tr ul xmp"
)
"""What stands in lines of its own."""
INLINE = words("a code math note q rt samp sub sup tt")
"""What changes the text inside of a line."""


@dataclass(frozen=True, slots=True)
class Open:
    """An element begins. `br`, `hr` and `img` end at once, without a `Close`."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def number(self, attribute: str, default: int = 1) -> int:
        """What an attribute says; the default where it says no number."""
        value = self.attributes.get(attribute, "")
        return int(value) if _NUMBER.fullmatch(value) else default


@dataclass(frozen=True, slots=True)
class Close:
    """The last open element ends."""

    name: str


class LinkText(str):
    """Text inside of a link."""

    __slots__ = ()


Token = str | Open | Close
"""A text is one as it stands in the source, its entities resolved."""


def language(code: str | None) -> str | None:
    """`en-GB` -> `en`. None where it is no code of two letters."""
    match = _LANGUAGE.match(code or "")
    return match[1].lower() if match else None
