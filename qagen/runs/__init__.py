"""What every run with a model has in common, whatever it makes: what there is to ask, the account, the error log."""

from qagen.runs.error_log import ErrorLog
from qagen.runs.job import Job, Planned
from qagen.runs.preparing import cautions, own_prices, price, set_aside
from qagen.runs.report import Live, Report

__all__ = ["ErrorLog", "Job", "Live", "Planned", "Report", "cautions", "own_prices", "price", "set_aside"]
