"""`python -m benchmarks.chunking [--megabytes N] [--files N]`: what cutting costs, as ratios.

Two questions: does a megabyte of a large file cost more than one of a small file, and does memory grow with the number
of files? Everything is the real command in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@dataclass(frozen=True)
class Cost:
    """Of one run, with its children."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="chunking", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100, help="Markdown in each size of file")
    parser.add_argument("--files", type=int, default=10_000, help="small files for the question of memory")
    given = parser.parse_args()
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(_EXAMPLES.glob("*.md")))
    _sizes(text, given.megabytes)
    _numbers(text, given.files)


def _sizes(text: str, megabytes: int) -> None:
    print(f"{megabytes} MB of Markdown     CPU s   MB per CPU s   wall s   peak MB")
    per_mb = {}
    for size_mb in (0.3, 10.0):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            count = round(megabytes / size_mb)
            for number in range(count):
                _write(folder / "documents" / f"{number}.md", text, int(size_mb * 1e6), number)
            cost = _run(folder)
            per_mb[size_mb] = cost.cpu_s / (count * size_mb)
            print(
                f"files of {size_mb:>4} MB  {cost.cpu_s:>10.1f} {1 / per_mb[size_mb]:>13.1f}"
                f" {cost.wall_s:>9.1f} {cost.peak_mb:>9.0f}"
            )
    print(f"a MB of a large file costs {per_mb[10.0] / per_mb[0.3]:.2f} times that of a small one (goal: 1.3)\n")


def _numbers(text: str, most: int) -> None:
    print("files of 4 kB   CPU s   ms per file   peak MB   again, CPU s")
    for count in (most // 10, most):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number in range(count):
                _write(folder / "documents" / str(number % 100) / f"{number}.md", text, 4000, number)
            first, again = _run(folder), _run(folder)
            print(
                f"{count:>13,} {first.cpu_s:>7.1f} {1000 * first.cpu_s / count:>13.2f} {first.peak_mb:>9.0f}"
                f" {again.cpu_s:>14.1f}"
            )


def _write(path: Path, text: str, size: int, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    start = number * 997 % len(text)
    whole = text[start:] + text * (size // len(text) + 1)
    path.write_text(whole[:size], encoding="utf-8")


def _run(folder: Path) -> Cost:
    """`qagen chunk` of the folder; the peak is that of its largest process."""
    code = (
        "import resource, subprocess, sys, time; began = time.monotonic();"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss)"
    )
    command = [sys.executable, "-m", "qagen", "chunk", "documents"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=_environment(),
    )
    cpu_s, wall_s, peak = map(float, done.stdout.split())
    return Cost(cpu_s, wall_s, peak / (2**20 if sys.platform == "darwin" else 2**10))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_EXAMPLES.parent)}


if __name__ == "__main__":
    main()
