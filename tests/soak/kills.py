"""SIGKILL at random moments, over one corpus and with all kinds of faults, until everything is settled."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

from tests.flow import local
from tests.llm_server import Entry, LLMServer
from tests.soak.runs import IN_FLIGHT, Moments, Options, Place, bought_twice, note, place, texts_of
from tests.soak.table import Case

KILLS = 100
CHUNKS_PER_KILL = 10
LONGEST_REST_S = 1.5
"""What was received is on the disk within about this time."""
FAULTS: list[dict[str, Any]] = [
    {"fault": "status", "status": 503, "when": {"share": 0.03}},
    {"fault": "reset_before", "when": {"share": 0.03}},
    {"fault": "reset_mid_body", "when": {"share": 0.03}},
    {"fault": "not_json_text", "when": {"share": 0.03, "first_attempts": 1}},
    {"fault": "rate_limit", "retry_after": 0, "when": {"share": 0.01}},
    {"fault": "rate_limit", "retry_after_ms": 50, "when": {"share": 0.03}},
]
"""15 of 100 requests. Two rules of one fault draw the same lots, so the last one gets what the one before it left."""


class Watch:
    """What the files hold, compared with what they held before."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._held: set[tuple[str, str]] = set()
        self.corrupt = 0
        self.forgotten = 0
        """Chunks and pairs that a file held once and then no more."""
        self.chunks = 0
        """That the files hold now."""

    def look(self) -> None:
        held, corrupt = self._place.acknowledged()
        self.corrupt += len(corrupt)
        self.forgotten += len(self._held - held)
        self._held |= held
        self.chunks = sum(what.startswith("chunk ") for _, what in held)


def run(options: Options) -> list[Case]:
    count = options.count or KILLS
    with (
        place(max(100, CHUNKS_PER_KILL * count), documents=8) as corpus,
        LLMServer(latency_ms=30, jitter_ms=40, faults=FAULTS, seed=options.seed, record_bodies=False) as server,
    ):
        watch = Watch(corpus)
        kills = _kill(corpus, server, watch, count, options.seed)
        codes = [corpus.run(*_arguments(server))]
        while codes[-1] == 1 and len(codes) < 5:  # what failed is tried again
            codes.append(corpus.run(*_arguments(server)))
        watch.look()
        return [_case(corpus, texts_of(server), watch, kills, codes)]


def _arguments(server: LLMServer) -> Any:
    return local(server, "--max-concurrent", str(IN_FLIGHT))


def _kill(corpus: Place, server: LLMServer, watch: Watch, count: int, seed: int) -> list[float]:
    """Start and kill it so many times; gives the times of the kills."""
    moments = Moments(seed)
    kills: list[float] = []
    while len(kills) < count and watch.chunks < len(corpus.marks):
        process = corpus.start(*_arguments(server))
        # Each run may settle its part, so that there is work left for all kills.
        moments.wait(process, server, 2 * (len(corpus.marks) - watch.chunks) // (count - len(kills)))
        watch.look()
        if process.poll() is None:
            process.kill()
            kills.append(time.monotonic())
            if len(kills) % 10 == 0:
                note(f"kills: {len(kills)} of {count}, {watch.chunks} of {len(corpus.marks)} chunks settled")
        process.wait()
        watch.look()
    return kills


def _case(corpus: Place, entries: list[Entry], watch: Watch, kills: list[float], codes: list[int]) -> Case:
    answered = [entry.t_done for entry in entries if entry.status == 200 and entry.t_done is not None]
    runs = zip([0.0, *kills], kills, strict=False)
    recent = sum(max(before, kill - LONGEST_REST_S) < t <= kill for before, kill in runs for t in answered)
    bound = len(kills) * IN_FLIGHT + recent
    pairs = [pair["pair_id"] for path in corpus.files for pair in json.loads(path.read_bytes())["training_pairs"]]
    lost, wrong = len(corpus.marks), ""
    try:
        lost = len(corpus.marks - corpus.settled())
    except AssertionError as error:
        wrong = str(error) or "the files are not as they should be"
    figures: dict[str, int | float | str] = {
        "kills": len(kills),
        "chunks": len(corpus.marks),
        "lost": lost,
        "forgotten": watch.forgotten,
        "doubled": sum(Counter(pairs).values()) - len(set(pairs)),
        "corrupt": watch.corrupt,
        "requests": len(entries),
        "bought": sum(entry.finish is not None for entry in entries),
        "twice": bought_twice(entries),
        "bound": bound,
    }
    case = Case("SIGKILL", figures)
    case.promise(codes[-1] == 0, f"the last runs ended with {codes}: {corpus.said}")
    case.promise(not wrong, wrong)
    for name in ("lost", "forgotten", "doubled", "corrupt"):
        case.promise(figures[name] == 0, f"{name}: {figures[name]}")
    case.promise(bought_twice(entries) <= bound, "more was bought twice than the bound allows")
    return case
