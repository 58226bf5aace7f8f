"""Errors as Google's APIs report them: a number, a name, and details of several types."""

from __future__ import annotations

from typing import Any

from tests.llm_server.dialects.types import Problem
from tests.llm_server.http1 import Response

# kind: status, message
_ERRORS: dict[str, tuple[int, str]] = {
    "invalid": (400, "Request contains an invalid argument."),
    "unsupported_parameter": (400, "Request contains an invalid argument."),
    "unsupported_value": (400, "Request contains an invalid argument."),
    "context_length": (400, "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576)."),
    "unauthorized": (400, "API key not valid. Please pass a valid API key."),
    "forbidden": (403, "Your project has been denied access. Please contact support."),
    "model_not_found": (
        404,
        "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels "
        "to see the list of available models and their supported methods.",
    ),
    "not_found": (404, "Requested entity was not found."),
    "timeout": (504, "Deadline expired before operation could complete."),
    "conflict": (409, "The operation was aborted."),
    "too_large": (413, "Request payload size exceeds the limit."),
    "unprocessable": (400, "Request contains an invalid argument."),
    "rate_limit": (429, "You exceeded your current quota, please check your plan and billing details."),
    "quota": (429, "You exceeded your current quota, please check your plan and billing details."),
    "server_error": (500, "An internal error has occurred. Please retry or report in the developer forum."),
    "overloaded": (503, "The model is overloaded. Please try again later."),
}
_PREPAID = (402, "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.")
_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_METRICS = {
    "minute": ("generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10"),
    "tokens": (
        "generate_content_free_tier_input_token_count",
        "GenerateContentInputTokensPerModelPerMinute-FreeTier",
        "250000",
    ),
    "day": ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20"),
}
_TYPE = "type.googleapis.com/google.rpc."
_API = "generativelanguage.googleapis.com"


def response(problem: Problem, model: str) -> Response:
    usual, message = _PREPAID if problem.variant == "prepaid" else _ERRORS[problem.kind]
    status = problem.status or usual
    if problem.variant is None:
        message = problem.message or message
    what: dict[str, Any] = {
        # in a reply of status 200, too, the number is that of the error
        "code": usual if status == 200 else status,
        "message": message.replace("{model}", model),
    }
    if name := problem.type or _NAMES.get(what["code"]):
        what["status"] = name
    if details := _details(problem, status, model):
        what["details"] = details
    return Response.json({"error": what}, status, _headers(problem))


def _headers(problem: Problem) -> dict[str, str]:
    """When to come back stands in the body, not in a header; the fault `status` can send one all the same."""
    if problem.variant is None:
        return problem.headers
    return {name: text for name, text in problem.headers.items() if not name.startswith("retry-after")}


def _details(problem: Problem, status: int, model: str) -> list[dict[str, Any]]:
    if problem.kind == "unauthorized" and status == 400:
        return [_info("API_KEY_INVALID")]
    if problem.kind == "invalid" and problem.param is not None:
        violation = {"field": problem.param, "description": problem.message}
        return [{"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]}]
    if status != 429 or problem.variant == "words":
        return []
    help_links = [{"description": "Learn more about Gemini API quotas", "url": "https://ai.google.dev/rate-limits"}]
    details = [_quota_failure(problem, model), {"@type": f"{_TYPE}Help", "links": help_links}]
    # A delay of seconds is told even where the quota of the day is used up.
    delay = problem.retry_delay or ("38s" if problem.kind == "quota" else None)
    return details + ([{"@type": f"{_TYPE}RetryInfo", "retryDelay": delay}] if delay is not None else [])


def _info(reason: str) -> dict[str, Any]:
    return {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": _API},
    }


def _quota_failure(problem: Problem, model: str) -> dict[str, Any]:
    which = "day" if problem.kind == "quota" else "tokens" if problem.variant == "tokens" else "minute"
    metric, quota_id, value = _METRICS[which]
    violation = {
        "quotaMetric": f"{_API}/{metric}",
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": value,
    }
    return {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}
