"""Where the items of a run are said to lie, where others have their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.recipe import Recipe
from explorer.core.text_column import TextColumn
from explorer.data.labels.part_names import SPLIT_COLUMN
from explorer.engine.item_places import place_of
from explorer.runs.folder import RunFolder
from explorer.runs.header import AddedData
from explorer.runs.items import RunItems
from tests.helpers.runs import data_record

NAMES = ("c0/0.png", "test/c0/1.png", "test/c0/0.png", "test/c0/0.png~2", "test/c0/1.png~2", "test/c0/2~2.png")
ROLES = ("train", "train", "test", "test", "test", "test")
LIE = ("main/c0/0.png", "main/test/c0/1.png", "one/c0/0.png", "two/c0/0.png", "two/c0/1.png", "two/c0/2~2.png")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    for name in LIE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    added = tuple(AddedData(uri=str(tmp_path / name), role="test") for name in ("one", "two"))
    record = data_record(uri=str(tmp_path / "main"), items=len(NAMES), added=added)
    parts, columns = TextColumn.of([""] * len(NAMES)), {SPLIT_COLUMN: TextColumn.of(ROLES)}
    items = RunItems(TextColumn.of(NAMES), np.zeros(len(NAMES), np.int64), parts, columns)
    with RunFolder.create(tmp_path / "run", Recipe(), record, items) as folder:
        return folder


def test_items_of_one_name_lie_each_in_its_own_folder(run: RunFolder, tmp_path: Path) -> None:
    found = [place_of(run, item, run.data.uri, is_file=True) for item in range(len(NAMES))]
    assert found == [str(tmp_path / name) for name in LIE]
    rows = [place_of(run, item, run.data.uri, is_file=False) for item in (0, 2, 3)]
    assert rows == [str(tmp_path / name) for name in ("main", "one", "two")]


def test_an_item_of_a_folder_that_is_gone_is_not_said_to_lie_in_another(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "one").rename(tmp_path / "moved")
    assert place_of(run, 2, run.data.uri, is_file=True) == f"{tmp_path / 'one'}/c0/0.png"
    assert place_of(run, 3, run.data.uri, is_file=True) == str(tmp_path / "two/c0/0.png")
    (tmp_path / "two").rename(tmp_path / "moved too")
    assert place_of(run, 3, run.data.uri, is_file=True) == f"{tmp_path / 'two'}/c0/0.png"


def test_what_a_table_lists_twice_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    names = TextColumn.of(("a.png", "a.png~2"))
    record = data_record(uri=str(tmp_path / "list.csv"), items=2)
    items = RunItems(names, np.zeros(2, np.int64), TextColumn.of(("", "")), {})
    with RunFolder.create(tmp_path / "run", Recipe(), record, items) as folder:
        pass
    assert [place_of(folder, item, folder.data.uri, is_file=True) for item in (0, 1)] == [str(tmp_path / "a.png")] * 2


@pytest.mark.parametrize(
    ("files", "called", "lie"),
    [
        (("a/x.npy", "b/x.npy"), ("x[0]", "x[1]", "x[0]~2", "x[1]~2", "x[2]"), "aabbb"),
        (("a/x.npy", "b/y.npy"), ("x[0]", "y[0]", "y[1]"), "abb"),
        (("a/x.csv", "b/y.csv"), ("k", "l", "k~2", "m"), "a?bb"),
    ],
)
def test_a_row_lies_in_the_file_that_its_name_and_its_place_allow(
    tmp_path: Path, files: tuple[str, str], called: tuple[str, ...], lie: str
) -> None:
    count = len(called) + 1
    names = TextColumn.of(("x[0]", *(f"test/{name}" for name in called)))
    columns = {SPLIT_COLUMN: TextColumn.of(("train", *["test"] * len(called)))}
    record = data_record(items=count, added=tuple(AddedData(uri=file, role="test") for file in files))
    items = RunItems(names, np.zeros(count, np.int64), TextColumn.of([""] * count), columns)
    with RunFolder.create(tmp_path / "run", Recipe(), record, items) as folder:
        pass
    places = {"a": files[0], "b": files[1], "?": " or ".join(files)}
    assert [place_of(folder, item, "main", is_file=False) for item in range(1, count)] == [places[one] for one in lie]
