from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.threshold import divided
from explorer.evaluation.verification import Judgement, evaluate
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
    found = evaluate(x, labels, lift("euclidean"))
    distances, same = every_pair(x, labels)
    far, tar, _ = roc_curve(same, -distances, drop_intermediate=False)
    at = np.nanargmin(np.abs(1 - tar - far))
    assert found.eer.value == pytest.approx((1 - tar[at] + far[at]) / 2, abs=0.005)
    assert found.auc.value == pytest.approx(roc_auc_score(same, -distances), abs=1e-6)
    assert found.tar[0.1] == pytest.approx(tar[far <= 0.1].max(), abs=0.005)
    assert (found.same_pairs, found.different_pairs) == (same.sum(), (~same).sum())
    assert 0 < found.eer.low < found.eer.value < found.eer.high < 0.5


def test_the_interval_holds_the_estimate_and_shrinks_with_more_identities() -> None:
    few = evaluate(*people(8), lift("euclidean"))
    many = evaluate(*people(80, 6), lift("euclidean"))
    for found in (few, many):
        assert found.eer.low <= found.eer.value <= found.eer.high
    assert many.eer.high - many.eer.low < few.eer.high - few.eer.low


def test_only_pairs_across_a_condition_count() -> None:
    x, labels = people(6, 4)
    medium = np.tile(["paper", "ipad"], len(x) // 2)
    found = evaluate(x, labels, lift("euclidean"), across=medium)
    first, second = np.triu_indices(len(x), 1)
    across = medium[first] != medium[second]
    assert found.same_pairs + found.different_pairs == across.sum()
    assert found.same_pairs == (labels[first] == labels[second])[across].sum()
    name = labels % 2
    shared = evaluate(x, labels, lift("euclidean"), across=medium, within=name)
    assert shared.same_pairs == found.same_pairs
    assert shared.different_pairs == (across & (name[first] == name[second]) & (labels[first] != labels[second])).sum()


def test_nothing_to_compare_is_said_in_words() -> None:
    x, _ = people(3, 2)
    with pytest.raises(UserError, match="0 pairs of one class"):
        evaluate(x, np.arange(len(x)), lift("euclidean"))
    with pytest.raises(Cancelled):
        evaluate(*people(), lift("euclidean"), cancelled=lambda: True)


def test_the_threshold_is_from_validation_and_its_error_from_the_rest() -> None:
    x, labels = people(40, 6)
    parts = np.where(labels < 15, "val", "test")
    found = evaluate(x, labels, lift("euclidean"), parts=parts, target=0.05)
    assert isinstance(found.judged, Judgement)
    assert found.judged.how == "validation"
    chosen, rest = (every_pair(x[labels < 15], labels[labels < 15]), every_pair(x[labels >= 15], labels[labels >= 15]))
    accepted = rest[0] <= found.threshold
    assert np.mean(chosen[0][~chosen[1]] <= found.threshold) <= 0.05
    assert found.judged.fmr.value == pytest.approx(accepted[~rest[1]].mean(), abs=1e-3)
    assert found.judged.fnmr.value == pytest.approx(1 - accepted[rest[1]].mean(), abs=1e-3)
    for rate in (found.judged.distance, found.judged.fmr, found.judged.fnmr, found.auc, *found.fnmr.values()):
        assert rate.low <= rate.value <= rate.high
    assert found.metrics["threshold"] == found.threshold
    assert {"threshold_low", "threshold_fmr_high", "threshold_fnmr", "fnmr@fmr=0.01_low"} <= set(found.metrics)


def test_figures_that_too_few_pairs_cannot_give_are_left_out() -> None:
    found = evaluate(*people(12, 8), lift("euclidean"))  # 4,224 different pairs
    assert set(found.fnmr) == {0.1, 0.01}
    assert "not enough pairs for an FMR of 0.001" in found.how
    few = evaluate(*people(3, 8), lift("euclidean"))
    assert few.judged == "3 held-out classes of two or more items are too few to choose a threshold on half of them"
    assert "threshold_fmr" not in few.metrics
    assert few.threshold > 0


def test_a_writer_of_several_classes_stands_on_one_side() -> None:
    labels = people(24, 6)[1]
    writers = labels // 3
    division = divided(labels, None, 0, writers)
    assert not set(writers[division.choosing]) & set(writers[division.judging])


def test_a_forgery_is_nobody_not_even_another_forgery() -> None:
    x, labels = people(5, 8)
    genuine = np.where(np.arange(len(x)) % 4 == 3, "forged", "genuine")  # two of the eight
    real = genuine == "genuine"
    found = evaluate(x, labels, lift("euclidean"), genuine=genuine)
    distances, same = every_pair(x, labels)
    first, second = np.triu_indices(len(x), 1)
    both = same & real[first] & real[second]
    assert (found.same_pairs, found.different_pairs) == (both.sum(), (~both).sum())
    assert found.auc.value == pytest.approx(roc_auc_score(both, -distances), abs=1e-6)
    with pytest.raises(UserError, match="says 'perhaps'"):
        evaluate(x, labels, lift("euclidean"), genuine=["perhaps"] * len(x))
    columns = {"genuine": genuine.tolist(), "split": ["test"] * len(x)}
    measured = create("protocol", "verification", {}).measure(Sample(x, labels, lift("euclidean"), columns), Effort())
    assert measured.figures["same_pairs"] == both.sum()


def test_given_pairs_are_compared_and_no_others(tmp_path: Path) -> None:
    x, labels = people(30, 4)
    ids = [f"p{label}/{row}.png" for row, label in enumerate(labels)]
    draw = np.random.default_rng(0)
    rows = draw.integers(len(x), size=(900, 2))
    rows = np.concatenate((rows[rows[:, 0] != rows[:, 1]], np.arange(120).reshape(-1, 2)))
    lines = [f"{ids[a]},{ids[b]}" for a, b in rows]
    (tmp_path / "pairs.csv").write_text("\n".join(["a,b", *lines]))
    protocol = create("protocol", "verification", {"pairs_file": str(tmp_path / "pairs.csv")})
    figures = protocol.measure(Sample(x, labels, lift("euclidean"), ids=ids), Effort()).figures
    same = labels[rows[:, 0]] == labels[rows[:, 1]]
    distances = np.linalg.norm(x[rows[:, 0]] - x[rows[:, 1]], axis=1)
    assert (figures["same_pairs"], figures["different_pairs"]) == (same.sum(), (~same).sum())
    assert figures["auc"] == pytest.approx(roc_auc_score(same, -distances), abs=1e-6)
    with pytest.raises(UserError, match="have no names"):
        protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
