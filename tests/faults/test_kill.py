"""A writer is killed at random moments, over and over; what it had acknowledged is never lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.runs.folder import RunFolder
from tests.helpers.runs import checkpoint, metrics, new_run, same_checkpoint, snapshot

WRITER = Path(__file__).with_name("writer.py")
ROWS = 20_000


def _kill_once(path: Path, delay: float) -> int:
    """Start the writer, kill it ``delay`` seconds after its first word, and return the last step it acknowledged."""
    child = subprocess.Popen([sys.executable, str(WRITER), str(path), str(ROWS)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    first = child.stdout.readline()
    timer = threading.Timer(delay, lambda: os.kill(child.pid, signal.SIGKILL))
    timer.start()
    said = first + child.stdout.read()
    child.wait()
    timer.join()
    child.stdout.close()
    assert child.returncode == -signal.SIGKILL
    return int(said.split()[-1])


def _check(path: Path, acknowledged: int) -> None:
    """Hold what is on the disk against what was acknowledged, before and after the next writer cleaned up."""
    for writable in (False, True):
        with RunFolder.open(path, writable=writable) as run:
            last = run.latest_checkpoint()
            assert last is not None
            assert last.step >= acknowledged
            assert last.step == run.checkpoint_steps()[-1]
            assert same_checkpoint(last, checkpoint(last.step, ROWS))
            history = run.history()
            assert history.damaged == 0
            assert history.metrics[: last.step] == tuple(metrics(step) for step in range(1, last.step + 1))
            for step in run.snapshot_steps():
                assert (run.snapshot(step).embeddings == snapshot(step).embeddings).all()
            for kept in run.kept_steps():
                assert run.projection(kept.step).step in run.snapshot_steps()
            assert len(run.items) == 6
    leftovers = [found.name for found in path.rglob("*") if ".tmp-" in found.name]
    assert leftovers == []


def _loop(path: Path, kills: int, longest: float) -> None:
    new_run(path).close()
    generator = random.Random(7)
    for _ in range(kills):
        acknowledged = _kill_once(path, generator.uniform(0.0, longest))
        assert acknowledged > 0
        _check(path, acknowledged)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    _loop(tmp_path / "run", 5, 0.15)


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    for round_ in range(50):
        _loop(tmp_path / f"run{round_}", 20, 0.15)
        shutil.rmtree(tmp_path / f"run{round_}")


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC", "error=EIO"])
@pytest.mark.parametrize("call", ["write", "fsync", "rename,renameat,renameat2", "openat", "ftruncate"])
def test_every_call_of_a_save_may_fail(tmp_path: Path, call: str, fault: str) -> None:
    """Let the n-th call of a save fail, for n = 1, 2, … until the writer gets through."""
    for number in range(1, 40):
        path = tmp_path / f"run{number}"
        new_run(path).close()
        inject = f"inject={call}:{fault}:when={number}"
        watched = ["-P", str(path), "-P", str(path / "checkpoints"), "-P", str(path / "metrics.jsonl")]
        command = ["strace", "-f", "-qq", "-o", os.devnull, *watched, "-e", inject, sys.executable, str(WRITER)]
        done = subprocess.run([*command, str(path), "200", "3"], capture_output=True, check=False)
        acknowledged = int((done.stdout.split() or [b"0"])[-1])
        with RunFolder.open(path) as run:
            last = run.latest_checkpoint()
            assert (last.step if last else 0) >= acknowledged
            assert last is None or same_checkpoint(last, checkpoint(last.step, 200))
        if done.returncode == 0 and acknowledged == 3:
            return
    pytest.fail("the writer never got through")
