import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.measure.cells import Effort
from explorer.measure.kernels import score_all
from explorer.measure.lifts import lift, lift_names
from explorer.measure.search import FEW_QUERIES, Index, knn_graph

GRID = st.integers(-3, 3).map(np.float32)  # sums of such numbers are exact, so ties are ties


def brute(x: FloatArray, queries: IntArray, k: int) -> tuple[IntArray, FloatArray]:
    """Sort every row of the full table by (distance, index)."""
    table = np.sqrt(((x[queries, None].astype(np.float64) - x[None]) ** 2).sum(-1))
    table[np.arange(len(queries)), queries] = np.inf
    indices = np.full((len(queries), k), -1)
    distances = np.full((len(queries), k), np.inf)
    for row, values in enumerate(table):
        order = [i for i in np.lexsort((np.arange(len(x)), values)) if i != queries[row]][:k]
        indices[row, : len(order)], distances[row, : len(order)] = order, values[order]
    return indices, distances.astype(np.float32)


@settings(deadline=None)
@given(
    x=st.integers(1, 60).flatmap(lambda n: arrays(np.float32, (n, 2), elements=GRID)),
    k=st.integers(1, 70),
    many=st.booleans(),
)
def test_equals_brute_force_with_ties_and_duplicates(x: FloatArray, k: int, many: bool) -> None:
    queries = np.arange(len(x))
    if many:  # more than are compared one by one, so that the other path is taken
        queries = np.resize(queries, FEW_QUERIES + len(x))
    indices, distances = Index(x, lift("euclidean")).query(x[queries], k, exclude=queries)
    wanted, at = brute(x, queries, k)
    np.testing.assert_array_equal(indices, wanted)
    np.testing.assert_allclose(distances, at, rtol=1e-6)


@pytest.mark.parametrize("name", lift_names())
def test_both_paths_agree(name: str) -> None:
    x = np.random.default_rng(1).normal(size=(500, 24)).astype(np.float32)
    index = Index(x, lift(name))
    few = [index.query(x[i : i + 1], 10, exclude=[i]) for i in range(80)]
    indices, distances = index.query(x[:80], 10, exclude=np.arange(80))
    np.testing.assert_array_equal(indices, np.concatenate([found for found, _ in few]))
    np.testing.assert_array_equal(distances, np.concatenate([at for _, at in few]))


@pytest.mark.parametrize("name", lift_names())
@pytest.mark.parametrize("k", [1, 5, 1500])
def test_one_query_equals_sorting_all_distances(name: str, k: int) -> None:
    generator = np.random.default_rng(k)
    x = generator.integers(0, 3, size=(2000, 3)).astype(np.float32)  # many equal ones, and many as far
    x[0] = 0.25
    known = lift(name)
    for query, left_out in ((0, 0), (7, 7), (7, -1)):
        scores = np.empty(2000, np.float32)
        score_all(known.lift_query(x[query : query + 1])[0], known.lift_item(x), known.metric == "l2", scores)
        distances = known.to_distance(scores)
        order = [i for i in np.lexsort((np.arange(2000), distances)) if i != left_out][:k]
        indices, at = Index(x, known).query(x[query : query + 1], k, exclude=[left_out])
        assert indices[0].tolist() == order
        np.testing.assert_array_equal(at[0], distances[order])


def test_items_without_a_distance_come_last() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    x[::2] = np.nan
    found, distances = Index(x, lift("euclidean")).query(x[1:2], 20)
    assert np.all(found[0] % 2 == 1)
    assert np.all(np.diff(distances[0]) >= 0)


def test_collapsed_embeddings_are_answered_by_index() -> None:
    x = np.ones((300, 8), np.float32)
    indices, distances = Index(x, lift("cosine")).query(x[:100], 4, exclude=np.arange(100))
    assert indices[0].tolist() == [1, 2, 3, 4]
    assert indices[50].tolist() == [0, 1, 2, 3]
    assert np.all(distances == 0)


def test_more_than_there_are_end_in_minus_one() -> None:
    x = np.zeros((3, 2), np.float32)
    indices, distances = Index(x, lift("euclidean")).query(x[:1], 5, exclude=[0])
    assert indices.tolist() == [[1, 2, -1, -1, -1]]
    assert np.isinf(distances[0, 2:]).all()


def test_nothing_to_search_in() -> None:
    index = Index(np.empty((0, 4), np.float32), lift("euclidean"))
    assert len(index) == 0
    assert index.query(np.zeros((1, 4), np.float32), 2)[0].tolist() == [[-1, -1]]


def test_inverted_file_finds_nearly_all() -> None:
    x = np.random.default_rng(2).normal(size=(6000, 8)).astype(np.float32)
    index = Index(x, lift("cosine"), exact=False)
    assert not index.exact
    found, _ = index.query(x[:200], 10, exclude=np.arange(200))
    true, _ = Index(x, lift("cosine")).query(x[:200], 10, exclude=np.arange(200))
    shared = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, true, strict=True)])
    assert shared > 0.7
    assert not np.any(found == np.arange(200)[:, None])


@pytest.mark.parametrize("name", lift_names())
def test_exact_graph_equals_the_index(name: str) -> None:
    x = np.random.default_rng(3).normal(size=(400, 16)).astype(np.float32)
    indices, distances, recall = knn_graph(x, 14, lift(name))
    wanted, at = Index(x, lift(name)).query(x, 14, exclude=np.arange(400))
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
