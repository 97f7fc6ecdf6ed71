from __future__ import annotations

import csv
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.text_column import TextColumn
from explorer.core.types import Split
from explorer.engine.export.selected_items import selected_table, write_selected
from tests.helpers.blobs import blobs, dataset_of


def test_the_selected_items_are_a_table(tmp_path: Path) -> None:
    dataset = dataset_of(blobs(20, 2)[1])
    dataset = replace(dataset, columns={"writer": TextColumn.of(["=1+1", *["b"] * 19])})
    split = Split("items", np.arange(10), np.arange(10, 15), False)
    write_selected(tmp_path / "chosen.csv", dataset, split, np.array([0, 12, 17]))
    with (tmp_path / "chosen.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [dataset.ids[i] for i in (0, 12, 17)]
    assert [row["part"] for row in rows] == ["train", "held-out", ""]
    assert [row["class"] for row in rows] == [dataset.class_name(i) for i in (0, 12, 17)]
    assert rows[0]["writer"] == "'=1+1"
    assert selected_table(dataset, None, np.array([1]), "\t").splitlines()[0] == "id\tpath\tclass\tpart\twriter"
    with pytest.raises(UserError, match="cannot be written"):
        write_selected(tmp_path / "none" / "chosen.csv", dataset, split, np.array([0]))


def test_no_two_columns_have_one_name() -> None:
    dataset = dataset_of(blobs(4, 2)[1])
    texts = {name: TextColumn.of([name] * 4) for name in ("id", "part", "writer", "known", "data.id")}
    said = selected_table(replace(dataset, columns=texts), None, np.array([0]), known={"known": ["said"]})
    (row,) = csv.DictReader(said.splitlines())
    assert list(row) == [
        *("id", "path", "class", "part", "known"),
        *("data.id", "data.part", "writer", "data.known", "data.data.id"),
    ]
    assert (row["id"], row["data.id"], row["known"], row["data.known"]) == (dataset.ids[0], "id", "said", "known")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_list_does_not_take_the_place_of_a_pipe(tmp_path: Path) -> None:
    dataset = dataset_of(blobs(20, 2)[1])
    os.mkfifo(tmp_path / "list.csv")
    with pytest.raises(UserError, match="is a device or a pipe"):
        write_selected(tmp_path / "list.csv", dataset, None, np.array([0]))
    assert (tmp_path / "list.csv").is_fifo()
