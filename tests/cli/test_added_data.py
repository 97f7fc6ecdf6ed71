"""Test data and a gallery that a run was trained beside: what goes on with it, or measures it, has them again."""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from explorer.api.run import Run
from explorer.cli.added_data import added_of, take_added
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.engine.saved_runs import glance_of
from explorer.runs.folder import RunFolder
from explorer.runs.header import AddedData
from tests.helpers.blobs import blobs
from tests.helpers.command_line import json_of, run_command
from tests.helpers.runs import data_record, run_items

FAST = ("--epochs", 1, "--threads", 1, "--device", "cpu")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Rows to train on, to test by and to be found in, each with its classes beside it."""
    for seed, name in enumerate(("rows", "tests", "found")):
        x, labels = blobs(120, 4, seed=seed)
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "x.npy", x)
        np.save(tmp_path / name / "y.npy", labels)
    return tmp_path


def test_a_run_goes_on_and_is_measured_with_what_was_added_to_its_data(place: Path) -> None:
    rows, tests, found = (place / name / "x.npy" for name in ("rows", "tests", "found"))
    run, branch = place / "run", place / "branch"
    train = ("train", rows, "--out", run)
    assert run_command(*train, "--gallery", found, "--test", tests, *FAST)[0] == 0
    status, _, err = run_command(*train, "--resume", "--epochs", 2, "--threads", 1)
    assert status == 0, err
    assert f"run was trained with {tests} beside its data: --test {tests}" in err
    assert f"--gallery {found}" in err
    told = glance_of(run)
    assert told is not None
    assert told.recipe.epochs == json_of("recipes", "show", run)["epochs"] == Run(run).recipe.epochs == 2
    step = RunFolder.open(run).checkpoint_steps()[-1]
    status, _, err = run_command("train", rows, "--out", branch, "--from", f"{run}@{step}", "--test", tests, *FAST[2:4])
    assert status == 0, err
    assert f"--gallery {found}" in err
    assert f"--test {tests}" not in err
    whole = json_of("evaluate", run)
    status, _, err = run_command("evaluate", run, "--data", rows)
    assert status == 0, err
    assert f"These are the data that run was trained on: with them goes {tests}, {found}" in err
    assert json_of("evaluate", run, "--data", rows)["metrics"] == whole["metrics"]
    assert json_of("embed", run, rows, place / "out.npy")["items"] == 120
    shutil.rmtree(place / "tests")
    status, _, err = run_command("evaluate", run, "--data", rows)
    assert f"warning: {tests}, which was added to the data of run, is left out: {tests} does not exist" in err
    for command in (("evaluate", run), ("compare", run, run), ("clean", run)):
        status, _, err = run_command(*command)
        assert status == 2
        assert f"{tests}, the test data of run, cannot be read: it is not there any more. Put it back" in err
        assert ("or measure on it where it is now: --data DATA, or go on without it: --data" in err) != (
            command[0] == "clean"
        )
    with pytest.raises(UserError, match="the test data of run"):
        Run(run).resume(epochs=3)
    status, _, err = run_command(*train, "--resume", "--epochs", 3)
    assert status == 2
    assert f"run was trained with {tests} beside its data, which is not there any more" in err
    assert "Say where it is now: --test TEST" in err
    (place / "moved").mkdir()
    x, labels = blobs(120, 4, seed=1)
    np.save(place / "moved" / "x.npy", x)
    np.save(place / "moved" / "y.npy", labels)
    tests = place / "moved" / "x.npy"
    status, _, err = run_command(*train, "--resume", "--epochs", 3, "--threads", 1, "--test", tests)
    assert status == 0, err
    assert f"run looks for its data where they are now: {tests}" in err
    assert json_of("evaluate", run)["items"] == whole["items"], "every command looks there from then on"


def test_what_is_named_of_a_run_comes_with_what_is_not_in_the_order_of_the_run(place: Path) -> None:
    run, tests, found = place / "run", place / "tests", place / "found"
    added = tuple(AddedData(uri=str(one), role="test") for one in (tests, found))
    record = data_record(uri=str(place / "rows"), added=added)
    with RunFolder.create(run, Recipe(), record, run_items()):
        pass

    def taken(*named: Path) -> list[str]:
        options = Namespace(data=str(place / "rows"), test=[str(one) for one in named], gallery=[])
        take_added(run, options)
        return [Path(spec).name for spec, _ in added_of(options)]

    assert taken() == taken(tests) == taken(found) == taken(found, tests) == ["tests", "found"]
    tests.rename(place / "moved")
    assert taken(found, place / "moved") == taken(place / "moved") == ["moved", "found"]
    with pytest.raises(UserError, match="tests beside its data, which is not there any more"):
        taken(found)
