import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from explorer.core.errors import Cancelled, UserError
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.verification import evaluate
from explorer.measure.lifts import lift


def people(classes: int = 12, images: int = 8, spread: float = 0.8) -> tuple[FloatArray, IntArray]:
    draw = np.random.default_rng(3)
    labels = np.repeat(np.arange(classes), images)
    x = draw.normal(size=(classes, 5))[labels] + spread * draw.normal(size=(len(labels), 5))
    return x.astype(np.float32), labels


def every_pair(x: FloatArray, labels: IntArray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(len(x), 1)
    return np.linalg.norm(x[first] - x[second], axis=1), labels[first] == labels[second]


def test_all_pairs_against_scikit_learn() -> None:
    x, labels = people()
    found = evaluate(x, labels, lift("euclidean"), resamples=0)
    distances, same = every_pair(x, labels)
    far, tar, _ = roc_curve(same, -distances, drop_intermediate=False)
    at = np.nanargmin(np.abs(1 - tar - far))
    assert found.eer == pytest.approx((1 - tar[at] + far[at]) / 2, abs=0.005)
    assert found.auc == pytest.approx(roc_auc_score(same, -distances), abs=1e-6)
    assert found.tar[0.1] == pytest.approx(tar[far <= 0.1].max(), abs=0.005)
    assert (found.same_pairs, found.different_pairs) == (same.sum(), (~same).sum())
    assert np.isnan(found.eer_low)


def test_the_interval_holds_the_estimate_and_shrinks_with_more_identities() -> None:
    few = evaluate(*people(8), lift("euclidean"), resamples=100)
    many = evaluate(*people(80, 6), lift("euclidean"), resamples=100)
    for found in (few, many):
        assert found.eer_low <= found.eer <= found.eer_high
    assert many.eer_high - many.eer_low < few.eer_high - few.eer_low


def test_only_pairs_across_a_condition_count() -> None:
    x, labels = people(6, 4)
    medium = np.tile(["paper", "ipad"], len(x) // 2)
    found = evaluate(x, labels, lift("euclidean"), across=medium, resamples=0)
    first, second = np.triu_indices(len(x), 1)
    across = medium[first] != medium[second]
    assert found.same_pairs + found.different_pairs == across.sum()
    assert found.same_pairs == (labels[first] == labels[second])[across].sum()
    name = labels % 2
    shared = evaluate(x, labels, lift("euclidean"), across=medium, within=name, resamples=0)
    assert shared.same_pairs == found.same_pairs
    assert shared.different_pairs == (across & (name[first] == name[second]) & (labels[first] != labels[second])).sum()


def test_nothing_to_compare_is_said_in_words() -> None:
    x, _ = people(3, 2)
    with pytest.raises(UserError, match="0 pairs of one class"):
        evaluate(x, np.arange(len(x)), lift("euclidean"))
    with pytest.raises(Cancelled):
        evaluate(*people(), lift("euclidean"), cancelled=lambda: True)
