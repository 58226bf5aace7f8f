"""Dataset -> the forms that trainers load.

A form is a row of `table.EXPORTS` and a function that goes once through the `examples` and writes `parts`. Parts are
nameless until all of the dataset was read; then each file is replaced in one step, the one a reader looks for last.
"""

from qagen.exports.exporting import export
from qagen.exports.table import EXPORTS, find
from qagen.exports.types import Choices, Export, Exported

__all__ = ["EXPORTS", "Choices", "Export", "Exported", "export", "find"]
