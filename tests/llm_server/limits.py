"""A hard limit of requests and tokens, as the hosts keep it: what is above it gets HTTP 429.

    {"requests_per_minute": 600, "tokens_per_minute": None, "kind": "bucket", "burst": 10, "burst_tokens": None,
     "window_s": 60, "say": ["retry_after"]}

`kind` is how it counts (`meters`): a "bucket" of `burst` requests (one second's worth) and `burst_tokens` tokens (one
minute's worth), a fixed "window", or a "sliding" one, of `window_s` seconds. Tokens are a quarter of the prompt's bytes
and the token limit of the reply, reserved on arrival and corrected by what was used. What is refused is not counted.

`say` is how the answers tell of it: `retry_after` (whole seconds, rounded up, until the next request may pass),
`retry_after_ms`, and `headers`, the vendor's own, on good answers too. Gemini says the first two in its body and has no
headers, nor has Ollama. An empty list tells nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.llm_server.dialects.types import Ask, Completion
from tests.llm_server.http1 import Response
from tests.llm_server.meters import Bucket, Meter, Sliding, Taken, Window

_KEYS: dict[str, type | tuple[type, ...]] = {
    "requests_per_minute": (int, float),
    "tokens_per_minute": (int, float),
    "kind": str,
    "burst": (int, float),
    "burst_tokens": (int, float),
    "window_s": (int, float),
    "say": list,
}
_KINDS = ("bucket", "window", "sliding")
_SAYS = ("retry_after", "retry_after_ms", "headers")
_VENDORS = {"openai": "x-ratelimit-{what}-{name}", "anthropic": "anthropic-ratelimit-{name}-{what}"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass."""

    wait_s: float = 0.0
    """Until the next one like it may pass; 0: this one may. Infinite: it is larger than the whole limit."""
    over: str = "requests"
    """The limit that is exceeded: requests or tokens."""
    reserved: Taken | None = None

    @property
    def passes(self) -> bool:
        return not self.wait_s


class Limits:
    """The limits with what they have counted; None: there are none.

    Raises:
        ValueError: a key or value that means nothing.
    """

    def __init__(self, raw: Mapping[str, Any] | None) -> None:
        self._raw = raw
        self._meters: dict[str, Meter] = {}
        if raw is None:
            return
        _check(raw)
        now = time.monotonic()
        per_minute, tokens = raw.get("requests_per_minute"), raw.get("tokens_per_minute")
        if per_minute:
            self._meters["requests"] = _meter(raw, per_minute, raw.get("burst") or max(1, per_minute / 60), now)
        if tokens:
            self._meters["tokens"] = _meter(raw, tokens, raw.get("burst_tokens") or tokens, now)

    def arrive(self, ask: Ask) -> Verdict:
        """Count a request for text, or refuse it."""
        now = time.monotonic()
        amounts = {"requests": 1.0, "tokens": float(_prompt_tokens(ask) + (ask.max_tokens or 0))}
        waits = {name: meter.wait_s(amounts[name], now) for name, meter in self._meters.items()}
        if wait := max(waits.values(), default=0.0):
            return Verdict(wait, max(waits, key=lambda name: waits[name]))
        taken = {name: meter.take(amounts[name], now) for name, meter in self._meters.items()}
        return Verdict(reserved=taken.get("tokens"))

    def correct(self, verdict: Verdict, ask: Ask, completion: Completion) -> None:
        """Put what was really used in place of what was reserved."""
        if verdict.reserved is not None:
            used = _prompt_tokens(ask) + completion.output_tokens
            self._meters["tokens"].correct(verdict.reserved, used, time.monotonic())

    def refusal(self, verdict: Verdict) -> dict[str, Any]:
        """The parameters of the fault `rate_limit` that says it."""
        params: dict[str, Any] = {"variant": verdict.over}
        if math.isfinite(verdict.wait_s):
            if "retry_after" in self._says:
                params["retry_after"] = math.ceil(verdict.wait_s)
            if "retry_after_ms" in self._says:
                params["retry_after_ms"] = math.ceil(verdict.wait_s * 1000)
        return params

    def on(self, response: Response, dialect: str) -> Response:
        """The response with what its headers say of the limits now, in place of what the dialect made up."""
        if self._raw is None or dialect not in _VENDORS:
            return response
        kept = {name: text for name, text in response.headers.items() if "ratelimit" not in name}
        return replace(response, headers=kept | (self._headers(dialect) if "headers" in self._says else {}))

    @property
    def _says(self) -> set[str]:
        return set((self._raw or {}).get("say", ["retry_after"]))

    def _headers(self, dialect: str) -> dict[str, str]:
        now = time.monotonic()
        headers: dict[str, str] = {}
        for name, meter in self._meters.items():
            full_s = meter.full_s(now)
            reset = duration(full_s) if dialect == "openai" else _timestamp(full_s)
            values = {"limit": f"{meter.per_minute:.0f}", "remaining": str(meter.left(now)), "reset": reset}
            headers |= {_VENDORS[dialect].format(name=name, what=what): text for what, text in values.items()}
        return headers


def duration(seconds: float) -> str:
    """In OpenAI's notation, rounded up to milliseconds: `6m0s`, `1.2s`, `20ms`."""
    ms = math.ceil(round(seconds * 1000, 3))
    if ms < 1000:
        return f"{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    return (f"{minutes}m" if minutes else "") + f"{rest / 1000:g}s"


def _timestamp(seconds: float) -> str:
    """RFC 3339, in whole seconds as Anthropic has it, and never too early."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(math.ceil(time.time() + seconds)))


def _prompt_tokens(ask: Ask) -> int:
    return -(-len((ask.system + ask.user).encode("utf-8", "surrogatepass")) // 4)


def _meter(raw: Mapping[str, Any], per_minute: float, burst: float, now: float) -> Meter:
    match raw.get("kind", "bucket"):
        case "window":
            return Window(per_minute, raw.get("window_s", 60), now)
        case "sliding":
            return Sliding(per_minute, raw.get("window_s", 60))
    return Bucket(per_minute, burst, now)


def _check(raw: Mapping[str, Any]) -> None:
    if unknown := set(raw) - set(_KEYS):
        raise ValueError(f"unknown keys of limits: {sorted(unknown)}; there are: {sorted(_KEYS)}")
    if wrong := [key for key, value in raw.items() if value is not None and not isinstance(value, _KEYS[key])]:
        raise ValueError(f"keys {wrong} of limits have the wrong type")
    if raw.get("kind", "bucket") not in _KINDS:
        raise ValueError(f"unknown kind of limits: {raw['kind']!r}; there are: {', '.join(_KINDS)}")
    if unknown := set(raw.get("say", [])) - set(_SAYS):
        raise ValueError(f"unknown say of limits: {sorted(unknown)}; there are: {', '.join(_SAYS)}")
