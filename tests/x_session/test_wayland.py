"""The tests of docks and layouts once more on Wayland, where no window places itself or is dragged into another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.x_session.screen import wait_for

pytestmark = [pytest.mark.full, pytest.mark.skipif(shutil.which("weston") is None, reason="needs weston")]

TESTS = ("test_dock_moves.py", "test_layouts.py", "test_placed_window.py")
NO_SEAT = "Failed to create grabbing popup"
"""What Qt says of each menu there: the desktop without a screen has no mouse that it could hold."""


def test_every_move_of_a_dock_works_on_wayland(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    socket = "wayland-docks"
    own = {"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": socket, "QT_QPA_PLATFORM": "wayland"}
    desktop = ["weston", "--backend=headless-backend.so", f"--socket={socket}", "--width=1600", "--height=1000"]
    room = Path(__file__).parents[1] / "ui" / "shell"
    tests = [str(room / name) for name in TESTS]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not full", "-p", "no:cacheprovider", *tests]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(desktop, env=os.environ | own, stdout=quiet, stderr=quiet) as weston:
        try:
            wait_for("the socket of the desktop", (tmp_path / socket).exists)
            told = subprocess.run(
                [*command, "-o", f"qt_log_ignore={NO_SEAT}", f"--basetemp={tmp_path / 'tests'}"],
                env=os.environ | own,
                cwd=Path(__file__).parents[2],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            weston.terminate()
    assert told.returncode == 0, told.stdout[-4000:]
    assert " passed" in told.stdout
