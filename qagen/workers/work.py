"""A run that is planned."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qagen import runs
from qagen.pump import Event, Task

if TYPE_CHECKING:  # a generation that asks nothing goes without HTTP clients
    from qagen.llm.client import Client

Before = Callable[[Callable[[Event], None], "Callable[[Client], None]"], Coroutine[Any, Any, None]]
"""Is given whom to tell what happens, and to whom to show the client that asks, so that it can be stopped."""


@dataclass(frozen=True, slots=True)
class Work:
    """A run that is planned."""

    job: runs.Job
    task: Callable[[], Task]
    """Made once something is to ask."""
    lock: str
    """Of the folder of the results, which is held while the run works."""
    summary: str
    """Name of the file with the account."""
    opened: Callable[[Callable[[Event], None]], AbstractContextManager[None]] = lambda _: nullcontext()
    """What the task needs besides, made ready under the lock."""
    before: Before | None = None
    """What is asked of somebody else before the run."""
