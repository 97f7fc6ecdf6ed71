from __future__ import annotations

import numpy as np

from explorer.core.recipe import Part
from explorer.core.types import Projection
from explorer.engine.events import Notice
from explorer.projection.methods.still import TRAVEL_EPOCHS
from tests.engine.analysis.scenes import Room, clusters, scene, snapshot


def test_a_method_that_does_not_exist_is_refused_and_the_map_goes_on() -> None:
    x, labels = clusters()
    with Room() as room:
        room.begin(labels)
        room.client.publish(snapshot(x))
        room.until(Projection, lambda frame: frame.method == "umap")
        room.client.project(Part(name="rings"))
        assert room.client.projection.name == "rings"
        assert "There is no projection 'rings'" in room.until(Notice).text
        assert room.client.projection == Part(name="umap")
        room.client.project(Part(name="umap", params={"distance": "yards"}))
        assert "There is no distance 'yards'" in room.until(Notice, lambda found: "distance" in found.text).text
        room.client.publish(snapshot(x[::-1].copy(), step=2))
        assert room.until(Projection, lambda frame: frame.step == 2 and frame.method == "umap").xy.shape == (len(x), 2)


def test_what_is_held_stays_where_it_is(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.publish(snapshot(x))
    live.until(Projection, lambda frame: frame.method == "umap")
    live.client.layout("freeze")
    assert live.client.settle(30)
    held = np.array([3, 10, 77])
    live.client.hold(held)
    live.client.publish(snapshot(np.roll(x, 40, axis=0), step=2))
    live.client.layout("settle")
    after = live.until(Projection, lambda frame: frame.step == 2 and frame.epoch >= 100)
    # not the last one that had come when it was frozen: an epoch may have been under way, and its frame came later
    before = [frame for frame in live.heard(Projection) if frame.step == 1][-1]
    np.testing.assert_allclose(after.xy[held], before.xy[held], atol=1e-4)
    others = np.delete(np.arange(len(x)), held)
    assert np.abs(after.xy[others] - before.xy[others]).max() > 0.1
    place = live.listener.now()
    live.client.hold([])
    live.client.layout("settle")
    live.listener.until(Projection, lambda frame: np.abs(frame.xy[held] - before.xy[held]).max() > 1e-2, after=place)


def test_how_true_a_map_is_is_said_of_its_own_run_and_method_alone(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.publish(snapshot(x))
    live.until(Projection, lambda frame: frame.method == "umap" and frame.fidelity is not None)
    place = live.listener.now()
    live.client.begin(scene(labels, generation=live.generation, run="other"))
    live.client.publish(snapshot(np.roll(x, 40, axis=0), run="other"))
    first = live.listener.until(Projection, lambda frame: frame.run == "other", after=place)
    assert first.fidelity is None
    live.client.layout("settle")
    live.listener.until(Projection, lambda frame: frame.run == "other" and frame.fidelity is not None, after=place)
    place = live.listener.now()
    live.client.project(Part(name="directions"))
    turned = live.listener.until(Projection, lambda frame: frame.method == "directions", after=place)
    assert turned.fidelity is None


def arrived(frame: Projection) -> bool:
    return frame.method == "t_ste" and frame.epoch == TRAVEL_EPOCHS


def test_a_map_of_given_triplets_follows_these_and_ends_with_them() -> None:
    x, labels = clusters()
    told = [(0, 1, 2), (1, 0, 2), (2, 3, 0), (3, 2, 0), (1, 0, 3), (0, 1, 3)]
    with Room() as room:
        room.begin(labels)
        room.client.publish(snapshot(x))
        room.until(Projection)
        room.client.project(Part(name="t_ste"))
        assert "none are given" in room.until(Notice).text
        assert room.client.projection == Part(name="umap")
        room.client.begin(scene(labels, generation=room.generation, triplets=told))
        room.client.project(Part(name="t_ste"))
        first = room.until(Projection, arrived)
        near, far = (np.linalg.norm(first.xy[0] - first.xy[item]) for item in (1, 2))
        assert near < far
        place = room.listener.now()
        swapped = [(a, c, b) for a, b, c in told]
        room.client.begin(scene(labels, generation=room.generation, triplets=swapped))

        def turned(frame: Projection) -> bool:  # one of those before may still be under way
            near, far = (np.linalg.norm(frame.xy[0] - frame.xy[item]) for item in (1, 2))
            return arrived(frame) and bool(far < near)

        room.listener.until(Projection, turned, after=place)
        room.client.begin(scene(labels, generation=room.generation))
        room.until(Notice, lambda found: "No triplets are given any more" in found.text)
        room.until(Projection, lambda frame: frame.method == "umap" and frame.epoch > 0)
