from __future__ import annotations

import numpy as np

from explorer.engine.datasets.trained_counts import trained_counts


def test_it_counts_what_trains_anew_for_other_data_only() -> None:
    labels, train = np.array([0, 2, 2, -1, 0, 2]), np.array([0, 1, 2, 3])
    counts = trained_counts(labels, train)
    assert counts.tolist() == [1, 0, 2]
    assert trained_counts(labels, train) is counts
    assert trained_counts(labels, np.array([4, 5])).tolist() == [1, 0, 1]
    assert trained_counts(np.array([1, 1, 1, 1, 1, 1]), train).tolist() == [0, 4]
    assert trained_counts(np.full(6, -1), train).tolist() == []
