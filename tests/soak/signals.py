"""SIGINT and SIGTERM at random moments: every answer that the server gave completely is saved, and none asked again."""

from __future__ import annotations

import signal
from collections import Counter

from tests.flow import local
from tests.llm_server import LLMServer
from tests.soak.runs import IN_FLIGHT, Moments, Options, Place, bought_twice, end_of, note, place, texts_of
from tests.soak.table import Case

SIGNALS = 50
CHUNKS_PER_SIGNAL = 40
_CODES = {signal.SIGINT: {130, -signal.SIGINT}, signal.SIGTERM: {143, -signal.SIGTERM}}
"""The second one is a run that has not begun yet."""


def run(number: signal.Signals, options: Options) -> list[Case]:
    count = options.count or SIGNALS
    with (
        place(CHUNKS_PER_SIGNAL * count) as corpus,
        LLMServer(latency_ms=30, jitter_ms=40, record_bodies=False) as server,
    ):
        moments = Moments(options.seed)
        codes: Counter[int] = Counter()
        odd: list[str] = []
        lost = leftovers = 0
        for turn in range(count):
            process = corpus.start(*local(server, "--max-concurrent", str(IN_FLIGHT)))
            moments.wait(process, server, CHUNKS_PER_SIGNAL)
            process.send_signal(number)
            code = end_of(process, timeout_s=60)
            codes[code] += 1
            if code not in _CODES[number]:
                odd.append(f"it ended with {code}: {corpus.said}")
            leftovers += corpus.leftovers()  # of runs that were stopped before they watched for signals
            lost = max(lost, len(_answered(server) - _settled(corpus)))
            if turn % 10 == 9:
                note(f"{number.name}: {turn + 1} of {count}, {lost} answers lost")
        last = corpus.run(*local(server))
        entries = texts_of(server)
        missing, twice = len(corpus.marks - _settled(corpus)), bought_twice(entries)
    shown = " ".join(f"{code}:{times}" for code, times in sorted(codes.items()))
    figures: dict[str, int | float | str] = {
        "signals": count,
        "chunks": len(corpus.marks),
        "lost": lost,
        "twice": twice,
        "leftovers": leftovers,
        "exit codes": shown,
    }
    case = Case(number.name, figures, odd)
    case.promise(lost == 0, f"{lost} answers were given completely and not saved")
    case.promise(twice == 0, f"{twice} chunks were bought twice")
    case.promise(last == 0 and not missing, f"the last run ended with {last}, and {missing} chunks are missing")
    return [case]


def _answered(server: LLMServer) -> set[str]:
    """The marks of the answers that were given completely."""
    return {entry.marker or "" for entry in texts_of(server) if entry.status == 200 and not entry.disconnected}


def _settled(corpus: Place) -> set[str]:
    return corpus.settled() if corpus.files else set()
