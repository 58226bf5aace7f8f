"""Whose fault was it? A chunk's own, or one of the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from qagen.errors import ProviderError, RejectedError, TransientError
from qagen.llm.limits.backoff import NOBODY_THERE

_NO_ANSWER = NOBODY_THERE | {"reset", "read_timeout", "deadline"}
Suspect = TypeVar("Suspect")


@dataclass(slots=True)
class Suspects(Generic[Suspect]):
    """Tells a chunk's own fault from a fault of the world.

    A chunk that seems to have failed is held back as a suspect. When others succeed afterwards, the fault was its own;
    when suspects pile up and nothing succeeds, the provider is down, or our request is wrong, and none of them failed.
    """

    most_suspects: int = 3
    held: list[Suspect] = field(default_factory=list)
    successes: int = 0

    def succeeded(self) -> list[Suspect]:
        """A request succeeded. Gives the suspects, about whom can be decided now."""
        self.successes += 1
        return self.release()

    def suspect(self, suspect: Suspect) -> bool:
        """Hold one back. True: nothing succeeds any more, stop."""
        self.held.append(suspect)
        return len(self.held) >= self.most_suspects

    def release(self) -> list[Suspect]:
        """Give up all suspects."""
        released, self.held = self.held, []
        return released

    def is_doubtful(self, error: RejectedError) -> bool:
        """Whether a refusal may mean our parameters rather than this chunk: nothing has succeeded yet."""
        return error.code == "bad_request" and not self.successes

    def is_down(self, error: ProviderError) -> bool:
        """Whether the fault means that the provider is down, where nothing succeeded after it."""
        return isinstance(error, TransientError) and (error.code in _NO_ANSWER or not self.successes)
