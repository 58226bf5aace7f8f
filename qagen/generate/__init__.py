"""The pump's task that makes pairs: which documents, which requests, what replies mean, what is remembered."""

from qagen.generate.plan import Job, Plan, plan
from qagen.generate.sample import Sample, sample
from qagen.generate.task import GenerateTask

__all__ = ["GenerateTask", "Job", "Plan", "Sample", "plan", "sample"]
