from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Split, frozen
from explorer.data.dataset import Dataset
from explorer.data.opening import open_dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.run.changed_data import split_on
from explorer.engine.run.run_files import create_run
from explorer.runs.folder import RunFolder
from tests.helpers.data import picture_folder


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return open_dataset(str(picture_folder(tmp_path / "fruit", {"apple": 3, "pear": 3})), cache_folder=tmp_path / "c")


@pytest.fixture
def run(tmp_path: Path, data: Dataset) -> RunFolder:
    split = Split("items", frozen([0, 2, 3, 5]), frozen([1, 4]), False)
    made = create_run(tmp_path / "run", Opened(data, split, "", ((data.uri, "main"),)), Recipe())
    made.close()
    return made


def called(data: Dataset, *ids: str) -> Dataset:
    return replace(data, ids=TextColumn.of(ids))


def test_nothing_but_what_was_held_out_is_measured_at_the_place_of_the_data(run: RunFolder, data: Dataset) -> None:
    told: list[str] = []
    names = list(data.ids)
    whole = split_on(run, data, True, told.append)
    assert whole is not None
    assert whole.held_out.tolist() == [1, 4]
    left = split_on(run, called(data, "0.png", names[4], names[0], "1.png", "2.png", "3.png"), True, told.append)
    assert left is not None
    assert (left.train.tolist(), left.held_out.tolist()) == ([2], [1])
    new, gone = left.notes[:2]
    assert new == "4 items new since the run was trained: not measured"
    assert gone == "1 held-out item of the run not there any more"
    with pytest.raises(UserError, match=r"Nothing that run held out is at .*fruit any more"):
        split_on(run, called(data, names[0], "1.png", "2.png", "3.png", "4.png", "5.png"), True, told.append)
    assert not told


def test_of_other_data_it_is_said_what_may_have_been_trained_on(run: RunFolder, data: Dataset) -> None:
    told: list[str] = []
    names = list(data.ids)
    assert split_on(run, called(data, *(f"{i}.png" for i in range(6))), False, told.append) is None
    assert not told
    assert split_on(run, called(data, names[0], names[1], *(f"{i}.png" for i in range(4))), False, told.append) is None
    assert told == ["run was trained on what is called as 1 item of these data"]
    half = split_on(run, called(data, *names[:3], *(f"{i}.png" for i in range(3))), False, told.append)
    assert half is not None
    assert half.held_out.tolist() == [1]
