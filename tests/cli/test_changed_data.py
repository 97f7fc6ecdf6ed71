"""A run whose data have changed, or moved, since it was trained."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.runs.folder import RunFolder
from tests.helpers.command_line import json_of, run_command
from tests.helpers.data import picture_folder

FAST = ["--set", "encoder=linear", "--set", "data.size=28", "--device", "cpu"]


@pytest.mark.full
def test_training_pictures_are_never_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    data, run = picture_folder(tmp_path / "data", {f"class{i}": 10 for i in range(4)}), tmp_path / "run"
    json_of("train", data, "--out", run, "--epochs", 1, *FAST)
    before = json_of("evaluate", run)
    assert (before["items"], before["classes"], "notes" in before) == (8, 4, False)
    shutil.copy(data / "class0" / "000.png", data / "class0" / "new.png")
    after = json_of("evaluate", run)
    assert after["metrics"] == pytest.approx(before["metrics"])
    assert after["notes"] == ["1 item new since the run was trained: not measured"]
    data.rename(tmp_path / "moved")
    status, _, err = run_command("evaluate", run)
    assert status == 2
    assert "is not there any more" in err
    assert "--data" in err
    assert json_of("evaluate", run, "--data", tmp_path / "moved")["items"] == 8
    found = json_of("query", run, tmp_path / "moved" / "class0" / "000.png", "-k", 1, "--data", tmp_path / "moved")
    assert found["neighbours"][0]["path"].startswith(str(tmp_path / "moved"))
    status, _, err = run_command("clean", run, "--data", tmp_path / "moved")
    assert status == 2, "one is new there"
    assert "is not what run was trained on" in err
    (tmp_path / "moved" / "class0" / "new.png").unlink()
    assert "label_errors" in json_of("clean", run, "--data", tmp_path / "moved")
    other = picture_folder(tmp_path / "other", {"class0": 3, "class1": 3})
    assert json_of("evaluate", run, "--data", other)["split"] == "all"


@pytest.mark.full
def test_a_finished_run_goes_on_for_more_epochs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    data, run = picture_folder(tmp_path / "data", {f"class{i}": 10 for i in range(4)}), tmp_path / "run"
    first = json_of("train", data, "--out", run, "--epochs", 1, *FAST)
    for epochs in ([], ["--epochs", 1]):  # nothing is left to do: said, and not an error
        status, out, err = run_command("train", data, "--out", run, "--resume", *epochs, "--json")
        assert status == 0
        assert "has had all of its epochs, 1; --epochs 2 trains it further" in err
        assert json.loads(out) == first
    more = json_of("train", data, "--out", run, "--resume", "--epochs", 3)
    assert (more["epochs"], more["steps"]) == (3, 3 * first["steps"])
    assert len(RunFolder.open(run).history().metrics) == more["steps"]
    status, _, err = run_command("train", data, "--out", run, "--resume", "--epochs", 2)
    assert status == 2
    assert "has had 3 epochs already" in err
    assert "--epochs 6" in err


def test_a_newest_checkpoint_that_is_not_finite_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(tmp_path / "cache"))
    data, run = picture_folder(tmp_path / "data", {f"class{i}": 10 for i in range(4)}), tmp_path / "run"
    first = json_of("train", data, "--out", run, "--epochs", 2, *FAST)
    good = first["steps"]
    with RunFolder.open(run, writable=True) as folder:
        last = folder.latest_checkpoint()
        assert last is not None
        bad = {name: np.full_like(a, np.nan) if a.dtype.kind == "f" else a for name, a in last.tensors.items()}
        folder.write_checkpoint(replace(last, step=good + 1, tensors=bad))
    status, _, err = run_command("evaluate", run)
    assert status == 0
    assert f"The checkpoint of step {good} is used: that of step {good + 1} holds numbers that are not finite" in err
    status, _, err = run_command("evaluate", run, "--from", 999)
    assert (status, f"Steps: {good}" in err) == (2, True)
    status, _, err = run_command("train", data, "--out", run, "--resume", "--from", 1)
    assert status == 2
    assert f"has no checkpoint of step 1. Choose one of {good}, {good + 1}" in err
    status, out, err = run_command("train", data, "--out", run, "--resume", "--epochs", 3, "--json")
    assert status == 0, err
    assert f"warning: The checkpoint of step {good} is used" in err
    assert json.loads(out)["epochs"] == 3


def _vectors(path: Path, change: int = 0) -> Path:
    """Write ten classes of vectors; of the first ``change`` the numbers are others."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 12)
    x = (random.normal(size=(10, 8))[labels] + 0.3 * random.normal(size=(120, 8))).astype(np.float32)
    x[:change] += 1
    np.savez(path, x=x, y=labels)
    return path


@pytest.mark.full
def test_other_contents_under_the_same_names_are_not_taken_for_the_data_of_a_run(tmp_path: Path) -> None:
    data, run = _vectors(tmp_path / "v.npz"), tmp_path / "run"
    json_of("train", data, "--out", run, "--epochs", 1, "--set", "encoder=linear", "--device", "cpu")
    assert "notes" not in json_of("evaluate", run)
    _vectors(data, change=3)
    status, _, err = run_command("train", data, "--out", run, "--resume", "--epochs", 2)
    assert status == 2
    assert f"3 vectors of 120 of {data} that were looked at changed since run was trained, the first is v[0]" in err
    (note,) = json_of("evaluate", run)["notes"]
    assert "3 vectors of 120" in note
    _vectors(data)
    assert json_of("train", data, "--out", run, "--resume", "--epochs", 2)["epochs"] == 2


def test_a_file_of_vectors_that_was_renamed_is_still_that_of_the_run(tmp_path: Path) -> None:
    data, run = _vectors(tmp_path / "v.npz"), tmp_path / "run"
    json_of("train", data, "--out", run, "--epochs", 1, "--set", "encoder=linear", "--device", "cpu")
    before = json_of("evaluate", run)
    other = _vectors(tmp_path / "other.npz", change=120)
    assert json_of("evaluate", run, "--data", other)["split"] == "all", "the same rows of another file are other items"
    moved = data.rename(tmp_path / "moved.npz")
    assert json_of("evaluate", run, "--data", moved) == before
    status, _, err = run_command("train", moved, "--out", run, "--resume", "--epochs", 2)
    assert (status, "what was called v[0] is moved[0] now" in err) == (2, True)


def test_every_command_that_is_told_where_data_are_now_remembers_it(tmp_path: Path) -> None:
    data, run = _vectors(tmp_path / "v.npz"), tmp_path / "run"
    json_of("train", data, "--out", run, "--epochs", 1, "--set", "encoder=linear", "--device", "cpu")
    before = json_of("evaluate", run)
    copied = tmp_path / "copied"
    for number, command in enumerate((["evaluate", run], ["embed", run], ["clean", run], ["query", run, "v[5]"])):
        moved = tmp_path / str(number) / "v.npz"
        moved.parent.mkdir()
        data = data.rename(moved)
        copied.mkdir(exist_ok=True)
        other = _vectors(copied / "v.npz", change=3)
        assert run_command("evaluate", run, "--data", other)[0] == 0
        assert run_command("evaluate", run)[0] == 2, "others are measured, and not taken for those of the run"
        told = [data, tmp_path / "vectors.npy"] if command[0] == "embed" else ["--data", data]
        status, _, err = run_command(*command, *told)
        assert status == 0, err
        assert f"run looks for its data where they are now: {data}" in err
        assert json_of("evaluate", run) == before
