"""Who writes a run, seen from other processes; the other process is a real one."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs import lock
from explorer.runs.folder import RunFolder
from explorer.runs.label_file import changing_labels
from explorer.runs.lock import LOCK_NAME, Writer, WriterLock, writer_of
from tests.helpers.runs import new_run

HOLD = """
import sys; from pathlib import Path; from explorer.runs.folder import RunFolder
run = RunFolder.open(Path(sys.argv[1]), writable=True)
print("held", flush=True); sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process write a run meanwhile."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_who_writes_a_run_is_told_to_whoever_wants_to(tmp_path: Path) -> None:
    new_run(tmp_path / "run").close()
    assert writer_of(tmp_path / "run") is None
    with held_elsewhere(tmp_path / "run") as child:
        found = writer_of(tmp_path / "run")
        assert found is not None
        assert (found.pid, found.host, found.is_this, found.gone) == (child.pid, socket.gethostname(), False, False)
        assert str(found).startswith(f"process {child.pid} since ")
        for refused in (
            lambda: RunFolder.open(tmp_path / "run", writable=True),
            lambda: changing_labels(tmp_path / "run").__enter__(),
        ):
            with pytest.raises(UserError, match=f"being written by process {child.pid} since "):
                refused()
        RunFolder.open(tmp_path / "run").history()
        child.kill()
        child.wait()
        assert (tmp_path / "run" / LOCK_NAME).exists()
        assert writer_of(tmp_path / "run") is None
        RunFolder.open(tmp_path / "run", writable=True).close()


def test_a_run_that_this_process_writes_may_have_its_labels_changed(tmp_path: Path) -> None:
    with new_run(tmp_path / "run"):
        found = writer_of(tmp_path / "run")
        assert found is not None
        assert found.is_this
        assert str(found).startswith("this program since ")
        with changing_labels(tmp_path / "run"):
            pass


@pytest.mark.parametrize(
    "text", [b"", b"\0" * 9, b"[1]", b'{"pid": 1e999}', b'{"pid":7,"host":"x","since":NaN,"born":""}']
)
def test_a_lock_that_says_nothing_is_of_another_process(tmp_path: Path, text: bytes) -> None:
    held = WriterLock(tmp_path)
    (tmp_path / LOCK_NAME).write_bytes(text)
    found = writer_of(tmp_path)
    assert found is not None
    assert str(found) == "another process"
    held.release()


@pytest.mark.skipif(sys.platform == "win32", reason="every drive of Windows has locks")
@pytest.mark.parametrize(
    ("writer", "free"),
    [
        (Writer(2**22 + 1, socket.gethostname(), 0.0, ""), True),  # above the largest number of a process
        (Writer(os.getppid(), socket.gethostname(), 0.0, "1"), sys.platform == "linux"),  # another one had the number
        (Writer(os.getppid(), socket.gethostname(), 0.0, ""), False),
        (Writer(4711, "another-computer", 0.0, ""), False),
    ],
)
def test_where_a_drive_has_no_locks_the_text_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Writer, free: bool
) -> None:
    import fcntl

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    descriptor = os.open(tmp_path / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    lock._write(descriptor, writer)
    os.close(descriptor)
    assert (writer_of(tmp_path) is None) == free
    if free:
        held = WriterLock(tmp_path)
        found = writer_of(tmp_path)
        assert found is not None
        assert found.is_this
        held.release()
        assert writer_of(tmp_path) is None
    else:
        with pytest.raises(UserError, match="is being written by process"):
            WriterLock(tmp_path)
