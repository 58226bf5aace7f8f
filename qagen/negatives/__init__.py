"""Pair + corpus -> passages that share its words and topic, and do not answer it (hard negatives).

Candidates come from a search over all chunks (`search`), guards keep out what may answer the question, a model tells
the rest apart where one is asked, and what stays carries a true explanation.
"""
