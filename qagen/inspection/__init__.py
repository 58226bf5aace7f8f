"""Files with questions and answers, ours or anybody's -> what the checks say of them (`qagen check`)."""

from qagen.inspection.conditions import Condition
from qagen.inspection.inspect import Inspected, inspect
from qagen.inspection.rows import Fields

__all__ = ["Condition", "Fields", "Inspected", "inspect"]
