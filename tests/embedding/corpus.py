"""A corpus whose truth is known: every passage is about a thing of its own, and its question shares its words."""

from __future__ import annotations

from collections import Counter

from pydantic import SecretStr

from qagen.embedding import Question
from qagen.llm.providers import PROVIDERS, Endpoint
from tests.llm_server import Entry, LLMServer

THINGS = ("pump", "valve", "turbine", "boiler", "gasket", "rotor", "filter", "sensor")


def passages(count: int) -> dict[str, str]:
    return {
        f"c{number}": f"The {THINGS[number % 8]} number {number} of hall {number // 8} runs at {number * 7} bar."
        for number in range(count)
    }


def questions(count: int) -> dict[str, Question]:
    return {
        f"p{number}": Question(
            f"At which bar runs the {THINGS[number % 8]} number {number} of hall {number // 8}?", f"c{number}"
        )
        for number in range(count)
    }


def endpoint(server: LLMServer, name: str = "local", model: str = "bge-m3") -> Endpoint:
    url = server.url if name in {"local", "gemini"} else server.openai_url
    return Endpoint(PROVIDERS[name], model, url, SecretStr("sk-secret") if name != "local" else None)


def bought(ledger: list[Entry]) -> Counter[str]:
    """How often each text was asked about by a request that was answered well, in any dialect."""
    found: Counter[str] = Counter()
    for entry in ledger:
        if entry.status == 200:
            found.update(texts_of(entry))
    return found


def texts_of(entry: Entry) -> list[str]:
    if "requests" in entry.body:
        return [one["content"]["parts"][0]["text"] for one in entry.body["requests"]]
    return list(entry.body["input"])
