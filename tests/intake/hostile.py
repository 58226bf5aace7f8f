"""A reader that does what its document says, in the child process: hang, crash, eat memory, reach outside."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from qagen.documents import Document, Reading
from qagen.errors import DataError
from qagen.intake import task

START = "import sys; sys.path[:] = {path!r}; from tests.intake import hostile; hostile.main()"


def _hang() -> str:
    time.sleep(600)
    return ""


def _spin() -> str:
    while True:
        pass


def _eat() -> str:
    return str(len(bytearray(5 * 2**30)))


def _swell() -> str:
    held = []
    while True:
        held.append(bytearray(2**24))


def _tire() -> str:
    signal.raise_signal(signal.SIGXCPU)  # as the system does when the time of the processor is used up
    return ""


def _print() -> str:
    print("to stdout")
    sys.stderr.write("to stderr")
    os.write(1, b"to descriptor 1")
    return "printed"


def _write() -> str:
    Path("written").write_text("x")
    return "written"


def _remove() -> str:
    Path("keep").unlink()
    return "removed"


def _connect() -> str:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    return "connected"


def _start() -> str:
    return str(subprocess.run(["true"], check=True))


DEEDS: dict[bytes, Callable[[], str]] = {
    b"hang": _hang,
    b"spin": _spin,
    b"crash": lambda: str(ctypes.string_at(0)),
    b"exit": lambda: str(os._exit(3)),
    b"eat": _eat,
    b"swell": _swell,
    b"tire": _tire,
    b"print": _print,
    b"write": _write,
    b"remove": _remove,
    b"connect": _connect,
    b"start": _start,
    b"environment": lambda: repr(dict(os.environ)),
    b"pid": lambda: str(os.getpid()),
    b"bug": lambda: str(1 // 0),
}


def parse(data: bytes, suffix: str, reading: Reading) -> Document:
    if data == b"refuse":
        raise DataError("it is damaged")
    deed = DEEDS.get(data)
    return Document(deed() if deed else data.decode())


def main() -> None:
    task.parse = parse  # type: ignore[attr-defined]
    from qagen.intake import child

    child.main()
