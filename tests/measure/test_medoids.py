"""The greedy medoids against a search that counts every clustering anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from explorer.measure.medoids import Doubles, worst_medoids


def plain(d: Doubles, labels: list[int], margin: float) -> Doubles:
    metrics = pytest.importorskip("sklearn.metrics")
    chosen: list[int] = []

    def worth(medoids: list[int]) -> float:
        nearest = d[:, medoids].argmin(axis=1)
        agreement = metrics.normalized_mutual_info_score(labels, nearest, average_method="geometric")
        return float(margin * (1 - agreement) - d[:, medoids].min(axis=1).sum())

    for _ in range(len(set(labels))):
        chosen.append(max((j for j in range(len(d)) if j not in chosen), key=lambda j: worth([*chosen, j])))
    found: Doubles = np.asarray(chosen)[d[:, chosen].argmin(axis=1)]
    return found


@pytest.mark.parametrize("margin", [0.0, 1.0, 50.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_served_as_by_a_plain_greedy_search(margin: float, dtype: type) -> None:
    for seed in range(4):
        generator = np.random.default_rng(seed)
        labels = np.concatenate([np.arange(6), generator.integers(0, 6, 30)])
        d: npt.NDArray[Any] = np.abs(generator.normal(size=(36, 36))).astype(
            dtype
        )  # also of a distance that has a direction
        np.fill_diagonal(d, 0.0)
        served, agreement = worst_medoids(d, labels, 6, margin)
        assert served.tolist() == plain(d, labels.tolist(), margin).tolist()
        assert 0.0 <= agreement <= 1.0


def test_rows_that_lie_together_are_served_by_the_first() -> None:
    served, agreement = worst_medoids(np.zeros((4, 4), np.float32), np.array([0, 0, 1, 1]), 2, 1.0)
    assert served.tolist() == [0, 0, 0, 0]
    assert agreement == 0.0
