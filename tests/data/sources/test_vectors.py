"""Vectors from files: what is written is what is read, and whatever else is there is told in one sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer.core.errors import Cancelled, UserError
from explorer.core.recipe import DataOptions
from explorer.data.formats import arrayfile, text_budget
from explorer.data.formats import vectors as module
from explorer.data.opening import check, open_beside, open_dataset
from explorer.engine.embedding_formats.base import EmbeddedItems, write_embeddings
from tests.helpers.vectors import ROWS, classes, saved, values


def bases(array: npt.NDArray[Any] | None) -> Iterator[npt.NDArray[Any]]:
    """Yield what a view looks at, and what that does, down to the memory."""
    while isinstance(array, np.ndarray):
        yield array
        array = array.base


ARRAYS = hnp.arrays(
    st.sampled_from([np.dtype(kind) for kind in ("<f4", ">f4", "f2", "f8", "i1", "u2", "i8", "?")]),
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
)


@settings(max_examples=60, deadline=None)
@given(array=ARRAYS, ending=st.sampled_from([".npy", ".npz"]), fortran=st.booleans())
def test_what_is_finite_is_read_as_float32_and_the_rest_is_told(
    tmp_path_factory: pytest.TempPathFactory, array: npt.NDArray[Any], ending: str, fortran: bool
) -> None:
    path = tmp_path_factory.mktemp("vectors") / f"a{ending}"
    saved(path, np.asfortranarray(array) if fortran else array)
    with np.errstate(over="ignore"):
        expected = array.astype(np.float32)
    good = np.isfinite(expected).all(axis=1)
    if not good.any():
        with pytest.raises(UserError, match="not finite"):
            open_dataset(str(path))
        return
    dataset = open_dataset(str(path))
    np.testing.assert_array_equal(values(dataset), expected[good])
    assert values(dataset).dtype == np.float32
    assert not values(dataset).flags.writeable
    assert dataset.shape == (1, 1, array.shape[1])
    assert dataset.inputs.shape == (good.sum(), 1, 1, array.shape[1])
    assert dataset.ids == tuple(f"a[{i}]" for i in np.flatnonzero(good))
    assert [item.path for item in dataset.report.skipped] == [f"a{ending}, row {i}" for i in np.flatnonzero(~good)]
    assert not dataset.labelled
    assert check(str(path)).report == dataset.report


def test_a_fingerprint_stands_for_the_numbers(tmp_path: Path) -> None:
    first = open_dataset(saved(tmp_path / "a.npy", ROWS))
    same = open_dataset(saved(tmp_path / "a.npy", ROWS.astype(np.float64)))
    other = open_dataset(saved(tmp_path / "a.npy", ROWS + 1))
    assert first.fingerprint == same.fingerprint != other.fingerprint
    np.save(tmp_path / "a_labels.npy", [0, 1, 0, 1])
    assert open_dataset(str(tmp_path / "a.npy")).fingerprint != other.fingerprint


def test_a_large_file_is_copied_into_the_cache_and_may_be_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrayfile, "MAPPED_FROM", 0)
    monkeypatch.setattr(module, "BLOCK_BYTES", 30)
    cache = tmp_path / "cache"
    path = tmp_path / "a.npy"
    for _ in range(2):
        mapped = values(open_dataset(saved(path, ROWS), cache_folder=cache))
        os.truncate(path, 130)  # of what is mapped the process would end here
        assert any(isinstance(base, np.memmap) for base in bases(mapped))
        np.testing.assert_array_equal(mapped, ROWS)
    broken = ROWS.copy()
    broken[1, 1] = np.nan
    assert len(open_dataset(saved(tmp_path / "b.npy", broken), cache_folder=cache)) == 3
    _, array = arrayfile.open_npy(Path(saved(path, ROWS)))
    os.truncate(path, 130)
    with pytest.raises(UserError, match="changed while it was read"):
        arrayfile.rows_of(array, 0, len(ROWS))


def test_a_single_value_is_no_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "a_labels.npy", np.array(3))
    with pytest.raises(UserError, match=r"holds 1 label, and a\.npy 4 vectors"):
        open_dataset(saved(tmp_path / "a.npy", ROWS))


@pytest.mark.parametrize("packed", ["dictionary", "delta"])
@pytest.mark.parametrize(
    ("length", "reason"), [(60_000, "a few bytes unpack to more than"), (70_000, "a text of 70,000")]
)
def test_a_text_that_is_repeated_for_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: str, length: int, reason: str
) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(text_budget, "BOMB_BYTES", 1 << 20)
    rows = 400
    columns = {
        "vector": pa.array([[1.0, 2.0]] * rows, pa.list_(pa.float32(), 2)),
        "label": pa.array(["x" * length] * rows),
    }
    how = (
        {"use_dictionary": True}
        if packed == "dictionary"
        else {"use_dictionary": False, "column_encoding": {"label": "DELTA_BYTE_ARRAY"}}
    )
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), path, **how)
    assert path.stat().st_size < 240_000
    with pytest.raises(UserError, match=reason):
        open_dataset(str(path))


def test_times_in_nanoseconds_are_texts(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    times = pa.array([1, None, 3, 4], pa.timestamp("ns"))
    table = pa.table({"vector": pa.array([[1.0, 2.0]] * 4, pa.list_(pa.float32(), 2)), "when": times})
    pq.write_table(table, tmp_path / "a.parquet")
    when = list(open_dataset(str(tmp_path / "a.parquet")).columns["when"])
    assert when[0] == "1970-01-01 00:00:00.000000001"
    assert when[1] == ""


@pytest.mark.parametrize(
    ("vectors", "labels"),
    [
        ("digits.npy", "digits_labels.npy"),
        ("X_train.npy", "y_train.npy"),
        ("train_embeddings.npy", "train_labels.npy"),
        ("a.npy", "labels.npy"),
        ("a.npy", "y.npy"),
        ("a.npy", "a.csv"),
        ("a.npy", "labels.csv"),
    ],
)
def test_labels_beside_an_array(tmp_path: Path, vectors: str, labels: str) -> None:
    if labels.endswith(".npy"):
        np.save(tmp_path / labels, [3, 10, 3, -1])
    else:
        (tmp_path / labels).write_text("id,label,writer\na,3,x\nb,10,x\nc,3,y\nd,,y\n")
    dataset = open_dataset(saved(tmp_path / vectors, ROWS))
    assert classes(dataset) == ["3", "10", "3", ""]
    assert dataset.class_names == ("3", "10")
    if labels.endswith(".csv"):
        assert dataset.ids == ("a", "b", "c", "d")
        assert dataset.columns == {"writer": ("x", "x", "y", "y")}
        asked = open_dataset(str(tmp_path / vectors), DataOptions(label_column="writer"))
        assert asked.class_names == ("x", "y")


def test_the_labels_of_rows_that_are_skipped_are_skipped(tmp_path: Path) -> None:
    broken = ROWS.copy()
    broken[1, 0] = np.inf
    np.save(tmp_path / "a_labels.npy", np.array(["a", "b", "c", ""]))
    dataset = open_dataset(saved(tmp_path / "a.npy", broken))
    assert classes(dataset) == ["a", "c", ""]
    assert dataset.class_names == ("a", "c")
    assert any("1 vector without a label" in note for note in dataset.report.notes)


def test_an_archive_with_labels_ids_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(
        path,
        emb=ROWS.astype(np.float16),
        y=np.array([1.0, np.nan, 2.0, 1.0]),
        ids=np.array(["p", "q", "r", "r"]),
        writer=np.array([b"u", b"u", b"v", b"v"]),
        loss=np.array([[0.5], [1], [2], [3]]),
        other=np.zeros((2, 2, 2)),
        scale=np.float32(3),
    )
    dataset = open_dataset(str(path))
    assert classes(dataset) == ["1", "", "2", "1"]
    assert dataset.ids == ("p", "q", "r", "r~2")
    assert dataset.columns == {"writer": ("u", "u", "v", "v"), "loss": ("0.5", "1", "2", "3")}
    assert any("Arrays left out: other, scale" in note for note in dataset.report.notes)
    asked = open_dataset(str(path), DataOptions(label_column="writer"))
    assert asked.class_names == ("u", "v")


def test_labels_of_minus_one_and_one_are_two_classes(tmp_path: Path) -> None:
    both = open_dataset(saved(tmp_path / "a.npz", ROWS, labels=[-1, 1, 1, -1]))
    assert both.class_names == ("-1", "1")
    noise = open_dataset(saved(tmp_path / "b.npz", ROWS, labels=[-1, 1, 0, -1]))
    assert classes(noise) == ["", "1", "0", ""]


def test_several_labels_an_item(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", ROWS, labels=["red; round", "round;red", "red", ""])
    dataset = open_dataset(path, DataOptions(label_separator=";"))
    assert classes(dataset) == ["red;round", "red;round", "red", ""]
    assert dataset.set_names == ("red", "round")
    assert dataset.label_sets is not None
    assert dataset.label_sets.tolist() == [[True, True], [True, True], [True, False], [False, False]]
    assert open_dataset(path).label_sets is None


TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]).filter(str.isprintable), max_size=6)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(TEXTS.filter(bool), TEXTS), min_size=1, max_size=5, unique_by=lambda row: row[0]))
@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv", ".parquet"])
def test_what_embed_writes_opens_again(
    tmp_path_factory: pytest.TempPathFactory, ending: str, rows: list[tuple[str, str]]
) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path_factory.mktemp("out") / f"out{ending}"
    source = path.with_name("source.npz")
    numbers = np.random.default_rng(len(rows)).standard_normal((len(rows), 3)).astype(np.float32)
    saved(source, numbers, ids=np.array([name for name, _ in rows]), labels=np.array([label for _, label in rows]))
    dataset = open_dataset(str(source))
    labels = [dataset.class_name(i) for i in range(len(dataset))]
    write_embeddings(path, EmbeddedItems(dataset.ids, labels, values(dataset)))
    again = open_dataset(str(path))
    np.testing.assert_array_equal(values(again), numbers)
    if ending != ".npy":
        assert again.ids == dataset.ids
        assert classes(again) == classes(dataset)


def test_a_table_of_numbers_is_not_taken_for_one_of_pictures(tmp_path: Path) -> None:
    boxes = tmp_path / "boxes.csv"
    boxes.write_text("path,label,x1,y1,x2,y2\na.png,cat,1,2,3,4\n")
    with pytest.raises(UserError, match="None of the 1 picture that"):
        open_dataset(str(boxes))
    table = tmp_path / "features.tsv"
    table.write_text("label\tf1\tf2\tf3\na\t1\t2\t3\nb\t1\tx\t3\nb\t1\tnan\t3\nb\t1\t2\n")
    dataset = open_dataset(str(table))
    assert values(dataset).tolist() == [[1, 2, 3]]
    assert {item.path for item in dataset.report.skipped} == {
        "features.tsv, row 3", "features.tsv, row 4", "features.tsv, line 5"
    }  # fmt: skip


def test_a_second_file_is_added_where_it_fits(tmp_path: Path) -> None:
    options = DataOptions(label_separator=";")
    first = open_dataset(saved(tmp_path / "a.npz", ROWS, labels=["a", "b", "a;b", "b"]), options)
    second = saved(tmp_path / "b.npz", ROWS[:2] + 5, labels=["c;a", "b"])
    both = open_beside(first, second, "test", options)
    np.testing.assert_array_equal(values(both), np.concatenate([ROWS, ROWS[:2] + 5]))
    assert not values(both).flags.writeable
    assert classes(both) == ["a", "b", "a;b", "b", "a;c", "b"]
    assert both.set_names == ("a", "b", "c")
    assert both.label_sets is not None
    assert both.label_sets[4].tolist() == [True, False, True]
    assert both.columns["split"] == ("train",) * 4 + ("test",) * 2
    with pytest.raises(UserError, match=r"vectors of 2 numbers, a of 3"):
        open_beside(first, saved(tmp_path / "c.npy", ROWS[:, :2]), "test")
    with pytest.raises(UserError, match="holds pictures, a vectors"):
        open_beside(first, "sample:digits", "test")


def test_opening_vectors_can_be_cancelled(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", ROWS)
    asked: list[int] = []
    with pytest.raises(Cancelled):
        open_dataset(path, cancelled=lambda: bool(asked), progress=lambda *_: asked.append(1))


def test_vectors_are_no_pictures(tmp_path: Path) -> None:
    dataset = open_dataset(saved(tmp_path / "a.npy", ROWS))
    assert (dataset.modality.name, dataset.modality.noun) == ("vectors", "vector")
    assert dataset.previews is None
    assert dataset.path(1) == "a[1]"
    with pytest.raises(UserError, match="holds vectors without files"):
        dataset.full_picture(0)
