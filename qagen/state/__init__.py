"""What is done of a document and what is next: its chunks, matched with what its QA file remembers.

Identity is the chunk's core text (`chunk_keys`), so that a document may be cut again, moved or edited: what is known of
a core follows it, and only cores that are new are asked about.
"""

from qagen.state.document import Counts, DocumentState
from qagen.state.forms import mining_figures, start, start_mining
from qagen.state.identity import chunk_keys, differences, fingerprint
from qagen.state.matching import Entry, Matching, archive_of, match, still_there

__all__ = [
    "Counts",
    "DocumentState",
    "Entry",
    "Matching",
    "archive_of",
    "chunk_keys",
    "differences",
    "fingerprint",
    "match",
    "mining_figures",
    "start",
    "start_mining",
    "still_there",
]
