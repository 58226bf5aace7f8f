"""What to do about a fault: status, headers and body -> one of the reactions of `errors`. Pure.

The table of reactions stands in `classify`. Codes are what state files, logs and the summary show.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from qagen.errors import AccessError, ProviderError, RejectedError, TransientError
from qagen.llm.hints import retry_after_s
from qagen.llm.providers import Endpoint
from qagen.llm.types import LONGEST_WAIT_S, ErrorDetails
from qagen.redaction import redact

_MOST_SHOWN = 300
_A_CENTURY_S = 3.2e9


def classify(
    status: int,
    headers: Mapping[str, str],
    details: ErrorDetails | None,
    endpoint: Endpoint,
    longest_wait_s: float = LONGEST_WAIT_S,
) -> ProviderError:
    """The reaction to an answer that is no reply: an error status, a redirect, or an error inside HTTP 200.

    A server that asks for a wait of more than `longest_wait_s` is asking the user to come back later.
    """
    said = redact(details.message if details else "", endpoint.key)[:_MOST_SHOWN].strip().rstrip(".")
    where = f"{endpoint.provider.name} at {endpoint.host}"
    answer = f"{where}: HTTP {status}" + (f": {said}" if said else "")
    kind = details.kind if details else None
    if 300 <= status < 400:
        host = urlsplit(headers.get("location", "")).netloc or "another address"
        return AccessError(
            f"{where} redirects to {host}, and redirects are not followed. Name the final address with --base-url.",
            code="redirect",
        )
    if kind == "quota" or status == 402:
        return AccessError(
            f"{answer}. The account's credit or quota is used up; add to it or wait, then run the same command again.",
            code="quota",
        )
    if kind == "auth" or status in {401, 403}:
        return AccessError(f"{answer}. {_about_key(endpoint)}", code="auth")
    if kind == "model":
        hint = endpoint.provider.when_model_unknown.format(model=endpoint.model)
        return AccessError(f"{answer}. There is no model {endpoint.model!r} here. {hint}", code="model")
    if kind == "context_length":
        return RejectedError(
            f"{answer}. Make the chunks smaller, or take a model with a larger context.", code="context_length"
        )
    passing = kind in {"rate_limited", "server"} or status in {408, 409, 425, 429} or status >= 500
    if passing or (400 <= status < 500 and headers.get("x-should-retry") == "true"):
        return _transient(status, headers, details, answer, longest_wait_s)
    if status == 200:
        return TransientError(f"{answer}. An error came in place of an answer.", code="error_in_200", most_tries=3)
    if status == 404:
        return AccessError(f"{answer}. The address may be wrong; check --base-url.", code="not_found")
    if status == 413:
        return RejectedError(f"{answer}. The request is too large; make the chunks smaller.", code="too_large")
    return RejectedError(
        answer,
        advice="Check the model and the options that are sent.",
        code="bad_request",
        parameter=details.parameter if details else None,
    )


def _transient(
    status: int, headers: Mapping[str, str], details: ErrorDetails | None, answer: str, longest_wait_s: float
) -> ProviderError:
    wait = retry_after_s(headers)
    if wait is None and details is not None:
        wait = details.retry_after_s
    limited = status == 429 or (details is not None and details.kind == "rate_limited")
    if wait is not None and wait > longest_wait_s:
        return AccessError(
            f"{answer}. It asks to wait {_duration(wait)}; run the same command again after {_time_of_day(wait)}, "
            f"or with --max-wait {math.ceil(wait)} to wait here.",
            code="long_wait",
        )
    code = "rate_limited" if limited else "5xx" if status >= 500 else f"http_{status}"
    most = details.most_tries if details is not None and details.most_tries else 6
    if headers.get("x-should-retry") == "false" and not limited:
        most = 1  # some vendors say so, and their own programs obey
    return TransientError(answer, code=code, retry_after_s=wait, most_tries=most, is_overload=status == 529)


_PARAMETERS = {
    "temperature": "temperature",
    **dict.fromkeys(("top_p", "topp"), "top_p"),
    "seed": "seed",
    **dict.fromkeys(("max_tokens", "max_completion_tokens"), "max_tokens"),
    **dict.fromkeys(("response_format", "responsejsonschema", "response_json_schema", "json_schema"), "schema"),
    **dict.fromkeys(("output_config.format", "output_format", "output format"), "schema"),
    **dict.fromkeys(("reasoning_effort", "reasoningeffort", "effort", "thinking"), "effort"),
    **dict.fromkeys(("thinkinglevel", "thinking_level"), "effort"),
    **dict.fromkeys(("thinkingbudget", "thinking_budget", "think"), "effort"),
    "encoding_format": "encoding",
    **dict.fromkeys(("task_type", "tasktype"), "task"),
    "truncate": "truncate",
}
"""Names of parameters on the wires, lower case, and ours."""
_NAMES = re.compile(r"(?<![\w.-])(?:output format|[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)(?![\w-])", re.IGNORECASE)
_REFUSAL = re.compile(
    r"not support|unsupported|does not allow|not allowed|not permitted|deprecated|removed|unknown|unrecognized"
    r"|only the default|may not|may only be|unavailable|cannot (?:both )?be (?:set|used|combined|specified)",
    re.IGNORECASE,
)
_FORM_REFUSAL = re.compile(r"response_format\S* must be", re.IGNORECASE)


def refused_parameter(status: int, message: str, named: object = None) -> str | None:
    """Our name of the parameter that an error refuses, by the field that names it or by the words of the message."""
    if status not in {400, 422} or "context" in message.lower():
        return None
    if _FORM_REFUSAL.search(message):
        return "schema"
    refuses = _REFUSAL.search(message) is not None
    ours = _our_name(named) if isinstance(named, str) else None
    # A cap may be named because it is too large: only a refused one goes under its other name.
    if ours and (refuses or ours != "max_tokens"):
        return ours
    if not refuses:
        return None
    return next((ours for name in _NAMES.findall(message) if (ours := _our_name(name))), None)


def _our_name(name: str) -> str | None:
    """`output_config.format.schema` -> schema: any beginning or part of a dotted name may be the one that we know."""
    parts = name.lower().split("[")[0].split(".")
    beginnings = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((_PARAMETERS[part] for part in [*beginnings, *reversed(parts)] if part in _PARAMETERS), None)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def _time_of_day(seconds: float) -> str:
    """When the wait is over, on the user's clock."""
    then = datetime.now().astimezone() + timedelta(seconds=min(seconds, _A_CENTURY_S))
    return f"{then:%H:%M}" if seconds < 43_200 else f"{then:%Y-%m-%d %H:%M}"


def _about_key(endpoint: Endpoint) -> str:
    name = endpoint.provider.key_env
    if endpoint.api_key is None:
        return f"No key was sent; set {name}." if name else "The server wants a key."
    return f"Check the key in {name}."
