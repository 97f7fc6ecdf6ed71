"""Real trainings are killed at random moments and gone on with, again and again: nothing that was saved is lost.

``FAULTS_COUNT`` says how many kills the long form does. A kill ends the training alone, as the system would; every
second one falls within a save.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run
from tests.faults.training_server import AUTOSAVE_SECONDS, digest, rounded

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 2.0
"""Seconds after the folder is there within which a training is killed."""
A_SAVE = 0.03
"""Seconds after a save has begun within which one is."""
KILLS_A_RUN = 25
LATE = 2.0
"""Seconds within which a save that is due is on the disk, on a busy machine."""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and needs SIGKILL")


@dataclass
class Said:
    """What the trainings of a run have said: a number for each step, or digests of what was written of it."""

    began: list[int] = field(default_factory=list)
    losses: dict[int, str] = field(default_factory=dict)
    times: dict[int, float] = field(default_factory=dict)
    saving: dict[int, set[str]] = field(default_factory=dict)
    shown: dict[int, set[str]] = field(default_factory=dict)
    saved: int = 0

    def hear(self, kind: str, step: int, rest: str) -> None:
        """Take in one line."""
        if kind == "began":
            self.began.append(step)
            self.times.clear()
        elif kind == "measured":
            self.losses[step], self.times[step] = rest, time.monotonic()
        elif kind == "saved":
            self.saved = step
        else:
            getattr(self, kind).setdefault(step, set()).add(rest)


class Trainings:
    """The process that trainings are forked from."""

    def __init__(self, cache: Path) -> None:
        self._told = cache.with_name("told.txt").open("w+b")
        own = {"EMBEDDING_EXPLORER_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.training_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | own, cwd=ROOT, text=True, bufsize=1,
            stderr=self._told,
        )  # fmt: skip

    def __enter__(self) -> Trainings:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.communicate()
        self._told.close()

    def _ending(self) -> str:
        """Return the end of what the trainings have told the user."""
        self._told.seek(0)
        return self._told.read()[-2000:].decode()

    def kill_one(self, run: Path, said: Said, generator: random.Random, *, saving: bool) -> float:
        """Begin a training or go on with it, and kill it after a while or within a save; return when."""
        assert self._server.stdin is not None
        words = ["train", "sample:digits", "--out", str(run), "--epochs", "100000"]
        begin = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu"]
        self._server.stdin.write(json.dumps([*words, *(["--resume"] if is_run(run) else begin)]) + "\n")
        delay = generator.uniform(0.0, LONGEST)
        child, killed, due = 0, 0.0, float("inf")
        for line in self._lines():
            kind, _, rest = line.partition(" ")
            now = time.monotonic()
            if kind == "child":
                child = int(rest)
            elif kind == "ended":
                assert int(rest) == signal.SIGKILL, self._ending()
                return killed
            else:
                step, _, value = rest.partition(" ")
                said.hear(kind, int(step), value)
            due = now + delay if kind == "began" else due
            if not killed and now >= due and (kind == "saving" or not saving):
                time.sleep(generator.uniform(0.0, A_SAVE))
                os.kill(child, signal.SIGKILL)
                killed = time.monotonic()
        raise AssertionError("the process that trainings are forked from has ended")

    def _lines(self) -> Iterator[str]:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            yield line.rstrip("\n")


def _check(run: Path, said: Said) -> int:
    """Hold what is on the disk against what was said of it; return the step that the run goes on from."""
    folder = RunFolder.open(run)
    steps, history = folder.checkpoint_steps(), folder.history()
    checkpoint, passed = folder.search_checkpoint()
    assert (checkpoint is None, passed) == (not steps, ""), "a checkpoint is damaged"
    newest = checkpoint.step if checkpoint is not None else 0
    assert newest >= said.saved, "what was acknowledged is not there"
    assert checkpoint is None or digest(checkpoint) in said.saving[newest], "other weights than were saved"
    assert history.damaged == 0
    measured = {metrics.step: repr(metrics.loss) for metrics in history.metrics}
    assert list(measured) == list(range(1, len(measured) + 1))
    assert len(measured) >= newest
    assert all(measured[step] == said.losses[step] for step in range(1, newest + 1)), "other figures than were measured"
    for step in folder.snapshot_steps():
        assert rounded(folder.snapshot(step)) in said.shown[step]
    return newest


def _kills(tmp_path: Path, count: int) -> list[float]:
    """Kill so often, in runs of ``KILLS_A_RUN``; return how many seconds of measured steps each kill cost."""
    generator, lost = random.Random(11), []
    with Trainings(tmp_path / "cache") as trainings:
        for number in range(count):
            run = tmp_path / f"run{number // KILLS_A_RUN}"
            if not number % KILLS_A_RUN:
                shutil.rmtree(tmp_path / f"run{number // KILLS_A_RUN - 1}", ignore_errors=True)
                said, newest = Said(), 0
            killed = trainings.kill_one(run, said, generator, saving=bool(number % 2))
            assert said.began[-1] == newest, "it went on from elsewhere"
            newest = _check(run, said)
            since = min((at for step, at in said.times.items() if step > newest), default=killed)
            lost.append(max(0.0, killed - since))
            assert lost[-1] < AUTOSAVE_SECONDS + LATE, "more than what came since the last save that was due"
    return lost


@pytest.mark.full
def test_a_training_that_is_killed_a_few_times_goes_on_from_what_was_saved(tmp_path: Path) -> None:
    assert len(_kills(tmp_path, 4)) == 4


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_a_thousand_killed_trainings_go_on_from_what_was_saved(tmp_path: Path) -> None:
    lost = sorted(_kills(tmp_path, int(os.environ.get("FAULTS_COUNT", "1000"))))
    within = sum(seconds <= AUTOSAVE_SECONDS for seconds in lost)
    print(f"{len(lost)} kills: {lost[len(lost) // 2]:.2f} s, at most {lost[-1]:.2f}, {within} within an interval")  # noqa: T201
