"""The pump's task that makes pairs: which documents, which requests, what replies mean, what is remembered.

The task itself stands in `task`: it brings all checks along, and a run that asks nothing goes without them.
"""

from qagen.generate.plan import Job, Plan, plan
from qagen.generate.sample import Sample, sample

__all__ = ["Job", "Plan", "Sample", "plan", "sample"]
