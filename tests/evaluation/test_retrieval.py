import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from sklearn.metrics import normalized_mutual_info_score

from explorer.core.errors import Cancelled
from explorer.core.types import FloatArray, IntArray
from explorer.evaluation.retrieval import evaluate, k_means, normalised_mutual_information
from explorer.measure.lifts import lift

GRID = st.integers(-4, 4).map(np.float32)


def oracle(x: FloatArray, labels: IntArray, ks: tuple[int, ...]) -> dict[str, float]:
    """One query at a time, every other item sorted by (distance, index)."""
    scores: dict[str, list[float]] = {}
    for q in np.flatnonzero(labels >= 0):
        others = np.array([i for i in np.flatnonzero(labels >= 0) if i != q])
        relevant = int((labels[others] == labels[q]).sum()) if len(others) else 0
        if relevant == 0:
            continue
        squares = ((x[others] - x[q]) ** 2).sum(1)
        right = (labels[others] == labels[q])[np.lexsort((others, squares))]
        for k in ks:
            scores.setdefault(f"recall@{k}", []).append(float(right[:k].any()))
        precisions = np.cumsum(right[:relevant]) / np.arange(1, relevant + 1)
        scores.setdefault("map@r", []).append(float((precisions * right[:relevant]).sum() / relevant))
        scores.setdefault("r_precision", []).append(float(right[:relevant].mean()))
    return {name: float(np.mean(values)) for name, values in scores.items()}


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 50))
def test_equals_brute_force(data: st.DataObject, n: int) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=GRID))
    labels = data.draw(arrays(np.int64, n, elements=st.integers(-1, 5)))
    found = evaluate(x, labels, lift("squared_euclidean"), ks=(1, 3, 60))
    wanted = oracle(x, labels, (1, 3, 60))
    assert found.metrics == pytest.approx(wanted)
    assert list(found.metrics) == list(wanted)
    sizes = np.unique(labels[labels >= 0], return_counts=True)[1]
    assert (found.items, found.classes, found.lone) == (sizes.sum(), len(sizes), (sizes == 1).sum())


@pytest.mark.parametrize("name", ["euclidean", "cosine"])
def test_equals_the_library_that_others_use(name: str) -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(12, size=600)
    x = (np.eye(12, 16)[labels] + generator.normal(size=(600, 16)) * 0.5).astype(np.float32)
    if name == "cosine":
        x /= np.linalg.norm(x, axis=1, keepdims=True)  # so that the library's Euclidean ranks are the cosine's
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"), k="max_bin_count"
    )
    theirs = calculator.get_accuracy(x, labels)
    ours = evaluate(x, labels, lift(name)).metrics
    assert ours["recall@1"] == pytest.approx(theirs["precision_at_1"], abs=1e-6)
    assert ours["r_precision"] == pytest.approx(theirs["r_precision"], abs=1e-6)
    assert ours["map@r"] == pytest.approx(theirs["mean_average_precision_at_r"], abs=1e-6)


def test_lone_items_are_counted_but_stay_in_the_way() -> None:
    x = np.array([[0.0], [1.0], [-0.1], [5.0]], np.float32)
    found = evaluate(x, [0, 0, 1, -1], lift("euclidean"), ks=(1, 2))
    assert found.metrics["recall@1"] == 0.5  # the item at 0 finds the lone one at -0.1 first
    assert found.metrics["recall@2"] == 1
    assert (found.items, found.classes, found.lone) == (3, 2, 1)


def test_nothing_to_ask_gives_no_figures() -> None:
    assert evaluate(np.zeros((2, 3), np.float32), [0, 1], lift("euclidean")).metrics == {}
    assert evaluate(np.zeros((0, 3), np.float32), [], lift("cosine")).metrics == {}


def test_a_sample_of_the_items_asks_all_the_others() -> None:
    x = np.repeat(np.arange(200, dtype=np.float32), 2)[:, None] * 10
    x[1::2] += 1
    labels = np.repeat(np.arange(200), 2)
    found = evaluate(x, labels, lift("euclidean"), most=30)
    assert (found.items, found.classes, found.lone) == (30, 200, 0)
    everything = evaluate(x, labels, lift("euclidean"))
    assert found.metrics["recall@1"] == 1.0  # its only partner is there, whoever was drawn
    assert (everything.items, everything.metrics["recall@1"]) == (400, 1.0)
    mixed = np.arange(400) % 7
    whole = evaluate(x, mixed, lift("euclidean")).metrics["map@r"]
    drawn = [evaluate(x, mixed, lift("euclidean"), most=30, seed=seed).metrics["map@r"] for seed in range(40)]
    assert len(set(drawn)) > 10
    assert np.mean(drawn) == pytest.approx(whole, rel=0.1)


def test_an_evaluation_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        evaluate(np.zeros((4, 3), np.float32), [0, 0, 1, 1], lift("euclidean"), cancelled=lambda: True)


@given(
    a=arrays(np.int64, 30, elements=st.integers(0, 5)),
    b=arrays(np.int64, 30, elements=st.integers(0, 5)),
)
def test_mutual_information_equals_scikit_learn(a: IntArray, b: IntArray) -> None:
    assert normalised_mutual_information(a, b) == pytest.approx(normalized_mutual_info_score(a, b), abs=1e-9)


def test_clusters_of_well_separated_classes_are_found() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200) % 4
    x = (np.eye(4)[labels] * 20 + generator.normal(size=(200, 4))).astype(np.float32)
    found = evaluate(x, labels, lift("euclidean"), nmi=True)
    assert found.metrics["nmi"] > 0.7
    assert np.array_equal(k_means(x, 4), k_means(x, 4))
