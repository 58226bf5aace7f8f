"""Documents in, chunk files out: what `qagen chunk` does for each document, several at a time."""

from qagen.intake.prepare import Fate, Prepared, PreparedDocument, prepare
from qagen.intake.preview import Preview, preview
from qagen.intake.task import CutDocument, Task, cut

__all__ = ["CutDocument", "Fate", "Prepared", "PreparedDocument", "Preview", "Task", "cut", "prepare", "preview"]
