"""Map, neighbours and figures by the first numbers of every embedding, while the whole ones are evaluated as ever."""

from __future__ import annotations

import numpy as np

from explorer.core.map_values import ShortFigures
from explorer.core.types import Evaluation, Neighbours, Projection
from tests.engine.analysis.scenes import Room, clusters, snapshot


def test_neighbours_map_and_figures_follow_and_come_back(live: Room) -> None:
    x, labels = clusters()
    noise = np.random.default_rng(1).normal(size=(len(x), 8)).astype(np.float32)
    whole = np.concatenate([noise, x], axis=1)
    live.begin(labels)
    live.client.pin([5], 4)
    live.client.publish(snapshot(whole))
    live.until(Neighbours)
    found = live.until(Evaluation, lambda one: one.part == "held-out").metrics["recall@1"]
    assert live.client.settle(60)
    evaluated = len(live.heard(Evaluation))
    live.client.shorten(8)
    assert live.client.dimensions == 8
    order = np.argsort(np.linalg.norm(noise[5] - noise, axis=1))[1:5]
    live.until(Neighbours, lambda one: np.array_equal(one.indices[0], order))
    figures = live.until(ShortFigures)
    assert (figures.run, figures.step, figures.dimensions, figures.whole) == ("run", 1, 8, 16)
    assert figures.figures["recall@1"] < 0.5 < figures.of_whole["recall@1"] == found
    live.until(Projection)
    assert live.client.settle(60)
    assert len(live.heard(Evaluation)) == evaluated
    live.client.publish(snapshot(whole, step=2))
    newest = live.until(Evaluation, lambda one: one.part == "held-out" and one.step == 2)
    assert newest.metrics["recall@1"] == found
    live.until(ShortFigures, lambda one: one.step == 2)
    live.client.shorten(0)
    near = live.until(Neighbours, lambda one: not np.array_equal(one.indices[0], order))
    np.testing.assert_array_equal(near.indices[0], np.argsort(np.linalg.norm(whole[5] - whole, axis=1))[1:5])


def test_other_data_are_whole_again(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.shorten(4)
    live.begin(labels)
    assert live.client.dimensions == 0
    live.client.pin([5], 4)
    live.client.publish(snapshot(x))
    near = live.until(Neighbours)
    np.testing.assert_array_equal(near.indices[0], np.argsort(np.linalg.norm(x[5] - x, axis=1))[1:5])
