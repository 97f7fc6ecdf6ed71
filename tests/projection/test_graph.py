import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq, curve_fit
from scipy.sparse import csr_matrix

from explorer.core.types import FloatArray, IntArray
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift
from explorer.projection.curve import fit_curve
from explorer.projection.graph import fuzzy_set, labels_pull
from explorer.projection.positions import renumbered


@pytest.mark.parametrize(("min_dist", "spread"), [(0.1, 1.0), (0.0, 1.0), (0.5, 1.0), (0.99, 1.0), (0.1, 3.0)])
def test_the_curve_equals_a_general_fit(min_dist: float, spread: float) -> None:
    d = np.linspace(0, 3 * spread, 300)
    wanted = np.where(d < min_dist, 1.0, np.exp(-(d - min_dist) / spread))
    theirs, _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), d, wanted)
    assert fit_curve(min_dist, spread) == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize(("min_dist", "spread"), [(-0.1, 1.0), (0.1, 0.0), (3.0, 1.0)])
def test_impossible_curves_are_refused(min_dist: float, spread: float) -> None:
    with pytest.raises(ValueError, match="no curve"):
        fit_curve(min_dist, spread)


def dense(x: FloatArray, neighbours: int) -> FloatArray:
    indices, distances, _ = knn_graph(x, neighbours - 1, lift("euclidean"))
    graph = fuzzy_set(indices, distances, neighbours)
    matrix = csr_matrix((graph.weights, graph.tails, graph.starts), shape=(len(x), len(x)))
    return np.asarray(matrix.toarray(), np.float32)


def textbook(x: FloatArray, neighbours: int) -> FloatArray:
    """The paper's formulas one item at a time; the scale is found by a general root finder."""
    table = np.zeros((len(x), len(x)))
    for i, row in enumerate(np.linalg.norm(x[:, None].astype(np.float64) - x[None], axis=-1)):
        near = [j for j in np.argsort(row, kind="stable") if j != i][: neighbours - 1]
        d = row[near]
        beyond = np.maximum(0, d - d[d > 0].min())
        scale = brentq(lambda s, b=beyond: np.exp(-b / s).sum() - np.log2(neighbours), 1e-6, 1e6)
        table[i, near] = np.exp(-beyond / scale)
    return np.asarray(table + table.T - table * table.T, np.float32)


@pytest.mark.parametrize("neighbours", [4, 15])
def test_the_fuzzy_set_equals_the_paper(neighbours: int) -> None:
    x = np.random.default_rng(0).normal(size=(80, 6)).astype(np.float32)
    np.testing.assert_allclose(dense(x, neighbours), textbook(x, neighbours), atol=1e-4)


@pytest.mark.filterwarnings("ignore::ImportWarning")  # umap-learn misses tensorflow aloud
@pytest.mark.full  # umap-learn compiles for half a minute
@pytest.mark.parametrize("neighbours", [4, 15])
def test_the_fuzzy_set_equals_umap_learn(neighbours: int) -> None:
    import umap.umap_ as umap

    x = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    x[40:43] = x[0]  # duplicates
    indices, distances, _ = knn_graph(x, neighbours - 1, lift("euclidean"))
    own = np.arange(len(x))[:, None]
    with_self = np.concatenate([own, indices], axis=1), np.concatenate([own * 0, distances], axis=1)
    theirs, _, _ = umap.fuzzy_simplicial_set(
        x,
        neighbours,
        np.random.RandomState(0),
        "euclidean",
        knn_indices=with_self[0],
        knn_dists=with_self[1].astype(np.float32),
    )
    np.testing.assert_allclose(dense(x, neighbours), theirs.toarray(), atol=2e-4)
    assert fit_curve(0.1, 1.0) == pytest.approx(umap.find_ab_params(1.0, 0.1), rel=1e-4)


def pulled(x: FloatArray, labels: IntArray, weight: float) -> FloatArray:
    indices, distances, _ = knn_graph(x, 9, lift("euclidean"))
    graph = labels_pull(fuzzy_set(indices, distances, 10), labels, weight)
    matrix = csr_matrix((graph.weights, graph.tails, graph.starts), shape=(len(x), len(x)))
    return np.asarray(matrix.toarray(), np.float32)


def a_few_labels(rows: int) -> tuple[FloatArray, IntArray]:
    generator = np.random.default_rng(0)
    return generator.normal(size=(rows, 4)).astype(np.float32), generator.integers(-1, 3, size=rows)


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0])
def test_pulling_labels_equal_the_formula(weight: float) -> None:
    x, labels = a_few_labels(120)
    table = dense(x, 10)
    unknown = (labels[:, None] == -1) | (labels[None] == -1)
    far = 2.5 / (1 - weight) if weight < 1 else np.inf
    table *= np.where(unknown, np.exp(-1), np.where(labels[:, None] != labels[None], np.exp(-far), 1))
    table /= np.where(table.max(axis=1) > 0, table.max(axis=1), 1)[:, None]
    wanted = table + table.T - table * table.T
    found = pulled(x, labels, weight)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    between = ~unknown & (labels[:, None] != labels[None])
    assert (found[between].max() == 0) == (weight == 1)


@pytest.mark.filterwarnings("ignore::ImportWarning")
@pytest.mark.full
@pytest.mark.parametrize("weight", [0.3, 0.9, 1.0])
def test_pulling_labels_equal_umap_learn(weight: float) -> None:
    import umap.umap_ as umap

    x, labels = a_few_labels(120)
    far = 2.5 * (1 / (1 - weight)) if weight < 1 else 1e12
    theirs = umap.discrete_metric_simplicial_set_intersection(csr_matrix(dense(x, 10)), labels, far_dist=far)
    np.testing.assert_allclose(pulled(x, labels, weight), theirs.toarray(), atol=1e-5)


@settings(deadline=None)
@given(x=st.integers(1, 30).flatmap(lambda n: arrays(np.float32, (n, 2), elements=st.integers(-2, 2).map(np.float32))))
def test_the_fuzzy_set_is_symmetric_and_within_bounds(x: FloatArray) -> None:
    table = dense(x, 6)
    np.testing.assert_allclose(table, table.T, atol=1e-6)
    assert np.all((table >= 0) & (table <= 1 + 1e-6))
    assert np.all(np.diag(table) == 0)
    if len(x) > 1:
        assert np.all(table.max(axis=1) > 0.99)  # the nearest neighbour belongs wholly


@settings(deadline=None)
@given(new=st.lists(st.integers(0, 20), unique=True, max_size=20))
def test_renumbering_keeps_the_edges_between_items_that_stay(new: list[int]) -> None:
    x = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    old = np.arange(3, 15)
    indices, distances, _ = knn_graph(x, 4, lift("euclidean"))
    graph = fuzzy_set(indices, distances, 5)
    moved, kept = renumbered(graph, old, np.array(new, np.int64))
    heads = np.repeat(np.arange(12), np.diff(graph.starts))
    before = {(old[h], old[t]): w for h, t, w in zip(heads, graph.tails, graph.weights, strict=True)}
    after_heads = np.repeat(np.arange(len(new)), np.diff(moved.starts))
    after = {(new[h], new[t]): w for h, t, w in zip(after_heads, moved.tails, moved.weights, strict=True)}
    assert after == {edge: w for edge, w in before.items() if edge[0] in new and edge[1] in new}
    np.testing.assert_array_equal(graph.weights[kept], moved.weights)
