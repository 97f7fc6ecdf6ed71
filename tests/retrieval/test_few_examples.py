from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.core.types import FloatArray
from explorer.measure.index import build_index
from explorer.measure.lifts import lift
from explorer.retrieval.few_examples import Examples, LikeExamples, Manner

NONE = np.empty(0, np.int64)


def drawn(count: int = 200, collapsed: bool = False) -> FloatArray:
    x = np.random.default_rng(3).normal(size=(count, 6)).astype(np.float32)
    return np.ones_like(x) if collapsed else x


@pytest.mark.parametrize("name", ["euclidean", "cosine", "dot"])
@pytest.mark.parametrize("manner", ["nearest", "prototype"])
def test_the_ranking_is_that_of_brute_force(name: str, manner: Manner) -> None:
    x, examples = drawn(), [5, 17, 40]
    asked = x[examples] if manner == "nearest" else x[examples].mean(axis=0, keepdims=True)
    away = -asked @ x.T if name == "dot" else cdist(asked, x, name)
    expected = away.min(axis=0)
    expected[[*examples, 3, 9]] = np.inf
    order = np.argsort(expected)[:12]
    like = LikeExamples(build_index(x, lift(name), exact=True), x)
    found, distances = like.most_alike(examples, np.array([3, 9]), 12, manner)
    assert found.tolist() == order.tolist()
    if name != "dot":
        np.testing.assert_allclose(distances, expected[order], atol=1e-3)


def test_examples_that_come_and_go_are_as_if_they_had_always_been_so() -> None:
    x = drawn()
    index = build_index(x, lift("euclidean"), exact=True)
    like = LikeExamples(index, x)
    for examples in ([1], [1, 2, 3], [1, 3], [7]):
        again = LikeExamples(index, x).most_alike(examples, NONE, 9, "nearest")
        found = like.most_alike(examples, NONE, 9, "nearest")
        assert found[0].tolist() == again[0].tolist()
        assert found[1].tolist() == again[1].tolist()


@pytest.mark.parametrize("manner", ["nearest", "prototype"])
def test_a_collapsed_embedding_is_ranked_by_row(manner: Manner) -> None:
    x = drawn(30, collapsed=True)
    like = LikeExamples(build_index(x, lift("euclidean"), exact=True), x)
    assert like.most_alike([2], np.array([0]), 5, manner)[0].tolist() == [1, 3, 4, 5, 6]


def test_only_some_may_be_found_and_what_is_no_number_never_is() -> None:
    x = drawn(20)
    x[4] = np.nan
    like = LikeExamples(build_index(x, lift("euclidean"), exact=True), x)
    found, distances = like.most_alike([0], NONE, 50, "nearest", among=np.array([0, 3, 4, 8]))
    assert sorted(found.tolist()) == [3, 8]
    assert np.isfinite(distances).all()
    empty = LikeExamples(build_index(x[:0], lift("euclidean"), exact=True), x[:0])
    assert len(empty.most_alike([], NONE, 5, "nearest")[0]) == 0


def test_what_was_judged_stays_judged() -> None:
    begun = Examples((1, 2))
    later = begun.accept([5, 1, 5]).refuse([6, 5]).accept([6, 7])
    assert later == Examples((1, 2), (5, 7), (6,))
    assert later.all == (1, 2, 5, 7)
    assert later.judged == 3
    assert begun == Examples((1, 2))
