from __future__ import annotations

import shutil
from pathlib import Path

from explorer.core.recipe import Recipe
from explorer.core.types import Split, frozen
from explorer.data.opening import open_dataset
from explorer.engine.datasets.loading import Opened
from explorer.engine.run.moved_data import check_and_remember
from explorer.engine.run.run_files import create_run
from explorer.runs.folder import RunFolder
from explorer.runs.places import PLACES_NAME
from tests.helpers.data import picture_folder


def test_data_that_left_their_folder_are_looked_for_where_they_are(tmp_path: Path) -> None:
    data = open_dataset(str(picture_folder(tmp_path / "fruit", {"apple": 3, "pear": 3})), cache_folder=tmp_path / "c")
    split = Split("items", frozen([0, 2, 3, 5]), frozen([1, 4]), False)
    create_run(tmp_path / "run", Opened(data, split, "", ((data.uri, "main"),)), Recipe()).close()
    shutil.copytree(tmp_path / "fruit", tmp_path / "copy")

    def remembered() -> str:
        copied = open_dataset(str(tmp_path / "copy"), cache_folder=tmp_path / "c")
        return check_and_remember(RunFolder.open(tmp_path / "run"), copied, ((str(tmp_path / "copy"), "main"),))

    assert not remembered(), "they are where they were, as well"
    for kind in ("apple", "pear"):
        shutil.rmtree(tmp_path / "fruit" / kind)
    (tmp_path / "run" / PLACES_NAME).write_text("junk")
    assert remembered().endswith("Delete it: where the data are now is asked again then")
    (tmp_path / "run" / PLACES_NAME).unlink()
    assert remembered() == f"run looks for its data where they are now: {tmp_path / 'copy'}"
    assert RunFolder.open(tmp_path / "run").data.uri == str(tmp_path / "copy")
    assert not remembered()
