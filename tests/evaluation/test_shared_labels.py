import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import ndcg_score

from explorer.core.registry import create
from explorer.core.types import BoolArray, FloatArray
from explorer.evaluation.protocol import Effort, Sample
from explorer.evaluation.shared_labels import shared_label_figures
from explorer.measure.lifts import lift

KS = (1, 4)


def oracle(x: FloatArray, sets: BoolArray) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    kept = np.flatnonzero(sets.any(axis=1))
    for q in kept:
        others = kept[kept != q]
        gains = (sets[others] & sets[q]).sum(axis=1)
        if not gains.any():
            continue
        gains = gains[np.lexsort((others, ((x[others] - x[q]) ** 2).sum(1)))]
        for k in KS:
            scores.setdefault(f"shared_recall@{k}", []).append(float(gains[:k].any()))
        padded = np.zeros(max(12, len(gains)))  # scikit-learn refuses a single document
        padded[: len(gains)] = gains
        scores.setdefault("shared_ndcg@10", []).append(float(ndcg_score([padded], [-np.arange(len(padded))], k=10)))
    return {name: float(np.mean(values)) for name, values in scores.items()}


@settings(deadline=None)
@given(data=st.data(), n=st.integers(1, 40), collapsed=st.booleans())
def test_equals_scikit_learn(data: st.DataObject, n: int, collapsed: bool) -> None:
    x = data.draw(arrays(np.float32, (n, 2), elements=st.integers(-4, 4).map(np.float32))) * np.float32(not collapsed)
    sets = data.draw(arrays(np.bool_, (n, 4)))
    assert shared_label_figures(x, sets, lift("squared_euclidean"), KS) == pytest.approx(oracle(x, sets))


def test_items_with_several_labels_are_measured_by_those_they_share() -> None:
    x = np.array([[0.0], [0.1], [9.0], [9.1]], np.float32)
    sets = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], np.bool_)
    sample = Sample(x, np.array([0, 1, 2, 2]), lift("euclidean"), label_sets=sets)
    measure = create("protocol", "retrieval", {}).measure
    found = measure(sample, Effort())
    assert found.lone == 2  # each distinct set is a class of its own
    assert found.figures["shared_recall@1"] == found.figures["shared_ndcg@10"] == 1.0
    assert "shared_recall@1" not in measure(sample, Effort(thorough=False)).figures
