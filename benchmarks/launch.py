"""Start a command, wait for it, and say what it cost: one line of JSON on a descriptor.

A process of its own, and as small as one can be: on Linux a child's peak of memory begins at what its parent held when
it was started. So it imports no more than it must, and is started with `python -I -S`.
"""

import os
import sys
import time


def main() -> None:
    """`launch.py DESCRIPTOR COMMAND ARGUMENT ...`, in the working directory and environment that it was given."""
    told, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(told, False)
    began = time.monotonic()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(process, 0)
    wall_s = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    text = '{"code": %d, "cpu_s": %f, "wall_s": %f, "peak": %d}'
    os.write(told, (text % (code, used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss)).encode())


main()
