"""Which chunk is which, and which parameters decide what is sent."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from qagen.formats import Chunk

_MOST_SHOWN = 57


def chunk_keys(chunks: Iterable[Chunk]) -> list[str]:
    """One key per chunk: SHA-256 of its core, with `#n` for the n-th identical core of the document."""
    seen: Counter[str] = Counter()
    keys = []
    for chunk in chunks:
        digest = hashlib.sha256(chunk.core.encode("utf-8", "replace")).hexdigest()
        seen[digest] += 1
        keys.append(digest if seen[digest] == 1 else f"{digest}#{seen[digest]}")
    return keys


def fingerprint(parameters: Mapping[str, Any]) -> str:
    """One hash of all that decides what is sent and understood."""
    return hashlib.sha256(orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each parameter that changed, as `name: old -> new`; a value that is long is cut."""
    names = [*old, *(name for name in new if name not in old)]
    return [f"{name}: {_change(old.get(name), new.get(name))}" for name in names if old.get(name) != new.get(name)]


def _change(old: Any, new: Any) -> str:
    before, after = _short(old, new), _short(new, old)
    if before != after:
        return f"{before} -> {after}"
    # Nothing at all is called none, and so is a value of some settings.
    before, after = ("not set" if one is None else repr(one) for one in (old, new))
    return f"{before} -> {after}"


def _short(value: Any, other: Any) -> str:
    """The value, cut around the place where it begins to differ from the other."""
    text, against = ("none" if one is None else str(one) for one in (value, other))
    if len(text) <= _MOST_SHOWN:
        return text
    same = next((at for at, pair in enumerate(zip(text, against, strict=False)) if pair[0] != pair[1]), len(against))
    start = max(0, min(same - _MOST_SHOWN // 3, len(text) - _MOST_SHOWN))
    end = start + _MOST_SHOWN
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")
