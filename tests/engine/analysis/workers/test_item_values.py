from __future__ import annotations

import numpy as np
from scipy.stats import skew

from explorer.core.map_values import ItemValueName, ItemValues
from explorer.core.types import FloatArray, Projection
from explorer.engine.analysis.workers.item_values import hubness
from explorer.engine.analysis.workers.true_neighbours import TRUE_NEIGHBOURS
from explorer.measure.item_values import violations
from explorer.measure.lifts import lift
from tests.engine.analysis.scenes import Room, clusters, snapshot


def of(room: Room, name: ItemValueName, step: int) -> ItemValues:
    return room.until(ItemValues, lambda found: found.name == name and found.step == step)


def mixed(x: FloatArray) -> FloatArray:
    """The clusters, so far into each other that some items are wrong."""
    noise = np.random.default_rng(3).normal(size=x.shape).astype(np.float32)
    return x + 5 * noise


def test_every_item_is_measured_whenever_the_embeddings_are_others(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.values("right")
    plain.client.publish(snapshot(x))
    found = of(plain, "right", 1)
    assert (found.values == 1).all()
    assert found.about == "nearest neighbour of 240"
    plain.client.publish(snapshot(mixed(x), step=2))
    y = mixed(x)
    away = np.square(y[:, None] - y[None]).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    expected = labels[away.argmin(axis=1)] == labels
    np.testing.assert_array_equal(of(plain, "right", 2).values == 1, expected)
    assert not expected.all()


def test_violations_are_those_at_the_margin(plain: Room) -> None:
    x, labels = clusters()
    y = mixed(x)
    plain.begin(labels)
    plain.client.margin(0.5)
    plain.client.publish(snapshot(y))
    plain.client.values("violation")
    rate, loss = violations(y, labels, lift("euclidean"), 0.5)
    found = of(plain, "violation", 1)
    np.testing.assert_array_equal(found.values, rate)
    assert "margin 0.50" in found.about
    plain.client.values("loss")
    np.testing.assert_array_equal(of(plain, "loss", 1).values, loss)
    plain.client.margin(2.0)
    later = plain.until(ItemValues, lambda found: found.name == "loss" and "margin 2.00" in found.about)
    assert np.nansum(later.values) > np.nansum(loss)
    plain.client.replay(snapshot(x, step=9), None)
    assert np.nansum(of(plain, "loss", 9).values) < np.nansum(loss)
    plain.client.values("")
    plain.client.replay(None, None)
    plain.client.margin(0.2)
    assert plain.client.settle(30)
    assert plain.heard(ItemValues)[-1].step == 9


def test_hubness_is_in_how_many_lists_of_neighbours_an_item_is(plain: Room) -> None:
    x, labels = clusters()
    plain.begin(labels)
    plain.client.values("hubness")
    plain.client.publish(snapshot(mixed(x)))
    found, y = of(plain, "hubness", 1), mixed(x).astype(np.float64)
    away = np.square(y[:, None] - y[None]).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    expected = np.bincount(np.argsort(away, axis=1)[:, :TRUE_NEIGHBOURS].ravel(), minlength=len(x))
    assert (found.values == expected).mean() > 0.99  # but for equal distances, in float32
    assert found.values.sum() == len(x) * TRUE_NEIGHBOURS
    assert f"lists of {TRUE_NEIGHBOURS} nearest; skewness {skew(expected):.2f}" in found.about


def test_of_a_few_items_the_neighbours_that_there_are_are_told(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.publish(snapshot(mixed(x)[:8]))
    live.client.values("hubness")
    found = of(live, "hubness", 1)
    assert found.values.tolist() == [7] * 8
    assert found.about == "in how many lists of 7 nearest; skewness 0.00, 0 % in none"
    live.client.values("loss")
    assert of(live, "loss", 1).about.startswith("up to 7 sampled negatives an item")
    live.client.values("fidelity")
    assert of(live, "fidelity", 1).about == "7 true neighbours of 8"


def test_lists_of_different_length_are_counted_as_they_are() -> None:
    found, about = hubness(np.array([[1, 2, -1], [0, 2, -1], [0, -1, -1], [0, -1, -1]]))
    assert found.tolist() == [3, 1, 2, 0]
    assert about == f"in how many lists of 2 nearest; skewness {skew([3, 1, 2, 0]):.2f}, 25 % in none"


def test_fidelity_is_that_of_the_map_that_is_shown(live: Room) -> None:
    x, labels = clusters()
    live.begin(labels)
    live.client.publish(snapshot(x))
    live.until(Projection, lambda frame: frame.method == "umap")
    live.client.values("fidelity")
    first = of(live, "fidelity", 1)
    assert first.values.min() >= 0
    assert first.values.max() <= 1
    flat = np.random.default_rng(0).normal(size=(len(x), 2)).astype(np.float32)
    kept = snapshot(np.concatenate([flat, np.zeros((len(x), 6), np.float32)], axis=1), step=4)
    live.client.replay(kept, Projection("run", 4, kept.indices, flat, 1, "umap", True))
    assert (of(live, "fidelity", 4).values == 1).all()
    live.client.values("")
    live.client.replay(None, None)
