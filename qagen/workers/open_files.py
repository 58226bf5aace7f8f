"""Room for as many connections as are wanted: each is an open file, of which shells allow few."""

from __future__ import annotations

from qagen.errors import UsageError

_BESIDES = 64
"""Files that are open besides: documents that are written, locks, what the event loop needs."""


def make_room(connections: int) -> None:
    """Let this process open so many, where the system does.

    Raises:
        UsageError: it does not. A run would take its own lack of room for a host that is down, and could save nothing.
    """
    try:
        import resource
    except ImportError:
        return  # Windows allows more than anybody may ask for
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _BESIDES
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError) as error:
        raise UsageError(
            f"--max-concurrent {connections}: this takes {wanted} open files, and the system allows {soft} "
            f"(at most {hard}). Ask for less, or allow more where the shell is started (ulimit -n)."
        ) from error
