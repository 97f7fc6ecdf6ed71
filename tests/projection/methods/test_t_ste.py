"""The map of given triplets as a layout: it needs them, looks at nothing else, and follows others."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.errors import Cancelled, UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import OfTriplets
from explorer.projection.methods.t_ste import TSte
from explorer.projection.pca import EXTENT
from tests.projection.test_triplet_map import told_of

E = lift("euclidean")
IDS = np.arange(20)
NOISE = np.random.default_rng(3).normal(size=(20, 4)).astype(np.float32)


def made() -> TSte:
    layout: TSte = create("projection", "t_ste", {}, seed=0)
    assert isinstance(layout, OfTriplets)
    return layout


def rest(layout: TSte) -> FloatArray:
    while not layout.done:
        layout.epoch()
    return layout.frame().xy


def test_it_says_what_it_needs() -> None:
    with pytest.raises(UserError, match="none are given"):
        made().swap(IDS, NOISE, E)


def test_only_triplets_count_and_who_is_in_none_is_around_the_others() -> None:
    xy = np.random.default_rng(2).normal(size=(15, 2))
    layout = made()
    layout.take(told_of(xy, 800))
    layout.swap(IDS, NOISE, E)
    first = rest(layout)
    reach = np.linalg.norm(first, axis=1)
    assert reach[:15].max() < 0.9 * EXTENT
    np.testing.assert_allclose(reach[15:], EXTENT, rtol=1e-5)
    layout.swap(IDS, NOISE[::-1].copy(), E)
    np.testing.assert_allclose(rest(layout), first, atol=1e-3)
    layout.take(told_of(xy[::-1], 800))
    layout.swap(IDS, NOISE, E)
    assert np.abs(rest(layout) - first).max() > 1


def test_held_items_stay_and_a_cancelled_swap_changes_nothing() -> None:
    layout = made()
    layout.take(told_of(np.random.default_rng(2).normal(size=(20, 2)), 400))
    with pytest.raises(Cancelled):
        layout.swap(IDS, NOISE, E, cancelled=lambda: True)
    assert len(layout.frame().indices) == 0
    before = layout.place(IDS, NOISE, E).xy
    layout.hold(IDS[:3])
    layout.swap(IDS, NOISE, E)
    after = rest(layout)
    np.testing.assert_array_equal(after[:3], before[:3])
    assert np.abs(after - before).max() > 1
