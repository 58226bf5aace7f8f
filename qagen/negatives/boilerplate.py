"""Text that says nothing that a question could be about. Pure."""

from __future__ import annotations

import re

from qagen.checks import words

_LEAST_LETTERS = 40
_LEAST_SIGNS = 14
"""The same in scripts without spaces."""
_LETTER_SHARE = 0.4
"""Of all that is no white space. Tables of figures may have less."""
_LOOKED_AT = 4000
"""Characters."""
_LEADER = re.compile(r"(?:\.{3}|…|\. \. \.|\t)[.\s]*\d{1,4}\s*$|^\s*\d+(?:\.\d+)*\.?\s+\D+\s\d{1,4}\s*$")
"""A line of a table of contents."""
_LONGEST_ENTRY = 200
_LICENCE = re.compile(
    r"all rights reserved|permission is hereby granted|licensed under|without warranty|warranties of merchantability|"
    r"redistribution and use|creative commons|terms of (?:use|service)|privacy policy|cookies?\b|"
    r"alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|tutti i diritti riservati",
    re.IGNORECASE,
)
_ROW = re.compile(r"^\s*\|.*\d.*\|\s*$", re.MULTILINE)
"""A row of a table with figures."""
_BETWEEN_LINKS = re.compile(r"[|›»•·]| > ")
_LONGEST_LINK = 25
_LEAST_LINKS = 5


def is_boilerplate(text: str) -> bool:
    """Contents, licences, menus, or hardly a word."""
    text = text[:_LOOKED_AT]
    letters = sum(map(str.isalpha, text))
    if letters < (_LEAST_SIGNS if words.is_unspaced(text) else _LEAST_LETTERS):
        return _ROW.search(text) is None
    if letters < _LETTER_SHARE * len("".join(text.split())):
        return _ROW.search(text) is None
    lines = [line for line in text.splitlines() if line.strip()]
    entries = sum(len(line) <= _LONGEST_ENTRY and _LEADER.search(line) is not None for line in lines)
    if entries >= 3 and 2 * entries >= len(lines):
        return True
    marks = len(_LICENCE.findall(text))
    return marks >= 3 or (marks >= 1 and len(text) < 300) or any(map(_is_menu, lines))


def _is_menu(line: str) -> bool:
    """Home | Products | About us | Contact | Help; no row of a table."""
    if line.lstrip().startswith("|"):
        return False
    links = [link.strip() for link in _BETWEEN_LINKS.split(line)]
    return len(links) >= _LEAST_LINKS and all(len(link) <= _LONGEST_LINK for link in links)
