"""The pump's task that makes pairs: which documents, which requests, what replies mean, what is remembered."""

from qagen.generate.error_log import ErrorLog
from qagen.generate.plan import Job, Plan, plan, set_aside
from qagen.generate.report import Live, Report
from qagen.generate.sample import Sample, sample
from qagen.generate.task import GenerateTask

__all__ = ["ErrorLog", "GenerateTask", "Job", "Live", "Plan", "Report", "Sample", "plan", "sample", "set_aside"]
