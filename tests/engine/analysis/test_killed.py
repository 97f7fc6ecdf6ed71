from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from explorer.core.map_values import ItemValues, TrueNeighbours
from explorer.core.recipe import Part
from explorer.core.types import DatasetCensus, Neighbours, Projection
from explorer.engine.events import AnalysisRestarted, Notice
from tests.engine.analysis.scenes import Room, clusters, snapshot


def beyond(epoch: int) -> Callable[[Projection], bool]:
    return lambda frame: frame.epoch >= epoch


def of_step(step: int) -> Callable[[Neighbours], bool]:
    return lambda found: found.step == step


def frames(room: Room, until: int) -> list[Projection]:
    return [value for value in room.listener.heard[:until] if isinstance(value, Projection)]


@pytest.mark.full
def test_killing_it_while_frames_stream_loses_nothing_but_a_frame() -> None:
    """At whatever moment: the map goes on from where it was, and all that was asked is answered anew."""
    x, labels = clusters(3_000, 20)
    generator = np.random.default_rng(5)
    with Room() as room:
        room.begin(labels)
        room.client.project(Part(name="umap", params={"neighbours": 8}))
        room.client.margin(0.4)
        room.client.pin([7, 11], 3)
        room.client.look_at(12)
        room.client.values("right")
        held = np.array([1, 500, 2_999])
        room.client.publish(snapshot(x, step=3))
        room.until(Projection, lambda frame: frame.method == "umap")
        room.client.hold(held)
        near = room.until(Neighbours)
        for life in range(2):
            room.client.layout("settle")
            wanted = int(generator.integers(2, 25))
            place = room.listener.now()
            room.listener.until(Projection, beyond(wanted), after=place)
            room.client.publish(snapshot(x, step=4 + life, exact=life == 0))
            mark = room.listener.now()
            room.client.kill()
            restarted = room.listener.until(AnalysisRestarted, after=mark)
            place = room.listener.heard.index(restarted, mark)
            before = frames(room, place)[-1]
            again = room.listener.until(Neighbours, of_step(4 + life), after=place)
            np.testing.assert_array_equal(again.indices, near.indices)
            first = room.listener.until(Projection, after=place)
            np.testing.assert_allclose(first.xy, before.xy, atol=1e-3)
            assert room.listener.until(TrueNeighbours, after=place).item == 12
            assert (room.listener.until(ItemValues, after=place).values == 1).all()
            assert room.listener.until(DatasetCensus, after=place).census.margin == 0.4
            moved = room.listener.until(
                Projection, lambda frame: frame.method == "umap" and frame.epoch > 0, after=place
            )
            np.testing.assert_allclose(moved.xy[held], before.xy[held], atol=1e-2)
            assert room.client.projection == Part(name="umap", params={"neighbours": 8})
        assert not room.listener.all(Notice)


def test_a_chosen_method_is_that_of_the_next_process_and_dataset() -> None:
    x, labels = clusters()
    with Room() as room:
        room.begin(labels)
        room.client.project(Part(name="dimensions", params={"x": 2, "y": 3}))
        room.client.publish(snapshot(x))
        frame = room.until(Projection, lambda frame: frame.method == "dimensions" and frame.fidelity is not None)
        assert abs(np.corrcoef(frame.xy[:, 0], x[:, 1])[0, 1]) > 0.999
        assert abs(np.corrcoef(frame.xy[:, 1], x[:, 2])[0, 1]) > 0.999
        room.client.kill()
        room.until(AnalysisRestarted)
        place = room.listener.now()
        again = room.listener.until(Projection, lambda frame: frame.method == "dimensions", after=place)
        np.testing.assert_allclose(again.xy, frame.xy, atol=1e-3)
        y, other = clusters(100, seed=4)
        room.begin(other)
        room.client.publish(snapshot(y))
        room.until(Projection, lambda frame: frame.method == "dimensions" and len(frame.xy) == 100)
        room.client.project(Part(name="dimensions", params={"x": 2, "y": 30}))
        assert "8 dimensions" in room.until(Notice).text
        assert room.client.projection.params == {"x": 2, "y": 3}
        place = room.listener.now()
        room.client.project(Part(name="umap", params={"distance": "cosine"}))
        room.listener.until(Projection, lambda frame: frame.method == "umap", after=place)
