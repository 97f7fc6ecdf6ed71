from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.map_values import ItemValues, TrueNeighbours
from explorer.core.types import Projection, Snapshot
from explorer.engine.analysis.shared_state import Drawn, Held
from explorer.engine.analysis.workers.true_neighbours import on_map
from explorer.measure.lifts import lift
from tests.engine.analysis.scenes import Room, clusters, snapshot


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 50), st.integers(0, 2**20))
def test_the_nearest_on_the_map_are_those_of_a_sort(count: int, k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    xy = generator.normal(size=(count, 2)).astype(np.float32)
    items = generator.permutation(100)[:count]
    held = Held(1, 1, "run", 1, items, xy, True, lift("euclidean"), xy, 1)
    found = on_map(int(items[0]), Drawn(held, items, xy, True), k)
    order = np.argsort(np.square(xy[1:] - xy[0]).sum(axis=1))
    assert set(found.tolist()) == set(items[1:][order[:k]].tolist())
    assert len(on_map(100, Drawn(held, items, xy, True), k)) == 0


def test_what_is_hovered_is_answered_for_what_is_shown(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.publish(snapshot(x))
    live.until(Projection, lambda frame: frame.method == "umap")
    live.client.layout("freeze")
    assert live.client.settle(30)
    frame = live.heard(Projection)[-1]
    live.client.look_at(7)
    found = live.until(TrueNeighbours)
    distances = np.linalg.norm(x - x[7], axis=1)
    np.testing.assert_array_equal(found.indices, np.argsort(distances)[1:16])
    np.testing.assert_allclose(found.distances, np.sort(distances)[1:16], rtol=1e-5)
    near = np.argsort(np.square(frame.xy - frame.xy[7]).sum(axis=1))[1:16]
    np.testing.assert_array_equal(found.kept, np.isin(found.indices, near))
    for item in range(100):
        live.client.look_at(item)
    live.client.look_at(-1)
    assert live.client.settle(30)
    live.client.replay(snapshot(x[::-1].copy(), step=5), None)
    live.client.look_at(7)
    past = live.until(TrueNeighbours, lambda found: found.step == 5)
    assert not past.kept.any()


def test_an_item_without_an_embedding_has_no_true_neighbours(plain: Room) -> None:
    x, labels = clusters()
    some = np.array([10, 4, 7])
    plain.begin(labels)
    plain.client.publish(Snapshot("run", 1, some, x[some], False, "euclidean"))
    plain.client.look_at(5)
    assert len(plain.until(TrueNeighbours).indices) == 0
    plain.client.look_at(4)
    assert set(plain.until(TrueNeighbours, lambda found: found.item == 4).indices.tolist()) == {7, 10}


def test_distances_follow_the_last_pin(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.values("distance")
    plain.client.publish(snapshot(x))
    nothing = plain.until(ItemValues)
    assert np.isnan(nothing.values).all()
    assert "Pin" in nothing.about
    plain.client.pin([9, 5], 3)
    found = plain.until(ItemValues, lambda found: bool(np.isfinite(found.values).all()))
    np.testing.assert_allclose(found.values, np.linalg.norm(x - x[5], axis=1), atol=1e-4)
    np.testing.assert_array_equal(found.indices, np.arange(len(x)))
    plain.client.publish(snapshot(x * 2, step=2))
    later = plain.until(ItemValues, lambda found: found.step == 2)
    np.testing.assert_allclose(later.values, 2 * found.values, atol=1e-3)
    plain.client.values("")
    plain.client.pin([1], 3)
    assert plain.client.settle(30)
    assert plain.heard(ItemValues)[-1] is later
