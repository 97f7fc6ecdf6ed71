"""Coordinates of a map, written and read back."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.map_values import ItemValues
from explorer.core.registry import create
from explorer.core.types import Projection, Split, frozen
from explorer.engine.export.subjects import subject_of_run, subject_of_view
from tests.engine.session.test_miner_bench import Progress
from tests.helpers.blobs import blobs, dataset_of
from tests.helpers.mapped import mapped_run

EXPORT = create("export", "coordinates", {})


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_csv_brings_the_map_of_a_step_back_exactly(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    out = tmp_path / "map.csv"
    facts = EXPORT.write(out, subject_of_run(run.path, 10), Progress())
    assert facts == {"items": 59, "step": 10, "columns": 7}
    rows, frame = read_csv(out), run.projection(10)
    xy = np.array([[row["x"], row["y"]] for row in rows], np.float32)
    np.testing.assert_array_equal(xy, frame.xy)
    assert {row["step"] for row in rows} == {"10"}
    assert [row["part"] for row in rows[:4]] == ["held-out", "train", "train", "held-out"]
    assert rows[1]["id"] == "'=x,1.png", "a spreadsheet must not run it"
    assert {row["class"] for row in rows} == {"'=a", "b", "<c>"}
    assert list(tmp_path.glob(".*")) == []


def test_parquet_has_the_last_map_with_its_types(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run")
    out = tmp_path / "map.parquet"
    EXPORT.write(out, subject_of_run(run.path), Progress())
    table = pyarrow.parquet.read_table(out)
    frame = run.projection(20)
    np.testing.assert_array_equal(table["x"].to_numpy(), frame.xy[:, 0])
    np.testing.assert_array_equal(table["y"].to_numpy(), frame.xy[:, 1])
    assert table["id"][1].as_py() == "=x,1.png"
    assert [str(table.schema.field(name).type) for name in ("x", "step", "class")] == ["float", "int64", "string"]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_shown_comes_with_what_was_measured_of_it(tmp_path: Path, ending: str) -> None:
    xy, labels = blobs(50, 4)
    dataset = dataset_of(labels)
    split = Split("items", np.arange(40), np.arange(40, 45), False)
    frame = Projection("r", 7, np.arange(50), xy, 0, "umap", True)
    right = ItemValues("r", 7, "right", np.arange(5, 50), frozen(np.ones(45, np.float32)), True)
    old = ItemValues("r", 3, "loss", np.arange(50), frozen(np.ones(50, np.float32)), True)
    out = tmp_path / f"map{ending}"
    EXPORT.write(out, subject_of_view(dataset, split, frame, [right, old]), Progress())
    rows: list[dict[str, Any]] = (
        [dict(row) for row in read_csv(out)] if ending == ".csv" else pyarrow.parquet.read_table(out).to_pylist()
    )
    assert list(rows[0]) == ["id", "path", "class", "part", "x", "y", "step", "right"]
    assert rows[4]["right"] in ("", None)
    assert float(rows[5]["right"]) == 1.0
    assert [rows[k]["part"] for k in (0, 40, 49)] == ["train", "held-out", ""]
    assert rows[3]["path"] == dataset.path(3)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_what_is_selected_is_told(tmp_path: Path, ending: str) -> None:
    xy, labels = blobs(50, 4)
    frame = Projection("r", 7, np.arange(50), xy, 0, "umap", True)
    subject = subject_of_view(dataset_of(labels), None, frame, selected=np.array([3, 30]))
    out = tmp_path / f"map{ending}"
    EXPORT.write(out, subject, Progress())
    rows: list[dict[str, Any]] = (
        [dict(row) for row in read_csv(out)] if ending == ".csv" else pyarrow.parquet.read_table(out).to_pylist()
    )
    assert [i for i, row in enumerate(rows) if int(row["selected"])] == [3, 30]


def test_an_empty_map_is_a_table_without_rows(tmp_path: Path) -> None:
    dataset = dataset_of(blobs(5, 2)[1])
    empty = Projection("r", 0, np.zeros(0, np.int64), np.zeros((0, 2), np.float32), 0, "pca", True)
    for ending in (".csv", ".parquet"):
        assert EXPORT.write(tmp_path / f"e{ending}", subject_of_view(dataset, None, empty), Progress())["items"] == 0
    assert pyarrow.parquet.read_table(tmp_path / "e.parquet").num_rows == 0


def test_a_run_without_maps_has_the_components_of_its_embeddings_laid_on_each_other(tmp_path: Path) -> None:
    run = mapped_run(tmp_path / "run", maps=False)
    subject = subject_of_run(run.path)
    assert subject.steps == (0, 10, 20)
    first, last = subject.frame(10), subject.frame(20)
    assert (first.method, first.step, last.step) == ("pca", 10, 20)
    apart = [np.linalg.norm(flip * first.xy - last.xy, axis=1).mean() for flip in ([1, 1], [-1, 1], [1, -1], [-1, -1])]
    assert np.argmin(apart) == 0


def test_what_cannot_be_exported_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = mapped_run(tmp_path / "run")
    subject = subject_of_run(run.path)
    with pytest.raises(UserError, match=r"ends in none of \.csv, \.parquet"):
        EXPORT.write(tmp_path / "map.txt", subject, Progress())
    with pytest.raises(UserError, match="does not exist"):
        EXPORT.write(tmp_path / "no" / "map.csv", subject, Progress())
    with pytest.raises(UserError, match=r"no map of step 11. Choose one of: 0, 10, 20"):
        subject_of_run(run.path, 11)
    with pytest.raises(UserError, match="no embeddings"):
        subject_of_run(mapped_run(tmp_path / "bare", steps=()).path)
    with pytest.raises(Cancelled):
        EXPORT.write(tmp_path / "map.csv", subject, Progress(cancelled=True))
    assert not (tmp_path / "map.csv").exists()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"needs pyarrow\. Install it with: \S*python\S* -m pip install pyarrow"):
        EXPORT.check(tmp_path / "map.parquet")
