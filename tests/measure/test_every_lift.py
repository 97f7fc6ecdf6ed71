"""Everything that compares by a lift, with every lift, against tables of the formulas."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.retrieval import evaluate
from explorer.evaluation.verification import evaluate as verify
from explorer.measure.census import census
from explorer.measure.histograms import distance_histogram
from explorer.measure.index import build_index
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift, lift_names
from explorer.projection.fidelity import fidelity
from explorer.projection.graph import from_zero, fuzzy_set
from explorer.projection.live_layout import LiveLayout
from tests.measure.formulas import suited, table

NAMES = lift_names()
ROWS = 120


def clouds(name: str, rows: int = ROWS, dimension: int = 6) -> tuple[FloatArray, IntArray]:
    """Return three clouds that overlap, as a run with this distance stores them."""
    generator = np.random.default_rng(0)
    labels = np.arange(rows) % 3
    x = generator.normal(size=(rows, dimension)) + 1.5 * np.eye(3, dimension)[labels]
    return suited(name, x.astype(np.float32)), labels


@pytest.mark.parametrize("name", NAMES)
def test_index_and_graph(name: str) -> None:
    x, _ = clouds(name)
    wanted = table(name, x)
    np.fill_diagonal(wanted, np.inf)
    nearest = np.sort(wanted, axis=1)[:, :9]
    every = np.arange(ROWS)
    found = [
        build_index(x, lift(name)).search(x, 9, exclude=every),
        build_index(x, lift(name)).search(x[:5], 9, exclude=every[:5]),
        knn_graph(x, 9, lift(name))[:2],
        knn_graph(x, 9, lift(name), exact=False, wanted=1.0)[:2],
    ]
    for indices, distances in found:
        np.testing.assert_allclose(distances, nearest[: len(indices)], rtol=1e-3, atol=2e-3)
        own = wanted[np.arange(len(indices))[:, None], indices]
        np.testing.assert_allclose(own, nearest[: len(indices)], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("name", ["dot", "kullback_leibler", "snr", "hyperbolic:0.1"])
def test_approximate_graph_says_its_recall(name: str) -> None:
    x, _ = clouds(name, 4000)
    indices, distances, recall = knn_graph(x, 10, lift(name), exact=False)
    _, at, _ = knn_graph(x, 10, lift(name), exact=True)
    slack = np.abs(at[:, -1:]) * 1e-4 + 1e-6
    assert recall >= 0.8
    assert np.mean(distances <= at[:, -1:] + slack) == pytest.approx(recall, abs=0.04)
    assert not np.any(indices == np.arange(len(x))[:, None])


@pytest.mark.parametrize("name", NAMES)
def test_census(name: str) -> None:
    x, labels = clouds(name, 40)
    d, margin = table(name, x), 0.2
    same = (labels[:, None] == labels) & ~np.eye(40, dtype=bool)
    anchors, p, n = np.nonzero(same[:, :, None] & (labels[:, None] != labels)[:, None, :])
    gap = d[anchors, n] - d[anchors, p]
    counted = census(x, labels, margin, lift(name))
    unsure = int((np.abs(gap) < 1e-3).sum() + (np.abs(gap - margin) < 1e-3).sum())
    assert counted.total == len(anchors)
    assert abs(counted.hard - int((gap < 0).sum())) <= unsure
    assert abs(counted.violated - int((gap < margin).sum())) <= unsure


@pytest.mark.parametrize("name", NAMES)
def test_histogram_and_verification(name: str) -> None:
    x, labels = clouds(name)
    d = table(name, x)
    rows, columns = np.nonzero(~np.eye(ROWS, dtype=bool))
    alike = labels[rows] == labels[columns]
    area = roc_auc_score(alike, -d[rows, columns])
    histogram = distance_histogram(x, labels, lift(name), "run", 1)
    assert histogram is not None
    asymmetric = lift(name).asymmetric  # then half of the pairs are taken each way
    assert histogram.auc == pytest.approx(area, abs=0.02 if asymmetric else 1e-4)
    assert verify(x, labels, lift(name)).auc.value == pytest.approx(area, abs=0.02 if asymmetric else 1e-4)
    values = d[rows, columns]
    spread = float(values.max() - values.min())
    assert histogram.edges[0] == pytest.approx(values.min(), abs=0.2 * spread if asymmetric else 2e-3)
    assert np.all(np.diff(histogram.edges) > 0)


@pytest.mark.parametrize("name", NAMES)
def test_retrieval(name: str) -> None:
    x, labels = clouds(name)
    d = table(name, x)
    np.fill_diagonal(d, np.inf)
    order = d.argsort(axis=1)
    relevant = labels[order[:, :39]] == labels[:, None]
    found = evaluate(x, labels, lift(name), thorough=True).metrics
    assert found["recall@1"] == pytest.approx(relevant[:, 0].mean(), abs=0.01)
    assert found["r_precision"] == pytest.approx(relevant.mean(), abs=1e-3)
    assert 0 <= found["nmi"] <= 1


@pytest.mark.parametrize("name", NAMES)
def test_fidelity(name: str) -> None:
    x, _ = clouds(name, 60)
    xy = x[:, :2]
    d = table(name, x)
    np.fill_diagonal(d, np.inf)
    flat = ((xy[:, None].astype(np.float64) - xy[None]) ** 2).sum(-1)
    np.fill_diagonal(flat, np.inf)
    ranks = d.argsort(axis=1).argsort(axis=1)
    named = flat.argsort(axis=1)[:, :5]
    kept = np.take_along_axis(ranks, named, 1) < 5
    found = fidelity(x, xy, lift(name), neighbours=5)
    assert found is not None
    assert found.preserved == pytest.approx(kept.mean(), abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_live_layout(name: str) -> None:
    x, labels = clouds(name)
    layout = LiveLayout(seed=0)
    layout.swap(np.arange(ROWS), x, lift(name))
    for _ in range(30):
        layout.epoch()
    xy = layout.frame().xy
    assert np.isfinite(xy).all()
    assert xy.std(axis=0).min() > 0.1
    gaps = ((xy[:, None] - xy[None]) ** 2).sum(-1)
    np.fill_diagonal(gaps, np.inf)
    assert np.mean(labels[gaps.argmin(axis=1)] == labels) > 0.4


def test_negative_distances_make_the_graph_of_the_same_gaps() -> None:
    generator = np.random.default_rng(0)
    distances = np.sort(generator.random((50, 7)).astype(np.float32) + 1, axis=1)
    indices = np.argsort(generator.random((50, 49)), axis=1)[:, :7]
    indices += indices >= np.arange(50)[:, None]
    plain, moved = (fuzzy_set(indices, from_zero(d), 8) for d in (distances, distances - 9))
    np.testing.assert_array_equal(plain.tails, moved.tails)
    np.testing.assert_allclose(plain.weights, moved.weights, atol=2e-4)
    lonely = np.array([[-3.0, np.inf], [np.inf, np.inf]], np.float32)
    assert from_zero(lonely).tolist() == [[0.0, np.inf], [np.inf, np.inf]]
