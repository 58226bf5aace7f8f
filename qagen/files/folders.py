"""Whole folders out: built beside their place and renamed, so that nobody finds half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from qagen.errors import StorageError

_BUILDING = ".building-"
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
        try:
            os.replace(beside, folder)
        except OSError:
            if not folder.is_dir():
                raise
    except OSError as error:
        raise StorageError(f"{folder}: it cannot be made: {error.strerror or error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove_folders(parent: Path, *, keep: str) -> None:
    """Remove all folders in it but one, and but those that a run may be building. What cannot be removed stays."""
    with contextlib.suppress(OSError):
        for path in parent.iterdir():
            young = path.name.startswith(_BUILDING) and time.time() - path.stat().st_mtime < _ABANDONED_S
            if path.is_dir() and not path.is_symlink() and path.name != keep and not young:
                shutil.rmtree(path, ignore_errors=True)
