"""The pump's task that makes negatives: which pairs, which requests, what replies mean, what is remembered."""

from qagen.mine.dense import find as find_dense
from qagen.mine.plan import Job, Plan, plan
from qagen.mine.task import MineTask

__all__ = ["Job", "MineTask", "Plan", "find_dense", "plan"]
