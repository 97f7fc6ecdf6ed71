from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, open_dataset
from tests.helpers.data import picture, save_picture, scanned

SIDE = 28


def pictures(folder: Path, names: dict[str, int]) -> None:
    for name, seed in names.items():
        save_picture(folder / name, picture(seed, SIDE, SIDE))


def test_a_table_for_each_split(tmp_path: Path, cache: Path) -> None:
    pictures(tmp_path / "train", {"a.png": 0, "in/b.png": 1, "unnamed.png": 9})
    pictures(tmp_path / "test", {"a.png": 2})
    (tmp_path / "train" / "metadata.csv").write_text(
        "file_name,text,label\na.png,one,cat\nin/b.png,two,dog\ngone.png,,\n"
    )
    (tmp_path / "test" / "metadata.jsonl").write_text(
        json.dumps({"file_name": "a.png", "label": "dog", "objects": {"bbox": []}}) + "\n"
    )
    data = open_dataset(str(tmp_path), cache_folder=cache)
    assert data.ids == ("test/a.png", "train/a.png", "train/in/b.png")
    assert np.array_equal(data.inputs, np.stack([picture(seed, SIDE, SIDE) for seed in (2, 0, 1)]))
    assert [data.class_name(i) for i in range(3)] == ["dog", "cat", "dog"]
    assert data.columns["split"] == ("test", "train", "train")
    assert data.columns["text"] == ("", "one", "two")
    assert [(one.path, one.reason) for one in data.report.skipped] == [("train/gone.png", "the file does not exist")]
    assert "1 picture beside those of the table left out, as it does not name them" in data.report.notes
    bid = bids_for(str(tmp_path), DEFAULT_OPTIONS)[0]
    assert (bid.source, bid.bid.reason) == (
        "described_folder",
        "a folder of pictures that test/metadata.jsonl describes",
    )


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_one_table_for_all_and_classes_by_the_folders(ending: str, tmp_path: Path) -> None:
    pictures(tmp_path, {f"{part}/{name}/{i}.png": 0 for part in ("train", "test") for name in "xy" for i in range(2)})
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    rows = [{"file_name": name, "caption": f"picture {i}"} for i, name in enumerate(files)]
    target = tmp_path / f"metadata.{ending}"
    if ending == "csv":
        target.write_text("file_name,caption\n" + "".join(f"{row['file_name']},{row['caption']}\n" for row in rows))
    elif ending == "jsonl":
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.Table.from_pylist(rows), target)
    listing = scanned(str(tmp_path))
    assert listing.class_names == ("x", "y")
    assert list(listing.columns["split"]) == ["test"] * 4 + ["train"] * 4
    assert list(listing.columns["caption"]) == [row["caption"] for row in rows]
    assert listing.notes[0] == "No column of the table is one of classes: they are those of the folders"


def test_a_table_of_this_name_that_names_no_files_is_none(tmp_path: Path) -> None:
    pictures(tmp_path, {"x/a.png": 0, "y/b.png": 1})
    (tmp_path / "metadata.csv").write_text("id,label\n1,cat\n")
    assert bids_for(str(tmp_path), DEFAULT_OPTIONS)[0].source == "folder"
