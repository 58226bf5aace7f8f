"""The process: `qagen`, and `python -m qagen`."""

import atexit
import gc

# Hardly anything that is imported or made is a cycle. To look for cycles as often as Python does by itself takes a
# twentieth of a run; and to look for them at the end, in all that goes with the process anyway, a fifth of a second.
gc.set_threshold(20_000, 10, 10)
atexit.register(gc.freeze)

from qagen.cli import main  # noqa: E402 - the imports make most of what would be looked at

if __name__ == "__main__":
    main()
