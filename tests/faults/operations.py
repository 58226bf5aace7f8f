"""Operations on the disk, counted, and faults at chosen ones: below the real command line, in a process of its own.

    python tests/faults/operations.py '{"at": 12, "what": "kill before"}' -- generate-qa --provider rules

runs `qagen generate-qa --provider rules`, and kills it before its twelfth operation below `qa`. Functions of `os` are
replaced, so that what the program does stays as it is; a `Nursery` forks such processes without a new start of Python.
"""

from __future__ import annotations

import builtins
import dataclasses
import errno
import gc
import importlib
import io
import json
import os
import pkgutil
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_RANDOM = re.compile("[0-9a-f]{8,}")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_DIRECTORY
"""Opening a directory counts: it is opened to be forced."""
_PRELOADED = ("anyio._backends._asyncio", "httpcore", "rich._emoji_codes", "rich.progress")
"""Besides qagen's own: what other packages import late."""
_LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens at which operation."""

    at: int = 0
    """The number of the operation, from 1; 0: at none."""
    what: str = ""
    """`kill before`, `kill amid` (of a write: after half of it), `kill after`; `short`: a write takes half of what it
    was given; or an error: `ENOSPC`, `EIO`, `EDQUOT`."""
    times: int | None = 1
    """For how many operations, from that one on; None: for ever."""
    late: bool = False
    """The operation is done, and then the error is raised."""
    everywhere: bool = False
    """From then on no directory of the machine takes anything, the temporary one included."""
    without_links: bool = False
    """The file system has no hard links."""
    under: str = "qa"
    """Only operations on paths below it count."""
    log: str | None = None
    """File that gets a JSON line for each operation."""
    really_forced: bool = True
    """False: fsync is counted and does nothing. What a kill leaves is the same, and it takes half the time."""
    save_again_after_s: tuple[float, ...] = (0.02, 0.04)

    def hits(self, number: int) -> bool:
        """Whether the operation with that number goes wrong."""
        return 0 < self.at <= number and (self.times is None or number < self.at + self.times)


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the log."""

    number: int
    name: str
    path: str
    """Relative; what is random in it reads `*`."""
    t: float
    """When it began, on the clock of the server's ledger."""
    fault: str = ""

    @property
    def puts_in_place(self) -> bool:
        """Whether a QA file gets its new version by it."""
        return self.name == "replace" and self.path.endswith("_qa.json")

    def __str__(self) -> str:
        return f"{self.number} ({self.name} {self.path})"


def read_log(path: Path) -> list[Operation]:
    """The operations of a process, in order."""
    return [Operation(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


# In the process


class _Disk:
    """The functions of `os` that change files, counted. One for the process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._under = os.path.realpath(plan.under)
        self._names: dict[int, str] = {}
        """Of the descriptors that were opened below it."""
        self._number = 0
        self._broken = False
        self._one_at_a_time = threading.RLock()
        self._real = {name: getattr(os, name) for name in ("open", "write", "close")}
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log: int | None = self._real["open"](plan.log, flags, 0o666) if plan.log else None

    def install(self) -> None:
        """Put the counting functions in the place of the real ones."""
        for name in ("unlink", "remove", "mkdir", "rmdir", "chmod", "truncate"):
            self._replace(name, self._on_path)
        for name in ("replace", "rename", "link", "symlink"):
            self._replace(name, self._on_two_paths)
        for name in ("fsync", "fdatasync", "fchmod", "ftruncate", "sendfile"):
            self._replace(name, self._on_descriptor)
        self._replace("open", self._on_open)
        self._replace("write", self._on_write)
        self._replace("close", self._on_close)
        # Files of Python's own are written by C code, which calls no function of `os`.
        real_open = io.open

        def counted_open(file: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
            if mode in {"ab", "wb", "xb"} and not args and not more and self._name(file) is not None:
                return io.BufferedWriter(_counted_file(self, file, mode))
            return real_open(file, mode, *args, **more)

        io.open = builtins.open = counted_open

    def do(self, name: str, path: str | None, act: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Count one operation and let happen to it what is planned. `path` is None where it does not count."""
        with self._one_at_a_time:
            if path is None:
                if self._broken and self._plan.everywhere:
                    raise self._error()
                return act()
            self._number += 1
            hit = self._plan.hits(self._number)
            self._broken = self._broken or hit
            self._note(Operation(self._number, name, path, time.monotonic(), self._plan.what if hit else ""))
            if name == "link" and self._plan.without_links and not hit:
                raise OSError(errno.EPERM, os.strerror(errno.EPERM))
            return self._suffer(name, act, half) if hit else act()

    def _suffer(self, name: str, act: Callable[[], Any], half: Callable[[], Any] | None) -> Any:
        what = self._plan.what
        if what in {"short", "kill amid"} and half is not None:
            taken = half()
            if what == "short":
                return taken
        if what in {"kill before", "kill amid"}:
            _die()
        if what == "short":
            return act()
        # A descriptor is gone after its close, whatever that returned.
        try:
            done = act() if what == "kill after" or self._plan.late or name == "close" else None
        finally:
            if what == "kill after":
                _die()
        if self._plan.late and name == "open":
            self._real["close"](done)
        raise self._error()

    def _error(self) -> OSError:
        number = getattr(errno, self._plan.what)
        return OSError(number, os.strerror(number))

    def _note(self, operation: Operation) -> None:
        if self._log is not None:
            self._real["write"](self._log, json.dumps(dataclasses.asdict(operation)).encode() + b"\n")

    def _name(self, path: Any) -> str | None:
        """The path as the log shows it; None for what lies elsewhere."""
        try:
            absolute = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links are not followed
        except TypeError:  # a descriptor
            return self._names.get(path)
        if absolute != self._under and not absolute.startswith(self._under + os.sep):
            return None
        return _RANDOM.sub("*", os.path.relpath(absolute, self._under))

    def _replace(self, name: str, kind: Callable[[str, Callable[..., Any]], Callable[..., Any]]) -> None:
        if hasattr(os, name):
            setattr(os, name, kind(name, getattr(os, name)))

    def _on_path(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **more: Any) -> Any:
            return self.do(name, self._name(path), lambda: real(path, *args, **more))

        return call

    def _on_two_paths(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(source: Any, target: Any, **more: Any) -> Any:
            from_, to = self._name(source), self._name(target)
            return self.do(name, f"{from_} -> {to}" if from_ or to else None, lambda: real(source, target, **more))

        return call

    def _on_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *args: Any) -> Any:
            if descriptor not in self._names:
                return real(descriptor, *args)
            forces = name in {"fsync", "fdatasync"}
            act = (lambda: None) if forces and not self._plan.really_forced else (lambda: real(descriptor, *args))
            return self.do(name, self._names[descriptor], act)

        return call

    def _on_open(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, flags: int, *args: Any, **more: Any) -> int:
            known = self._name(path)
            if not flags & _WRITES:
                descriptor: int = real(path, flags, *args, **more)
            else:
                descriptor = self.do(name, known, lambda: real(path, flags, *args, **more))
            self._names.pop(descriptor, None)
            if known is not None and flags & _WRITES:
                self._names[descriptor] = known
            return descriptor

        return call

    def _on_write(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, data: Any) -> Any:
            if descriptor not in self._names:
                return real(descriptor, data)
            view = memoryview(data)
            half = view[: max(1, len(view) // 2)]
            return self.do(
                name, self._names[descriptor], lambda: real(descriptor, data), lambda: real(descriptor, half)
            )

        return call

    def _on_close(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int) -> None:
            known = self._names.pop(descriptor, None)
            if known is None:
                real(descriptor)
            else:
                self.do(name, known, lambda: real(descriptor))

        return call


def _counted_file(disk: _Disk, path: Any, mode: str) -> io.FileIO:
    """A file of Python's own, unbuffered, whose operations are counted."""
    name = disk._name(path)

    class Counted(io.FileIO):
        def write(self, data: Any) -> int:
            view = memoryview(data)
            plain = super().write
            taken: int = disk.do("write", name, lambda: plain(data), lambda: plain(view[: max(1, len(view) // 2)]))
            return taken

        def close(self) -> None:
            if not self.closed:
                plain = super().close
                disk.do("close", name, plain)

    return Counted(path, mode, opener=lambda file, flags: os.open(file, flags, 0o666))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(plan: Plan, arguments: list[str]) -> None:
    """The command line of `qagen` in this process, on a disk of that kind. Ends with its SystemExit."""
    cli, saving = importlib.import_module("qagen.cli"), importlib.import_module("qagen.pump.saving")
    assert saving.SAVE_AGAIN_AFTER_S, "nothing is tried again"
    vars(saving)["SAVE_AGAIN_AFTER_S"] = tuple(plan.save_again_after_s)
    _Disk(plan).install()
    sys.argv = ["qagen", *arguments]
    cli.main()


# Many of them


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left behind, besides its files."""

    returncode: int
    """Negative: the signal that killed it."""
    out: str
    err: str


class Nursery:
    """A process that has imported everything and waits; each run is a fork of it. Use as a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, "--nursery"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.communicate(timeout=_LONGEST_S)

    def qagen(self, folder: Path, plan: Plan, *arguments: str | Path, **environment: str) -> Ended:
        """Run `qagen` to its end, with the folder as its working directory."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {
            "folder": str(folder),
            "plan": dataclasses.asdict(plan),
            "arguments": [str(argument) for argument in arguments],
            "environment": {**os.environ, **environment},
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery died"
        out, err = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr"))
        return Ended(json.loads(line), out, err)


def _nurse() -> None:
    """Fork for every order, and tell how each child ended."""
    package = importlib.import_module("qagen")
    own = [module.name for module in pkgutil.walk_packages(package.__path__, "qagen.")]
    for name in (*own, *_PRELOADED):
        if name != "qagen.__main__":
            importlib.import_module(name)
    # The command line is built from type hints: always the same, and a third of the time of a small run.
    typer_main = importlib.import_module("typer.main")
    built = typer_main.get_command(importlib.import_module("qagen.cli").app)
    vars(typer_main)["get_command"] = lambda _: built
    gc.freeze()  # what the children do not touch stays shared
    for order in _orders():
        child = os.fork()
        if child == 0:
            _grow_up(order)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _orders() -> Iterator[dict[str, Any]]:
    while line := sys.stdin.readline():
        yield json.loads(line)


def _grow_up(order: dict[str, Any]) -> None:
    signal.alarm(_LONGEST_S)  # a run that hangs ends with -14
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for descriptor, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, "stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    code: Any = 0
    try:
        run(Plan(**order["plan"]), order["arguments"])
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code or 0)  # nothing of ours happens later, and taking a Python apart takes long


def main() -> None:
    """By hand, or as a nursery."""
    if sys.argv[1:] == ["--nursery"]:
        _nurse()
        return
    plan, dashes, *arguments = sys.argv[1:]
    assert dashes == "--", "PLAN -- arguments of qagen"
    run(Plan(**json.loads(plan)), arguments)


if __name__ == "__main__":
    main()
