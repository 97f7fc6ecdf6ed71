import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift
from explorer.projection.fidelity import fidelity, item_fidelity


@settings(deadline=None, max_examples=25)
@given(rows=st.integers(8, 80), k=st.integers(1, 12), seed=st.integers(0, 1000))
def test_equals_scikit_learn(rows: int, k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 5)).astype(np.float32)
    xy = (x[:, :2] + generator.normal(size=(rows, 2)) * 0.5).astype(np.float32)
    found = fidelity(x, xy, lift("euclidean"), neighbours=k, sample=rows)
    assert found is not None
    k = found.neighbours
    assert found.trustworthiness == pytest.approx(trustworthiness(x, xy, n_neighbors=k), abs=1e-6)
    true = NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)
    named = NearestNeighbors(n_neighbors=k).fit(xy).kneighbors(return_distance=False)
    shared = np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(true, named, strict=True)])
    assert found.preserved == pytest.approx(shared, abs=1e-6)


def test_a_map_that_is_the_data_is_trusted_wholly() -> None:
    x = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
    found = fidelity(x, x, lift("euclidean"), sample=50)
    assert found is not None
    assert (found.trustworthiness, found.preserved, found.sample) == (1, 1, 50)


def test_a_random_map_is_not() -> None:
    generator = np.random.default_rng(0)
    x, xy = generator.normal(size=(400, 5)).astype(np.float32), generator.normal(size=(400, 2)).astype(np.float32)
    found = fidelity(x, xy, lift("cosine"))
    assert found is not None
    assert found.trustworthiness < 0.6
    assert found.preserved < 0.1


def test_of_three_items_nothing_can_be_said() -> None:
    assert fidelity(np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32), lift("euclidean")) is None


@pytest.mark.parametrize("kind", ["collapsed", "two points", "binary codes"])
def test_ties_do_not_count_as_kept(kind: str) -> None:
    generator = np.random.default_rng(0)
    rows, k = 300, 15
    made = {
        "collapsed": np.zeros((rows, 5)),
        "two points": np.repeat(generator.normal(size=(2, 5)), rows // 2, axis=0),
        "binary codes": np.sign(generator.normal(size=(rows, 5))),
    }
    x = made[kind].astype(np.float32)
    xy = generator.normal(size=(rows, 2))
    xy[:, 0] += x[:, 0] / 2
    found = fidelity(x, xy.astype(np.float32), lift("euclidean"), neighbours=k, sample=rows)
    assert found is not None
    orders = [generator.permutation(rows) for _ in range(20)]  # scikit-learn takes equal distances as they come
    expected = np.mean([trustworthiness(x[order], xy[order], n_neighbors=k) for order in orders])
    assert found.trustworthiness == pytest.approx(expected, abs=0.01)
    assert found.preserved < 0.3


@settings(deadline=None, max_examples=25)
@given(rows=st.integers(1, 60), k=st.integers(1, 8), seed=st.integers(0, 1000))
def test_the_fidelity_of_each_item_is_the_share_of_its_neighbours_that_the_map_keeps(
    rows: int, k: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, 4)).astype(np.float32)
    xy = (x[:, :2] + generator.normal(size=(rows, 2)) * 0.5).astype(np.float32)
    near, _, _ = knn_graph(x, k, lift("euclidean"))
    gaps = np.linalg.norm(xy[:, None] - xy[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    found = item_fidelity(near, xy)
    assert found.dtype == np.float32
    for i in range(rows):
        true = near[i][near[i] >= 0]
        on_map = np.argsort(gaps[i])[: min(k, rows - 1)]
        assert found[i] == pytest.approx(np.isin(true, on_map).mean()) if len(true) else np.isnan(found[i])


def test_an_item_that_is_not_on_the_map_keeps_no_neighbour() -> None:
    xy = np.array([[0, 0], [1, 0], [np.nan, 0]], np.float32)
    near = np.array([[1, 2], [0, 2], [0, 1]])
    np.testing.assert_array_equal(item_fidelity(near, xy), [0.5, 0.5, 0])
