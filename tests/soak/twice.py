"""Two runs at once on the same folder: one works, the other ends without a request of its own."""

from __future__ import annotations

from collections import Counter

from tests.flow import local
from tests.llm_server import LLMServer
from tests.soak.runs import IN_FLIGHT, Options, end_of, place
from tests.soak.table import Case

STARTS = 10
CHUNKS = 150


def run(options: Options) -> list[Case]:
    codes: Counter[tuple[int, ...]] = Counter()
    stray = missing = first = 0
    count = options.count or STARTS
    for _ in range(count):
        # A server of its own for each tells their requests apart.
        with place(CHUNKS) as corpus, LLMServer(latency_ms=50) as one, LLMServer(latency_ms=50) as other:
            servers = (one, other)
            processes = [corpus.start(*local(server, "--max-concurrent", str(IN_FLIGHT))) for server in servers]
            ended = [end_of(process) for process in processes]
            codes[tuple(sorted(ended))] += 1
            stray += sum(len(server.ledger()) for server, code in zip(servers, ended, strict=True) if code)
            first += ended[0] == 0
            missing += len(corpus.marks - corpus.settled())
    figures: dict[str, int | float | str] = {
        "pairs of starts": count,
        "won by the first": first,
        "requests of losers": stray,
        "missing": missing,
        "exit codes": " ".join(f"{pair}:{times}" for pair, times in codes.items()),
    }
    case = Case("at once", figures)
    case.promise(set(codes) == {(0, 6)}, f"exit codes {figures['exit codes']}")
    case.promise(stray == 0, f"{stray} requests of runs that had to end")
    case.promise(missing == 0, f"{missing} chunks are missing")
    return [case]
