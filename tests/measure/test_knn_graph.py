import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.measure.cells import Effort
from explorer.measure.index import build_index
from explorer.measure.knn_graph import knn_graph
from explorer.measure.lifts import lift, lift_names


@pytest.mark.parametrize("name", lift_names())
def test_exact_graph_equals_the_index(name: str) -> None:
    x = np.random.default_rng(3).normal(size=(400, 16)).astype(np.float32)
    indices, distances, recall = knn_graph(x, 14, lift(name))
    wanted, at = build_index(x, lift(name)).search(x, 14, exclude=np.arange(400))
    assert recall == 1
    if lift(name).flat:
        np.testing.assert_array_equal(indices, wanted)
        np.testing.assert_array_equal(distances, at)
    else:  # of large terms that cancel: what is next to equal may come in another order
        np.testing.assert_allclose(distances, at, rtol=1e-4)


@pytest.mark.parametrize("name", ["euclidean", "cosine"])
def test_approximate_graph_says_its_recall(name: str) -> None:
    generator = np.random.default_rng(4)
    centres = generator.normal(size=(30, 16))
    x = (centres[generator.integers(30, size=5000)] + generator.normal(size=(5000, 16)) * 0.4).astype(np.float32)
    indices, distances, recall = knn_graph(x, 14, lift(name), exact=False)
    true, at, _ = knn_graph(x, 14, lift(name), exact=True)
    measured = np.mean(distances <= at[:, -1:] * (1 + 1e-5))
    assert recall >= 0.9
    assert measured == pytest.approx(recall, abs=0.03)
    assert not np.any(indices == np.arange(5000)[:, None])
    assert all(len(set(row)) == 14 for row in indices.tolist())
    assert true.shape == indices.shape


def test_approximate_graph_of_equal_vectors_stays_small() -> None:
    x = np.ones((9000, 4), np.float32)
    x[:10] = 5
    indices, distances, recall = knn_graph(x, 5, lift("euclidean"), exact=False)
    assert recall == 1
    assert np.all(distances == 0)
    assert np.bincount(indices.ravel()).max() < 2000


@pytest.mark.parametrize("name", ["euclidean", "cosine", "dot"])
def test_a_graph_begun_from_the_last_is_as_good_and_names_nobody_twice(name: str) -> None:
    generator = np.random.default_rng(4)
    x = (generator.normal(size=(30, 16))[np.arange(5000) % 30] + generator.normal(size=(5000, 16)) * 0.4).astype("f")
    last, _, _ = knn_graph(x, 14, lift(name), exact=False)
    last[:50, 10:] = -1  # some were not found
    moved = x + generator.normal(size=x.shape).astype(np.float32) * 0.1
    indices, distances, recall = knn_graph(moved, 14, lift(name), exact=False, warm=last)
    _, at, _ = knn_graph(moved, 14, lift(name), exact=True)
    slack = np.abs(at[:, -1:]) * 1e-4
    assert recall >= 0.95
    assert np.mean(distances <= at[:, -1:] + slack) == pytest.approx(recall, abs=0.03)
    assert all(len(set(row)) == 14 for row in indices.tolist())
    assert not np.any(indices == np.arange(5000)[:, None])


def test_an_unchanged_graph_is_found_at_once_from_itself() -> None:
    x = np.random.default_rng(4).normal(size=(3000, 8)).astype(np.float32)
    true, at, _ = knn_graph(x, 10, lift("euclidean"), exact=True)
    indices, distances, recall = knn_graph(x, 10, lift("euclidean"), exact=False, warm=true)
    assert recall == 1
    np.testing.assert_array_equal(np.sort(indices), np.sort(true))
    np.testing.assert_allclose(distances, at, rtol=1e-6)


def test_a_search_that_cells_do_not_serve_compares_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.measure.cells.MOST_CELLS", 16)  # as with many more items
    x = np.random.default_rng(4).random(size=(9000, 64)).astype(np.float32)
    effort = Effort()
    _, distances, recall = knn_graph(x, 14, lift("euclidean"), exact=False, effort=effort)
    assert (recall, effort.exact) == (1, True)
    _, at, _ = knn_graph(x, 14, lift("euclidean"), exact=True)
    np.testing.assert_allclose(distances, at, rtol=1e-6)
    _, _, recall = knn_graph(x[:, :6].copy(), 14, lift("euclidean"), exact=False, effort=effort)
    assert 0.95 <= recall < 1
    assert not effort.exact, "what the next snapshot takes is asked anew"


@pytest.mark.parametrize("columns", [2, 6, 12, 24])
def test_as_many_cells_are_looked_into_as_the_recall_takes(columns: int) -> None:
    x = np.random.default_rng(4).random(size=(9000, columns)).astype(np.float32)
    effort = Effort()
    found, _, recall = knn_graph(x, 14, lift("euclidean"), exact=False, effort=effort)
    true, _, _ = knn_graph(x, 14, lift("euclidean"), exact=True)
    share = np.mean([len(np.intersect1d(a, b)) / 14 for a, b in zip(found[::50], true[::50], strict=True)])
    assert recall >= 0.95
    assert share == pytest.approx(recall, abs=0.02)
    assert not effort.exact
    fewer = Effort()
    _, _, less = knn_graph(x, 14, lift("euclidean"), exact=False, wanted=0.6, effort=fewer)
    assert fewer.cells < effort.cells
    assert 0.58 <= less < recall


def test_a_recall_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.measure.cells._ALL_PAIRS", 0)  # as if there were too many items for all pairs
    monkeypatch.setattr("explorer.measure.cells.MOST_CELLS", 16)
    x = np.random.default_rng(4).random(size=(6000, 64)).astype(np.float32)
    effort = Effort()
    _, distances, recall = knn_graph(x, 14, lift("euclidean"), exact=False, effort=effort)
    _, at, _ = knn_graph(x, 14, lift("euclidean"), exact=True)
    assert recall < 0.95
    assert np.mean(distances <= at[:, -1:] * (1 + 1e-5)) == pytest.approx(recall, abs=0.03)
    assert (effort.cells, effort.exact) == (16, False)


@pytest.mark.parametrize("name", ["euclidean", "dot"])
@pytest.mark.parametrize("exact", [True, False])
def test_two_threads_find_the_same_graph_as_one(name: str, exact: bool) -> None:
    generator = np.random.default_rng(4)
    x = (generator.normal(size=(30, 16))[np.arange(3000) % 30] + generator.normal(size=(3000, 16)) * 0.4).astype("f")
    one, two = (knn_graph(x, 14, lift(name), exact=exact, threads=threads) for threads in (1, 2))
    assert one[2] == two[2]
    assert np.mean(one[0] == two[0]) > 0.999  # products may be rounded otherwise in blocks of other sizes
    np.testing.assert_allclose(one[1], two[1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("exact", [True, False])
def test_graph_of_next_to_nothing(rows: int, exact: bool) -> None:
    indices, distances, _ = knn_graph(np.eye(3, dtype=np.float32)[:rows], 14, lift("euclidean"), exact=exact)
    assert np.all((indices >= 0).sum(axis=1) == rows - 1)
    assert np.all(np.isinf(distances[:, rows - 1 :]))


def test_a_graph_can_be_cancelled() -> None:
    x = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
    with pytest.raises(Cancelled):
        knn_graph(x, 5, lift("euclidean"), cancelled=lambda: True)
    with pytest.raises(Cancelled):
        knn_graph(x, 5, lift("euclidean"), exact=False, cancelled=lambda: True)
