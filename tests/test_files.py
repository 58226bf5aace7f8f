"""The door to the disk, with faults injected into the system calls below it."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from qagen import files
from qagen.errors import DataError, LockedError, StorageError, UsageError

TARGET = Path("pump_qa.json")
ROOT = Path(files.__file__).parent.parent.parent


@contextmanager
def failing(name: str, number: int, at: int = 1) -> Iterator[None]:
    """While the block runs, the `at`-th call of a function of `os` fails with an errno, and those after it too."""
    real = getattr(os, name)
    calls = 0

    def call(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= at:
            raise OSError(number, os.strerror(number))
        return real(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, call)
        yield


def names(folder: str = ".") -> set[str]:
    """What stands in a directory, hidden files included."""
    return {path.name for path in Path(folder).iterdir()}


def open_descriptors() -> int:
    """How many files this process has open, the one that counts them included."""
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# Reading


def test_a_file_is_read_whole() -> None:
    TARGET.write_bytes(b"\x00\xff" * 100_000)

    assert files.read_bytes(TARGET) == b"\x00\xff" * 100_000


def test_a_missing_file_is_refused_and_named() -> None:
    with pytest.raises(DataError, match=r"gone\.json: it cannot be read: No such file"):
        files.read_bytes(Path("gone.json"))


def test_a_directory_is_refused() -> None:
    with pytest.raises(DataError, match=r"\.: it "):
        files.read_bytes(Path())


def test_a_fifo_is_refused_without_waiting_for_its_writer() -> None:
    os.mkfifo("pipe.json")

    with pytest.raises(DataError, match=r"pipe\.json: it is no regular file"):
        files.read_bytes(Path("pipe.json"))


def test_a_device_is_refused() -> None:
    with pytest.raises(DataError, match="/dev/zero: it is no regular file"):
        files.read_bytes(Path("/dev/zero"))


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with TARGET.open("wb") as file:
        file.truncate(files.MOST_BYTES + 1)

    with pytest.raises(DataError, match="it has 268,435,457 bytes; the most is 268,435,456"):
        files.read_bytes(TARGET)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_file_that_cannot_be_opened_is_refused(number: int) -> None:
    TARGET.write_bytes(b"{}")

    with (
        pytest.raises(DataError, match=f"pump_qa.json: it cannot be read: {os.strerror(number)}"),
        failing("open", number),
    ):
        files.read_bytes(TARGET)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
@pytest.mark.parametrize("kind", ["file", "fifo", "directory", "missing"])
def test_no_descriptor_stays_open(kind: str) -> None:
    path = Path("it")
    if kind == "file":
        path.touch()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    before = open_descriptors()
    for _ in range(20):
        try:
            files.read_bytes(path)
        except DataError:
            continue

    assert open_descriptors() <= before  # fewer where something of an earlier test is cleared away just now


# Writing


def test_what_was_written_is_what_is_read() -> None:
    files.write(TARGET, b"one")
    assert TARGET.read_bytes() == b"one"
    files.write(TARGET, iter([b"two", b"", b" and three"]))

    assert TARGET.read_bytes() == b"two and three"
    assert names() == {"pump_qa.json"}


FAULTS = [("open", errno.EACCES, 1), ("fsync", errno.EIO, 1), ("fsync", errno.ENOSPC, 1), ("replace", errno.EACCES, 1)]


@pytest.mark.parametrize("keep_backup", [False, True], ids=["plain", "with backup"])
@pytest.mark.parametrize(("name", "number", "at"), FAULTS)
def test_a_failed_write_leaves_the_old_file_and_no_leftovers(
    name: str, number: int, at: int, keep_backup: bool
) -> None:
    TARGET.write_bytes(b"old")

    with (
        pytest.raises(StorageError, match=f"pump_qa.json: it cannot be saved: {os.strerror(number)}"),
        failing(name, number, at),
    ):
        files.write(TARGET, b"new", keep_backup=keep_backup)
    assert TARGET.read_bytes() == b"old"
    assert names() <= {"pump_qa.json", "pump_qa.json.bak"}


@pytest.mark.parametrize(("name", "number", "at"), FAULTS)
def test_a_failed_first_write_leaves_nothing(name: str, number: int, at: int, isolated: Path) -> None:

    with pytest.raises(StorageError), failing(name, number, at):
        files.write(isolated / TARGET, b"new")
    assert names() == set()


def test_a_full_disk_in_the_middle_of_the_data_leaves_the_old_file() -> None:
    TARGET.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StorageError, match="No space left on device"):
        files.write(TARGET, pieces())
    assert TARGET.read_bytes() == b"old"
    assert names() == {"pump_qa.json"}


def test_a_write_beyond_the_limit_of_the_file_size_leaves_the_old_file() -> None:
    script = (
        "import resource, signal, sys; from pathlib import Path; from qagen import errors, files\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    files.write(Path('pump_qa.json'), b'x' * 5000)\n"
        "except errors.StorageError as error:\n    sys.exit(str(error))\n"
    )
    TARGET.write_bytes(b"old")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=child_environment())

    assert run.returncode == 1
    assert "pump_qa.json: it cannot be saved: File too large" in run.stderr
    assert TARGET.read_bytes() == b"old"
    assert names() == {"pump_qa.json"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_an_interrupt_in_the_middle_leaves_the_old_file_and_no_leftovers(stop: type[BaseException]) -> None:
    TARGET.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise stop

    with pytest.raises(stop):
        files.write(TARGET, pieces())
    assert TARGET.read_bytes() == b"old"
    assert names() == {"pump_qa.json"}


def test_the_file_is_forced_to_the_disk_before_it_is_put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(name: str) -> Any:
        real = getattr(os, name)

        def call(*args: Any, **more: Any) -> Any:
            order.append(name)
            return real(*args, **more)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name))
    files.write(TARGET, b"new")

    assert order == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_directory_that_cannot_be_forced_is_no_fault(number: int) -> None:
    with failing("fsync", number, at=2):
        files.write(TARGET, b"new")

    assert TARGET.read_bytes() == b"new"


def test_a_directory_that_fails_to_be_forced_is_a_fault_that_claims_nothing_false() -> None:
    TARGET.write_bytes(b"old")

    with pytest.raises(StorageError) as caught, failing("fsync", errno.EIO, at=2):
        files.write(TARGET, b"new")
    assert TARGET.read_bytes() == b"old" or "untouched" not in str(caught.value)
    assert names() == {"pump_qa.json"}


def test_a_missing_directory_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match=r"nowhere/a\.json: it cannot be saved"):
        files.write(Path("nowhere/a.json"), b"x")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_of_a_file_is_kept(mode: int) -> None:
    TARGET.write_bytes(b"old")
    TARGET.chmod(mode)
    files.write(TARGET, b"new")

    assert stat.S_IMODE(TARGET.stat().st_mode) == mode


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_a_new_file_follows_the_umask(mask: int, mode: int) -> None:
    with umask(mask):
        files.write(TARGET, b"new")

    assert stat.S_IMODE(TARGET.stat().st_mode) == mode


def test_a_link_stays_a_link_and_its_target_is_replaced() -> None:
    Path("real").mkdir()
    Path("real/pump.json").write_bytes(b"old")
    TARGET.symlink_to("real/pump.json")
    files.write(TARGET, b"new")

    assert TARGET.is_symlink()
    assert Path("real/pump.json").read_bytes() == b"new"
    assert names("real") == {"pump.json"}


def test_a_name_as_long_as_the_file_system_allows_can_be_written() -> None:
    path = Path("x" * 250 + ".json")
    files.write(path, b"new")

    assert path.read_bytes() == b"new"


def test_a_reader_of_the_old_file_keeps_the_old_file() -> None:
    TARGET.write_bytes(b"old")
    with TARGET.open("rb") as reader:
        files.write(TARGET, b"new")
        assert reader.read() == b"old"


# Backups


def test_a_backup_is_the_version_before() -> None:
    for version in (b"one", b"two", b"three"):
        files.write(TARGET, version, keep_backup=True)

    assert TARGET.read_bytes() == b"three"
    assert Path("pump_qa.json.bak").read_bytes() == b"two"
    assert names() == {"pump_qa.json", "pump_qa.json.bak"}


def test_a_first_write_makes_no_backup() -> None:
    files.write(TARGET, b"one", keep_backup=True)

    assert names() == {"pump_qa.json"}


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP])
def test_a_backup_is_made_where_the_file_system_has_no_links(number: int) -> None:
    TARGET.write_bytes(b"old")
    with failing("link", number):
        files.write(TARGET, b"new", keep_backup=True)

    assert TARGET.read_bytes() == b"new"
    assert Path("pump_qa.json.bak").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["link", "replace"])
def test_a_failed_write_never_leaves_less_than_there_was(name: str) -> None:
    files.write(TARGET, b"one")
    files.write(TARGET, b"two", keep_backup=True)

    with pytest.raises(StorageError), failing(name, errno.EIO):
        files.write(TARGET, b"three", keep_backup=True)
    assert TARGET.read_bytes() == b"two"
    assert Path("pump_qa.json.bak").exists()


# Logs and probes


def test_lines_are_appended_to_a_log() -> None:
    files.append_line(Path("errors.jsonl"), {"at": 1})
    files.append_line(Path("errors.jsonl"), {"at": "\ud83d"})

    assert [json.loads(line) for line in Path("errors.jsonl").read_text().splitlines()] == [{"at": 1}, {"at": "\ufffd"}]


def test_a_log_that_cannot_be_written_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match=r"nowhere/errors\.jsonl: the log cannot be written"):
        files.append_line(Path("nowhere/errors.jsonl"), {})


def test_a_directory_is_made_and_proven_without_leaving_a_trace() -> None:
    files.make_writable(Path("a/b"))

    assert names("a/b") == set()


@pytest.mark.parametrize(("name", "number"), [("fsync", errno.ENOSPC), ("replace", errno.EPERM), ("open", errno.EROFS)])
def test_a_directory_in_which_nothing_can_be_saved_is_a_usage_error_with_its_reason(name: str, number: int) -> None:
    Path("qa").mkdir()

    with (
        pytest.raises(UsageError, match=f"qa: no file can be written there: {os.strerror(number)}"),
        failing(name, number),
    ):
        files.make_writable(Path("qa"))
    assert names("qa") == set()


def test_a_file_where_the_directory_should_be_is_a_usage_error() -> None:
    Path("qa").write_text("x")

    with pytest.raises(UsageError, match=r"^qa: no file .* there: it is a file\. Name another directory\.$"):
        files.make_writable(Path("qa"))
    with pytest.raises(UsageError, match=r"^qa/a/b: no file .* there: qa is a file\. Name another directory\.$"):
        files.make_writable(Path("qa/a/b"))


def test_leftovers_of_a_kill_are_removed_and_nothing_else_is() -> None:
    for name in (".tmp-qagen-0123", ".tmp-qagen-probe-1", ".tmp-other", "pump_qa.json", ".qagen.lock"):
        Path(name).write_text("x")
    files.remove_leftovers(Path())

    assert names() == {".tmp-other", "pump_qa.json", ".qagen.lock"}


# Setting aside


@pytest.mark.parametrize("move", [True, False], ids=["moved", "copied"])
def test_a_file_is_set_aside_under_the_time(move: bool) -> None:
    TARGET.write_bytes(b"old")
    place = files.set_aside(TARGET, "archive", move=move)

    assert place.read_bytes() == b"old"
    assert place.parent.parent == Path("archive")
    assert place.name == "pump_qa.json"
    assert TARGET.exists() is not move


def test_what_is_set_aside_twice_in_a_second_is_kept_twice() -> None:
    places = []
    for version in (b"one", b"two", b"three"):
        TARGET.write_bytes(version)
        places.append(files.set_aside(TARGET, "archive", move=True))

    assert [place.read_bytes() for place in places] == [b"one", b"two", b"three"]


def test_a_new_path_is_in_a_directory_that_exists_and_has_no_file_yet() -> None:
    first = files.new_path(Path("room"), "a.json")
    assert first.parent.is_dir()
    assert not first.exists()
    first.write_text("x")
    second = files.new_path(Path("room"), "a.json")

    assert second != first
    assert not second.exists()
    assert files.new_path(Path("room"), "b.json").name == "b.json"


def test_a_room_that_cannot_be_made_is_a_storage_error() -> None:
    Path("room").write_text("x")

    with pytest.raises(StorageError, match="it cannot be made"):
        files.new_path(Path("room"), "a.json")


def test_a_file_that_cannot_be_moved_stays_where_it_is() -> None:
    TARGET.write_bytes(b"old")

    with (
        pytest.raises(StorageError, match=r"pump_qa\.json: it cannot be moved to archive/"),
        failing("replace", errno.EXDEV),
    ):
        files.set_aside(TARGET, "archive", move=True)
    assert TARGET.read_bytes() == b"old"


# Locks


def child_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


HOLDER = (
    "import sys; from pathlib import Path; from qagen import files\n"
    "with files.locked(Path('qa')):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


@contextmanager
def held_by_another_process() -> Iterator[subprocess.Popen[str]]:
    """Another process holds `qa` until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_a_directory_that_another_process_holds_is_refused_and_its_pid_is_named() -> None:
    Path("qa").mkdir()
    with held_by_another_process() as process:
        with (
            pytest.raises(LockedError, match=rf"qa: another run \(pid {process.pid} on .*since .*Z\) works here"),
            files.locked(Path("qa")),
        ):
            pytest.fail("the lock was given twice")
        owner = json.loads(Path("qa/.qagen.lock.owner.json").read_bytes())
        assert owner["pid"] == process.pid


def test_a_refused_run_touches_nothing_of_the_owners() -> None:
    Path("qa").mkdir()
    with held_by_another_process():
        Path("qa/.tmp-qagen-inuse").write_text("x")
        before = names("qa")
        with pytest.raises(LockedError), files.locked(Path("qa")):
            pytest.fail("the lock was given twice")
        assert names("qa") == before


def test_a_killed_holder_leaves_no_lock_behind() -> None:
    Path("qa").mkdir()
    with held_by_another_process() as process:
        process.kill()
        process.wait()
        with files.locked(Path("qa")):
            owner = json.loads(Path("qa/.qagen.lock.owner.json").read_bytes())
        assert owner["pid"] == os.getpid()


def test_a_lock_names_its_owner_and_is_free_after_the_block() -> None:
    Path("qa").mkdir()
    with files.locked(Path("qa")):
        owner = json.loads(Path("qa/.qagen.lock.owner.json").read_bytes())
        assert owner["pid"] == os.getpid()
        assert set(owner) == {"pid", "host", "user", "started_at"}
    assert not Path("qa/.qagen.lock.owner.json").exists()
    with files.locked(Path("qa")):
        pass


def test_a_lock_is_free_after_an_error_in_the_block() -> None:
    Path("qa").mkdir()
    with pytest.raises(ValueError, match="oops"), files.locked(Path("qa")):
        raise ValueError("oops")
    with files.locked(Path("qa")):
        pass


def test_leftovers_are_removed_under_the_lock() -> None:
    Path("qa").mkdir()
    Path("qa/.tmp-qagen-0123").write_text("x")
    with files.locked(Path("qa")):
        assert not Path("qa/.tmp-qagen-0123").exists()


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"pid": 3}', "\xff"])
def test_a_damaged_owner_file_does_not_hide_that_the_directory_is_held(text: str) -> None:
    Path("qa").mkdir()
    with held_by_another_process():
        Path("qa/.qagen.lock.owner.json").write_text(text)
        with pytest.raises(LockedError, match="qa: another run works here"), files.locked(Path("qa")):
            pytest.fail("the lock was given twice")


def test_locks_of_other_names_do_not_exclude_each_other() -> None:
    Path("qa").mkdir()
    with held_by_another_process(), files.locked(Path("qa"), ".qagen.judge.lock"):
        assert Path("qa/.qagen.judge.lock.owner.json").exists()


def test_a_lock_in_a_directory_that_is_none_is_a_usage_error() -> None:
    Path("qa").write_text("x")

    with pytest.raises(UsageError, match="qa: no file can be written there"), files.locked(Path("qa")):
        pytest.fail("the lock was given")


# Spools


def test_a_spool_gives_back_what_was_put_in_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, isolated: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(isolated))
    with files.spool() as file:
        file.write(b"one\ntwo\n")
        file.seek(0)
        assert list(file) == [b"one\n", b"two\n"]

    assert names() == set()


def test_a_temporary_directory_that_is_gone_is_a_storage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(Path("gone").absolute()))

    with pytest.raises(StorageError, match="the temporary directory cannot be used"), files.spool():
        pytest.fail("there is no such directory")


def test_a_folder_is_whole_until_one_of_its_files_is_another(isolated: Path) -> None:
    folder = isolated / "built"

    def build(beside: Path) -> None:
        (beside / "deep").mkdir()
        (beside / "deep/words").write_bytes(b"words")
        (beside / "lock").touch()

    files.build_folder(folder, build)
    assert files.is_whole(folder)
    (folder / "lock").unlink()
    (folder / "new").write_bytes(b"of a library")
    assert files.is_whole(folder), "locks and additions are no damage"
    (folder / "deep/words").write_bytes(b"wordz")
    assert not files.is_whole(folder)
    (folder / "deep/words").write_bytes(b"words")
    assert files.is_whole(folder)


@pytest.mark.parametrize("seal", [None, b"", b"{", b"[]", b"{}", b"1", b'{"deep/words": 3}'])
def test_a_folder_without_a_seal_that_can_be_read_is_not_whole(seal: bytes | None, isolated: Path) -> None:
    folder = isolated / "built"
    files.build_folder(folder, lambda beside: (beside / "words").touch())
    (folder / "seal.json").unlink()
    if seal is not None:
        (folder / "seal.json").write_bytes(seal)
    assert not files.is_whole(folder)
    assert not files.is_whole(isolated / "nothing")
