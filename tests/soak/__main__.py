"""`python -m tests.soak [SECTION ...] [--count N] [--seed N] [--seconds N] [--case TEXT]`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from functools import partial

from tests.soak import bomb, kills, outage, rate, signals, sporadic, stops, twice
from tests.soak.runs import Options, note
from tests.soak.table import Case, table

SECTIONS: dict[str, Callable[[Options], list[Case]]] = {
    "kills": kills.run,
    "sigint": partial(signals.run, signal.SIGINT),
    "sigterm": partial(signals.run, signal.SIGTERM),
    "auth": stops.run,
    "rate": rate.run,
    "sporadic": sporadic.run,
    "outage": outage.run,
    "bomb": bomb.run,
    "twice": twice.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--count", type=int, help="kills, signals, chunks or pairs of starts")
    parser.add_argument("--seed", type=int, default=Options.seed, help="of the moments and the faults")
    parser.add_argument("--seconds", type=float, default=Options.seconds, help="of an outage")
    parser.add_argument("--in-flight", type=int, default=Options.in_flight, help="requests at a time, in an outage")
    parser.add_argument("--case", default="", help="only the cases with this in their names")
    given = parser.parse_args()
    if unknown := set(given.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are: {', '.join(SECTIONS)}")
    # In the background of a shell it is ignored, and so would all runs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = Options(given.count, given.seed, given.seconds, given.in_flight, given.case)
    found: dict[str, list[Case]] = {}
    for name in given.sections or SECTIONS:
        began = time.monotonic()
        note(f"{name} ...")
        try:
            found[name] = SECTIONS[name](options)
        except Exception as error:  # noqa: BLE001 - the figures of the other sections must not be lost with it
            found[name] = [Case("none", {}, [f"{type(error).__name__}: {error}"])]
        note(f"{name}: {time.monotonic() - began:.0f} s")
    for name, cases in found.items():
        print(f"\n{table(name, cases)}")
    broken = sum(len(case.broken) for cases in found.values() for case in cases)
    print(f"\n{broken} promises broken" if broken else "\nall promises kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
