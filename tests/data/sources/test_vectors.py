"""Vectors from files: what is written is what is read, and whatever else is there is told in one sentence."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
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
from explorer.data import vectors as module
from explorer.data.dataset import Dataset
from explorer.data.opening import check, open_beside, open_dataset
from explorer.engine.embedding_formats.base import EmbeddedItems, write_embeddings

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


def values(dataset: Dataset) -> npt.NDArray[np.float32]:
    assert dataset.modality.name == "vectors"
    assert dataset.inputs.dtype == np.float32
    rows: npt.NDArray[np.float32] = dataset.inputs.reshape(len(dataset), -1)  # type: ignore[assignment]
    return rows


def bases(array: npt.NDArray[Any] | None) -> Iterator[npt.NDArray[Any]]:
    """Yield what a view looks at, and what that does, down to the memory."""
    while isinstance(array, np.ndarray):
        yield array
        array = array.base


def classes(dataset: Dataset) -> list[str]:
    return [dataset.class_name(i) for i in range(len(dataset))]


def saved(path: Path, array: npt.ArrayLike, **more: Any) -> str:
    if path.suffix == ".npz":
        np.savez(path, vectors=np.asarray(array), **more)
    else:
        np.save(path, np.asarray(array))
    return str(path)


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


def test_a_large_file_stays_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAPPED_FROM", 0)
    monkeypatch.setattr(module, "BLOCK_BYTES", 30)
    mapped = values(open_dataset(saved(tmp_path / "a.npy", ROWS)))
    assert any(isinstance(base, np.memmap) for base in bases(mapped))
    np.testing.assert_array_equal(mapped, ROWS)
    broken = ROWS.copy()
    broken[1, 1] = np.nan
    assert len(open_dataset(saved(tmp_path / "b.npy", broken))) == 3


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
    assert any("arrays left out: other, scale" in note for note in dataset.report.notes)
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
    with pytest.raises(UserError, match="pictures that"):
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


def broken_files() -> dict[str, tuple[bytes, str]]:
    def npy(array: Any, **options: Any) -> bytes:
        file = io.BytesIO()
        np.save(file, array, **options)
        return file.getvalue()

    def npz(**arrays: Any) -> bytes:
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()

    objects = np.array([[1, "a"], [2, None]], dtype=object)
    whole = npy(ROWS)
    records = np.zeros(3, dtype=[("a", "f4"), ("b", "i4")])
    return {
        "empty.npy": (b"", "is not an array"),
        "text.npy": (b"1,2,3\n4,5,6\n", "is not an array"),
        "pickle.npy": (b"\x80\x04]\x94(K\x01K\x02e.", "is not an array"),
        "cut.npy": (whole[:-4], "cut off: 4 of its bytes"),
        "head.npy": (whole[:40], "header cannot be read"),
        "objects.npy": (npy(objects, allow_pickle=True), "Python objects"),
        "records.npy": (npy(records), "named fields"),
        "words.npy": (npy(np.array([["a", "b"]])), "holds text, not numbers"),
        "complex.npy": (npy(ROWS + 1j), "not numbers"),
        "one.npy": (npy(ROWS[0]), r"has the shape \(3,\), not \(N, D\)"),
        "three.npy": (npy(np.zeros((2, 2, 2))), r"shape \(2, 2, 2\)"),
        "none.npy": (npy(np.zeros((0, 5))), "is empty: 0 rows of 5 numbers"),
        "flat.npy": (npy(np.zeros((5, 0))), "is empty"),
        "huge.npy": (whole.replace(b"(4, 3), ", b"(9999999, 99999), "), "header cannot be read|cut off"),
        "nan.npy": (npy(np.full((3, 2), np.nan)), "every vector"),
        "wide.npy": (npy(np.zeros((1, 200_000), np.int8)), "1 row of 200,000 numbers"),
        "empty.npz": (b"", "cannot be read as an archive"),
        "cut.npz": (npz(x=ROWS)[:-30], "cannot be read as an archive"),
        "nothing.npz": (npz(), "no array at all|cannot be read as an archive"),
        "objects.npz": (npz(x=objects), "only Python objects"),
        "labels.npz": (npz(x=ROWS, y=np.array(["a", None, 1, 2], dtype=object)), "Python objects"),
        "flat.npz": (npz(x=ROWS[0], scale=np.float32(1)), "no array of numbers with two axes"),
        "two.npz": (npz(a=ROWS, b=ROWS), "several arrays with two axes"),
        "count.npz": (npz(x=ROWS, y=[1, 2, 3]), r"shape \(3,\), and there are 4 vectors"),
        "fractions.npz": (npz(x=ROWS, y=[0.5, 1, 2, 3]), "fractions"),
    }


@pytest.mark.parametrize("name", broken_files())
def test_every_bad_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    content, words = broken_files()[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        open_dataset(str(tmp_path / name))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_labels_that_do_not_fit_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", ROWS)
    labels = tmp_path / "a_labels.npy"
    np.save(labels, [1, 2, 3])
    with pytest.raises(UserError, match=r"holds 3 labels, and a\.npy 4 vectors"):
        open_dataset(path)
    np.save(labels, ROWS)
    with pytest.raises(UserError, match=r"holds \(4, 3\) labels"):
        open_dataset(path)
    np.save(labels, np.array([1, "a", None, 2], dtype=object))
    with pytest.raises(UserError, match="Python objects"):
        open_dataset(path)
    labels.unlink()
    (tmp_path / "a.csv").write_text("label\n1\n2\n3\n")
    with pytest.raises(UserError, match="holds 3 labels"):
        open_dataset(path)
    (tmp_path / "a.csv").write_text("label,b\n1,1\n2,2\n3\n4,4\n")
    with pytest.raises(UserError, match="line 4"):
        open_dataset(path)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(UserError, match="no table beside"):
        open_dataset(path, DataOptions(label_column="writer"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 80)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        member.write(head.getvalue())
        zeros = bytes(1 << 20)
        for _ in range(320):
            member.write(zeros)
    assert path.stat().st_size < 1 << 20
    with pytest.raises(UserError, match="as in a zip bomb"):
        open_dataset(str(path))
    lying = tmp_path / "lying.npz"
    with zipfile.ZipFile(lying, "w") as archive:
        archive.writestr("x.npy", head.getvalue() + bytes(64))
    with pytest.raises(UserError, match="its size is not what its header promises"):
        open_dataset(str(lying))


def test_what_is_larger_than_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sparse.npy"
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (9_000_000, 100_000)})
    with path.open("wb") as file:
        file.write(head.getvalue())
        file.truncate(len(head.getvalue()) + 9_000_000 * 100_000 * 8)
    with pytest.raises(UserError, match="more than half of the memory"):
        open_dataset(str(path))


@settings(max_examples=120, deadline=None)
@given(data=st.data(), ending=st.sampled_from([".npy", ".npz"]))
def test_a_damaged_file_opens_or_is_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, ending: str
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"a{ending}"
    saved(path, ROWS, **({"labels": np.array(["a", "b", "c", "d"])} if ending == ".npz" else {}))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        dataset = open_dataset(str(path))
    except UserError:
        return
    assert np.isfinite(values(dataset)).all()


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
