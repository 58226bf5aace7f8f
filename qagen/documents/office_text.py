"""What runs of text hold in office documents beside plain letters: raised digits, symbols, formulas."""

from __future__ import annotations

import re
from typing import Any

Element = Any
"""Of lxml, which has no types."""

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_STRUCTURES = frozenset(f"{M}{name}" for name in ("f", "sSup", "sSub", "sSubSup", "rad", "d", "nary"))
_SUPERSCRIPT = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
"""With the minus and the dash that people write for it."""
_MATH_SIGNS = bytes.fromhex("a3a5abacadaeafb0b1b3b4b5b6b7b8b9babbd1d5d6d7e5f2")
_SYMBOLS = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    **dict(zip(_MATH_SIGNS, "≤∞↔←↑→↓°±≥×∝∂•÷≠≡≈∇∏√⋅∑∫", strict=True)),
}
"""What the bytes of the font Symbol show: measures and formulas are written with it."""
_WINGDINGS = {0xDF: "←", 0xE0: "→", 0xE8: "→", 0xF0: "→", 0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xA8: "☐", 0xA7: "▪"}


def superscript(text: str) -> str:
    """Raised text as raised characters, if there is one for each of it; else as it is. Spaces around it stay."""
    inside = text.strip()
    shifted = inside.translate(_SUPERSCRIPT)
    has_all = all(old != new for old, new in zip(inside, shifted, strict=True))
    return text.replace(inside, shifted) if inside and has_all else text


def symbol(code: int, font: str) -> str:
    """A character of the font with that name; none where nobody can tell what it shows."""
    font = font.lower()
    if 0xF000 <= code <= 0xF0FF or code < 0x100:
        table = _WINGDINGS if font.startswith("wingdings") else _SYMBOLS if font == "symbol" else {}
        return table.get(code & 0xFF, chr(code) if 0x20 <= code < 0x7F else "")
    return "" if 0xD800 <= code <= 0xF8FF else chr(code)


def formula(element: Element) -> str:
    """A formula, or all that stand in an element, on one line: `x^2`, `(a+b)/2`, `√(x)`, `∑_(i=1)^n i`."""
    if element.tag == f"{M}t":
        return element.text or ""
    if element.tag in _STRUCTURES:
        return _structure(element)
    return "".join(formula(child) for child in element)


def _structure(element: Element) -> str:
    part = {child.tag.removeprefix(M): formula(child) for child in element.iterchildren("*")}
    if element.tag == f"{M}f":
        return f"{_grouped(part.get('num', ''))}/{_grouped(part.get('den', ''))}"
    if element.tag == f"{M}rad":
        return f"{part.get('deg', '')}√({part.get('e', '')})"
    if element.tag == f"{M}d":
        inside = ", ".join(formula(child) for child in element.iterchildren(f"{M}e"))
        return f"{_sign(element, 'dPr', 'begChr', '(')}{inside}{_sign(element, 'dPr', 'endChr', ')')}"
    lowered = f"_{_grouped(part['sub'])}" if part.get("sub") else ""
    raised = f"^{_grouped(part['sup'])}" if part.get("sup") else ""
    if element.tag == f"{M}nary":
        operator = f"{_sign(element, 'naryPr', 'chr', '∫')}{lowered}{raised}"
        return f"{operator} {part.get('e', '')}".strip()
    return f"{_grouped(part.get('e', ''))}{lowered}{raised}"


def _sign(element: Element, properties: str, name: str, default: str) -> str:
    """A sign that a structure is written with. One that is there and empty is not shown."""
    found = element.find(f"{M}{properties}/{M}{name}")
    return default if found is None else str(found.get(f"{M}val", ""))


def _grouped(text: str) -> str:
    is_one = re.fullmatch(r"\w*|\d+[.,]\d+|\|[^|]*\|", text) or _is_in_brackets(text)
    return text if is_one else f"({text})"


def _is_in_brackets(text: str) -> bool:
    """Whether one pair stands around the whole, as it does not in `(a)+(b)`."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{⟨⌊⌈") - (sign in ")]}⟩⌋⌉")
        if depth == 0:
            return 0 < place == len(text) - 1
    return False
