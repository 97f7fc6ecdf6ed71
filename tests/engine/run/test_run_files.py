"""What is said of data that are not those of a run: the thing that differs, and not two numbers that are alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Split, frozen
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modality_named
from explorer.data.opening import open_dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.run.run_files import check_same_items, create_run
from explorer.runs.folder import RunFolder
from tests.helpers.data import picture_folder


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return open_dataset(str(picture_folder(tmp_path / "fruit", {"apple": 2, "pear": 2})), cache_folder=tmp_path / "c")


@pytest.fixture
def run(tmp_path: Path, data: Dataset) -> RunFolder:
    split = Split("items", frozen([0, 2]), frozen([1, 3]), False)
    made = create_run(tmp_path / "run", Opened(data, split, "", ((data.uri, "main"),)), Recipe())
    made.close()
    return made


def called(data: Dataset, *ids: str) -> Dataset:
    return replace(data, ids=TextColumn.of(ids))


def test_what_differs_is_said(run: RunFolder, data: Dataset) -> None:
    check_same_items(run, data)
    names = list(data.ids)
    others = {
        "the same pictures come in another order": called(data, *names[::-1]),
        f"1 of 4 pictures has another name: what was called {names[1]} is new.png now": called(
            data, names[0], "new.png", *names[2:]
        ),
        "it holds clips, the run was of pictures": replace(data, modality=modality_named("video")),
        f"it has 3 pictures and the run 4: 2 pictures of the run gone, the first {names[2]}, and 1 new": called(
            data, *names[:2], "new.png"
        ),
        "it has 5 pictures and the run 4: 0 pictures of the run gone, and 1 new": called(data, *names, "new.png"),
    }
    for told, other in others.items():
        with pytest.raises(UserError) as refused:
            check_same_items(run, other)
        assert f"is not what run was trained on: {told}. " in str(refused.value)
