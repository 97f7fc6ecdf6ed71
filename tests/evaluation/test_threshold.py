import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from explorer.core.errors import UserError
from explorer.evaluation.comparison import Comparison
from explorer.evaluation.threshold import best_distance, choose, divided, errors_at, largest_distance
from explorer.evaluation.verification import evaluate
from explorer.measure.lifts import lift

DISTANCES = st.lists(st.integers(0, 12), min_size=1, max_size=60)


@given(near=DISTANCES, far=DISTANCES, rate=st.sampled_from([0.0, 0.01, 0.1, 0.29, 0.5, 0.9]))
def test_accepts_at_a_rate_are_those_of_scikit_learn_ties_included(
    near: list[int], far: list[int], rate: float
) -> None:
    both = np.array([*near, *far], np.float32)
    same = np.arange(len(both)) < len(near)
    fpr, tpr, _ = roc_curve(same, -both, drop_intermediate=False)
    distance = largest_distance(both[~same], rate)
    fmr, fnmr = errors_at(both[same], both[~same], distance)
    assert fmr <= rate + 1e-12
    assert 1 - fnmr == pytest.approx(tpr[fpr <= rate + 1e-12].max())
    further = np.nextafter(np.float32(distance), np.float32(np.inf))
    assert np.mean(both[~same] <= further) > rate  # it is the largest


@pytest.mark.parametrize("kind", ["collapsed", "rectified", "binary"])
def test_ties_do_not_count_for_the_verifier(kind: str) -> None:
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(20), 15)
    noise = draw.normal(size=(len(labels), 4)) + draw.normal(size=(20, 4))[labels]
    made = {"collapsed": np.ones_like(noise), "rectified": np.maximum(0, noise - 2), "binary": np.sign(noise)}
    x = made[kind].astype(np.float32)
    found = evaluate(x, labels, lift("euclidean"))
    first, second = np.triu_indices(len(x), 1)
    distances = np.linalg.norm(x[first] - x[second], axis=1)
    fpr, tpr, _ = roc_curve(labels[first] == labels[second], -distances, drop_intermediate=False)
    for rate, tar in found.tar.items():
        assert tar == pytest.approx(tpr[fpr <= rate].max())
    assert kind == "binary" or found.tar[0.001] == 0


def test_validation_items_choose_where_the_data_name_them() -> None:
    labels = np.array([0, 0, 1, 1, -1, 0, 0, 1, 1])
    parts = ["Val", "valid", "validation", "val", "val", "test", "test", "test", "query"]
    division = divided(labels, parts, 0)
    assert division.how == "validation"
    assert division.choosing.tolist() == [0, 1, 2, 3]
    assert division.judging.tolist() == [5, 6, 7, 8]


def test_else_half_of_the_classes_choose_and_none_stands_on_both_sides() -> None:
    labels = np.array([*np.repeat(np.arange(10), 3), 10, 11, -1])
    division = divided(labels, None, 4)
    choosing, judging = set(labels[division.choosing]), set(labels[division.judging])
    assert division.how == "half of the held-out classes"
    assert not choosing & judging
    assert choosing | judging == set(range(12))
    assert len({c for c in choosing if c < 10}) == 5
    assert (divided(labels, ["test"] * len(labels), 4).choosing == division.choosing).all()
    with pytest.raises(UserError, match="3 held-out classes of two or more items are too few"):
        divided([0, 0, 1, 1, 2, 2, 3], None, 0)


def test_the_error_is_that_of_items_without_a_part_in_the_choice() -> None:
    draw = np.random.default_rng(1)
    labels = np.repeat(np.arange(30), 8)
    x = (draw.normal(size=(30, 6))[labels] + 0.7 * draw.normal(size=(len(labels), 6))).astype(np.float32)
    compared = Comparison(x, labels, lift("euclidean"), pairs=10_000)
    division = divided(labels, None, 0)
    found = choose(compared, division, 0.01)
    _, _, near, far = compared.among(division.choosing)
    assert found.distance == best_distance(near, far, 0.01) == largest_distance(far, 0.01)
    assert (found.same_pairs, found.different_pairs) == (len(near), len(far))
    first, second = np.triu_indices(len(division.judging), 1)
    y, of = x[division.judging].astype(np.float64), labels[division.judging]
    accepted = np.linalg.norm(y[first] - y[second], axis=1) <= found.distance
    assert found.fmr == pytest.approx(accepted[of[first] != of[second]].mean(), abs=1e-3)
    assert found.fnmr == pytest.approx(1 - accepted[of[first] == of[second]].mean(), abs=1e-3)
    with pytest.raises(UserError, match=r"not enough to choose a threshold for an FMR of 1e-05\. It takes 1,000,000"):
        choose(compared, division, 1e-5)
    with pytest.raises(UserError, match="pairs of one class"):
        compared.among(np.arange(8))


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_where_all_pairs_lie_at_one_distance_none_is_the_same(place: float) -> None:
    near, far = np.full(30, place, np.float32), np.full(200, place, np.float32)
    threshold = best_distance(near, far, 0.0)
    assert threshold < place
    assert errors_at(near, far, threshold) == (0.0, 1.0)
