"""What may be shown and logged: no keys, and nothing that could steer a terminal.

Keys that were read are remembered here, so that the last gate before a screen, a log or a traceback knows them.
"""

from __future__ import annotations

import base64
import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from urllib.parse import quote, quote_plus

_KEYS: set[str] = set()
_SHAPES = re.compile(
    r"\b(?:sk-[\w-]{6,}|[a-z]{2,4}[-_][A-Za-z0-9]{24,}|tgp_v1_[\w-]{20,}|AIza[\w-]{10,}|AQ\.[\w-]{20,}"
    r"|Bearer\s+[\w.~+/=-]{6,})"
)
"""What may be a key. Names of documents have such shapes, too (`sk-learn-tutorial`), so each is looked at."""
_SURE = re.compile(
    r"AIza|tgp_v1_|sk-ant-[a-z]+\d\d-|sk-or-v\d-|sk-(?=\d*[A-Za-z])(?=[A-Za-z]*\d)[A-Za-z0-9]{10,}\Z"
    r"|Bearer\s+\S*(?:\d|[a-z][A-Z])"
)
"""Nothing else begins like these, or has digits in its only word."""
_RUN = re.compile(r"[A-Za-z0-9]{10,}")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_INNER_DIGIT = re.compile(r"\d[A-Za-z]")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORTEST_KEY = 6
"""A shorter key is a placeholder, and too common a word to be taken out of every text."""
_SHORTEST_IN_DATA = 16
"""What is data stays exact, unless it holds something that can only be a key."""
SHOWN = "[key]"


def remember(key: str) -> None:
    """Take the key out of everything that is shown from now on."""
    _KEYS.add(key)


def redact(text: str, key: str | None = None) -> str:
    """The text without the keys that were read, without `key`, in all their forms, and without what looks like one."""
    for known in sorted({*_KEYS, key or ""}, key=len, reverse=True):
        if len(known) >= _SHORTEST_KEY:
            for form in _forms(known):
                text = text.replace(form, SHOWN)
    return _SHAPES.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    """What has the shape of a key, where it is one."""
    text = found[0]
    return SHOWN if _SURE.match(text) or any(map(_is_random, _RUN.findall(text))) else text


def _is_random(run: str) -> bool:
    """Whether no word is spelt like that: letters of both cases among digits, or long and with either in its middle."""
    if any(map(str.isdigit, run)) and any(map(str.isupper, run)) and any(map(str.islower, run)):
        return True
    return len(run) >= 20 and bool(_INNER_DIGIT.search(run) or _INNER_CAPITAL.search(run))


def without_key(data: bytes, key: str | None) -> bytes:
    """A server's answer without the key that was sent to it, should it say it back."""
    if key is None or len(key) < _SHORTEST_IN_DATA:
        return data
    return data.replace(key.encode(), SHOWN.encode())


def harmless(text: str) -> str:
    """The text without control characters, marks of direction and lone surrogates."""
    return _UNSAFE.sub("\ufffd", text)


def escaped(json: str) -> str:
    """JSON text that steers no terminal and means the same."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def _forms(key: str) -> list[str]:
    """The key as it is, in URLs, and inside base64, wherever in it the key begins; the longest first."""
    forms = {key, quote(key), quote(key, safe=""), quote_plus(key), key.replace("/", "\\/")}
    forms |= {_ESCAPE.sub(lambda found: found[0].lower(), form) for form in forms}
    for before in range(3):
        # A base64 digit at either end also holds bits of the neighbours, so it is left out.
        whole = base64.b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        first, last = (8 * before + 5) // 6, 8 * (before + len(key.encode())) // 6
        inner = whole[first:last]
        forms |= {inner, inner.replace("+", "-").replace("/", "_")}
    return sorted((form for form in forms if len(form) >= _SHORTEST_KEY), key=len, reverse=True)


class _Formatter(logging.Formatter):
    """The last gate of every log line."""

    def format(self, record: logging.LogRecord) -> str:
        return harmless(redact(super().format(record)))


def guard_output() -> None:
    """Nothing that a library logs or that Python prints of an error holds a key, threads included."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for library in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)
    sys.excepthook = _show

    def in_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None and caught.exc_type is not SystemExit:
            _show(caught.exc_type, caught.exc_value, caught.exc_traceback)

    threading.excepthook = in_thread
    sys.unraisablehook = lambda caught: _show(caught.exc_type, caught.exc_value, caught.exc_traceback)


def _show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    sys.stderr.write(harmless(redact("".join(traceback.format_exception(kind, error, trace)))))
