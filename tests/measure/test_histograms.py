import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score, roc_curve

from explorer.core.types import FloatArray, IntArray
from explorer.measure.histograms import different_pairs, distance_histogram, pairs_between, same_pairs, verification
from explorer.measure.lifts import lift

LABELS = st.integers(0, 40).flatmap(lambda n: arrays(np.int64, n, elements=st.integers(0, 4)))


@given(labels=LABELS, count=st.integers(1, 400))
def test_pairs_are_distinct_and_of_their_kind(labels: IntArray, count: int) -> None:
    generator = np.random.default_rng(0)
    upper = np.triu(np.ones((len(labels),) * 2, bool), 1)
    alike = labels[:, None] == labels[None]
    for pairs, possible in (
        (same_pairs(labels, count, generator), int((upper & alike).sum())),
        (different_pairs(labels, count, generator), int((upper & ~alike).sum())),
    ):
        assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs) == min(count, possible)
    same, different = same_pairs(labels, count, generator), different_pairs(labels, count, generator)
    assert np.all(labels[same[:, 0]] == labels[same[:, 1]])
    assert np.all(labels[different[:, 0]] != labels[different[:, 1]])


@given(labels=LABELS, count=st.integers(1, 400), data=st.data())
def test_pairs_of_a_query_and_the_gallery_are_distinct_and_of_their_kind(
    labels: IntArray, count: int, data: st.DataObject
) -> None:
    said = data.draw(arrays(np.int64, len(labels), elements=st.integers(0, 2)))
    queries, gallery = np.flatnonzero(said == 1), np.flatnonzero(said == 2)
    alike = labels[queries][:, None] == labels[gallery]
    for pairs, same in zip(
        pairs_between(labels, queries, gallery, count, np.random.default_rng(0)), (True, False), strict=True
    ):
        assert len({tuple(pair) for pair in pairs.tolist()}) == len(pairs) == min(count, int((alike == same).sum()))
        assert np.all(np.isin(pairs[:, 0], queries) & np.isin(pairs[:, 1], gallery))
        assert np.all((labels[pairs[:, 0]] == labels[pairs[:, 1]]) == same)


def test_a_histogram_against_the_gallery_is_of_its_pairs_only() -> None:
    x = np.array([0, 1, 2, 5, 7, 9], np.float32)[:, None]
    labels = np.array([0, 0, 1, 0, 1, -1])
    parts = np.arange(6) < 3, np.arange(6) >= 3
    found = distance_histogram(x, labels, lift("euclidean"), "run", 3, parts=parts, items=np.arange(10, 16))
    assert found is not None
    assert found.pairs is not None
    assert found.pairs.near.tolist() == [4, 5, 5]
    assert found.pairs.far.tolist() == [3, 6, 7]
    assert found.pairs.same[0].tolist() == [11, 13]
    assert found.against_gallery
    assert distance_histogram(x, labels, lift("euclidean"), "run", 3, parts=(parts[0], parts[0] & False)) is None


def test_large_sets_are_sampled_evenly() -> None:
    labels = np.repeat(np.arange(2), [1000, 3000])
    pairs = same_pairs(labels, 20_000, np.random.default_rng(0))
    assert np.mean(labels[pairs[:, 0]] == 0) == pytest.approx(0.1, abs=0.01)  # 499,500 of 4,998,000 pairs
    assert len(different_pairs(labels, 20_000, np.random.default_rng(0))) == 20_000


@settings(deadline=None)
@given(
    same=arrays(np.float32, st.integers(1, 30), elements=st.integers(0, 12).map(np.float32)),
    different=arrays(np.float32, st.integers(1, 30), elements=st.integers(3, 15).map(np.float32)),
)
def test_area_and_error_agree_with_scikit_learn(same: FloatArray, different: FloatArray) -> None:
    eer, threshold, auc = verification(same, different)
    truth = np.repeat([1, 0], [len(same), len(different)])
    score = -np.concatenate([same, different])
    assert auc == pytest.approx(roc_auc_score(truth, score))
    accepts, hits, _ = roc_curve(truth, score, drop_intermediate=False)
    grid = np.linspace(0, 1, 20_001)
    gap = np.abs(np.interp(grid, accepts + hits, 1 - hits) - np.interp(grid, accepts + hits, accepts))
    assert 0 <= eer <= 1
    accepted, refused = np.mean(different <= threshold), np.mean(same > threshold)
    below = np.mean(different < threshold), np.mean(same >= threshold)
    assert min(accepted, below[0]) <= eer + 1e-9
    assert max(refused, below[1]) >= eer - 1e-9
    assert gap.min() <= 1e-3


def test_a_perfect_embedding_has_no_error() -> None:
    same, different = np.array([0.1, 0.2], np.float32), np.array([0.8, 0.9], np.float32)
    eer, threshold, auc = verification(same, different)
    assert (eer, auc) == (0, 1)
    assert 0.2 <= threshold <= 0.8
    assert verification(different, same)[0] == 1


def test_the_histogram_holds_every_pair() -> None:
    x = np.array([[0.0], [1.0], [5.0], [6.0], [90.0]], np.float32)
    histogram = distance_histogram(x, [0, 0, 1, 1, -1], lift("euclidean"), "run", 7, bins=5)
    assert histogram is not None
    assert (histogram.run, histogram.step, histogram.same_pairs, histogram.different_pairs) == ("run", 7, 2, 4)
    np.testing.assert_allclose(histogram.edges, [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(histogram.same, [1, 0, 0, 0, 0])
    np.testing.assert_allclose(histogram.different, [0, 0, 0, 0.25, 0.75])
    assert histogram.auc == 1
    assert not histogram.same.flags.writeable


def test_no_pair_no_histogram() -> None:
    x = np.zeros((3, 2), np.float32)
    assert distance_histogram(x, [0, 0, 0], lift("euclidean"), "run", 0) is None
    assert distance_histogram(x, [0, 1, 2], lift("euclidean"), "run", 0) is None


def test_collapsed_embeddings_have_a_histogram() -> None:
    histogram = distance_histogram(np.ones((6, 2), np.float32), [0, 0, 0, 1, 1, 1], lift("cosine"), "run", 0)
    assert histogram is not None
    assert histogram.eer == pytest.approx(0.5)
    assert histogram.auc == pytest.approx(0.5)
    assert np.isfinite(histogram.same).all()
