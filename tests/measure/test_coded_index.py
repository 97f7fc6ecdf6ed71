"""The search by codes: what a filter lets through is found, what moved is found, and every distance is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.core.types import BoolArray, FloatArray
from explorer.measure.coded_index import CodedIndex
from explorer.measure.flat_index import FlatIndex
from explorer.measure.lifts import lift

COUNT = 12_000


@pytest.fixture(scope="module")
def x() -> FloatArray:
    """Vectors whose axes differ in scale, as principal components do."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(60, 24)) * 3
    rows = centres[generator.integers(60, size=COUNT)] + generator.normal(size=(COUNT, 24))
    return (rows / np.sqrt(np.arange(1, 25))).astype(np.float32)


@pytest.fixture
def coded(x: FloatArray, monkeypatch: pytest.MonkeyPatch) -> CodedIndex:
    """An index that scans no more rows than one of many millions would."""
    monkeypatch.setattr("explorer.measure.coded_index._SCANNED_ROWS", 10)
    return CodedIndex(x, lift("euclidean"))


def recall(index: CodedIndex, x: FloatArray, among: BoolArray | None = None) -> float:
    """Return the share of the ten nearest of some items that are found, themselves left out."""
    asked = np.arange(0, len(x), len(x) // 100)
    true = FlatIndex(x, index.lift).search(x[asked], 10, exclude=asked, among=among)[1]
    found, at = index.search(x[asked], 10, exclude=asked, among=among)
    assert among is None or among[found].all()
    assert not (found == asked[:, None]).any()
    np.testing.assert_allclose(at, np.linalg.norm(x[found] - x[asked][:, None], axis=2), rtol=1e-4)
    return float((at <= true[:, -1:] * (1 + 1e-6)).mean())


@pytest.mark.parametrize("share", [1, 5, 50, 2_000])
def test_a_filter_is_inside_the_search(coded: CodedIndex, x: FloatArray, share: int) -> None:
    passing = np.random.default_rng(1).random(COUNT) < 1 / share
    passing[:12] = True
    assert recall(coded, x, passing) >= 0.97


def test_a_class_that_lies_far_away_is_found_whole(coded: CodedIndex, x: FloatArray) -> None:
    order = np.argsort(np.linalg.norm(x - x[0], axis=1))
    furthest = np.zeros(COUNT, np.bool_)
    furthest[order[-40:]] = True
    found, _ = coded.search(x[:1], 50, among=furthest)
    np.testing.assert_array_equal(found[0], [*order[-40:], *[-1] * 10])


def test_what_is_replaced_and_added_is_found_where_it_is_now(coded: CodedIndex, x: FloatArray) -> None:
    generator, now = np.random.default_rng(2), x.copy()
    given = x.copy()
    for _ in range(2):
        rows = generator.choice(COUNT, 1_500, replace=False)
        now[rows] = now[generator.permutation(rows)] + 0.1
        coded.replace(rows, now[rows])
    more = x[:500] + np.float32(0.05)
    coded.add(more)
    now = np.concatenate([now, more])
    assert len(coded) == len(now)
    assert recall(coded, now) >= 0.97
    np.testing.assert_allclose(coded.distances(now[7]), np.linalg.norm(now - now[7], axis=1), atol=1e-5)
    np.testing.assert_array_equal(x, given)  # what was given is never written to
    with pytest.raises(IndexError, match="12500 items"):
        coded.replace([12_500], now[:1])


def test_it_follows_items_that_moved(coded: CodedIndex, x: FloatArray) -> None:
    now = x.copy()
    now[:3_000] = now[2_999::-1] + np.float32(0.2)
    assert coded.follow(now) == 3_000
    assert recall(coded, now) >= 0.97
    assert coded.recall >= 0.97
    assert coded.follow(now + 1) == COUNT  # made anew
    assert recall(coded, now + 1) >= 0.97


@pytest.mark.parametrize("name", ["cosine", "dot", "snr", "hyperbolic:1"])
def test_other_distances_are_searched_by_codes(x: FloatArray, name: str) -> None:
    near = (x / (1 + np.linalg.norm(x, axis=1, keepdims=True)))[:6_000]
    index = CodedIndex(near, lift(name))
    assert index.recall >= 0.95


def test_mapped_rows_stay_where_they_are(x: FloatArray, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", x.astype(np.float16))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    index = CodedIndex(mapped, lift("cosine"))
    asked = np.asarray(mapped[:20], np.float32)
    true = FlatIndex(mapped, lift("cosine")).search(asked, 5)[1]
    assert (index.search(asked, 5)[1] <= true[:, -1:]).mean() >= 0.97


def test_making_it_can_be_given_up(x: FloatArray) -> None:
    with pytest.raises(Cancelled):
        CodedIndex(x, lift("euclidean"), cancelled=lambda: True)
