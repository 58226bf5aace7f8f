"""One run at a time in a directory."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from qagen.errors import LockedError
from qagen.files.places import network_file_system
from qagen.files.writing import make_writable, remove_leftovers, unwritable, write
from qagen.formats import decode, encode, utc_time


@contextlib.contextmanager
def locked(directory: Path, name: str = ".qagen.lock", *, break_lock: bool = False) -> Iterator[None]:
    """Hold the directory, which is made and proven writable, while the block runs.

    The kernel frees the lock when its holder dies.

    The lock of this host whose holder died is taken over. What another host left is taken over only with `break_lock`,
    and never while the kernel knows of a holder: but over a network its lock may not reach, or may outlive its holder.

    Raises:
        LockedError: another run holds it; the text names its owner.
        UsageError: no file can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(directory, error) from error
    owner_path = directory / f"{name}.owner.json"
    owner = _read_owner(owner_path)
    elsewhere = bool(owner) and owner.get("host") != socket.gethostname()
    if elsewhere and not break_lock:
        raise LockedError(
            f"{directory}: {_described(owner)} works here, or died without a word. If it works no more, run the same "
            "command with --break-lock."
        )
    lock = FileLock(directory / name)
    try:
        if elsewhere and _is_remote(directory):
            # Whoever still holds the old file keeps it; what is made new is ours.
            (directory / name).unlink(missing_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"{directory}: {_described(_read_owner(owner_path))} works here. Wait for it, or stop it first."
        ) from None
    except OSError as error:
        raise unwritable(directory, error) from error
    try:
        # Under the lock: a run that holds it clears away what it takes for leftovers.
        make_writable(directory)
        facts = {"pid": os.getpid(), "host": socket.gethostname(), "user": _user(), "started_at": utc_time()}
        write(owner_path, encode(facts) + b"\n")
        _remove_leftovers(directory, name)
        yield
    finally:
        with contextlib.suppress(OSError):
            owner_path.unlink()
        lock.release()


def _remove_leftovers(directory: Path, name: str) -> None:
    """Those of any command, unless another one is at work here: its temporary files are in use."""
    with contextlib.ExitStack() as held:
        for other in directory.glob(".qagen*.lock"):
            if other.name == name:
                continue
            lock = FileLock(other)
            try:
                lock.acquire(timeout=0)
            except (Timeout, OSError):
                return
            held.callback(lock.release)
        remove_leftovers(directory)


def _is_remote(directory: Path) -> bool:
    """Whether other machines may work in the directory."""
    return network_file_system(directory) is not None


def _read_owner(path: Path) -> dict[str, Any]:
    """What the owner wrote of itself; empty where nobody did, or nothing that can be read."""
    try:
        facts = decode(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _described(owner: dict[str, Any]) -> str:
    try:
        return f"another run (pid {owner['pid']} on {owner['host']}, {owner['user']}, since {owner['started_at']})"
    except KeyError:
        return "another run"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown user"
