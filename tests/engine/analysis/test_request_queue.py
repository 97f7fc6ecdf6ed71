from __future__ import annotations

import numpy as np

from explorer.engine.analysis.messages import MapPositions, Request
from explorer.engine.analysis.request_queue import MakeVectors, RequestQueue
from tests.engine.analysis.scenes import clusters, scene


def positions(generation: int, at: float) -> MapPositions:
    return MapPositions(generation, np.arange(3), np.full((3, 2), at, np.float32))


def rest(queue: RequestQueue) -> list[Request | MakeVectors]:
    found: list[Request | MakeVectors] = []
    while (asked := queue.next()) is not None:
        found.append(asked)
    return found


def test_where_the_map_is_goes_only_to_the_next_process() -> None:
    queue, (_, labels) = RequestQueue(), clusters(12)
    queue.begin(scene(labels))
    queue.moved(positions(1, 0.5))
    assert rest(queue) == [queue.scene]
    queue.moved(positions(1, 0.75))
    queue.restore()
    first, places = rest(queue)
    assert first == queue.scene
    assert isinstance(places, MapPositions)
    assert places.xy[0, 0] == 0.75


def test_a_late_frame_of_the_dataset_before_is_not_where_the_map_begins() -> None:
    queue, (_, labels) = RequestQueue(), clusters(12)
    queue.begin(scene(labels, generation=1))
    queue.moved(positions(1, 0.5))
    queue.begin(scene(labels, generation=2))
    queue.ask(positions(2, 0.25))
    queue.moved(positions(1, 0.5))
    queue.restore()
    asked = [request for request in rest(queue) if isinstance(request, MapPositions)]
    assert [(places.generation, places.xy[0, 0]) for places in asked] == [(2, 0.25)]
