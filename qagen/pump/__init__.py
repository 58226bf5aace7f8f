"""items -> requests -> replies -> results -> state, saved as they come.

The one loop of generating, judging and mining: W workers pull chunks from one feed over a bounded number of open
documents, ask the model, understand the reply, and record it; one writer per open document saves. A chunk counts as
done only once it is on the disk.
"""

from qagen.pump.events import (
    ChunkFailure,
    ChunkSaved,
    DocumentClosed,
    DocumentFailed,
    Event,
    Notice,
    Outcome,
    Preparing,
    ReplyUnusable,
    Rescued,
    Stopping,
    Tally,
    TryFailed,
)
from qagen.pump.task import (
    MOST_ROUNDS,
    AskAgain,
    Item,
    Made,
    OpenDocument,
    Rejected,
    Settled,
    Task,
    Trail,
    Unopened,
    token_counts,
)

__all__ = [
    "MOST_ROUNDS",
    "AskAgain",
    "ChunkFailure",
    "ChunkSaved",
    "DocumentClosed",
    "DocumentFailed",
    "Event",
    "Item",
    "Made",
    "Notice",
    "OpenDocument",
    "Outcome",
    "Preparing",
    "Rejected",
    "ReplyUnusable",
    "Rescued",
    "Settled",
    "Stopping",
    "Tally",
    "Task",
    "Trail",
    "TryFailed",
    "Unopened",
    "token_counts",
]
