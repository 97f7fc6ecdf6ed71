"""What every format of embeddings promises, each read back by the library that it is made for."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import catalogue
from explorer.core.types import FloatArray
from explorer.data.opening import open_dataset
from explorer.engine.embedding_formats.base import EmbeddedItems, format_of, write_embeddings

ROWS = np.array([[0.1, -2.5e-8, 3.0], [1 / 3, 1e20, -0.0]], np.float32)
ITEMS = EmbeddedItems(("a/1.png", "=b,2\udcff.png"), ("a", ""), ROWS)
FORMATS = sorted(catalogue("embedding_format"))


def numbers_of(path: Path) -> FloatArray:
    """Return the embeddings of a file, by other software than ours."""
    if path.suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False), np.float32)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive["embeddings"], np.float32)
    if path.suffix == ".csv":
        with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
            return np.array([[float(row[f"z{i}"]) for i in range(3)] for row in csv.DictReader(file)], np.float32)
    return np.array(pyarrow.parquet.read_table(path)["embedding"].to_pylist(), np.float32)


@pytest.mark.parametrize("name", FORMATS)
def test_every_float_comes_back_and_we_can_open_what_we_wrote(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"z.{name}"
    write_embeddings(path, ITEMS)
    assert np.array_equal(numbers_of(path), ROWS)
    assert [other.name for other in tmp_path.iterdir()] == [path.name]
    dataset = open_dataset(str(path), cache_folder=tmp_path / "cache")
    assert np.array_equal(dataset.inputs.reshape(2, 3), ROWS)
    if name != "npy":
        assert [dataset.class_name(i) for i in range(2)] == ["a", ""]


def test_another_ending_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"z\.txt ends in none of \.npy, \.npz, \.csv, \.parquet"):
        format_of(Path("z.txt"))


def test_a_file_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        write_embeddings(tmp_path / "no" / "z.npy", ITEMS)
