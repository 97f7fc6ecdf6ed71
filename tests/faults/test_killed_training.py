"""The real ``train`` is killed at random moments and gone on with, again and again: nothing that was saved is lost.

``FAULTS_COUNT`` says how many kills the long form does.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 4.0
"""Seconds after its first sign of life within which a training is killed."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")


def _kill_once(run: Path, cache: Path, delay: float) -> None:
    """Start or go on with a training and kill it ``delay`` seconds after its folder is there."""
    resume = ["--resume"] if is_run(run) else []
    command = [sys.executable, "-m", "explorer", "train", "sample:digits", "--out", str(run), *resume]
    settings = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu", "--epochs", "100000"]
    own = {"EMBEDDING_EXPLORER_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [*command, *(settings if not resume else settings[-2:])],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | own, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    assert child.stderr is not None
    try:
        said = b""
        while b"Training on" not in said:
            line = child.stderr.readline()
            assert line, said.decode()
            said += line
        time.sleep(delay)
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stderr.close()


def _kills(tmp_path: Path, count: int) -> list[int]:
    """Kill so often; return how many steps each kill cost: those that were measured after the last checkpoint."""
    generator, run, lost = random.Random(11), tmp_path / "run", []
    before = 0
    for _ in range(count):
        _kill_once(run, tmp_path / "cache", generator.uniform(0.0, LONGEST))
        folder = RunFolder.open(run)
        steps, history = folder.checkpoint_steps(), folder.history()
        checkpoint, passed = folder.search_checkpoint()
        assert (checkpoint is None, passed) == (not steps, ""), "a checkpoint is damaged"
        assert history.damaged == 0
        measured = [metrics.step for metrics in history.metrics]
        assert measured == list(range(1, len(measured) + 1))
        for step in folder.snapshot_steps():
            folder.snapshot(step)
        newest = checkpoint.step if checkpoint is not None else 0
        assert newest >= before, "the run went back"
        before = newest
        lost.append(max(0, len(measured) - newest))
    return lost


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_a_killed_training_goes_on_from_what_was_saved(tmp_path: Path) -> None:
    lost = _kills(tmp_path, int(os.environ.get("FAULTS_COUNT", "100")))
    print(f"steps that a kill cost: {sorted(lost)}")  # noqa: T201 - the figures of the note
