"""What the next start knows of a window that did not come to its end."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.engine.crash_watch import CrashWatch, take_crashes

PROGRAM = """
import os, sys
from pathlib import Path
from explorer.engine.crash_watch import CrashWatch
watch = CrashWatch(Path(sys.argv[1]))
watch.begin()
watch.note(Path(os.fsdecode(b"/runs/caf\\xe9")))
print("open", flush=True)
sys.stdin.readline()
os.abort()
"""


def _started(folder: Path) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    return child


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_window_that_was_killed_or_crashed_is_told_once(tmp_path: Path) -> None:
    with _started(tmp_path) as killed, _started(tmp_path) as crashed:
        assert take_crashes(tmp_path) == []  # both are open
        killed.kill()
        assert killed.wait() == -signal.SIGKILL
        (found,) = take_crashes(tmp_path)
        assert (bytes(found.run or Path()), found.trace) == (b"/runs/caf\xe9", "")
        crashed.communicate(b"\n")
    (found,) = take_crashes(tmp_path)
    assert "Fatal Python error: Aborted" in found.trace
    assert "most recent call first" in found.trace
    assert take_crashes(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_window_that_was_closed_leaves_nothing(tmp_path: Path) -> None:
    watch = CrashWatch(tmp_path)
    watch.note(Path("/too/early"))
    assert list(tmp_path.iterdir()) == []
    assert take_crashes(tmp_path / "none") == []
    (tmp_path / "file").write_text("in the way")
    blocked = CrashWatch(tmp_path / "file" / "reports")
    blocked.begin()
    blocked.note(Path("/run"))
    blocked.end()


def test_a_damaged_note_is_a_crash_without_a_run(tmp_path: Path) -> None:
    for number, text in enumerate(("", "[]", '{"run": 3}', '{"run": "zz"}', "[" * 10_000)):
        (tmp_path / f"running-{number}.json").write_text(text)
    assert [(crash.run, crash.trace) for crash in take_crashes(tmp_path)] == [(None, "")] * 5
