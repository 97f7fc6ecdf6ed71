"""The closest pairs across two classes of what is shown, against comparing them all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.types import PIXELS_RUN
from explorer.engine.datasets.samples import raw_sample_of
from explorer.engine.session.closest_pairs import ClosestPairs
from tests.engine.conftest import Desk


@pytest.mark.parametrize(("first", "second"), [(3, 8), (8, 3), (5, 5)])
def test_pairs_of_the_raw_data_are_those_of_comparing_all(start: Callable[..., Desk], first: int, second: int) -> None:
    session, heard = start(live=False)
    session.closest_pairs(first, second, 6)
    found = heard.until(ClosestPairs)
    assert (found.run, found.first, found.second) == (PIXELS_RUN, first, second)
    dataset, split = session.dataset, session.split
    assert dataset is not None
    assert split is not None
    items = split.held_out
    x = raw_sample_of(dataset, items, None).x
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    labels = np.asarray(dataset.labels)[items]
    distances = 1 - x @ x.T
    one, other = np.flatnonzero(labels == first), np.flatnonzero(labels == second)
    every = [(float(distances[a, b]), a, b) for a in one for b in other if first != second or a < b]
    every.sort(reverse=first == second)
    assert [pair.distance for pair in found.pairs] == pytest.approx([value for value, _, _ in every[:6]], abs=1e-5)
    place = {int(item): row for row, item in enumerate(items)}
    for pair in found.pairs:
        a, b = place[pair.first], place[pair.second]
        assert (labels[a], labels[b]) == (first, second)
        assert distances[a, b] == pytest.approx(pair.distance, abs=1e-5)
