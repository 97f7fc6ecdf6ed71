"""Vectors in .fvecs, .bvecs and .ivecs, made here row by row as the field's own readers expect them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.data.bids import bids_for
from explorer.data.opening import DEFAULT_OPTIONS, check, open_dataset
from explorer.data.sources.texmex import TexmexSource
from explorer.data.split import make_split
from tests.helpers.data import picture_folder, scanned

RNG = np.random.default_rng(0)


def write_rows(path: Path, rows: np.ndarray[tuple[int, int], np.dtype[np.generic]]) -> Path:
    path.write_bytes(b"".join(struct.pack("<i", rows.shape[1]) + row.tobytes() for row in rows))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """SIFT small: siftsmall_base, _query, _learn and _groundtruth beside each other."""
    root = tmp_path / "siftsmall"
    root.mkdir()
    for part, count in (("base", 7), ("query", 2), ("learn", 4)):
        write_rows(root / f"siftsmall_{part}.fvecs", RNG.normal(size=(count, 5)).astype("<f4"))
    write_rows(root / "siftsmall_groundtruth.ivecs", np.arange(6, dtype="<i4").reshape(2, 3))
    return root


@pytest.mark.parametrize("dropped", ["", "siftsmall_base.fvecs", "siftsmall_query.fvecs"])
def test_the_files_beside_each_other_are_one_set(folder: Path, dropped: str) -> None:
    spec = str(folder / dropped) if dropped else str(folder)
    assert bids_for(spec, DEFAULT_OPTIONS)[0].source == "texmex"
    dataset = open_dataset(spec)
    assert list(dataset.columns["split"]) == ["train"] * 4 + ["gallery"] * 7 + ["query"] * 2
    assert (dataset.ids[0], dataset.ids[-1]) == ("siftsmall_learn[0]", "siftsmall_query[1]")
    raw = np.fromfile(folder / "siftsmall_base.fvecs", "<f4").reshape(7, 6)[:, 1:]
    np.testing.assert_array_equal(dataset.inputs[4:11].reshape(7, 5), raw)
    assert "siftsmall_groundtruth.ivecs: true neighbours, not read" in dataset.report.notes
    split = make_split("auto", {}, dataset, 0)
    assert (len(split.train), len(split.held_out)) == (4, 9)
    assert check(spec).splits == {"gallery": 7, "query": 2, "train": 4}


def test_bytes_and_whole_numbers_are_read_too(tmp_path: Path) -> None:
    for ending, dtype in ((".bvecs", np.uint8), (".ivecs", "<i4")):
        rows = RNG.integers(0, 200, (5, 3)).astype(dtype)
        found = scanned(str(write_rows(tmp_path / f"own{ending}", rows)))
        np.testing.assert_array_equal(found.items, rows.astype(np.float32))
        assert found.ids[3] == "own[3]"
        assert "split" not in found.columns


def test_true_neighbours_are_no_data(folder: Path) -> None:
    with pytest.raises(UserError, match="true neighbours of queries, which are no data"):
        scanned(str(folder / "siftsmall_groundtruth.ivecs"))


def test_a_row_that_is_cut_off_is_skipped(folder: Path) -> None:
    path = folder / "siftsmall_query.fvecs"
    path.write_bytes(path.read_bytes()[:-3])
    found = scanned(str(path))
    assert len(found) == 12
    assert [(one.path, one.reason[:10]) for one in found.skipped] == [("siftsmall_query.fvecs, row 1", "is cut off")]


def test_what_is_no_file_of_vectors_is_said(folder: Path, tmp_path: Path) -> None:
    for name, data, words in (
        ("text.fvecs", b"once upon a time", "does not begin with a vector"),
        ("short.fvecs", b"\x05\0", "does not begin with a vector"),
        ("none.fvecs", struct.pack("<i", 4), "does not begin with a vector"),
        ("mixed.fvecs", struct.pack("<ifif", 1, 0.5, 2, 0.5), "says that it has 2 numbers where the first has 1"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match=words):
            scanned(str(tmp_path / name))
    write_rows(folder / "siftsmall_query.fvecs", RNG.normal(size=(2, 4)).astype("<f4"))
    with pytest.raises(
        UserError, match=r"siftsmall_query\.fvecs has vectors of 4 numbers, and siftsmall_learn\.fvecs of 5"
    ):
        scanned(str(folder))


def test_a_folder_of_pictures_is_none(tmp_path: Path) -> None:
    assert TexmexSource.bid(str(picture_folder(tmp_path, {"a": 2, "b": 2})), DEFAULT_OPTIONS) is None
