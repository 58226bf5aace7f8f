"""Text without its Markdown: what a question or an answer may show of a passage.

Every pattern is linear: no class under a repeat can match the character that starts the pattern again.
"""

from __future__ import annotations

import html
import re

_LINE_QUOTE = re.compile(r"\n[ \t]*>[ \t]?")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\n]{0,500}\)")
_FOOTNOTE = re.compile(r"\[\^?\d{1,3}\]")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>|<!--|-->")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,500})>")
# A lone star is a marker only where it hugs a word: "3 * 4" and "5*" keep theirs.
_STARS = re.compile(r"\*{2,3}|(?<![\w*])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])")
_UNDERSCORES = re.compile(r"(?<![\w])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?![\w])")
_ESCAPE = re.compile(r"\\([*_#.\-\[\]()|>`+!])")
_MARKED = re.compile(r"\*\*([^*\n]{2,60})\*\*|(?<!`)`([^`\n]{2,60})`(?!`)")

_HEADING_NUMBER = re.compile(r"^(?:(?:§\s?)?\d{1,3}(?:\.\d{1,3}){0,4}[.):]?|[A-Z]\.|[IVX]{1,5}\.)\s+(?=\S)")


def plain(raw: str) -> str:
    """`raw` as one line of readable text: no bold, links, tags, entities or quote marks."""
    text = _LINE_QUOTE.sub(" ", raw)
    text = _AUTOLINK.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _FOOTNOTE.sub("", text)
    text = _TAG.sub("", text)
    text = _STARS.sub("", text)
    text = _UNDERSCORES.sub("", text)
    text = _ESCAPE.sub(r"\1", text.replace("`", ""))
    return " ".join(html.unescape(text).split())


def heading(raw: str) -> str:
    """A heading without markers and without its number: `4.2 Seals` says no more than `Seals`."""
    text = plain(raw.strip().strip("#").strip())
    return _HEADING_NUMBER.sub("", text).rstrip(" :")


def marked(raw: str) -> list[str]:
    """What the author set in bold or as code, in order, as plain text."""
    return [plain(bold or code) for bold, code in _MARKED.findall(raw)]


def sentence(text: str) -> str:
    """`text` with a capital in front and a full stop behind, where they are missing."""
    text = text.strip()
    if not text:
        return text
    return capital(text) + ("" if text[-1] in '.!?…。！？:)"”“»' else ".")


def capital(text: str) -> str:
    """The first letter in upper case, behind an opening `¿` or quote too. Names such as `pH` keep theirs."""
    for at, char in enumerate(text[:3]):
        if char.isalpha():
            is_name = text[at + 1 : at + 2].isupper()
            return text if is_name else text[:at] + char.upper() + text[at + 1 :]
        if char not in "¿¡\"'«„“(":
            break
    return text
