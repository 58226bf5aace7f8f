"""The child process that takes strangers' files apart: it may read, think and answer, and nothing else.

Started by `workshop` with `python -c "from qagen.intake import child; child.main()"`, without the environment's keys.
It writes an empty line to stdout once it is ready. Then it reads tasks from stdin and writes results to stdout; each is
a line with sizes and then so many bytes.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from qagen.documents import languages
from qagen.errors import DataError
from qagen.formats import decode, encode
from qagen.intake.task import Task, cut

_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "shutil.",
    "webbrowser.",
    "urllib.",
)
"""Beginnings of the names of audit events."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Work until stdin ends. The first line of it says what the process may use."""
    tasks, results = sys.stdin.buffer, _private_stdout()
    limits = decode(tasks.readline())
    languages.load_model()
    _confine(limits["memory_bytes"])
    results.write(b"\n")
    results.flush()
    while line := tasks.readline():
        sizes = decode(line)
        task, data = tasks.read(sizes["task"]), tasks.read(sizes["data"])
        _allow_cpu(sizes["seconds"])
        answer = _answer(data, Task.decode(task), limits["memory_bytes"])
        results.write(encode({name: len(part) for name, part in answer.items()}) + b"\n")
        for part in answer.values():
            results.write(part)
        results.flush()
        del data, answer


def _answer(data: bytes, task: Task, memory_bytes: int) -> dict[str, bytes]:
    """`result`, or `error`: why the document cannot be used."""
    try:
        return {"result": cut(data, task).encode()}
    except DataError as error:
        return {"error": str(error).encode("utf-8", "replace")}
    except MemoryError:
        return {"error": f"to read it takes more than {memory_bytes // 2**20:,} MB of memory".encode()}
    except PermissionError as error:
        return {"error": f"its reader wanted to reach outside, which was refused: {error}".encode("utf-8", "replace")}
    except Exception as error:  # noqa: BLE001 - the bytes of strangers make libraries raise anything
        text = f"its reader failed, so it may be damaged: {type(error).__name__}: {error}"[:500]
        return {"error": text.encode("utf-8", "replace")}


def _private_stdout() -> BinaryIO:
    """The pipe to the parent; what libraries print goes nowhere."""
    pipe = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return pipe


def _confine(memory_bytes: int) -> None:
    """Take away what no reader needs: writing, the network, other programs, much memory."""
    sys.dont_write_bytecode = True
    try:
        import resource
    except ImportError:
        resource = None  # type: ignore[assignment]
    if resource is not None:
        _limit(resource, "RLIMIT_AS", memory_bytes)
        _limit(resource, "RLIMIT_FSIZE", 0)
        _limit(resource, "RLIMIT_NOFILE", 64)
        _limit(resource, "RLIMIT_CORE", 0)
    sys.addaudithook(_guard)


def _limit(resource: Any, name: str, value: int) -> None:
    kind = getattr(resource, name, None)
    if kind is None:
        return
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        return  # macOS refuses some; the wall clock still holds


def _allow_cpu(seconds: int) -> None:
    """So many more seconds of the processor: a child that its parent left behind ends, too."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what reaches outside."""
    if event == "open":
        flags = arguments[2]
        if isinstance(flags, int) and flags & _WRITING and arguments[0] != os.devnull:
            raise PermissionError(f"writing to {arguments[0]}")
    elif event.startswith(_FORBIDDEN):
        raise PermissionError(event)
