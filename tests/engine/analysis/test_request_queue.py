from __future__ import annotations

import numpy as np

from explorer.core.types import Snapshot
from explorer.engine.analysis.messages import MapPositions, Request, Vectors
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


def snapshot(step: int, items: int, *, exact: bool, run: str = "r") -> Snapshot:
    return Snapshot(run, step, np.arange(items), np.zeros((items, 2), np.float32), exact, "cosine")


def sent(queue: RequestQueue) -> list[tuple[str, int]]:
    """Return what goes out of a queue, each array once the one before has arrived: runs and steps."""
    found: list[tuple[str, int]] = []
    while (asked := queue.next()) is not None:
        if isinstance(asked, Vectors):
            found.append((asked.run, asked.step))
            queue.taken()
    return found


def test_no_snapshot_goes_out_after_a_newer_one_that_stands_for_it() -> None:
    queue, (_, labels) = RequestQueue(), clusters(12)
    queue.begin(scene(labels))
    for step, exact in ((1, False), (2, True)):  # both wait, as while the process is busy
        queue.publish(snapshot(step, 12, exact=exact))
    assert sent(queue) == [("r", 2)], "step 1 would be on the map from then on"
    for step, exact in ((3, True), (4, False)):
        queue.publish(snapshot(step, 12, exact=exact))
    assert sent(queue) == [("r", 3), ("r", 4)]
    queue.publish(snapshot(5, 12, exact=False))
    queue.publish(snapshot(6, 4, exact=True))  # measured alone, and the map has all items
    assert sent(queue) == [("r", 6), ("r", 5)]
    queue.publish(snapshot(7, 12, exact=False))
    queue.publish(snapshot(1, 4, exact=True, run="s"))
    assert sent(queue) == [("s", 1)]
