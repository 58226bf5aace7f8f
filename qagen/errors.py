"""What can go wrong, by what the caller does next.

QagenError               shown to the user as one sentence
├── UsageError           the command or the configuration must change; exit 2
├── DataError            a file is missing, unreadable or of the wrong format; exit 3
│   └── DamagedError     it is not what it should be; its backup may be
├── StorageError         what was received cannot be saved; exit 5
├── LockedError          another run holds the directory; exit 6
└── ProviderError        the model's API said no
    ├── AccessError      no request can pass (bad key, no credit, no such model): stop the run; exit 4
    ├── TransientError   try again (429, 5xx, timeout, reset); carries the wait that the server asked for
    └── RejectedError    this request will never pass; the next one may

A class exists only where some caller reacts differently. The exit code stands on the class; a run that finishes with
failed chunks raises nothing and exits 1 (`pump.Report.exit_code`).
"""

from __future__ import annotations

FINISHED_WITH_FAILURES = 1
INTERRUPTED = 130
TERMINATED = 143
BUG = 70


class QagenError(Exception):
    """The text is shown to the user as it is: what happened, to what, and what to do next."""

    exit_code = FINISHED_WITH_FAILURES


class UsageError(QagenError):
    """The command or the configuration must change; nothing was spent."""

    exit_code = 2


class DataError(QagenError):
    """A file is missing, unreadable, or not what it should be."""

    exit_code = 3


class DamagedError(DataError):
    """A file was cut, damaged, or is another one than its name says; an earlier version of it may be sound."""


class StorageError(QagenError):
    """What was received cannot be saved: the disk is full, or the directory went away."""

    exit_code = 5


class LockedError(QagenError):
    """Another run holds the directory."""

    exit_code = 6


class ProviderError(QagenError):
    """The model's API said no. `code` is the short name that state files and logs carry, such as `context_length`."""

    exit_code = 4

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class AccessError(ProviderError):
    """No request can pass. The run stops, and its chunks stay pending."""


class TransientError(ProviderError):
    """The same request may pass later."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retry_after_s: float | None = None,
        most_tries: int = 6,
        is_overload: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s
        """What the server asked for: a minimum, in seconds from now. None where it said nothing."""
        self.most_tries = most_tries
        """How often this kind of fault is worth trying in all; some are billed each time."""
        self.is_overload = is_overload
        """The host has too much to do, whoever asks: everybody slows down."""

    @property
    def is_rate_limit(self) -> bool:
        """A rate limit says nothing about the request: it uses up no tries, and everybody slows down."""
        return self.code == "rate_limited"


class RejectedError(ProviderError):
    """This request will never pass as it is; another one may."""

    def __init__(self, message: str, *, code: str, parameter: str | None = None, advice: str = "") -> None:
        super().__init__(f"{message}. {advice}" if advice else message, code=code)
        self.parameter = parameter
        """The parameter that the model refuses: without it the request may pass."""
        self.said = message
        """What happened, without the advice, for who knows what to do."""
