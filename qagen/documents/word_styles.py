"""What Word keeps apart from the text: its styles, and the lists, with the numbers of their items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from qagen.documents.office_text import Element
from qagen.documents.word_xml import W, by_id, find, flag, value

T = TypeVar("T")
Role = Literal["title", "heading", "quote", "code", "contents"]

_HEADING = re.compile(r"heading ?(\d)$")
_DEPTH = re.compile(r"list (?:bullet|number) (\d)$")
_ROLES: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"toc |table of figures$|table of contents$"), "contents"),
    (re.compile(r"title$"), "title"),
    (_HEADING, "heading"),
    (re.compile(r".*(?:\bcode|code\b|preformatted|source text)"), "code"),
    (re.compile(r"(?:intense )?quote$|quotations$|block text$"), "quote"),
)
"""By the style's name in lower case: Word stores its own styles under English names in every language."""
_MOST_LEVELS = 9
"""Of lists, as in Word."""


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph is, as its style and those below it say."""

    id: str | None = None
    role: Role | None = None
    level: int = 1
    """Of a heading."""
    depth: int = 0
    """Of `List Bullet 2`, whose numbering knows only one level."""
    numbering: Element | None = None
    page_before: bool = False


class Styles:
    """The paragraph styles, resolved through those that they are based on."""

    def __init__(self, element: Element) -> None:
        self._elements = {style.get(f"{W}styleId"): style for style in element.iterchildren(f"{W}style")}
        self._default = next(
            (
                key
                for key, style in self._elements.items()
                if style.get(f"{W}default") in ("1", "true") and style.get(f"{W}type") == "paragraph"
            ),
            None,
        )
        self._known: dict[str | None, Style] = {}
        language = element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
        self.language: str | None = None if language is None else language.get(f"{W}val")

    def of(self, paragraph: Element) -> Style:
        """Of a paragraph; an outline level of its own makes it a heading."""
        properties = paragraph.find(f"{W}pPr")
        style = self.get(value(properties, "pStyle") or self._default)
        outline = _outline(properties)
        if outline is None or style.role not in (None, "heading"):
            return style
        return replace(style, role="heading" if outline < 9 else None, level=outline + 1)

    def get(self, key: str | None) -> Style:
        """By its id."""
        if key not in self._known:
            self._known[key] = self._resolve(key)
        return self._known[key]

    def _resolve(self, key: str | None) -> Style:
        chain = list(self._chain(key))
        properties = [style.find(f"{W}pPr") for style in chain]
        names = [(value(style, "name") or "").lower() for style in chain] or [(key or "").lower()]
        role, level = _first(_role(name) for name in names) or (None, 1)
        outline = _first(_outline(one) for one in properties)
        if outline is not None and role in (None, "heading"):
            role, level = ("heading" if outline < 9 else None), outline + 1
        return Style(
            id=key,
            role=role,
            level=level,
            depth=next((int(match[1]) - 1 for name in names if (match := _DEPTH.match(name))), 0),
            numbering=_first(find(one, "numPr") for one in properties),
            page_before=bool(_first(flag(one, "pageBreakBefore") for one in properties)),
        )

    def _chain(self, key: str | None) -> Iterator[Element]:
        """The style and those that it is based on, each once."""
        seen = set()
        while key in self._elements and key not in seen:
            seen.add(key)
            yield self._elements[key]
            key = value(self._elements[key], "basedOn")


def _role(name: str) -> tuple[Role, int] | None:
    for pattern, role in _ROLES:
        if match := pattern.match(name):
            return role, int(match[1]) if role == "heading" else 1
    return None


def _outline(properties: Element | None) -> int | None:
    level = value(properties, "outlineLvl")
    return int(level) if level and level.isdigit() else None


class Numbers:
    """The definitions of lists, and how far each has counted."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        """`root` is that of the numbering part, where there is one."""
        self._styles = styles
        self._lists = by_id(root, "num", "numId")
        self._definitions = by_id(root, "abstractNum", "abstractNumId")
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        """Lists that have set their own start."""

    def place(self, paragraph: Element, style: Style) -> tuple[str, int] | None:
        """The list of a paragraph and its level there; None where it is in none."""
        own = find(paragraph.find(f"{W}pPr"), "numPr")
        number = value(own, "numId") or value(style.numbering, "numId")
        level = value(own, "ilvl") or value(style.numbering, "ilvl")
        if not number or number == "0" or number not in self._lists:
            return None
        return number, min(int(level) if level else self._level_of(number, style), _MOST_LEVELS - 1)

    def mark(self, number: str, level: int) -> str:
        """`-`, or the number that its turn gives it, such as `3.`."""
        definition = self._definition(number)
        form = _find_level(definition, level)
        if definition is None or form is None or (value(form, "numFmt") or "bullet") in ("bullet", "none"):
            return "-"
        # Lists of one definition count on where the others stopped, unless they set a start of their own.
        counts = self._counts.setdefault(definition.get(f"{W}abstractNumId"), {})
        start = self._override(number, level)
        if start is not None and (number, level) not in self._begun:
            self._begun.add((number, level))
            counts[level] = start - 1
        counts[level] = counts.get(level, int(value(form, "start") or 1) - 1) + 1
        for deeper in range(level + 1, _MOST_LEVELS):
            counts.pop(deeper, None)
        return f"{counts[level]}."

    def _definition(self, number: str) -> Element | None:
        """What a list looks like; a definition may refer to a style that has it."""
        for _ in range(5):
            definition = self._definitions.get(value(self._lists.get(number), "abstractNumId"))
            linked = value(definition, "numStyleLink")
            if not linked:
                return definition
            number = value(self._styles.get(linked).numbering, "numId") or ""
        return None

    def _level_of(self, number: str, style: Style) -> int:
        """Where the style names no level, the level names the style."""
        definition = self._definition(number)
        for form in () if definition is None else definition.iterchildren(f"{W}lvl"):
            if style.id and value(form, "pStyle") == style.id:
                return int(form.get(f"{W}ilvl"))
        return 0

    def _override(self, number: str, level: int) -> int | None:
        for override in self._lists[number].iterchildren(f"{W}lvlOverride"):
            if override.get(f"{W}ilvl") == str(level) and (start := value(override, "startOverride")):
                return int(start)
        return None


def _find_level(definition: Element | None, level: int) -> Element | None:
    forms = () if definition is None else definition.iterchildren(f"{W}lvl")
    return next((form for form in forms if form.get(f"{W}ilvl") == str(level)), None)


def _first(found: Iterable[T | None]) -> T | None:
    """The first that says something."""
    return next((one for one in found if one is not None), None)
