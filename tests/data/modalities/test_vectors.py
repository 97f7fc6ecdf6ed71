"""A row of numbers in a file, by which vectors are asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.data.modalities.base import modality_named

ROW = np.array([1.5, -2, 0, 3e5], np.float32)


@pytest.mark.parametrize("text", ["1.5,-2,0,3e5\n", "1.5\t-2\t0\t300000", " 1.5 -2.0  0 3e5", "1.5;-2;0;3e5"])
def test_a_text_of_numbers_is_a_row(tmp_path: Path, text: str) -> None:
    (tmp_path / "row.csv").write_text(text)
    read = modality_named("vectors").read(tmp_path / "row.csv", (1, 1, 4))
    assert read.dtype == np.float32
    assert np.array_equal(read, ROW.reshape(1, 1, 1, 4))


@pytest.mark.parametrize("shape", [(4,), (1, 4), (4, 1)])
def test_an_array_of_numpy_is_a_row(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "row.npy", ROW.astype(np.float64).reshape(shape))
    read = modality_named("vectors").read(tmp_path / "row.npy", (1, 1, 4))
    assert np.array_equal(read, ROW.reshape(1, 1, 1, 4))


def test_what_is_no_row_is_told(tmp_path: Path) -> None:
    vectors = modality_named("vectors")
    (tmp_path / "words.txt").write_text("one two three four")
    (tmp_path / "short.txt").write_text("1 2 3")
    (tmp_path / "nan.txt").write_text("1 2 nan 4")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY and no more")
    np.save(tmp_path / "object.npy", np.array([{}, {}, {}, {}]), allow_pickle=True)
    (tmp_path / "large.txt").write_text(" " * (16 << 20) + "1")
    for name, words in (
        ("words.txt", "not one row of numbers"),
        ("short.txt", "has 3 numbers, and an item has 4"),
        ("nan.txt", "not finite"),
        ("bad.npy", "is damaged"),
        ("object.npy", "can run code"),
        ("large.txt", "too large"),
        ("missing.txt", "cannot be read"),
    ):
        with pytest.raises(UserError, match=words):
            vectors.read(tmp_path / name, (1, 1, 4))
