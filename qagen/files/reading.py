"""Whole files in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qagen.errors import DataError

MOST_BYTES = 256 * 1024 * 1024
"""No input file may be larger."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        DataError: missing, unreadable, no regular file, or larger than `MOST_BYTES`.
    """
    try:
        # O_NONBLOCK: opening a FIFO must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise DataError(f"{path}: it is no regular file")
            if status.st_size > MOST_BYTES:
                raise DataError(f"{path}: it has {status.st_size:,} bytes; the most is {MOST_BYTES:,}")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DataError(f"{path}: it cannot be read: {error.strerror}") from error
