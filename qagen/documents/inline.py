"""What stands inside of a line: characters that show, raised and lowered text, notes, and formulas.

All of it stays readable: `a²`, `10⁻³`, `e^x`, `x_i`, but H2O, 1st, and `[1]` where it leads to a note.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from qagen.documents.office_text import superscript
from qagen.documents.tags import Open, Token

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u200b\u2060-\u2064\ufeff]+")
"""Soft hyphens, spaces without width, and controls: they break the search for a word."""
_RAISED = "¹²³⁰-ⁿ"
"""Raised characters, for a pattern: they count as letters, but are marked up already."""
_ORDINAL = re.compile(rf"[^\W\d_{_RAISED}]{{2,}}\.?")
_ONE_WORD = re.compile(rf"[-+−–]?[^\W{_RAISED}]+[-+−–]?")
_SENTENCE_ENDS = ".,;:!?”\"'’»"
"""After one of these, a raised number leads to a note."""


def visible(text: str) -> str:
    """The text without the signs that show nothing."""
    return _INVISIBLE.sub("", text)


def marked(name: str, inner: str, before: str) -> str:
    """The text of an inline element in a way that shows it; `before` is the character to its left, if there is one."""
    inside = inner.strip()
    if not inside:
        return inner
    match name:
        case "sup":
            return raised(inside, before)
        case "sub":
            return lowered(inside, before)
        case "code" | "samp" | "tt":
            return inner if "`" in inside or "\n" in inside else inner.replace(inside, f"`{inside}`")
        case "q":
            return f"“{inside}”"
        case "a":  # the reader keeps those that lead to notes
            return f"[{inside.strip('[]()^')}]"
        case "note":
            return f"{' ' if before.strip() else ''}[note: {inside}]"
        case "rt":
            return f"({inside})"
    return inner


def raised(inside: str, before: str) -> str:
    """2 -> `²`, x after `e` -> `^x`. Ordinals (1st, 2e), and other words with nothing to stand on, stay as they are."""
    is_ordinal = _ORDINAL.fullmatch(inside) or (inside in "eaoªº" and (before.isdigit() or before in "IVXLC"))
    if is_ordinal:
        return inside
    if before and before in _SENTENCE_ENDS and inside.isdigit():
        return f"[{inside}]"
    shifted = superscript(inside)
    alone = not before or before.isspace() or inside[0] in "[("
    if shifted != inside or alone or not any(sign.isalnum() for sign in inside):
        return shifted
    return f"^{inside}" if _ONE_WORD.fullmatch(inside) else f"^({inside})"


def lowered(inside: str, before: str) -> str:
    """`_i`. A number after a letter joins it, as in H2O."""
    alone = not before or before.isspace() or not any(sign.isalnum() for sign in inside)
    if alone or (inside.isdigit() and (before.isalpha() or before in ")]")):
        return inside
    return f"_{inside}" if re.fullmatch(r"\w+", inside) else f"_({inside})"


_BETWEEN = {"msup": "^", "mover": "^", "msub": "_", "munder": "_", "mfrac": "/"}
_SPACED = frozenset("=<>≤≥≠≈≡∼+-−–±×·→⇒∈")
LONGEST_FORMULA = 20_000
"""Tokens; a longer one is read as its texts."""


def formula(tokens: Sequence[Token]) -> str:
    """MathML in a line: the TeX that stands with it, else its parts as `a^2`, `x_i`, `(a+b)/c`."""
    tex = _tex(tokens)
    if tex or len(tokens) > LONGEST_FORMULA:
        return tex or " ".join(token.strip() for token in tokens if isinstance(token, str))
    open_: list[tuple[str, list[str]]] = [("", [])]
    for token in tokens:
        if isinstance(token, str):
            open_[-1][1].append(token.strip())
        elif isinstance(token, Open):
            open_.append((token.name, []))
        else:
            name, children = open_.pop()
            open_[-1][1].append(_formula_part(name, [child for child in children if child]))
    return "".join(open_[0][1])


def _formula_part(name: str, children: list[str]) -> str:
    whole = "".join(children)
    if name in ("annotation", "annotation-xml"):
        return ""
    if name in _BETWEEN and len(children) == 2:
        return _BETWEEN[name].join(map(_grouped, children))
    if name in ("msubsup", "munderover") and len(children) == 3:
        base, low, high = map(_grouped, children)
        return f"{base}_{low}^{high}"
    if name == "msqrt":
        return f"√{_grouped(whole)}"
    if name == "mroot" and len(children) == 2:
        return f"{_grouped(children[0])}^(1/{_grouped(children[1])})"
    if name in ("mtd", "mtr", "mtext"):
        return f"{whole} "
    return f" {whole} " if name == "mo" and whole in _SPACED else whole


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"\w*|.", text) else f"({text.strip()})"


def _tex(tokens: Sequence[Token]) -> str:
    """What the writer of the formula gives beside it."""
    found = tokens[0].attributes.get("alttext", "") if tokens and isinstance(tokens[0], Open) else ""
    for token, content in itertools.pairwise(tokens):
        if not found and isinstance(token, Open) and isinstance(content, str) and token.name == "annotation":
            found = content if "tex" in token.attributes.get("encoding", "").lower() else ""
    match = re.fullmatch(r"\s*\{\\(?:displaystyle|textstyle)\s*(.*)\}\s*", found, re.DOTALL)
    return (match[1] if match else found).strip()
