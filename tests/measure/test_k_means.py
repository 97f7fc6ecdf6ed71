import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans

from explorer.measure.k_means import lloyd, spread_rows


@pytest.mark.parametrize("clusters", [2, 7, 60])
@pytest.mark.parametrize("iterations", [1, 4, 20])
def test_equals_scikit_learn_that_begins_at_the_same_centres(clusters: int, iterations: int) -> None:
    draw = np.random.default_rng(clusters)
    x = (draw.normal(size=(9, 6))[draw.integers(9, size=1500)] + 0.4 * draw.normal(size=(1500, 6))).astype(np.float32)
    first = x[draw.permutation(1500)[:clusters]]
    theirs = KMeans(clusters, init=first, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        wanted = theirs.fit(x).predict(x)
    found = lloyd(x, first, iterations, threads=2)
    assert np.mean(found == wanted) > 0.998  # float32 and float64 may differ at an edge


def test_an_empty_cluster_begins_anew_and_equal_items_end() -> None:
    x = np.zeros((50, 3), np.float32)
    assert len(set(lloyd(x, x[:4], 20).tolist())) <= 4
    x[25:] = 1
    found = lloyd(x, np.array([[0.5, 0.5, 0.5], [9, 9, 9]], np.float32), 20)
    assert len(set(found[:25].tolist())) == 1


def test_first_centres_are_rows_of_their_own_as_far_as_there_are_other_ones() -> None:
    x = np.random.default_rng(1).normal(size=(500, 5)).astype(np.float32)
    rows = spread_rows(x, 60, 4)
    assert len(set(rows.tolist())) == 60
    assert rows.tolist() == spread_rows(x, 60, 4).tolist()
    assert len(spread_rows(np.zeros((30, 2), np.float32), 4, 0)) == 4
    by_chance = x[np.random.default_rng(0).permutation(500)[:60]]
    apart = [
        np.linalg.norm(some[:, None] - some, axis=2)[np.triu_indices(60, 1)].min() for some in (x[rows], by_chance)
    ]
    assert apart[0] > apart[1]
