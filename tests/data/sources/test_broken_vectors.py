"""Files of vectors that are damaged, lie or are too large: each is refused in one sentence, before it costs a thing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.errors import UserError
from explorer.core.recipe import DataOptions
from explorer.data.opening import open_dataset
from tests.helpers.vectors import ROWS, saved, values


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
        "none.npy": (npy(np.zeros((0, 5))), "is empty: it has no rows"),
        "flat.npy": (npy(np.zeros((5, 0))), "is empty"),
        "huge.npy": (whole.replace(b"(4, 3), ", b"(9999999, 99999), "), "header cannot be read|cut off"),
        "nan.npy": (npy(np.full((3, 2), np.nan)), "Every vector"),
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
