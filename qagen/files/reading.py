"""Files in, whole or by lines."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from qagen.errors import DataError

MOST_BYTES = 256 * 1024 * 1024
"""No input file may be larger."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file.

    Raises:
        DataError: missing, unreadable, no regular file, or larger than `MOST_BYTES`.
    """
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise DataError(f"{path}: it has {size:,} bytes; the most is {MOST_BYTES:,}")
        return file.read()


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a regular file with their ends, one after the other; the file may be larger than the memory.

    A line larger than `MOST_BYTES` comes in pieces.

    Raises:
        DataError: missing, unreadable, or no regular file.
    """
    with _opened(path) as file:
        yield from iter(lambda: file.readline(MOST_BYTES), b"")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        # O_NONBLOCK: opening a FIFO must not wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise DataError(f"{path}: it is no regular file")
            with open(descriptor, "rb", closefd=False) as file:
                yield file
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DataError(f"{path}: it cannot be read: {error.strerror}") from error
