"""Where files go: names that are safe, rooms for what must make way, and what kind of disk it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

from qagen.errors import StorageError
from qagen.files.reading import read_bytes
from qagen.files.writing import write

_LONGEST_NAME = 140
"""Bytes. Endings are added to names, and file systems take 255."""
_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "ceph", "glusterfs", "lustre", "fuse.s3fs", "afs")


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


def leads_out(path: Path, directory: Path) -> bool:
    """Whether the path is a symbolic link to somewhere outside the directory. One that goes in a circle is none."""
    try:
        return path.is_symlink() and not path.resolve().is_relative_to(directory.resolve())
    except RuntimeError:
        return False


def set_aside(path: Path, room: str, *, move: bool, into: Path | None = None) -> Path:
    """Put a file into `<its directory>/<room>/<UTC time>/`, moved or copied, and give its new path.

    `into`: such a folder that was made already, where the file goes unless one of its name is there. A link stays, and
    what it leads to is moved.

    Raises:
        StorageError: it could not be put there.
        DataError: it is to be copied, and cannot be read.
    """
    is_free = into is not None and not (into / path.name).exists()
    place = into / path.name if into is not None and is_free else new_path(path.parent / room, path.name)
    if move:
        try:
            os.replace(path.resolve() if path.is_symlink() else path, place)
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


def rescue(name: str, data: bytes) -> Path:
    """Write what cannot be saved in its place into a new folder of the temporary directory; gives its path.

    Raises:
        StorageError: it cannot be written there either.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="qagen-unsaved-"))
    except OSError as error:
        raise StorageError(f"the temporary directory cannot be used: {error.strerror}") from error
    try:
        write(folder / name, data)
    except StorageError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        raise
    return folder / name


def network_file_system(directory: Path) -> str | None:
    """The kind of network file system that the directory lies on; None for a local disk, or where it is not known."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    where = str(directory.resolve())
    kind, longest = "", -1
    for line in lines:
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].replace("\\040", " ")
        inside = where == point or where.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= longest:
            kind, longest = right.split(" ")[0], len(point)
    return kind if kind.startswith(_NETWORK) else None
