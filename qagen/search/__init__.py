"""Question -> chunks: which chunks hold the words of a question, best first (BM25).

`Index` holds the chunks of a run; `quick.QuickIndex` does the same by another engine; `terms` is what they take for
words. The same index tells whether a question finds the chunk that it was made of, and which other chunks look as if
they answered it.
"""

from qagen.search.index import Hit, Index, Unavailable
from qagen.search.terms import MARKS, UNSPACED, spaced, terms

__all__ = ["MARKS", "UNSPACED", "Hit", "Index", "Unavailable", "spaced", "terms"]
