"""Growing files: bytes added at a known place, forced to the disk before they count.

For what is written often and is too much to be written anew each time. What a kill leaves behind the last whole record
is cut off by the next addition, because that begins where the caller says that the whole ones end.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from qagen.errors import StorageError
from qagen.files.writing import force, force_directory


def append(path: Path, data: bytes, at: int) -> None:
    """Make the file end with these bytes, which begin at `at`; what stood behind that place is gone.

    Raises:
        StorageError: they could not be saved; what stands before `at` is untouched.
    """
    is_new = not path.exists()
    flags = os.O_WRONLY | os.O_CREAT
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        # A descriptor of its own each time: after a failed force, the same one would say yes the second time.
        descriptor = os.open(path, flags, 0o666)
        try:
            os.ftruncate(descriptor, at)
            os.lseek(descriptor, at, os.SEEK_SET)
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            force(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            raise
        os.close(descriptor)
        if is_new:
            force_directory(path.parent)
    except OSError as error:
        raise StorageError(f"{path}: it cannot be saved: {error.strerror}. What stood there is untouched.") from error
