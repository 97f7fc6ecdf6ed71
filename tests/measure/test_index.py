import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.core.types import FloatArray, IntArray
from explorer.measure.flat_index import FEW_QUERIES
from explorer.measure.index import Index, build_index
from explorer.measure.kernels import score_all
from explorer.measure.lifts import lift, lift_names

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
    indices, distances = build_index(x, lift("euclidean")).search(x[queries], k, exclude=queries)
    wanted, at = brute(x, queries, k)
    np.testing.assert_array_equal(indices, wanted)
    np.testing.assert_allclose(distances, at, rtol=1e-6)


@pytest.mark.parametrize("name", lift_names())
def test_both_paths_agree(name: str) -> None:
    x = np.random.default_rng(1).normal(size=(500, 24)).astype(np.float32)
    index = build_index(x, lift(name))
    few = [index.search(x[i : i + 1], 10, exclude=[i]) for i in range(80)]
    indices, distances = index.search(x[:80], 10, exclude=np.arange(80))
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
        indices, at = build_index(x, known).search(x[query : query + 1], k, exclude=[left_out])
        assert indices[0].tolist() == order
        np.testing.assert_array_equal(at[0], distances[order])


def test_items_without_a_distance_come_last() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    x[::2] = np.nan
    found, distances = build_index(x, lift("euclidean")).search(x[1:2], 20)
    assert np.all(found[0] % 2 == 1)
    assert np.all(np.diff(distances[0]) >= 0)


def test_collapsed_embeddings_are_answered_by_index() -> None:
    x = np.ones((300, 8), np.float32)
    indices, distances = build_index(x, lift("cosine")).search(x[:100], 4, exclude=np.arange(100))
    assert indices[0].tolist() == [1, 2, 3, 4]
    assert indices[50].tolist() == [0, 1, 2, 3]
    assert np.all(distances == 0)


def test_more_than_there_are_end_in_minus_one() -> None:
    x = np.zeros((3, 2), np.float32)
    indices, distances = build_index(x, lift("euclidean")).search(x[:1], 5, exclude=[0])
    assert indices.tolist() == [[1, 2, -1, -1, -1]]
    assert np.isinf(distances[0, 2:]).all()


def test_nothing_to_search_in() -> None:
    index = build_index(np.empty((0, 4), np.float32), lift("euclidean"))
    assert len(index) == 0
    assert index.search(np.zeros((1, 4), np.float32), 2)[0].tolist() == [[-1, -1]]


def test_codes_find_nearly_all() -> None:
    x = np.random.default_rng(2).normal(size=(6000, 8)).astype(np.float32)
    index = build_index(x, lift("cosine"), exact=False)
    assert not index.exact
    found, _ = index.search(x[:200], 10, exclude=np.arange(200))
    true, _ = build_index(x, lift("cosine")).search(x[:200], 10, exclude=np.arange(200))
    shared = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, true, strict=True)])
    assert shared > 0.97
    assert index.recall == pytest.approx(shared, abs=0.05)
    assert build_index(x, lift("cosine")).recall == 1
    assert not np.any(found == np.arange(200)[:, None])


def filtered(x: FloatArray, queries: FloatArray, k: int, among: IntArray) -> tuple[IntArray, FloatArray]:
    """Search among a few items alone, by an index of nothing but them."""
    near, distances = build_index(x[among], lift("euclidean")).search(queries, k)
    return np.where(near >= 0, among[near], -1) if len(among) else near, distances


POINTS = st.integers(1, 60).flatmap(lambda n: arrays(np.float32, (n, 2), elements=GRID))


@settings(deadline=None)
@given(x=POINTS, k=st.integers(1, 70), many=st.booleans(), data=st.data())
def test_a_filter_finds_what_brute_force_finds_among_what_it_lets_through(
    x: FloatArray, k: int, many: bool, data: st.DataObject
) -> None:
    mask = data.draw(arrays(np.bool_, len(x)))
    queries = np.resize(np.arange(len(x)), FEW_QUERIES + len(x)) if many else np.arange(len(x))
    index = build_index(x, lift("euclidean"))
    indices, distances = index.search(x[queries], k, exclude=queries, among=mask)
    shown = np.where(mask, x.T, np.nan).T  # whatever is not let through is nowhere
    table = np.sqrt(((x[queries, None].astype(np.float64) - shown[None]) ** 2).sum(-1))
    for row, query in enumerate(queries):
        order = [i for i in np.lexsort((np.arange(len(x)), table[row])) if mask[i] and i != query][:k]
        assert indices[row].tolist() == order + [-1] * (k - len(order))
        np.testing.assert_allclose(distances[row, : len(order)], table[row][order], rtol=1e-6)
        assert np.isinf(distances[row, len(order) :]).all()
    by_rows = index.search(x[queries], k, exclude=queries, among=np.flatnonzero(mask)[::-1])
    np.testing.assert_array_equal(by_rows[0], indices)
    np.testing.assert_array_equal(by_rows[1], distances)


@pytest.mark.parametrize("name", lift_names())
@pytest.mark.parametrize("k", [5, 1200])
def test_a_filter_counts_for_every_distance_and_batch(name: str, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.measure.flat_index._COPIED_AT_ONCE", 500)  # as where a million pass
    x = np.random.default_rng(0).normal(size=(3000, 6)).astype(np.float32)
    among = np.flatnonzero(np.arange(3000) % 3)
    for queries in (x[:3], x[: FEW_QUERIES + 20]):
        near, at = build_index(x[among], lift(name)).search(queries, k)
        indices, distances = build_index(x, lift(name)).search(queries, k, among=among)
        np.testing.assert_array_equal(indices, among[near])
        np.testing.assert_array_equal(distances, at)


def test_a_filter_that_does_not_fit_is_refused() -> None:
    index = build_index(np.zeros((3, 2), np.float32), lift("euclidean"))
    with pytest.raises(IndexError, match="does not fit 3 items"):
        index.search(np.zeros((1, 2)), 1, among=np.ones(4, np.bool_))
    with pytest.raises(IndexError, match="there are 3 items"):
        index.search(np.zeros((1, 2)), 1, among=[3])
    with pytest.raises(IndexError, match="there are 3 items"):
        index.replace([-1], np.zeros((1, 2)))
    assert index.search(np.zeros((1, 2)), 1, among=[])[0].tolist() == [[-1]]


@settings(deadline=None)
@given(x=POINTS, name=st.sampled_from(lift_names()), data=st.data())
def test_what_was_added_and_replaced_is_found_as_in_an_index_built_anew(
    x: FloatArray, name: str, data: st.DataObject
) -> None:
    given_first = x.copy()
    index = build_index(x, lift(name))
    now = x.copy()
    for _ in range(data.draw(st.integers(1, 4))):
        rows = data.draw(st.lists(st.integers(0, len(now) - 1), unique=True))
        new = data.draw(arrays(np.float32, (len(rows), 2), elements=GRID))
        index.replace(rows, new)
        now[rows] = new
        more = data.draw(arrays(np.float32, (data.draw(st.integers(0, 5)), 2), elements=GRID))
        index.add(more)
        now = np.concatenate([now, more])
    assert len(index) == len(now)
    np.testing.assert_array_equal(x, given_first)  # what was given is never written to
    anew = build_index(now, lift(name))
    for found, wanted in zip(index.search(now, 7), anew.search(now, 7), strict=True):
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(index.distances(now[-1]), anew.distances(now[-1]))


@pytest.mark.parametrize("name", lift_names())
def test_what_lies_as_far_as_anything_can_is_found_too(name: str) -> None:
    x = np.array([[-1, 0], [1, 0]], np.float32)
    indices, _ = build_index(x, lift(name)).search(x, 2)
    np.testing.assert_array_equal(np.sort(indices, axis=1), [[0, 1], [0, 1]])


def test_how_far_everything_is() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    for exact in (True, False):
        index = build_index(np.tile(x, (30, 1)), lift("euclidean"), exact=exact)
        wanted = np.linalg.norm(x - x[7], axis=1)
        np.testing.assert_allclose(index.distances(x[7:8])[:50], wanted, atol=1e-6)


def recall(index: Index, x: FloatArray, among: IntArray) -> float:
    """Return the share of the true 10 nearest that an index finds among some items."""
    found, _ = index.search(x[:200], 10, among=among)
    true, _ = filtered(x, x[:200], 10, among)
    assert np.isin(found, among).all()
    return float(np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(found, true, strict=True)]))


@pytest.mark.parametrize(("step", "wanted"), [(1, 0.97), (5, 0.95), (20, 0.95), (200, 1)])
def test_codes_are_looked_for_further_the_fewer_pass_a_filter(step: int, wanted: float) -> None:
    x = np.random.default_rng(2).normal(size=(6000, 8)).astype(np.float32)
    index = build_index(x, lift("euclidean"), exact=False)
    assert recall(index, x, np.arange(0, 6000, step)) >= wanted


def test_codes_keep_their_recall_while_items_come_and_change() -> None:
    generator = np.random.default_rng(2)
    x = generator.normal(size=(9000, 8)).astype(np.float32)
    index = build_index(x[:4000], lift("euclidean"), exact=False)
    index.add(x[4000:5000])
    index.add(x[5000:])  # by now most of them are new
    for part in (slice(0, 2000), slice(2000, 9000)):
        x[part] = generator.normal(size=x[part].shape) + 5
        index.replace(np.arange(9000)[part], x[part])
        assert recall(index, x, np.arange(9000)) >= 0.97
    found, distances = index.search(x[:100], 1)
    assert np.mean(found[:, 0] == np.arange(100)) == 1
    assert np.all(distances == 0)
