from __future__ import annotations

import threading

import numpy as np
import pytest

from explorer.core.types import IntArray, Projection
from explorer.ui.map.overlays import trails as trails_module
from explorer.ui.map.overlays.trail_layer import segments
from explorer.ui.map.overlays.trails import FRAMES, Trails


def frame(step: int, run: str = "r", method: str = "umap", items: IntArray | None = None) -> Projection:
    indices = np.arange(5) if items is None else items
    xy = np.stack([indices + step / 10, np.full(len(indices), 500.0)], axis=1).astype(np.float32)
    return Projection(run, step, indices, xy, 0, method, True)


def test_items_are_found_where_they_were_at_each_step() -> None:
    trails = Trails()
    for step in (3, 1, 2):
        assert trails.add(frame(step))
    found = trails.of(np.array([4, 0]))
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found[:, 0, 0], [4.1, 4.2, 4.3], atol=2e-3)
    np.testing.assert_allclose(found[:, 1, 1], 500.0, atol=0.3)
    assert trails.of(np.array([0]), until=2).shape == (2, 1, 2)


def test_a_frame_of_the_newest_step_takes_the_place_of_the_one_before_and_one_of_an_older_step_does_not() -> None:
    trails = Trails()
    trails.add(frame(1))
    trails.add(frame(2))
    later = frame(2)
    moved = Projection("r", 2, later.indices, later.xy + np.float32(1), 1, "umap", True)
    assert not trails.add(moved)
    assert abs(trails.of(np.array([0]))[1, 0, 0] - 1.2) < 1e-2
    assert not trails.add(Projection("r", 1, later.indices, later.xy + np.float32(9), 1, "umap", True))
    assert abs(trails.of(np.array([0]))[0, 0, 0] - 0.1) < 1e-2


def test_items_without_a_place_at_a_step_are_nowhere() -> None:
    trails = Trails()
    trails.add(frame(1, items=np.array([1, 3])))
    trails.add(frame(2))
    found = trails.of(np.array([0, 3]))
    assert np.isnan(found[0, 0]).all()
    assert np.isfinite(found[:, 1]).all()
    assert trails.of(np.array([9])).shape == (2, 1, 2)
    assert np.isnan(trails.of(np.array([9]))).all()


def test_another_run_or_layout_forgets_and_the_room_is_bounded() -> None:
    trails = Trails()
    for step in range(1, 200):
        trails.add(frame(step))
    steps = trails.steps
    assert len(steps) == FRAMES
    assert steps[0] == 1
    assert steps[-1] == 199
    trails.add(frame(5, method="tsne"))
    assert trails.steps == (5,)
    trails.add(frame(7, run="other", method="tsne"))
    assert trails.steps == (7,)


def test_what_is_past_is_copied_and_the_items_that_frames_have_in_common_once() -> None:
    trails = Trails()
    for step in range(1, 12):
        trails.add(frame(step))
    assert trails.size == 10 * 5 * 2 * 2 + 5 * 4
    xy = np.array([[0, 0], [1e6, 0], [0, 1e6], [1, 1], [-1e6, 5]], np.float32)
    far = Projection("r", 20, np.arange(5), xy, 0, "umap", True)
    trails.add(far)
    trails.add(frame(21))
    np.testing.assert_allclose(trails.of(np.arange(5))[-2], far.xy, atol=2e6 / 65_535)


def test_items_on_one_spot_stay_there() -> None:
    trails = Trails()
    for step in (1, 2):
        trails.add(Projection("r", step, np.arange(3), np.full((3, 2), 7.5, np.float32), 0, "umap", True))
    np.testing.assert_array_equal(trails.of(np.arange(3)), np.full((2, 3, 2), 7.5))


def test_pieces_are_parted_by_age_and_none_is_lost() -> None:
    generator = np.random.default_rng(0)
    for steps in (1, 2, 3, 9, 30):
        path = generator.normal(size=(steps, 4, 2)) * 100
        path[0, 0] = np.nan
        parts = segments(path, 8)
        assert len(parts) == 8
        lost = 1 if steps > 1 else 0
        assert sum(len(part) for part in parts) == (steps - 1) * 4 - lost
        if steps > 1:
            newest = {tuple(row) for row in parts[7].round(6).tolist()}
            assert tuple(np.concatenate([path[-2, 1], path[-1, 1]]).round(6).tolist()) in newest
    assert not sum(len(part) for part in segments(np.zeros((3, 2, 2)), 8))


def test_large_frames_are_copied_by_another_thread_and_found_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trails_module, "MANY", 4)
    before, trails = {thread.ident for thread in threading.enumerate()}, Trails()
    for step in range(1, 6):
        trails.add(frame(step))
    early = trails.of(np.arange(5))
    for thread in threading.enumerate():
        if thread.name == "trails" and thread.ident not in before:
            thread.join()
    late = trails.of(np.arange(5))
    np.testing.assert_allclose(early, late, atol=0.3)
    np.testing.assert_allclose(late[:, :, 0], np.arange(5) + np.arange(1, 6)[:, None] / 10, atol=2e-3)
    assert 4 * 5 * 2 * 2 + 5 * 4 <= trails.size <= 4 * (5 * 2 * 2 + 5 * 4)
