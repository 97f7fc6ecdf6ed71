from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.core.types import Fidelity, Projection, Snapshot
from explorer.engine.run.snapshot_policy import SnapshotPolicy

FOUND = Fidelity(0.9, 0.5, 15, 4)


class SnapshotSink:
    """Remembers what was put on it, and is as slow as a test wants it."""

    def __init__(self) -> None:
        self.pace = 2.0
        self.snapshots: list[tuple[int, bool]] = []
        self.maps: list[Projection] = []

    def put(self, value: Snapshot | Projection, *, key: bool = False) -> None:
        if isinstance(value, Snapshot):
            self.snapshots.append((value.step, key))
        else:
            self.maps.append(value)

    @property
    def shown(self) -> list[tuple[int, float]]:
        return [(frame.step, float(frame.xy[0, 0])) for frame in self.maps]


class Run:
    """A keeper with a clock that a test turns."""

    def __init__(self, *, first: bool = True) -> None:
        self.shelf, self.now = SnapshotSink(), 0.0
        self.keeper = SnapshotPolicy(self.shelf, first=first, clock=lambda: self.now)

    def snapshot(self, step: int, *, exact: bool = False, items: int = 4, wait: float = 0.0) -> Snapshot:
        self.now += wait
        value = Snapshot("r", step, np.arange(items), np.ones((items, 3), np.float32), exact, "euclidean")
        self.keeper.snapshot(value)
        return value

    def frame(self, step: int, x: float, *, items: int = 4, found: Fidelity | None = None) -> bool:
        xy = np.full((items, 2), x, np.float32)
        return self.keeper.frame(Projection("r", step, np.arange(items), xy, 1, "umap", True, found))


def test_each_kept_snapshot_gets_the_last_frame_that_it_moved() -> None:
    run = Run()
    run.snapshot(1)
    run.frame(1, 0.1)
    run.frame(1, 0.2)
    run.snapshot(2, exact=True)
    run.frame(2, 0.3)
    run.frame(2, 0.4)
    assert run.shelf.shown == [(1, float(np.float32(0.2)))]
    run.snapshot(3, exact=True)
    run.frame(3, 0.5)
    assert run.shelf.snapshots == [(1, True), (2, False), (3, False)]
    assert [step for step, _ in run.shelf.shown] == [1, 2]
    assert run.shelf.maps[1].xy[0, 0] == np.float32(0.4)


def test_approximate_snapshots_are_kept_at_the_pace_of_the_disk() -> None:
    run = Run()
    for step in range(10):
        run.snapshot(step, wait=0.5)
    assert [step for step, _ in run.shelf.snapshots] == [0, 4, 8]
    run.shelf.pace = 100.0
    run.snapshot(20, wait=5.0)
    run.snapshot(21, exact=True)
    assert [step for step, _ in run.shelf.snapshots] == [0, 4, 8, 21]


def test_a_snapshot_that_the_map_passed_over_gets_what_was_shown_instead() -> None:
    run = Run()
    run.snapshot(1, exact=True)
    run.frame(1, 0.1, found=FOUND)
    run.snapshot(2, exact=True)
    run.frame(3, 0.7, found=FOUND)
    (first, second) = run.shelf.maps
    assert (first.step, first.fidelity) == (1, FOUND)
    assert (second.step, second.xy[0, 0]) == (2, np.float32(0.7))
    assert second.fidelity is None  # it was measured for another snapshot


def test_a_map_that_is_held_still_is_kept_with_every_snapshot() -> None:
    run = Run()
    run.snapshot(1, exact=True)
    run.frame(1, 0.1)
    run.snapshot(2, exact=True)
    run.snapshot(3, exact=True)
    run.keeper.rest(None)
    assert run.shelf.shown == [(step, float(np.float32(0.1))) for step in (1, 2, 3)]


def test_a_snapshot_of_a_part_that_was_made_to_be_measured_has_no_map() -> None:
    run = Run()
    run.snapshot(1)
    run.frame(1, 0.1)
    run.snapshot(2, exact=True, items=2)
    run.frame(1, 0.2)
    run.snapshot(3, wait=9.0)
    assert run.shelf.snapshots == [(1, True), (2, False), (3, False)]
    assert run.shelf.shown == [(1, float(np.float32(0.2)))]


def test_where_a_run_rests_is_kept_for_good_and_its_map_again_when_it_is_measured() -> None:
    run = Run(first=False)
    last = run.snapshot(5)
    run.frame(5, 0.1)
    run.keeper.rest(last)
    assert run.shelf.snapshots == [(5, False), (5, True)]
    assert len(run.shelf.maps) == 1
    assert not run.frame(5, 0.2)
    assert run.frame(5, 0.3, found=FOUND)
    assert not run.frame(5, 0.4, found=FOUND)
    assert run.frame(5, 0.5, found=replace(FOUND, preserved=0.6))
    run.keeper.resume()
    run.frame(5, 0.6)
    assert run.keeper.close()
    assert not run.keeper.close()
    assert [round(x, 2) for _, x in run.shelf.shown] == [0.1, 0.3, 0.5, 0.6]


def test_without_a_map_none_is_kept() -> None:
    run = Run()
    value = run.snapshot(1, exact=True)
    run.snapshot(2, exact=True)
    run.keeper.rest(value)
    assert not run.keeper.close()
    assert run.shelf.maps == []
