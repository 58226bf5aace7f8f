"""Bytes <-> JSON values, the same way for every file, and the tag that says which format a file has."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar, cast

import orjson
from pydantic import BaseModel, ConfigDict

from qagen.errors import DamagedError, DataError

_SMALLEST, _LARGEST, _READABLE = -(2**63), 2**64 - 1, 10**1000
_SURROGATE = re.compile("[\ud800-\udfff]")
Value = TypeVar("Value")
_TAG = re.compile(r"qagen/([a-z]+)@(\d+)")


class FileModel(BaseModel):
    """A part of a file. Unknown fields are ignored unless the part describes a document.

    A validator is built once it is used: no command needs those of all files.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class OpenModel(FileModel):
    """A part that describes a document or a chunk: what other tools wrote there is kept, so that it can be traced."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


def encode(value: Any, *, indent: bool = False) -> bytes:
    """JSON bytes. NaN becomes null, lone surrogates U+FFFD, integers above 64 bits text: one must not stop the save."""
    option = (orjson.OPT_INDENT_2 if indent else 0) | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(value, option=option)
    except orjson.JSONEncodeError:
        return orjson.dumps(without_surrogates(value), option=option)


def encode_lines(values: Iterable[Any]) -> list[bytes]:
    """Each value as a line of JSON with its end; `encode` says what becomes of what JSON cannot hold."""
    values = list(values)
    try:
        return [orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE) for value in values]
    except orjson.JSONEncodeError:
        return [encode(value) + b"\n" for value in values]


def decode(data: bytes) -> Any:
    """The value of JSON bytes, a BOM allowed.

    Raises:
        ValueError: not JSON. The text says where.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        # The standard parser also takes lone surrogates ("\ud83d"), which other tools write.
        try:
            return without_surrogates(json.loads(data, parse_constant=_refuse_constant))
        except UnicodeDecodeError as wrong:
            line = data.count(b"\n", 0, wrong.start) + 1
            byte = data[wrong.start]
            raise ValueError(f"the byte 0x{byte:02x} on line {line} is no UTF-8. Save the file in UTF-8") from None
        except (ValueError, RecursionError):
            raise ValueError(str(error)) from None


def without_surrogates(value: Value) -> Value:
    """The same value with every lone surrogate replaced."""
    return cast(Value, _without_surrogates(value))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return str(value) if abs(value) < _READABLE else "a very large number"
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


NO_CHECKSUM = "sha256:" + 64 * "0"
"""Stands in a file until `seal` puts the real one there."""
_CHECKSUM = re.compile(rb'"checksum": ?"sha256:([0-9a-f]{64})"')
_BLOCK_BYTES = 2**23
"""After each block that is hashed or written, a thread has to wait for its turn again."""
_CHECKSUM_WITHIN = 200
"""It is one of the first fields."""


def seal(data: bytes) -> bytes:
    """The same file with its checksum filled in."""
    found = _CHECKSUM.search(data, 0, _CHECKSUM_WITHIN)
    assert found is not None
    return data[: found.start(1)] + _checksum(data, found) + data[found.end(1) :]


def seal_blocks(pieces: Sequence[bytes]) -> list[bytes]:
    """The same of a file in pieces, the first of which has the place of its checksum; gives it in large blocks."""
    blocks = [*_blocks(pieces)]
    found = _CHECKSUM.search(blocks[0], 0, _CHECKSUM_WITHIN)
    assert found is not None
    assert found[1] == NO_CHECKSUM.removeprefix("sha256:").encode()
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    blocks[0] = blocks[0][: found.start(1)] + digest.hexdigest().encode() + blocks[0][found.end(1) :]
    return blocks


def _blocks(pieces: Sequence[bytes]) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


def is_unchanged(data: bytes) -> bool:
    """Whether the bytes are as they were sealed. A file without a checksum counts as unchanged."""
    found = _CHECKSUM.search(data, 0, _CHECKSUM_WITHIN)
    return found is None or found[1] == _checksum(data, found)


def _checksum(data: bytes, found: re.Match[bytes]) -> bytes:
    digest = hashlib.sha256(memoryview(data)[: found.start(1)])
    digest.update(64 * b"0")
    digest.update(memoryview(data)[found.end(1) :])
    return digest.hexdigest().encode()


def check_tag(value: Any, kind: str, newest: int) -> None:
    """Refuse a file of a later format, or of another kind, before its fields are looked at.

    Raises:
        DataError: the tag names another kind of file, or a later version than `newest`.
    """
    tag = value.get("format") if isinstance(value, dict) else None
    if not isinstance(tag, str) or not (match := _TAG.fullmatch(tag)):
        return
    if match[1] != kind:
        raise DamagedError(f"it is a {tag} file, not a qagen/{kind} file")
    if int(match[2]) > newest:
        raise DataError(f"it was made by a newer qagen ({tag}); update qagen to read it")


def utc_time(moment: datetime | None = None) -> str:
    """`moment` (now, where none is given) as `2026-11-22T05:00:00Z`."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
