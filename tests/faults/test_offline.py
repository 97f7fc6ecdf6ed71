"""Nothing is sent anywhere and nothing is fetched: all works where sockets to a network are refused, and asks for none.

Refused by a hook in every Python process (also those that are started by others); in the long form the calls of the
whole process are watched too, whoever makes them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.engine.paths import RUNS_VARIABLE
from explorer.runs.folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
HOOK = """
import os, sys

def _refuse(event, values):
    if event == "socket.__new__":
        outside = values[1] in (2, 10)
    else:
        outside = event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
    if outside:
        with open(os.environ["ASKED"], "a") as file:
            file.write(f"{event} {values[1:]}\\n")
        raise PermissionError("there is no network")

sys.addaudithook(_refuse)
"""


@pytest.fixture
def alone(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a process without a network; it writes to the file ``ASKED`` what it wanted there."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    own = {"PYTHONPATH": f"{tmp_path / 'hook'}{os.pathsep}{ROOT}", "ASKED": str(tmp_path / "asked"),
           "QT_QPA_PLATFORM": "offscreen", RUNS_VARIABLE: str(tmp_path / "runs"),
           "XDG_CONFIG_HOME": str(tmp_path)}  # fmt: skip
    return os.environ | own


def test_the_hook_refuses_and_tells(alone: dict[str, str]) -> None:
    ask = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')"
    done = subprocess.run([sys.executable, "-c", ask], env=alone, capture_output=True, text=True, check=False)
    assert "there is no network" in done.stderr
    assert "socket" in Path(alone["ASKED"]).read_text()


def test_the_command_line_trains_and_opens_no_socket(alone: dict[str, str], tmp_path: Path) -> None:
    fast = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", "1"]
    command = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(tmp_path / "run"), *fast]
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert not Path(alone["ASKED"]).exists()
    assert RunFolder.open(tmp_path / "run").history().finished is not None


@pytest.mark.full
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_window_trains_and_opens_no_socket(alone: dict[str, str], tmp_path: Path) -> None:
    watched = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=socket", "-o", str(tmp_path / "calls")]
    command = [*watched, sys.executable, "-m", "tests.faults.training_window"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=alone, text=True, cwd=ROOT, start_new_session=True
    ) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        with open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii") as file:
            window = int(file.read().split()[0])
        os.kill(window, signal.SIGTERM)
        child.stdout.read()
        assert child.wait(120) == 0
    assert not Path(alone["ASKED"]).exists()
    assert "AF_INET" not in (tmp_path / "calls").read_text()
    assert RunFolder.open(folder).history().finished is not None
