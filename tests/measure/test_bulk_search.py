import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.measure.bulk_search import nearest_among
from explorer.measure.index import build_index
from explorer.measure.lifts import lift


@pytest.mark.parametrize("name", ["euclidean", "cosine", "dot", "hyperbolic:1"])
def test_nearly_the_nearest_are_found_with_true_distances(name: str) -> None:
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(4000, 6)) * 0.1).astype(np.float32)
    landmarks, rest = np.arange(0, 4000, 4), np.flatnonzero(np.arange(4000) % 4)
    indices, distances = nearest_among(x[landmarks], x, rest, 5, lift(name))
    true, at = build_index(x[landmarks], lift(name)).search(x[rest], 5)
    assert np.mean([len(np.intersect1d(a, b)) / 5 for a, b in zip(indices, true, strict=True)]) > 0.9
    same = indices[:, 0] == true[:, 0]
    assert same.mean() > 0.9
    np.testing.assert_allclose(distances[same, 0], at[same, 0], rtol=1e-4, atol=1e-5)
    assert np.all(np.diff(distances, axis=1) >= 0)
    assert all(len(set(row)) == 5 for row in indices.tolist())


def test_next_to_nothing_ends_in_minus_one() -> None:
    x = np.eye(4, dtype=np.float32)
    indices, distances = nearest_among(x[:2], x, np.array([2, 3, 0]), 3, lift("euclidean"))
    assert indices.tolist() == [[0, 1, -1], [0, 1, -1], [0, 1, -1]]
    assert distances[2].tolist() == [0, pytest.approx(np.sqrt(2)), np.inf]
    assert nearest_among(x, x, np.empty(0, np.int64), 3, lift("euclidean"))[0].shape == (0, 3)


def test_it_can_be_cancelled() -> None:
    x = np.ones((50, 2), np.float32)
    with pytest.raises(Cancelled):
        nearest_among(x, x, np.arange(50), 3, lift("euclidean"), cancelled=lambda: True)
