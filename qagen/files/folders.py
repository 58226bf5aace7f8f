"""Whole folders out: built beside their place, sealed and renamed, so that nobody finds half of one.

The seal is a file that holds the hash of every other. Who hands the folder to a library that trusts what it reads asks
`is_whole` first: a damaged index makes such a library panic, or find something else than it should.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from qagen.errors import StorageError

_BUILDING = ".building-"
_SEAL = "seal.json"
_ABANDONED_S = 3600
"""From this age on, what is still being built belongs to a run that was killed."""


def build_folder(folder: Path, build: Callable[[Path], None]) -> None:
    """Make the folder by `build`, which is given an empty one beside it. Where another run was first, its stays.

    Raises:
        StorageError: it cannot be written.
    """
    beside = folder.parent / f"{_BUILDING}{secrets.token_hex(6)}"
    try:
        beside.mkdir(parents=True)
        build(beside)
        (beside / _SEAL).write_bytes(orjson.dumps(_hashes(beside)))
        try:
            os.replace(beside, folder)
        except OSError:
            if not folder.is_dir():
                raise
    except OSError as error:
        raise StorageError(f"{folder}: it cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def is_whole(folder: Path) -> bool:
    """Whether the folder holds what `build_folder` left there, by the hashes of all files. It is read through."""
    try:
        sealed = orjson.loads((folder / _SEAL).read_bytes())
        return isinstance(sealed, dict) and bool(sealed) and sealed.items() <= _hashes(folder).items()
    except (OSError, ValueError):
        return False


def remove_folders(parent: Path, *, keep: str) -> None:
    """Remove all folders in it but one, and but those that a run may be building. What cannot be removed stays."""
    with contextlib.suppress(OSError):
        for path in parent.iterdir():
            young = path.name.startswith(_BUILDING) and time.time() - path.stat().st_mtime < _ABANDONED_S
            if path.is_dir() and not path.is_symlink() and path.name != keep and not young:
                shutil.rmtree(path, ignore_errors=True)


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file but the seal. Those that hold nothing are locks of libraries, which come and go."""
    found = {}
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_size and path != folder / _SEAL:
                with path.open("rb") as file:
                    found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
