"""Whole files out: a temporary file beside the target, all bytes, forced to the disk, and one replace.

After an error the same descriptor is never forced again, because the kernel may have dropped the pages that failed and
say yes the second time; the caller tries again with a new file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from qagen.errors import StorageError, UsageError
from qagen.formats import encode

_TEMPORARY = ".tmp-qagen-"
_BLOCK_BYTES = 1 << 20
_SNIFFED_BYTES = 1 << 16
_WINDOWS_WAITS_S = (0.05, 0.1, 0.25, 0.5, 1, 1, 2, 2, 3)
_LARGEST_LOG = 10 * 1024 * 1024
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems say that have no hard links."""


def write(path: Path, pieces: bytes | Iterable[bytes], *, keep_backup: bool = False) -> None:
    """Replace the file in one step; the old one stays whole until the new one is on the disk.

    `keep_backup` keeps the old version as `<name>.bak`.

    Raises:
        StorageError: it could not be written; the old file is untouched.
    """
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        raise StorageError(f"{path}: it is no regular file, so nothing is written there")
    temporary = target.parent / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        _write_temporary(temporary, target, [pieces] if isinstance(pieces, bytes) else pieces)
        if keep_backup and target.exists():
            _keep_backup(target)
        _replace(temporary, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise StorageError(f"{path}: it cannot be saved: {error.strerror}. What stood there is untouched.") from error
    except BaseException:
        # Ctrl-C, too, leaves no leftovers.
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    try:
        force_directory(target.parent)
    except OSError as error:
        raise StorageError(f"{path}: it is written, but may not survive a power loss: {error.strerror}") from error


def _write_temporary(temporary: Path, target: Path, pieces: Iterable[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        if hasattr(os, "fchmod") and target.exists():
            os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
        for block in _blocks(pieces):
            left = memoryview(block)
            while left:  # the system may take less than it was given
                left = left[os.write(descriptor, left) :]
        force(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least a block: many small ones would be as many calls."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if size:
        yield b"".join(gathered)


def force(descriptor: int) -> None:
    """Onto the disk itself; on a Mac, fsync stops at the drive's own cache."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def _replace(temporary: Path, target: Path) -> None:
    """In one step. On Windows a virus scanner or an editor may hold the target for a while."""
    for wait_s in _WINDOWS_WAITS_S:
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(wait_s)
    os.replace(temporary, target)


def _keep_backup(target: Path) -> None:
    """The old version under a second name, without a moment in which either of them is gone."""
    backup = target.with_name(target.name + ".bak")
    if backup.exists() and target.samefile(backup):
        return  # an earlier write got that far; renaming one of two links to the same file onto the other does nothing
    spare = target.parent / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        try:
            os.link(target, spare)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            _write_temporary(spare, target, [target.read_bytes()])
        os.replace(spare, backup)
    except BaseException:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise


def force_directory(directory: Path) -> None:
    """Make the rename durable, where the system lets a directory be forced."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


def append_line(path: Path, value: Any) -> None:
    """Add one JSON line to a log. A log is no memory: it is not forced to the disk, and only its last parts are kept.

    Raises:
        StorageError: it could not be written.
    """
    try:
        with path.open("ab") as file:
            file.write(encode(value) + b"\n")
            full = file.tell() >= _LARGEST_LOG
        if full:
            os.replace(path, path.with_name(path.name + ".1"))
    except OSError as error:
        raise StorageError(f"{path}: the log cannot be written: {error.strerror}") from error


def check_output(path: Path, *, is_table: bool = False) -> None:
    """Refuse an output that would replace something else, before any work is done.

    `is_table`: columns with tabs between them are to stand there instead of JSON.

    Raises:
        UsageError: a folder, a device, a file of the pipeline, or a file of another kind.
    """
    if path.name == "-":
        raise UsageError("-: the output goes into a file; name one")
    if path.name.endswith(("_qa.json", "_chunks.json", "_negatives.json", ".bak")):
        raise UsageError(f"{path}: that is the name of a file that qagen works with. Name another output.")
    if not path.exists():
        return
    if not path.is_file():
        raise UsageError(f"{path}: it is no regular file. Name another output.")
    with path.open("rb") as file:
        start = file.read(_SNIFFED_BYTES)
    first = start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first and not (b"\t" in start if is_table else first in {b"{", b"["}):
        raise UsageError(f"{path}: a file of another kind stands there, and would be replaced. Name another output.")


def make_writable(directory: Path) -> None:
    """Create the directory and prove that files can be replaced in it, before anything is paid for.

    The proof is a real write: what `os.access` says is not always true.

    Raises:
        UsageError: no file can be written there.
    """
    probe = directory / f"{_TEMPORARY}probe-{secrets.token_hex(4)}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            write(probe, b"{}")
        finally:
            probe.unlink(missing_ok=True)
    except (OSError, StorageError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        raise unwritable(directory, cause or error) from error


def unwritable(directory: Path, error: BaseException) -> UsageError:
    """Why no file can be written there."""
    above = next((place for place in (directory, *directory.parents) if place.exists()), directory)
    if above.is_file():
        which = "it" if above == directory else str(above)
        return UsageError(f"{directory}: no file can be written there: {which} is a file. Name another directory.")
    reason = getattr(error, "strerror", None) or str(error)
    return UsageError(
        f"{directory}: no file can be written there: {reason}. Name another directory, or change its permissions."
    )


def remove_leftovers(directory: Path) -> None:
    """Delete the temporary files that a kill left behind. Only under the lock: another run's would be in use."""
    for path in directory.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def spool() -> Iterator[IO[bytes]]:
    """A nameless file for what is too much for memory; it is gone after the block.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        file = tempfile.TemporaryFile(prefix="qagen-")  # noqa: SIM115 - only making it may fail here
    except OSError as error:
        raise StorageError(f"the temporary directory cannot be used: {error.strerror}") from error
    with file:
        yield file
