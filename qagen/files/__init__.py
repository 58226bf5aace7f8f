"""The door to the disk: whole files in, whole files out, one run at a time in a directory, nothing thrown away.

A reader never sees half a file: every write goes to a temporary file beside the target, is forced to the disk, and
replaces the target in one step. What must make room is moved or copied aside, never deleted. Only files that are too
large for that grow at their end (`append`); their readers know where the last whole record ends.
"""

from qagen.files.appending import append
from qagen.files.folders import build_folder, is_whole, remove_folders
from qagen.files.locks import locked
from qagen.files.places import leads_out, network_file_system, new_path, rescue, safe_name, set_aside
from qagen.files.reading import MOST_BYTES, read_bytes, read_lines
from qagen.files.writing import append_line, check_output, make_writable, remove_leftovers, spool, write

__all__ = [
    "MOST_BYTES",
    "append",
    "append_line",
    "build_folder",
    "check_output",
    "is_whole",
    "leads_out",
    "locked",
    "make_writable",
    "network_file_system",
    "new_path",
    "read_bytes",
    "read_lines",
    "remove_folders",
    "remove_leftovers",
    "rescue",
    "safe_name",
    "set_aside",
    "spool",
    "write",
]
