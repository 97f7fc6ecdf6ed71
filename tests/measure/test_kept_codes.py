"""Codes that are kept: taken only of the very items, and only as they were written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.core.types import FloatArray
from explorer.measure.codes import CodeArrays, Codes
from explorer.measure.kept_codes import KeptCodes
from explorer.measure.lifts import lift
from explorer.measure.mapped_rows import MappedRows


@pytest.fixture(scope="module")
def x() -> FloatArray:
    return np.random.default_rng(0).normal(size=(4_000, 12)).astype(np.float32)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows codes were made of, each time."""
    found: list[int] = []
    whole = Codes.of

    def of(rows: MappedRows, l2: bool, *, threads: int, cancelled: Callable[[], bool]) -> Codes:
        found.append(len(rows))
        return whole(rows, l2, threads=threads, cancelled=cancelled)

    monkeypatch.setattr(Codes, "of", of)
    return found


def test_they_are_made_once_and_find_the_same(x: FloatArray, tmp_path: Path, made: list[int]) -> None:
    kept = KeptCodes(tmp_path)
    first, again = kept.index(x, lift("euclidean")), KeptCodes(tmp_path).index(x, lift("euclidean"))
    assert made == [len(x)]
    assert again.recall == first.recall
    for one, other in zip(first.search(x[:50], 10), again.search(x[:50], 10), strict=True):
        np.testing.assert_array_equal(one, other)
    again.replace([3], x[:1])
    assert 3 in again.search(x[:1], 2)[0]
    kept.index(x, lift("cosine"))
    other_items = x.copy()
    other_items[-1, -1] += 1
    kept.index(other_items, lift("euclidean"))
    assert made == [len(x)] * 3
    assert kept.clear() > 3 * len(x) * 24
    assert kept.size() == 0


def flipped(path: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("file", "harm"),
    [
        ("codes.npy", flipped),
        ("ids.npy", flipped),
        ("centres.npy", cut),
        ("sizes.npy", Path.unlink),
        ("about.json", cut),
    ],
)
def test_what_is_not_what_was_written_is_made_anew(
    x: FloatArray, tmp_path: Path, made: list[int], file: str, harm: Callable[[Path], None]
) -> None:
    first = KeptCodes(tmp_path).index(x[:1_500], lift("euclidean"))
    harm(next(tmp_path.rglob(file)))
    again = KeptCodes(tmp_path).index(x[:1_500], lift("euclidean"))
    assert made == [1_500, 1_500]
    np.testing.assert_array_equal(first.search(x[:9], 5)[0], again.search(x[:9], 5)[0])
    KeptCodes(tmp_path).index(x[:1_500], lift("euclidean"))
    assert made == [1_500, 1_500]


def test_those_used_longest_ago_go_first(x: FloatArray, tmp_path: Path) -> None:
    kept = KeptCodes(tmp_path, limit_bytes=1)
    kept.index(x, lift("euclidean"))
    kept.index(x, lift("cosine"))
    assert len(list(kept.folder.iterdir())) == 1


def test_arrays_that_do_not_fit_each_other_are_refused() -> None:
    rotation, centres = np.eye(64, dtype=np.float32), np.zeros((2, 64), np.float32)
    codes, ids = np.zeros((3, 16), np.uint8), np.arange(3)
    for sizes, named in (([1, 1], ids), ([4, -1], ids), ([1, 2], ids[[0, 1, 1]]), ([1, 2], ids + 1)):
        with pytest.raises(ValueError, match="codes"):
            Codes.from_arrays(CodeArrays(rotation, centres, np.array(sizes), codes, named), True)
