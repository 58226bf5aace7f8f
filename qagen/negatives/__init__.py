"""Pair + corpus -> passages that share its words and topic, and do not answer it (hard negatives).

Candidates come from a search over all chunks (`corpus`, `candidates`), guards keep out what may answer the question
(`guards`), a model tells the rest apart where one is asked (`labels`), and what stays carries a true explanation
(`selection`). `Miner` joins the steps: prepare, request, select.
"""

from qagen.negatives.candidates import Dense
from qagen.negatives.corpus import Corpus, choose_engine
from qagen.negatives.labels import LabelRequest, Reading, joined, missing, narrowed, read, sha256
from qagen.negatives.miner import Miner, Prepared
from qagen.negatives.types import Candidate, Choices, Found, Guarded, Label, Labelled, Passage

__all__ = [
    "Candidate",
    "Choices",
    "Corpus",
    "Dense",
    "Found",
    "Guarded",
    "Label",
    "LabelRequest",
    "Labelled",
    "Miner",
    "Passage",
    "Prepared",
    "Reading",
    "choose_engine",
    "joined",
    "missing",
    "narrowed",
    "read",
    "sha256",
]
