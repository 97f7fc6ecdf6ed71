from __future__ import annotations

import numpy as np

from explorer.core.types import UNLABELLED
from explorer.learn.targets import Targets


def test_classes_are_counted_from_zero_and_items_without_one_stay_apart() -> None:
    found = Targets.of(np.array([7, UNLABELLED, 3, 7, 7]), by_class=True)
    assert found.codes.tolist() == [1, UNLABELLED, 0, 1, 1]
    assert found.classes == 2
    assert found.typical == 2.0


def test_without_classes_every_item_is_its_own() -> None:
    found = Targets.of(np.array([7, UNLABELLED, 3]), by_class=False)
    assert found.codes.tolist() == [0, 1, 2]
    assert found.classes == 3
    assert found.typical == 1.0


def test_nothing_labelled_has_no_typical_class() -> None:
    for by_class, classes in ((True, 0), (False, 2)):
        found = Targets.of(np.array([UNLABELLED, UNLABELLED]), by_class=by_class)
        assert found.classes == classes
        assert found.typical == float("inf")
