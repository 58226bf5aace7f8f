"""`--fail-if`: when a check of a dataset counts as failed."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qagen.checks.names import known_name
from qagen.errors import UsageError

_FORM = re.compile(r"\s*([A-Za-z_]+)\s*(>=|>|==|=)\s*(\d+(?:\.\d+)?)\s*(%?)\s*")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Such as `error>0`, `warn>5%` or `CTX_REF>=10`."""

    text: str
    name: str
    """A level, or a code."""
    sign: str
    limit: float
    is_share: bool
    """The limit is a percentage of all pairs."""

    @classmethod
    def parse(cls, text: str, known: set[str]) -> Condition:
        """The condition in words of the command line; `known` are the names that it may have.

        Raises:
            UsageError: it has another form, or an unknown name.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"--fail-if {text!r}: it is not of the form NAME>NUMBER, such as error>0 or warn>5%")
        name = known_name(match[1], known, where=f"--fail-if {text!r}", what="level or code")
        return cls(text.strip(), name, match[2], float(match[3]), bool(match[4]))

    def is_met(self, counts: Mapping[str, int], total: int) -> bool:
        """Whether the figures are as the condition says."""
        number: float = counts.get(self.name, 0)
        if self.is_share:
            number = 100 * number / total if total else 0.0
        return _COMPARE[self.sign](number, self.limit)
