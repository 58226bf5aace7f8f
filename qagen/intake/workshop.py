"""The child processes that read documents, from the parent's side: one document costs at most itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Self

from qagen.errors import DataError
from qagen.formats import decode, encode
from qagen.intake.task import CutDocument, Task

_MEMORY_BYTES = 2 * 2**30
"""Of all children together."""
_LEAST_MEMORY_BYTES = 512 * 2**20
_BYTES_PER_SECOND = 100_000
"""A large document may take longer: a second more for so much of it."""
_LONGEST_START_S = 120.0
"""It takes two seconds; a child that hangs must not keep a run from ending."""
_TASKS_PER_CHILD = 500
"""Libraries leak; a child is made anew after so many documents."""
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", **({"SYSTEMROOT": "C:\\Windows"} if os.name == "nt" else {})}
"""Above all no keys."""
_START = "import sys; sys.path[:] = {path!r}; from qagen.intake import child; child.main()"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document may cost."""

    seconds: float
    memory_bytes: int

    @classmethod
    def shared_by(cls, jobs: int, seconds: float) -> Bounds:
        """All children together stay below 2 GB, as far as that leaves each enough to work."""
        return cls(seconds, max(_MEMORY_BYTES // jobs, _LEAST_MEMORY_BYTES))


class Workshop:
    """Children that are started when they are needed, used again, and ended with the block. Safe for threads."""

    def __init__(self, jobs: int, bounds: Bounds) -> None:
        self._bounds = bounds
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        for _ in range(jobs):
            self._idle.put(None)
        self._children: set[_Child] = set()
        self._closed = False
        self._lock = threading.Lock()
        """Held to make, take, give back or end a child: none may be missed by who closes the workshop."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
            for idle in self._all_idle():
                if idle is not None:
                    idle.end()
                self._idle.put(None)

    def cut(self, data: bytes, task: Task) -> CutDocument:
        """As `task.cut`, in a child.

        Raises:
            DataError: the document cannot be used, took too long or too much, or ended its reader.
        """
        with self._child() as child:
            return child.cut(data, task)

    def _all_idle(self) -> list[_Child | None]:
        found = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._idle.get_nowait())
        return found

    @contextlib.contextmanager
    def _child(self) -> Iterator[_Child]:
        """A child for one document. One that ended, or that has worked enough, is not used again."""
        child = self._idle.get()
        try:
            with self._lock:
                if self._closed:
                    raise DataError("the run was ended before it was read")
                if child is None:
                    child = _Child(self._bounds)
                    self._children.add(child)
            yield child
        finally:
            with self._lock:
                if child is not None and (self._closed or not child.is_of_use):
                    child.end()
                    self._children.discard(child)
                    child = None
                self._idle.put(child)


class _Child:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._tasks = 0
        self._late = False
        self._is_ready = False
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        self._send(encode({"memory_bytes": bounds.memory_bytes}) + b"\n")

    @property
    def is_of_use(self) -> bool:
        """Whether it can take another document."""
        return self._process.poll() is None and not self._late and self._tasks < _TASKS_PER_CHILD

    def cut(self, data: bytes, task: Task) -> CutDocument:
        """Send the document, wait for the answer.

        Raises:
            DataError: as `Workshop.cut`.
        """
        self._tasks += 1
        self._await_start()
        seconds = self._bounds.seconds + len(data) / _BYTES_PER_SECOND
        with self._at_most(seconds):
            order = task.encode()
            sizes = {"task": len(order), "data": len(data), "seconds": int(seconds) + 1}
            self._send(encode(sizes) + b"\n", order, data)
            answer = self._receive()
        if answer is None:
            raise DataError(self._why_it_ended(seconds))
        if "error" in answer:
            raise DataError(answer["error"].decode("utf-8", "replace"))
        return CutDocument.decode(answer["result"])

    def kill(self) -> None:
        """And what it may have started. Whoever waits for its answer hears that there is none."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """For whoever holds it: kill it, and close its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _await_start(self) -> None:
        """Until it is ready to work: no document is to blame for the time that this takes."""
        if self._is_ready:
            return
        with self._at_most(_LONGEST_START_S):
            _pipe(self._process.stdout).readline()
        if self._late:
            raise DataError(f"it was not read: its reader did not start within {_LONGEST_START_S:.0f} s. Run it again")
        self._is_ready = True

    @contextlib.contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        """End the child if what is waited for takes longer."""
        alarm = threading.Timer(seconds, self._give_up)
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            alarm.join()  # it may have gone off just now: the child is of no use to the next document then

    def _give_up(self) -> None:
        self._late = True
        with contextlib.suppress(OSError):
            self._process.kill()

    def _send(self, *parts: bytes) -> None:
        # One that has ended shows it when its answer is read.
        with contextlib.suppress(OSError):
            for part in parts:
                _pipe(self._process.stdin).write(part)
            _pipe(self._process.stdin).flush()

    def _receive(self) -> dict[str, bytes] | None:
        """None: it ended before its answer was whole."""
        pipe = _pipe(self._process.stdout)
        line = pipe.readline()
        if not line.endswith(b"\n"):
            return None
        answer = {name: pipe.read(size) for name, size in decode(line).items()}
        return answer if all(len(answer[name]) == size for name, size in decode(line).items()) else None

    def _why_it_ended(self, seconds: float) -> str:
        code = self._process.wait()
        if self._late or _name_of(code) == "SIGXCPU":
            return f"it was given up: to read it takes longer than {seconds:.0f} s (--document-timeout)"
        megabytes = self._bounds.memory_bytes // 2**20
        return (
            f"its reader crashed ({_name_of(code)}): it is damaged, or takes more than {megabytes:,} MB of memory "
            "(--jobs 1 allows the most)"
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _name_of(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
