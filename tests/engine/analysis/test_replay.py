from __future__ import annotations

import numpy as np

from explorer.core.types import DatasetCensus, DistanceHistogram, Evaluation, Neighbours, Projection, Snapshot
from explorer.engine.events import AnalysisRestarted
from tests.engine.analysis.scenes import Room, clusters, snapshot


def kept(x: np.ndarray[tuple[int, int], np.dtype[np.float32]], step: int) -> tuple[Snapshot, Projection]:
    of = snapshot(x, step=step)
    return of, Projection("run", step, of.indices, x[:, :2].copy(), 9, "umap", True)


def test_a_kept_step_is_answered_for_until_the_newest_is_shown_again(live: Room) -> None:
    x, labels = clusters()
    other, _ = clusters(seed=7)
    live.begin(labels)
    live.client.margin(0.25)
    live.client.pin([3], 4)
    live.client.publish(snapshot(x, step=9))
    newest = live.until(Neighbours)
    counted = live.until(DatasetCensus, lambda found: found.census.margin == 0.25)
    sorted_ = live.until(DistanceHistogram)
    assert (newest.step, counted.step, sorted_.step) == (9, 9, 9)
    assert live.client.settle(30)
    evaluated = len(live.heard(Evaluation))

    live.client.replay(*kept(other, 2))
    past = live.until(Neighbours, lambda found: found.step == 2)
    distances = np.linalg.norm(other[3] - other, axis=1)
    np.testing.assert_array_equal(past.indices[0], np.argsort(distances)[1:5])
    assert live.until(DatasetCensus, lambda found: found.step == 2).census.margin == 0.25
    assert live.until(DistanceHistogram, lambda found: found.step == 2).auc > 0.99
    live.client.pin([8], 2)
    assert live.until(Neighbours, lambda found: found.queries[0] == 8).step == 2
    live.client.publish(snapshot(x, step=10))
    live.until(Projection, lambda frame: frame.step == 10)
    assert live.client.settle(30)
    assert {found.step for found in live.heard(Neighbours)} == {9, 2}
    again = [found for found in live.heard(Evaluation) if found.step != 10]
    assert len(again) == evaluated
    assert {found.step for found in again} == {9}

    live.client.replay(None, None)
    back = live.until(Neighbours, lambda found: found.step == 10)
    assert back.queries.tolist() == [8]
    live.until(DatasetCensus, lambda found: found.step == 10)
    live.until(DistanceHistogram, lambda found: found.step == 10)


def test_of_steps_that_are_scrubbed_through_the_last_one_stays(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.pin([3], 4)
    live.client.publish(snapshot(x, step=50))
    for step in range(1, 30):
        live.client.replay(*kept(x, step))
    live.until(Neighbours, lambda found: found.step == 29)
    assert live.client.settle(30)
    assert live.heard(Neighbours)[-1].step == 29


def test_another_run_is_not_shown_at_a_step_of_the_one_before(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.pin([3], 4)
    plain.client.publish(snapshot(x, step=5))
    plain.client.replay(*kept(x, 2))
    plain.until(Neighbours, lambda found: found.step == 2)
    plain.generation -= 1
    plain.begin(labels, run="next")
    plain.client.publish(snapshot(x, step=1, run="next"))
    assert plain.until(Neighbours, lambda found: found.run == "next").step == 1
    plain.client.replay(*kept(x, 2))
    assert plain.client.settle(30)
    assert plain.heard(Neighbours)[-1].run == "next"


def test_a_new_process_still_shows_the_kept_step() -> None:
    x, labels = clusters()
    with Room() as room:
        room.begin(labels)
        room.client.pin([3], 4)
        room.client.publish(snapshot(x, step=5))
        room.client.replay(*kept(x, 2))
        room.until(Neighbours, lambda found: found.step == 2)
        room.client.kill()
        room.until(AnalysisRestarted)
        place = room.listener.now()
        assert room.listener.until(Neighbours, after=place).step == 2
        room.client.replay(None, None)
        assert room.listener.until(Neighbours, lambda found: found.step == 5, after=place).queries.tolist() == [3]
