"""What every run with a model has in common, whatever it makes.

What there is to ask and what an earlier run left of it, documents as the pump sees them, the account, the error log.
"""

from qagen.runs.document import OpenState, trail_fields
from qagen.runs.error_log import ErrorLog
from qagen.runs.job import Job, Planned
from qagen.runs.preparing import cautions, nothing_usable, own_prices, price, set_aside, window
from qagen.runs.report import Live, Report
from qagen.runs.resume import Loaded, Recalled, enter, load, note, note_lost, refuse_changes

__all__ = [
    "ErrorLog",
    "Job",
    "Live",
    "Loaded",
    "OpenState",
    "Planned",
    "Recalled",
    "Report",
    "cautions",
    "enter",
    "load",
    "note",
    "note_lost",
    "nothing_usable",
    "own_prices",
    "price",
    "refuse_changes",
    "set_aside",
    "trail_fields",
    "window",
]
