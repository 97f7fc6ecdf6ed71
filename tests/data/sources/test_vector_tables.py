"""Vectors in tables: parquet, text, label files beside them, and the files of the projector."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from tests.helpers.data import scanned
from tests.helpers.vectors import ROWS, classes, values


class TestParquet:
    @pytest.fixture(autouse=True)
    def _pyarrow(self) -> None:
        pytest.importorskip("pyarrow")

    @staticmethod
    def write(path: Path, **columns: Any) -> str:
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=2)
        return str(path)

    def test_a_column_of_lists(self, tmp_path: Path) -> None:
        rows = [[1.0, 2.0], [3.0, 4.0], None, [5.0], [6.0, None], [7.0, 8.0]]
        path = self.write(
            tmp_path / "a.parquet", key=list("abcdef"), emb=rows, label=[1, 1, 2, 2, 2, None], by=list("uuuvvv")
        )
        dataset = open_dataset(path)
        assert values(dataset).tolist() == [[1, 2], [3, 4], [7, 8]]
        assert classes(dataset) == ["1", "1", ""]
        assert dataset.ids == ("a", "b", "f")
        assert dataset.columns == {"by": ("u", "u", "v")}
        assert {item.path for item in dataset.report.skipped} == {f"a.parquet, row {i}" for i in (2, 3, 4)}
        assert open_dataset(path, DataOptions(label_column="by")).class_names == ("u", "v")

    def test_columns_of_numbers(self, tmp_path: Path) -> None:
        columns = {f"f{i}": ROWS[:, i].astype(np.float64) for i in range(3)}
        path = self.write(tmp_path / "a.parquet", id=[9, 8, 7, 6], target=["x", "y", "x", "y"], **columns)
        dataset = open_dataset(path)
        np.testing.assert_array_equal(values(dataset), ROWS)
        assert dataset.ids == ("9", "8", "7", "6")
        assert dataset.class_names == ("x", "y")

    def test_what_is_wrong_is_told(self, tmp_path: Path) -> None:
        import pyarrow

        bad = tmp_path / "bad.parquet"
        bad.write_bytes(b"PAR1 and nothing more")
        with pytest.raises(UserError, match="cannot be read as Parquet"):
            open_dataset(str(bad))
        with pytest.raises(UserError, match="holds no vectors"):
            open_dataset(self.write(tmp_path / "b.parquet", label=["a"], text=["b"]))
        with pytest.raises(UserError, match="several columns of lists"):
            open_dataset(self.write(tmp_path / "c.parquet", a=[[1.0]], b=[[2.0]]))
        with pytest.raises(UserError, match="has no column 'who'"):
            open_dataset(self.write(tmp_path / "d.parquet", a=[[1.0]]), DataOptions(label_column="who"))
        lists = pyarrow.array([[], []], pyarrow.list_(pyarrow.float32()))
        with pytest.raises(UserError, match="is empty"):
            open_dataset(self.write(tmp_path / "e.parquet", b=["a", "b"], x=lists))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="needs pyarrow"):
        open_dataset(str(tmp_path / "a.parquet"))


def test_a_label_table_with_several_labels(tmp_path: Path) -> None:
    from tests.helpers.data import picture, save_picture

    with (tmp_path / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        for i, text in enumerate(["a|b", "b|a", "b", ""]):
            save_picture(tmp_path / f"{i}.png", picture(i))
            writer.writerow([f"{i}.png", text])
    (tmp_path / "3.png").write_bytes(b"no picture")
    dataset = open_dataset(
        str(tmp_path / "labels.csv"), DataOptions(label_separator="|"), cache_folder=tmp_path / "cache"
    )
    assert classes(dataset) == ["a|b", "a|b", "b"]
    assert dataset.label_sets is not None
    assert dataset.label_sets.tolist() == [[True, True], [True, True], [False, True]]


LISTED = [[0.5, 1.25, -2.0], [1e-3, 4.0, 5.0], [0.0, -0.5, 8.0], [3.0, 2.0, 1.0]]


@pytest.mark.parametrize(
    "written",
    [
        lambda row: f'"{row}"',
        lambda row: f'"{np.array(row)}"',
        lambda row: '"' + " ".join(map(str, row)) + '"',
        lambda row: f'"array({row})"',
    ],
)
def test_a_vector_in_a_cell(tmp_path: Path, written: Callable[[list[float]], str]) -> None:
    rows = [f"{i},{'ab'[i % 2]},{written(row)}" for i, row in enumerate(LISTED)]
    (tmp_path / "v.csv").write_text("\n".join(["id,label,embedding", *rows, 'x,a,"[1.0, 2.0]"', 'y,a,"[1 ... 3]"', ""]))
    dataset = open_dataset(str(tmp_path / "v.csv"))
    np.testing.assert_allclose(dataset.inputs[:, 0, 0], np.array(LISTED, np.float32))
    assert dataset.ids == ("0", "1", "2", "3")
    assert dataset.class_names == ("a", "b")
    assert [item.reason for item in dataset.report.skipped] == [
        "has 2 numbers where others have 3",
        "is cut short by …",
    ]


@pytest.mark.parametrize("suffix", ["csv", "npy", "parquet"])
def test_labels_mean_the_same_in_every_file(tmp_path: Path, suffix: str) -> None:
    values = np.array([1.0, -1.0, np.nan, 12.0, 1.0, 12.0])
    vectors = np.arange(18, dtype=np.float32).reshape(6, 3)
    path = tmp_path / f"v.{suffix}"
    if suffix == "npy":
        np.save(path, vectors)
        np.save(tmp_path / "v_labels.npy", values)
    elif suffix == "csv":
        rows = [",".join(map(str, [*row, "" if np.isnan(v) else v])) for row, v in zip(vectors, values, strict=True)]
        path.write_text("\n".join(["z0,z1,z2,label", *rows, ""]))
    else:
        pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        pq.write_table(pa.table({"vector": list(vectors), "label": values}), path)
    dataset = open_dataset(str(path))
    assert dataset.class_names == ("1", "12")
    assert dataset.labels.tolist() == [0, -1, -1, 1, 0, 1]


@pytest.mark.parametrize("metadata", ["metadata.tsv", "v_metadata.tsv", "v.tsv"])
@pytest.mark.parametrize("header", [False, True])
def test_the_projector_s_metadata_beside_vectors(tmp_path: Path, metadata: str, header: bool) -> None:
    np.save(tmp_path / "v.npy", np.array(LISTED, np.float32))
    rows = ["b\tx", "a\ty", "a\tz", "b\tu"] if header else ["b", "a", "a", "b"]
    (tmp_path / metadata).write_text("\n".join([*["kind\tname"] * header, *rows, ""]))
    dataset = open_dataset(str(tmp_path / "v.npy"))
    assert dataset.class_names == ("a", "b")
    assert dataset.labels.tolist() == [1, 0, 0, 1]


def test_the_projector_s_vectors_and_metadata(tmp_path: Path) -> None:
    (tmp_path / "vectors.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in LISTED))
    (tmp_path / "metadata.tsv").write_text("b\na\na\nb\n")
    dataset = open_dataset(str(tmp_path / "vectors.tsv"))
    assert (len(dataset), dataset.class_names) == (4, ("a", "b"))
    assert dataset.labels.tolist() == [1, 0, 0, 1]
    with pytest.raises(UserError, match="no column 'kind'"):
        open_dataset(str(tmp_path / "vectors.tsv"), DataOptions(label_column="kind"))
    (tmp_path / "metadata.tsv").unlink()
    assert not open_dataset(str(tmp_path / "vectors.tsv")).labelled
    with pytest.raises(UserError, match="no table beside"):
        open_dataset(str(tmp_path / "vectors.tsv"), DataOptions(label_column="kind"))


ROW_COLUMNS = ("", "Unnamed: 0", "row")


@pytest.mark.parametrize("name", ROW_COLUMNS)
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_the_numbers_of_the_rows_are_ids_and_no_feature(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    rows = [[f"{5 + i}", f"0.{i}", f"1.{i}", f"2.{i}", "uv"[i % 2]] for i in range(6)]
    if ending == ".parquet":
        TestParquet.write(
            path,
            **{name or "column 1": [5, 6, 7, 8, 9, 10]},
            **{letter: [float(row[1 + at]) for row in rows] for at, letter in enumerate("abc")},
            label=[row[4] for row in rows],
        )
    else:
        between = "," if ending == ".csv" else "\t"
        lines = [[name, "a", "b", "c", "label"], *rows]
        path.write_text("\n".join(between.join(line) for line in lines), "utf-8")
    listing = scanned(str(path))
    assert listing.modality == "vectors"
    np.testing.assert_allclose(listing.items, [[float(cell) for cell in row[1:4]] for row in rows], rtol=1e-6)
    assert list(listing.ids) == ["5", "6", "7", "8", "9", "10"]
    assert listing.class_names == ("u", "v")
    assert f"Ids are those of the column {name or 'column 1'}" in listing.notes


@pytest.mark.parametrize("values", [(0, 1, 3, 4), (0, 0, 0, 0), (0.5, 1.5, 2.5, 3.5)])
def test_a_first_column_that_does_not_count_stays_a_feature(tmp_path: Path, values: tuple[float, ...]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("row,a,b\n" + "".join(f"{value},1.5,2.5\n" for value in values), "utf-8")
    assert np.asarray(scanned(str(path)).items).tolist() == [[value, 1.5, 2.5] for value in values]
