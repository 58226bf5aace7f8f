"""The door to the disk: whole files in, whole files out.

A reader never sees half a file: every write goes to a temporary file beside the target, is forced to the disk, and
replaces the target in one step.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from qagen.errors import DataError, LockedError, StorageError, UsageError
from qagen.formats import decode, encode, utc_time

MOST_BYTES = 256 * 1024 * 1024
"""No input file may be larger."""
_LONGEST_NAME = 140
"""Bytes. Endings are added to names, and file systems take 255."""
_TEMPORARY = ".tmp-qagen-"
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems say that have no hard links."""


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
        os.replace(temporary, target)
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
        _force_directory(target.parent)
    except OSError as error:
        raise StorageError(f"{path}: it is written, but may not survive a power loss: {error.strerror}") from error


def _write_temporary(temporary: Path, target: Path, pieces: Iterable[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(temporary, flags, 0o666), "wb") as file:
        if hasattr(os, "fchmod") and target.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _keep_backup(target: Path) -> None:
    """The old version under a second name, without a moment in which either of them is gone."""
    spare = target.parent / f"{_TEMPORARY}{secrets.token_hex(6)}"
    try:
        try:
            os.link(target, spare)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            shutil.copyfile(target, spare)
        os.replace(spare, target.with_name(target.name + ".bak"))
    except BaseException:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise


def _force_directory(directory: Path) -> None:
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
    """Add one JSON line to a log. A log is no memory: it is not forced to the disk.

    Raises:
        StorageError: it could not be written.
    """
    try:
        with path.open("ab") as file:
            file.write(encode(value) + b"\n")
    except OSError as error:
        raise StorageError(f"{path}: the log cannot be written: {error.strerror}") from error


def check_output(path: Path) -> None:
    """Refuse an output that would replace something else, before any work is done.

    Raises:
        UsageError: a folder, a device, a file of the pipeline, or a file that holds no JSON.
    """
    if path.name == "-":
        raise UsageError("-: the output goes into a file; name one")
    if path.name.endswith(("_qa.json", "_chunks.json", ".bak")):
        raise UsageError(f"{path}: that is the name of a file that qagen works with. Name another output.")
    if not path.exists():
        return
    if not path.is_file():
        raise UsageError(f"{path}: it is no regular file. Name another output.")
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start not in {b"", b"{", b"["}:
        raise UsageError(f"{path}: a file of another kind stands there, and would be replaced. Name another output.")


def safe_name(name: str) -> str:
    """The name as a part of a path: letters, digits, `_.- `, no leading mark, and not too long.

    A name that has to be changed gets a hash of what it was, so that two names never become one.
    """
    plain = unicodedata.normalize("NFC", name)
    safe = re.sub(r"[^\w.\- ]", "_", plain).lstrip(".- ")
    if safe == name and len(safe.encode("utf-8", "replace")) <= _LONGEST_NAME:
        return name
    cut = safe.encode("utf-8", "replace")[: _LONGEST_NAME - 20].decode("utf-8", "ignore")
    return f"{cut}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def make_writable(directory: Path) -> None:
    """Create the directory and prove that files can be replaced in it, before anything is paid for.

    The proof is a real write: what `os.access` says is not always true.

    Raises:
        UsageError: no file can be written there.
    """
    probe = directory / f"{_TEMPORARY}probe-{secrets.token_hex(4)}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write(probe, b"{}")
        probe.unlink()
    except (OSError, StorageError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or str(error)
        raise UsageError(
            f"{directory}: no file can be written there: {reason}. Name another directory, or change its permissions."
        ) from error


def remove_leftovers(directory: Path) -> None:
    """Delete the temporary files that a kill left behind. Only under the lock: another run's would be in use."""
    for path in directory.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(OSError):
            path.unlink()


def set_aside(path: Path, room: str, *, move: bool) -> Path:
    """Put a file into `<its directory>/<room>/<UTC time>/`, moved or copied, and give its new path.

    Raises:
        StorageError: it could not be put there.
    """
    place = new_path(path.parent / room, path.name)
    if move:
        try:
            os.replace(path, place)
        except OSError as error:
            raise StorageError(f"{path}: it cannot be moved to {place}: {error.strerror}") from error
    else:
        write(place, read_bytes(path))
    return place


def new_path(room: Path, name: str) -> Path:
    """A path in `room/<UTC time>/` that no file has yet; the directory exists.

    Raises:
        StorageError: the directory cannot be made.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    for attempt in range(1000):
        directory = room / (stamp if attempt == 0 else f"{stamp}-{attempt}")
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{directory}: it cannot be made: {error.strerror}") from error
        if not (directory / name).exists():
            return directory / name
    raise StorageError(f"{room}: there is no free name for {name}")


@contextlib.contextmanager
def locked(directory: Path, name: str = ".qagen.lock") -> Iterator[None]:
    """Hold the directory while the block runs. The kernel frees the lock when its holder dies.

    Raises:
        LockedError: another run holds it; the text names its owner.
    """
    lock = FileLock(directory / name)
    owner = directory / f"{name}.owner.json"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(f"{directory}: {_describe_owner(owner)} works here. Wait for it, or stop it first.") from None
    except OSError as error:
        raise UsageError(f"{directory}: the lock file cannot be made: {error.strerror}") from error
    try:
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "user": _user(), "started_at": utc_time()}
        write(owner, encode(facts) + b"\n")
        remove_leftovers(directory)
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink()
        lock.release()


def _describe_owner(owner: Path) -> str:
    try:
        facts = decode(owner.read_bytes())
        return f"another run (pid {facts['pid']} on {facts['host']}, {facts['user']}, since {facts['started_at']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown user"


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
