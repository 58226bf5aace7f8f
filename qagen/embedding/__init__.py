"""Texts -> vectors, by a provider's model -> which passages are near a question in meaning.

`search` is the whole of it: what is missing is asked for and kept on the disk as it comes (`store`), so that nothing is
paid for twice, and then everything is compared in memory (`nearest`).
"""

from qagen.embedding.account import Account, Left
from qagen.embedding.dense import MOST, Dense, Near, Neighbours, Question, search

__all__ = ["MOST", "Account", "Dense", "Left", "Near", "Neighbours", "Question", "search"]
