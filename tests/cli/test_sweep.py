"""Sweeps as a script would make them, on vectors; killed at random moments they lose no run and do none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFinished, RunStarted
from explorer.engine.sweep.queue import QUEUE_NAME, read_entries
from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run
from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command
from tests.helpers.runs import new_run

FAST = ("--device", "cpu", "--precision", "float32", "--threads", 1)
TWELVE = ("--over", "loss=triplet,contrastive", "--over", "loss.margin=0.1:0.5:3", "--seeds", 2)
KILLED_BY = 60.0
"""Seconds after which a child that trains nothing any more is given up."""


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    x, labels = blobs(400, 6)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", labels)
    return folder / "x.npy"


def runs_in(folder: Path) -> dict[str, RunFolder]:
    return {path.name: RunFolder.open(path) for path in sorted(folder.iterdir()) if is_run(path)}


def weights_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all tensors of the last checkpoint of every run, by its name."""
    found = {}
    for name, run in runs_in(folder).items():
        checkpoint = run.latest_checkpoint()
        assert checkpoint is not None
        found[name] = b"".join(np.asarray(tensor).tobytes() for tensor in checkpoint.tensors.values())
    return found


def test_a_sweep_trains_each_combination_once_and_the_same_command_does_nothing_more(
    vectors: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sweep"
    command = ("sweep", vectors, "--out", out, "--over", "loss=triplet,supcon", "--over", "loss.margin=0.1:0.4:2")
    found = json_of(*command, "--seeds", 2, "--pictures", 600, *FAST)
    assert [(one["settings"], one["seed"]) for one in found["runs"]] == [
        (settings, seed)
        for seed in (0, 1)
        for settings in (
            {"loss": "triplet", "loss.margin": "0.1"},
            {"loss": "triplet", "loss.margin": "0.4"},
            {"loss": "supcon"},
        )
    ]
    assert {one["state"] for one in found["runs"]} == {"done"}
    assert all(0 < one["metrics"]["recall@1"] <= 1 for one in found["runs"])
    train = len(runs_in(out)[Path(found["runs"][0]["run"]).name].items.indices("train"))
    assert {run.recipe.epochs for run in runs_in(out).values()} == {round(600 / train)}
    assert "flattered" in found["verdict"]
    assert len(found["combinations"]) == 3
    assert all(one["recall@1_low"] <= one["recall@1"] <= one["recall@1_high"] for one in found["combinations"])
    table = json_of("runs", out)
    assert {row["run"] for row in table} == {one["run"] for one in found["runs"]}
    assert {"loss", "seed"} <= set(table[0]["differs"])

    before = {name: (run.path / "metrics.jsonl").read_bytes() for name, run in runs_in(out).items()}
    assert json_of(*command, "--seeds", 2, "--pictures", 600, *FAST) == found
    assert {name: (run.path / "metrics.jsonl").read_bytes() for name, run in runs_in(out).items()} == before
    more = json_of(*command, "--seeds", 3, "--pictures", 600, *FAST)
    assert len(more["runs"]) == 9
    assert all((out / name / "metrics.jsonl").read_bytes() == text for name, text in before.items())
    status, text, _ = run_command(*command, "--seeds", 2, "--pictures", 600, *FAST)
    assert (status, text.splitlines()[-1]) == (0, found["verdict"])
    assert "2 seeds" in text


def test_a_run_of_a_sweep_is_what_train_makes_alone(vectors: Path, tmp_path: Path) -> None:
    found = json_of("sweep", vectors, "--out", tmp_path / "s", "--over", "loss.margin=0.1,0.4", "--epochs", 2, *FAST)
    for one in found["runs"]:
        alone = tmp_path / "alone" / Path(one["run"]).name
        settings = [f"{key}={value}" for key, value in one["settings"].items()]
        command = ("train", vectors, "--out", alone, "--set", *settings, "--epochs", 2, *FAST)
        assert run_command(*command)[0] == 0
    assert weights_of(tmp_path / "alone") == weights_of(tmp_path / "s")


def test_one_that_fails_is_told_and_the_rest_go_on(vectors: Path, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    command = ("sweep", vectors, "--out", out, "--over", "encoder=resnet,mlp", "--epochs", 1, *FAST)
    status, text, err = run_command(*command)
    assert status == 0
    assert "1 of 2 runs: resnet-seed0-" in err
    assert "failed" in err
    assert "1 failed" in text
    assert [run.recipe.encoder.name for run in runs_in(out).values()] == ["mlp"]
    found = json_of(*command)
    assert [one["state"] for one in found["runs"]] == ["failed", "done"]
    assert found["runs"][0]["message"]
    assert "failed before" in run_command(*command)[2]
    assert "failed before" not in run_command(*command, "--retry")[2]
    other = tmp_path / "x.npy"
    np.save(other, blobs(200, 4)[0])
    np.save(tmp_path / "y.npy", blobs(200, 4)[1])
    # the queue knows what was done; only a run that is not known there is looked at
    (out / QUEUE_NAME).unlink()
    said = run_command("sweep", other, *command[2:])[2]
    assert "was trained on other data" in said


@pytest.mark.full
def test_halving_lets_the_better_half_go_on_to_what_it_would_have_been_alone(vectors: Path, tmp_path: Path) -> None:
    out, command = tmp_path / "halved", ("--over", "loss.margin=0.05:0.8:4", "--epochs", 4, *FAST)
    found = json_of("sweep", vectors, "--out", out, *command, "--halving")
    epochs = sorted(run.history().lifecycle[-1].epoch for run in runs_in(out).values())  # type: ignore[union-attr]
    assert epochs == [1, 1, 2, 4]
    assert sorted(one["round"] for one in found["runs"]) == [0, 0, 1, 2]
    assert [one["whole"] for one in found["combinations"]] == [True, False, False, False]
    assert json_of("sweep", vectors, "--out", out, *command, "--halving") == found
    whole = json_of("sweep", vectors, "--out", tmp_path / "whole", *command)
    assert len(whole["runs"]) == 4
    best = max(runs_in(out), key=lambda name: runs_in(out)[name].history().lifecycle[-1].epoch)  # type: ignore[union-attr]
    assert weights_of(out)[best] == weights_of(tmp_path / "whole")[best]


def test_minutes_end_a_run_which_is_not_trained_again(vectors: Path, tmp_path: Path) -> None:
    command = ("sweep", vectors, "--out", tmp_path, "--over", "loss.margin=0.1,0.4", "--minutes", 0.02, *FAST)
    found = json_of(*command, "--set", "sampler.classes=2", "--set", "sampler.images=2")
    ended = [run.history().finished for run in runs_in(tmp_path).values()]
    assert all(end is not None and end.seconds < 30 for end in ended)
    assert json_of(*command, "--set", "sampler.classes=2", "--set", "sampler.images=2") == found
    assert [run.history().finished for run in runs_in(tmp_path).values()] == ended


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--over", "loss.margin=0.1:0.5"), "without a count"),
        (("--over", "loss=none"), "no loss"),
        (("--pictures", 9, "--minutes", 1), "say both how long"),
        (("--halving", "--minutes", 1), "goes by epochs"),
        (("--over", "epochs=1,2", "--epochs", 3), "says them as well"),
        (("--minutes", "x"), "not a number of minutes"),
        (("--draw", 3), "nothing to draw from"),
        (("--devices", "cpu,gpu"), "gpu is no device"),
        (("--over", "loss=triplet,supcon", "--drawn-by", "optuna"), "a number of combinations"),
    ],
)
def test_what_cannot_be_swept_is_one_line_and_leaves_nothing(
    vectors: Path, tmp_path: Path, options: tuple[object, ...], said: str
) -> None:
    status, out, err = run_command("sweep", vectors, "--out", tmp_path / "s", *options)
    assert (status, out, said in err) == (2, "", True), err
    assert not (tmp_path / "s").exists()


def test_a_sweep_is_written_into_no_run_and_over_no_file(vectors: Path, tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        pass
    before = sorted(path.name for path in run.path.iterdir())
    (tmp_path / "a.txt").write_text("mine")
    for place, said in (
        ("run", "run already holds a run. Choose another folder"),
        ("run/items.csv", "items.csv belongs to a run"),
        ("run/mine", "mine lies in the folder of a run"),
        ("a.txt", "a.txt is a file"),
        ("a.txt/mine", "a.txt is a file"),
    ):
        status, out, err = run_command("sweep", vectors, "--out", tmp_path / place, "--seeds", 2)
        assert (status, out, said in err) == (2, "", True), err
    assert sorted(path.name for path in run.path.iterdir()) == before


def killed(line: list[str], queue: Path, after: int, seconds: float) -> bool:
    """Start a sweep and kill it ``seconds`` after its queue has ``after`` lines; return whether it had ended before."""
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    timer = threading.Timer(seconds, lambda: os.kill(child.pid, signal.SIGKILL))
    try:
        for _ in range(int(KILLED_BY / 0.02)):
            if len(read_entries(queue)[0]) >= after:
                break
            try:
                child.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        timer.start()
        return child.wait(KILLED_BY) != -signal.SIGKILL
    finally:
        timer.cancel()
        child.kill()
        child.wait()


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize(
    ("kills", "on"),
    [
        (1, ("--device", "cpu")),
        pytest.param(3, ("--device", "cpu"), marks=pytest.mark.full),
        pytest.param(10, ("--device", "cpu"), marks=pytest.mark.full),
        pytest.param(10, ("--devices", "cpu,cpu"), marks=pytest.mark.full),
    ],
)
def test_a_sweep_that_is_killed_at_any_moment_loses_no_run_and_does_none_twice(
    vectors: Path, tmp_path: Path, kills: int, on: tuple[str, str]
) -> None:
    draw, out = random.Random(kills), tmp_path / "sweep"
    data = "sample:digits" if kills > 3 else vectors
    command = ["sweep", data, "--out", out, *TWELVE, "--epochs", 2, *FAST[2:], *on]
    line = [sys.executable, "-m", "explorer", *map(str, command)]
    most = 5 if kills <= 3 else 4 if "--devices" in on else 2  # lines of the queue until it is killed
    for number in range(kills):
        wanted = len(read_entries(out / QUEUE_NAME)[0]) + draw.randint(1, most)
        assert not killed(line, out / QUEUE_NAME, wanted, draw.random() / 2), f"it had ended before kill {number}"
    found = json_of(*command)
    assert [one["state"] for one in found["runs"]] == ["done"] * 12
    assert set(runs_in(out)) == {Path(one["run"]).name for one in found["runs"]}
    done = [entry.run for entry in read_entries(out / QUEUE_NAME)[0] if entry.state == "done"]
    assert sorted(done) == sorted(runs_in(out))
    for name, run in runs_in(out).items():
        history = run.history()
        ends = [event for event in history.lifecycle if isinstance(event, RunFinished)]
        assert [(end.reason, end.epoch) for end in ends] == [("done", 2)], name
        assert [m.step for m in history.metrics] == list(range(1, ends[0].step + 1))
        assert isinstance(history.lifecycle[-1], RunFinished)
        assert isinstance(history.lifecycle[0], RunStarted)
    straight = tmp_path / "straight"
    alone = ("sweep", data, "--out", straight, *TWELVE, "--epochs", 2, *FAST[2:], on[0], "cpu")
    assert run_command(*alone)[0] == 0
    assert weights_of(out) == weights_of(straight)
