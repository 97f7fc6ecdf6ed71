"""Branch a run as a script would: without a change it reproduces its parent bit for bit on a CPU."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFinished
from explorer.runs.folder import RunFolder
from explorer.runs.parent import read_parent
from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command
from tests.helpers.runs import same_checkpoint


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    x, labels = blobs(400, 6)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", labels)
    return folder / "x.npy"


@pytest.fixture(scope="module")
def parent(vectors: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six epochs with a live change in the second, stopped by its end after checkpoints within."""
    path = tmp_path_factory.mktemp("runs") / "parent"
    common = ("train", vectors, "--out", path, "--threads", 1)
    assert run_command(*common, "--epochs", 3, "--device", "cpu", "--change", "5:loss.margin=0.4")[0] == 0
    assert run_command(*common, "--resume", "--epochs", 6)[0] == 0
    return path


def test_a_branch_without_a_change_is_its_parent_bit_for_bit(vectors: Path, parent: Path, tmp_path: Path) -> None:
    first = RunFolder.open(parent)
    step = first.checkpoint_steps()[-2]
    assert 0 < step < first.checkpoint_steps()[-1]
    out = tmp_path / "branch"
    found = json_of("train", vectors, "--out", out, "--from", f"{parent}@{step}", "--threads", 1)
    branch = RunFolder.open(out)
    assert (found["epochs"], found["steps"]) == (6, first.checkpoint_steps()[-1])
    last, theirs = branch.latest_checkpoint(), first.latest_checkpoint()
    assert last is not None
    assert theirs is not None
    assert same_checkpoint(last, type(theirs)(branch.run, theirs.step, theirs.epoch, theirs.tensors, theirs.scalars))
    losses = [[(m.step, m.loss) for m in run.history().metrics] for run in (branch, first)]
    assert losses[0] == losses[1]
    assert [(c.step, c.new) for c in branch.history().changes] == [(5, 0.4)]
    assert str(read_parent(out)) == f"parent@{step}"
    assert json_of("runs", tmp_path)[0]["parent"] == f"parent@{step}"
    assert f"branch of parent at step {step}" in run_command("runs", tmp_path)[1]
    assert json_of("compare", parent, out, "--data", vectors)["parents"] == ["", f"parent@{step}"]
    assert branch.verify() == ()


def test_a_branch_goes_on_with_other_live_values(vectors: Path, parent: Path, tmp_path: Path) -> None:
    first = RunFolder.open(parent)
    step, out = first.checkpoint_steps()[-2], tmp_path / "branch"
    command = ("train", vectors, "--from", f"{parent}@{step}", "--threads", 1)
    settings = ("--set", "loss.margin=0.1", "--set", "miner=hard")
    status, _, err = run_command(*command, "--out", out, *settings)
    assert status == 0, err
    assert f"at step {step} with loss.margin=0.1, miner=hard" in err
    branch = RunFolder.open(out)
    changed = [(c.step, c.path, c.old, c.new) for c in branch.history().changes if c.step > step]
    assert (step + 1, "loss.margin", 0.4, 0.1) in changed
    assert any(path == "miner" and new == "hard" for _, path, _, new in changed)
    mine, theirs = ({m.step: m.loss for m in run.history().metrics} for run in (branch, first))
    assert all(mine[at] == theirs[at] for at in range(1, step + 1))
    assert any(mine[at] != theirs[at] for at in range(step + 1, len(mine)))
    last = branch.latest_checkpoint()
    assert last is not None
    assert (last.epoch, last.scalars["live.loss.margin"]) == (6, 0.1)
    again = tmp_path / "longer"
    assert json_of(*command, "--out", again, "--epochs", 8, "--set", "loss.margin=0.1")["epochs"] == 8
    newest = ("train", vectors, "--from", f"{parent}@{first.checkpoint_steps()[-1]}", "--threads", 1)
    assert json_of(*newest, "--out", tmp_path / "on", "--set", "loss.margin=0.1")["epochs"] == 12


def test_a_run_at_the_end_of_a_plan_asks_for_how_many_epochs(vectors: Path, parent: Path, tmp_path: Path) -> None:
    """Also of the plan before the last, and of fewer than it had had."""
    run = tmp_path / "run"
    shutil.copytree(parent, run)
    folder = RunFolder.open(run)
    first, last = (event.step for event in folder.history().lifecycle if isinstance(event, RunFinished))
    again = ("train", vectors, "--out", run, "--resume", "--from")
    steps = [(last, 6)] + [(first, 3)] * (first in folder.checkpoint_steps())
    for step, epochs in steps:
        status, _, err = run_command(*again, step)
        assert status == 2
        assert f"had had all of its {epochs} epochs at step {step}. Say how many in all" in err
        assert f"--epochs {2 * epochs}" in err
    status, _, err = run_command(*again, last, "--epochs", 5)
    assert (status, f"had had 6 epochs at step {last}" in err) == (2, True)
    assert RunFolder.open(run).checkpoint_steps() == folder.checkpoint_steps()


def test_what_a_branch_cannot_do_is_one_line_and_leaves_nothing(vectors: Path, parent: Path, tmp_path: Path) -> None:
    step = RunFolder.open(parent).checkpoint_steps()[-2]
    other = tmp_path / "x.npy"
    np.save(other, blobs(400, 6)[0] + 1)
    np.save(tmp_path / "y.npy", blobs(400, 6)[1])
    refused: list[tuple[Path, tuple[object, ...], str]] = [
        (vectors, ("--from", f"{parent}@{step}", "--seed", 3), "--seed does not go with"),
        (vectors, ("--from", f"{parent}@{step}", "--resume"), "--resume does not go with"),
        (vectors, ("--from", f"{parent}@{step}", "--set", "loss=supcon"), "cannot change while a run trains"),
        (vectors, ("--from", f"{parent}@1"), "no whole checkpoint of step 1"),
        (vectors, ("--from", f"{parent}@{step}", "--epochs", 1), "The run has had"),
        (vectors, ("--from", f"{tmp_path}@{step}"), "is not a run"),
        (vectors, ("--from", "first"), "neither a step, such as 168, nor RUN@STEP"),
        (vectors, ("--from", step), "branch another run"),
        (other, ("--from", f"{parent}@{step}"), "parent was trained"),
    ]
    for data, options, words in refused:
        status, _, err = run_command("train", data, "--out", tmp_path / "out", *options)
        assert (status, words in err) == (2, True), err
        assert not (tmp_path / "out").exists()
