"""The process: `qagen`, and `python -m qagen`."""

import gc

# Hardly anything that is imported or made is a cycle. To look for cycles as often as Python does by itself takes a
# tenth of the start, and of every run.
gc.set_threshold(20_000, 10, 10)

from qagen.cli import main  # noqa: E402 - before the imports, which make most of what would be looked at

if __name__ == "__main__":
    main()
