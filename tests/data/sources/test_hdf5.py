"""HDF5 as ann-benchmarks and AnnData write it; the layouts are made here as their specifications describe them."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy import sparse

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import check, open_dataset
from tests.helpers.data import scanned

RNG = np.random.default_rng(0)
TYPES = ["B cell", "T cell"]


def write_benchmark(path: Path, distance: str = "angular") -> tuple[Path, np.ndarray, np.ndarray]:
    train, test = RNG.normal(size=(8, 5)).astype(np.float32), RNG.normal(size=(3, 5)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.attrs["type"], file.attrs["distance"], file.attrs["dimension"] = "dense", distance, 5
        file["train"], file["test"] = train, test
        file["neighbors"] = np.zeros((3, 4), np.int32)
        file["distances"] = np.zeros((3, 4), np.float32)
    return path, train, test


def write_cells(path: Path, *, x: str = "csr", pca: bool = False) -> np.ndarray:
    """Write six cells of four genes as AnnData 0.8 and later do; return X."""
    matrix = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 0], [0, 0, 1.5, 0], [1, 1, 1, 1], [0, 0, 0, 7]], "f4")
    with h5py.File(path, "w") as file:
        file.attrs["encoding-type"], file.attrs["encoding-version"] = "anndata", "0.1.0"
        if x == "dense":
            file["X"] = matrix
        else:
            packed = sparse.csr_matrix(matrix) if x == "csr" else sparse.csc_matrix(matrix)
            group = file.create_group("X")
            group.attrs["encoding-type"], group.attrs["shape"] = f"{x}_matrix", np.array(matrix.shape)
            group["data"], group["indices"], group["indptr"] = packed.data, packed.indices, packed.indptr
        if pca:
            file["obsm/X_pca"] = matrix[:, :2].astype(np.float64)
        obs = file.create_group("obs")
        obs.attrs["_index"], obs.attrs["encoding-type"] = "barcode", "dataframe"
        obs["barcode"] = np.array([f"AAA-{i}" for i in range(6)], dtype=h5py.string_dtype())
        obs["n_counts"] = matrix.sum(axis=1)
        kind = obs.create_group("cell_type")
        kind.attrs["encoding-type"] = "categorical"
        kind["codes"] = np.array([0, 1, 0, -1, 1, 0], np.int8)
        kind["categories"] = np.array(TYPES, dtype=h5py.string_dtype())
        nullable = obs.create_group("score")
        nullable["values"], nullable["mask"] = np.zeros(6), np.zeros(6, bool)
    return matrix


def test_a_set_of_ann_benchmarks_is_a_gallery_and_its_queries(tmp_path: Path) -> None:
    path, train, test = write_benchmark(tmp_path / "glove-5-angular.hdf5")
    dataset = open_dataset(str(path))
    np.testing.assert_array_equal(dataset.inputs.reshape(11, 5), np.concatenate([train, test]))
    assert list(dataset.columns["split"]) == ["gallery"] * 8 + ["query"] * 3
    assert dataset.ids[8] == "glove-5-angular/test[0]"
    assert "Its distance is angular: set distance=cosine" in dataset.report.notes
    assert check(str(path)).bids[0].source == "hdf5"


@pytest.mark.parametrize("x", ["csr", "csc", "dense"])
def test_cells_are_read_from_x_with_their_columns(tmp_path: Path, x: str) -> None:
    matrix = write_cells(tmp_path / "cells.h5ad", x=x)
    found = scanned(str(tmp_path / "cells.h5ad"))
    np.testing.assert_array_equal(found.items, matrix)
    assert found.class_names == tuple(TYPES)
    assert found.labels.tolist() == [0, 1, 0, -1, 1, 0]
    assert list(found.ids) == [f"AAA-{i}" for i in range(6)]
    assert list(found.columns["n_counts"]) == ["3", "0", "3", "1.5", "4", "7"]
    assert "Columns of obs left out: score" in found.notes
    assert "Classes are those of the column cell_type" in found.notes


def test_principal_components_come_before_x_and_another_column_can_be_named(tmp_path: Path) -> None:
    matrix = write_cells(tmp_path / "cells.h5ad", pca=True)
    found = scanned(str(tmp_path / "cells.h5ad"), DataOptions(label_column="n_counts"))
    np.testing.assert_array_equal(found.items, matrix[:, :2])
    assert "Vectors are those of obsm/X_pca, 2 numbers" in found.notes
    assert "cell_type" in found.columns
    with pytest.raises(UserError, match="no column 'batch'; it has"):
        scanned(str(tmp_path / "cells.h5ad"), DataOptions(label_column="batch"))


def test_the_categories_of_older_files_are_read(tmp_path: Path) -> None:
    write_cells(tmp_path / "cells.h5ad")
    with h5py.File(tmp_path / "cells.h5ad", "r+") as file:
        del file["obs/cell_type"]
        file["obs/cell_type"] = np.array([0, 1, 0, -1, 1, 0], np.int8)
        file["obs/__categories/cell_type"] = np.array(TYPES, dtype=h5py.string_dtype())
    assert scanned(str(tmp_path / "cells.h5ad")).class_names == tuple(TYPES)


def test_what_is_damaged_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "cells.h5ad"
    for name, values, words in (
        ("X/indices", np.full(9, 7), "names a column that is not there"),
        ("X/indptr", np.array([0, 2, 2, 3, 4, 8, 99]), "its rows do not add up"),
        ("X/data", np.array([1.0]), "its rows do not add up"),
    ):
        write_cells(path)
        with h5py.File(path, "r+") as file:
            del file[name]
            file[name] = values
        with pytest.raises(UserError, match=words):
            scanned(str(path))
    write_cells(path)
    with h5py.File(path, "r+") as file:
        file["X"].attrs["shape"] = np.array([10_000_000, 100_000])
    with pytest.raises(UserError, match="more than half of the memory"):
        scanned(str(path))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UserError, match="cannot be read as HDF5"):
        scanned(str(path))
    path.write_bytes(b"none")
    with pytest.raises(UserError, match="cannot be read as HDF5"):
        scanned(str(path))


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "other.h5")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["train"] = h5py.ExternalLink("other.h5", "train")
        file["test"] = h5py.ExternalLink("other.h5", "test")
    with pytest.raises(UserError, match="neither a set of ann-benchmarks nor AnnData; it holds test, train"):
        scanned(str(tmp_path / "link.h5"))


def test_sets_compared_by_jaccard_are_no_vectors(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "kosarak-jaccard.hdf5", "w") as file:
        file.attrs["type"], file.attrs["distance"] = "sparse", "jaccard"
        file["train"], file["test"] = np.arange(9), np.arange(4)
    with pytest.raises(UserError, match="holds sets or bits, compared by jaccard"):
        scanned(str(tmp_path / "kosarak-jaccard.hdf5"))


def test_without_its_package_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _, _ = write_benchmark(tmp_path / "set.hdf5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match="needs h5py") as caught:
        scanned(str(path))
    assert "embedding-explorer[hdf5]" in (caught.value.remedy or "")
