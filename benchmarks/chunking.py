"""`python -m benchmarks.chunking [--megabytes N] [--files N]`: what cutting costs, as ratios.

Two questions: does a megabyte of a large file cost more than one of a small file, and does memory grow with the number
of files? Everything is the real command in a process of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import qagen
from benchmarks.measuring import TOP, Cost, run

_EXAMPLES = TOP / "examples"
_SMALL_MB, _LARGE_MB = 0.3, 10.0


@dataclass(frozen=True, slots=True)
class Cut:
    """So many megabytes of Markdown, in files of one size."""

    file_mb: float
    megabytes: float
    cost: Cost
    read_s: float
    """That it takes to copy the same bytes."""

    @property
    def cpu_s_per_mb(self) -> float:
        return self.cost.cpu_s / self.megabytes


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="chunking", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100, help="Markdown in each size of file")
    parser.add_argument("--files", type=int, default=10_000, help="small files for the question of memory")
    given = parser.parse_args()
    _print_sizes(given.megabytes)
    _print_numbers(given.files)


def _print_sizes(megabytes: int) -> None:
    print(f"{megabytes} MB of Markdown     CPU s   MB per CPU s   wall s   peak MB")
    small, large = sizes(megabytes)
    for cut in (small, large):
        cost = cut.cost
        print(
            f"files of {cut.file_mb:>4} MB  {cost.cpu_s:>10.1f} {1 / cut.cpu_s_per_mb:>13.1f}"
            f" {cost.wall_s:>9.1f} {cost.peak_mb:>9.0f}"
        )
    times = large.cpu_s_per_mb / small.cpu_s_per_mb
    print(f"a MB of a large file costs {times:.2f} times that of a small one (goal: 1.3)\n")


def sizes(megabytes: int) -> tuple[Cut, Cut]:
    """The same amount in small files, and in large ones."""
    small, large = (_cut(text(), megabytes, file_mb) for file_mb in (_SMALL_MB, _LARGE_MB))
    return small, large


def _cut(text: str, megabytes: int, file_mb: float) -> Cut:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = max(1, round(megabytes / file_mb))
        for number in range(count):
            _write(folder / "documents" / f"{number}.md", text, int(file_mb * 1e6), number)
        read = run(["/bin/sh", "-c", "cat documents/* > everything"], folder)
        return Cut(file_mb, count * file_mb, chunk(folder), read.wall_s)


def _print_numbers(most: int) -> None:
    print("files of 4 kB   CPU s   ms per file   peak MB   again, CPU s")
    for count in (most // 10, most):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number in range(count):
                _write(folder / "documents" / str(number % 100) / f"{number}.md", text(), 4000, number)
            first, again = chunk(folder), chunk(folder)
            print(
                f"{count:>13,} {first.cpu_s:>7.1f} {1000 * first.cpu_s / count:>13.2f} {first.peak_mb:>9.0f}"
                f" {again.cpu_s:>14.1f}"
            )


def text() -> str:
    """What the files are made of."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted(_EXAMPLES.glob("*.md")))


def _write(path: Path, text: str, size: int, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    start = number * 997 % len(text)
    whole = text[start:] + text * (size // len(text) + 1)
    path.write_text(whole[:size], encoding="utf-8")


def chunk(folder: Path) -> Cost:
    """`qagen chunk` of the folder."""
    return run(qagen("chunk", "documents"), folder)


if __name__ == "__main__":
    main()
