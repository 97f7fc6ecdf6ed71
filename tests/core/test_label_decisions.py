import numpy as np

from explorer.core.label_decisions import DecidedLabels, Decision


def test_decisions_change_a_copy_of_the_labels() -> None:
    labels = np.array([0, 1, 2, 0])
    labels.setflags(write=False)
    decided = DecidedLabels.of(labels, {0: Decision("relabel", 2), 1: Decision("exclude"), 3: Decision("keep")})
    assert decided.labels.tolist() == [2, -1, 2, 0]
    assert decided.excluded.tolist() == [False, True, False, False]
    assert labels.tolist() == [0, 1, 2, 0]
