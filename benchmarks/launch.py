"""Start a command, wait for it, and say what it cost: one line of JSON on descriptor 3.

A process of its own, and as small as one can be: on Linux a child's peak of memory begins at what its parent held when
it was started. So it imports no more than it must, and is started with `python -I -S`.
"""

import os
import sys
import time


def main() -> None:
    """`launch.py COMMAND ARGUMENT ...`, in the working directory and environment that it was given."""
    os.set_inheritable(3, False)
    began = time.monotonic()
    process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
    _, status, used = os.wait4(process, 0)
    wall_s = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    text = '{"code": %d, "cpu_s": %f, "wall_s": %f, "peak": %d}'
    os.write(3, (text % (code, used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss)).encode())


main()
