"""[QA file] -> training data: validated, checked over all documents, without duplicates, the same on every run.

Streams. The first time through, one QA file is in memory at a time (`sources`, `gathering`); what may go in is spooled
to the disk, and of each pair a few numbers are kept to decide by (`rows`, `keys`). Then it is decided who stays
(`duplicates`, or `copies` without checks; `contradictions`, `spread`), and those are written in order (`writing`); all
others can be found among the `rejects`, and the `account` says at which step how many went.
"""

from qagen.dataset.combining import combine
from qagen.dataset.sources import rows_of
from qagen.dataset.types import Choices, Combined

__all__ = ["Choices", "Combined", "combine", "rows_of"]
