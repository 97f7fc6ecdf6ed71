"""Who ends the window from outside (the system, the terminal, the desktop) ends it as a person does: saved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.engine.paths import RUNS_VARIABLE
from explorer.runs.folder import RunFolder

WINDOW = "tests.faults.training_window"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
@pytest.mark.parametrize(
    "name", ["SIGTERM", *(pytest.param(name, marks=pytest.mark.full) for name in ("SIGHUP", "SIGINT"))]
)
def test_a_signal_saves_the_run_and_closes_the_window(name: str, tmp_path: Path) -> None:
    own = {RUNS_VARIABLE: str(tmp_path / "runs"), "XDG_CONFIG_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    child = subprocess.Popen(
        [sys.executable, "-m", WINDOW], stdout=subprocess.PIPE, env=os.environ | own, text=True, start_new_session=True
    )
    with child:
        try:
            assert child.stdout is not None
            folder = Path(child.stdout.readline().strip())
            child.send_signal(getattr(signal, name))
            child.stdout.read()
            assert child.wait(120) == 0
        finally:
            child.kill()
    with RunFolder.open(folder) as run:
        history = run.history()
        assert history.finished is not None
        assert run.checkpoint_steps()[-1] == history.finished.step == history.metrics[-1].step
