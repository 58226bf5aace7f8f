"""Where pairs went, counted while they go: the funnel, which must add up."""

from __future__ import annotations

from collections import Counter

from qagen.formats.training_data import Funnel, FunnelStep

GENERATION = "generation"
DOCUMENTS = "documents"
CHANGED = "changed text"
DROPPED = "dropped checks"
GROUNDING = "grounding"
DUPLICATES = "duplicates"
CONTRADICTIONS = "contradictions"
MOST = "most per document"
STEPS = (GENERATION, DOCUMENTS, CHANGED, DROPPED, GROUNDING, DUPLICATES, CONTRADICTIONS, MOST)


class Account:
    """Pairs by the step that they went out at, and the reason."""

    def __init__(self) -> None:
        self.chunks = 0
        self.answered = 0
        self.parsed = 0
        self._left_out: dict[str, Counter[str]] = {step: Counter() for step in STEPS}

    def leave_out(self, step: str, code: str) -> None:
        """A pair goes no further."""
        self._left_out[step][code] += 1

    def total(self, step: str) -> int:
        """Pairs that went out at the step."""
        return self._left_out[step].total()

    def funnel(self) -> Funnel:
        """All of it, step by step."""
        left = self.parsed
        steps = []
        for name, codes in self._left_out.items():
            left -= codes.total()
            steps.append(FunnelStep(step=name, left_out=dict(sorted(codes.items())), pairs=left))
        return Funnel(chunks=self.chunks, answered=self.answered, parsed=self.parsed, steps=steps)
