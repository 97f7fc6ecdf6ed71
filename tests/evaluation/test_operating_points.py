import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score, roc_curve

from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.operating_points import Judged, Rate, in_order, opis
from explorer.evaluation.pair_intervals import Clusters, rate_interval
from explorer.evaluation.threshold import largest_distance
from tests.benchmarks.verification_coverage import Model, coverage


def drawn(step: float = 0.0) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Return pairs of the model of the benchmark; ``step``: what distances are rounded to, so that many are equal."""
    near, far, near_ids, far_ids = Model(20, 5).draw(np.random.default_rng(2))
    if step:
        near, far = (np.round(values / step).astype(np.float32) * np.float32(step) for values in (near, far))
    return near, far, near_ids, far_ids


@pytest.mark.parametrize("step", [0.0, 0.5, 100.0])
def test_rates_are_those_of_scikit_learn_ties_and_collapse_included(step: float) -> None:
    near, far, near_ids, far_ids = drawn(step)
    judged = Judged(near, far, near_ids, far_ids)
    same = np.arange(len(near) + len(far)) < len(near)
    score = -np.concatenate((near, far))
    assert judged.auc().value == pytest.approx(roc_auc_score(same, score))
    fpr, tpr, _ = roc_curve(same, score, drop_intermediate=False)
    for rate in (0.1, 0.01):
        found = judged.fnmr_at(rate)
        assert found.value == pytest.approx(1 - tpr[fpr <= rate].max())
        assert 0 <= found.low <= found.value <= found.high <= 1
    assert judged.enough(0.01)
    assert not judged.enough(1e-4)


def test_the_variance_is_the_sum_over_pairs_that_share_an_identity() -> None:
    draw = np.random.default_rng(0)
    ids = draw.integers(8, size=(60, 2))
    influence = draw.normal(size=60) + ids.sum(axis=1)
    influence -= influence.mean()
    shared = [[bool(set(a) & set(b)) for a in ids.tolist()] for b in ids.tolist()]
    brute = influence @ np.array(shared) @ influence
    assert Clusters(ids).spread(influence).variance == pytest.approx(brute * 8 * 7 / 6**2)


def test_without_an_error_the_identities_count_and_not_their_pairs() -> None:
    ids = np.repeat(np.arange(20), 50)
    low, high = rate_interval(np.zeros(1000), Clusters(np.stack((ids, ids), 1)))
    assert low == 0
    assert high == pytest.approx(0.161, abs=0.001)  # Wilson's of 0 in 20
    assert rate_interval(np.ones(1000), Clusters(np.stack((ids, ids), 1))) == pytest.approx((1 - high, 1))


def test_a_threshold_lies_in_its_interval() -> None:
    near, far, near_ids, far_ids = drawn()
    for target in (0.0, 0.05):
        distance = largest_distance(far, target or 0.03)
        low, high = Judged(near, far, near_ids, far_ids).threshold_interval(distance, target)
        assert low < distance < high


@pytest.mark.parametrize("step", [0.0, 0.5, 100.0])
def test_the_equal_error_rate_is_where_both_errors_cross(step: float) -> None:
    near, far, near_ids, far_ids = drawn(step)
    found = Judged(near, far, near_ids, far_ids).eer()
    same = np.arange(len(near) + len(far)) < len(near)
    fpr, tpr, _ = roc_curve(same, -np.concatenate((near, far)), drop_intermediate=False)
    assert found.value == pytest.approx(brentq(lambda x: 1 - x - np.interp(x, fpr, tpr), 0, 1))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_its_interval_is_that_of_leaving_out_identities() -> None:
    near, far, near_ids, far_ids = drawn()
    found = Judged(near, far, near_ids, far_ids).eer()
    without = []
    for k in range(20):
        same, different = near_ids[:, 0] != k, (far_ids != k).all(axis=1)
        without.append(Judged(near[same], far[different], near_ids[same], far_ids[different]).eer().value)
    error = np.sqrt(19 / 20 * np.square(np.array(without) - np.mean(without)).sum())
    assert (found.high - found.low) / 2 == pytest.approx(2.2 * error, rel=0.35)


def test_a_stricter_threshold_is_never_said_to_refuse_less() -> None:
    near, far, near_ids, far_ids = drawn()
    judged = Judged(near, far + np.float32(30), near_ids, far_ids)
    found = in_order({fmr: judged.fnmr_at(fmr) for fmr in (0.01, 0.1)})
    assert found[0.1].value == found[0.01].value == 0
    assert found[0.1].high <= found[0.01].high
    wide = in_order({0.1: Rate(0.2, 0.1, 0.5), 0.01: Rate(0.3, 0.05, 0.4)})
    assert wide == {0.1: Rate(0.2, 0.05, 0.5), 0.01: Rate(0.3, 0.05, 0.5)}


def test_the_intervals_hold_the_true_value_where_a_bootstrap_over_pairs_does_not() -> None:
    found = coverage(Model(), 150, seed=1)
    for name in ("fnmr", "fmr", "auc", "eer", "fnmr@fmr=0.1", "fnmr@fmr=0.01", "fnmr@fmr=0.001"):
        assert found[name] >= 0.9, name
    assert found["fnmr by pairs"] < 0.9
    assert found["fmr by pairs"] < 0.3


def test_opis_is_the_variance_of_the_harmonic_mean_over_classes() -> None:
    near, far, near_ids, far_ids = drawn()
    found = opis(near, far, near_ids[:, 0], far_ids)
    low, high = np.quantile(far, 0.01, method="higher"), np.quantile(far, 0.1, method="higher")
    utilities = []
    for k in range(20):
        own, other = near[near_ids[:, 0] == k], far[(far_ids == k).any(axis=1)]
        rates = [(np.mean(own <= d), np.mean(other > d)) for d in np.linspace(low, high, 200)]
        utilities.append([2 * psi * phi / (psi + phi) if psi + phi else 0.0 for psi, phi in rates])
    assert found == pytest.approx(np.var(utilities, axis=0).mean(), rel=0.03)
    alike = np.repeat(near[:10], 20)
    served = opis(alike, np.repeat(far[:10], 190), np.tile(np.arange(20), 10), np.tile(far_ids[::25], (10, 1)))
    assert served == pytest.approx(0, abs=1e-12)
    assert opis(near, far, np.zeros(len(near), np.int64), far_ids) is None
