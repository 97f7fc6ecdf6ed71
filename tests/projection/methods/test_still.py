import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import Layout
from explorer.projection.methods.still import TRAVEL_EPOCHS
from explorer.projection.pca import EXTENT, principal_components

E = lift("euclidean")


def vectors(seed: int = 0) -> FloatArray:
    return (np.random.default_rng(seed).normal(size=(60, 6)) * np.arange(6, 0, -1)).astype(np.float32)


def travelled(layout: Layout) -> FloatArray:
    while not layout.done:
        layout.epoch()
    return layout.frame().xy


def test_pca_is_what_it_says_and_does_not_turn_when_the_embedding_does() -> None:
    x, ids = vectors(), np.arange(60)
    layout: Layout = create("projection", "pca", {})
    placed = layout.place(ids, x, E).xy
    np.testing.assert_allclose(placed, principal_components(x), atol=1e-5)
    layout.swap(ids, x, E)
    assert layout.done
    layout.swap(ids, -x[:, ::-1], E)
    np.testing.assert_allclose(travelled(layout), placed, atol=2e-3)


def test_the_dimensions_are_the_axes_whatever_was_shown_before() -> None:
    x, ids = vectors(), np.arange(60)
    layout: Layout = create("projection", "dimensions", {"x": 3, "y": 1})
    layout.remember(ids, principal_components(x)[:, ::-1])
    layout.place(ids, x, E)
    layout.swap(ids, x, E)
    wanted = x[:, [2, 0]] * (EXTENT / np.abs(x[:, [2, 0]]).max())
    epochs = 0
    while not layout.done:
        layout.epoch()
        epochs += 1
    assert epochs == TRAVEL_EPOCHS
    np.testing.assert_allclose(layout.frame().xy, wanted, rtol=1e-5)


def test_dimensions_that_are_not_there_are_named() -> None:
    layout: Layout = create("projection", "dimensions", {"x": 1, "y": 7})
    first = layout.place(np.arange(60), vectors(), E)
    assert first.method == "pca"
    with pytest.raises(UserError, match=r"has 6 dimensions, and the map asks for number 7\. Choose two from 1 to 6"):
        layout.swap(np.arange(60), vectors(), E)
    with pytest.raises(UserError, match=r"dimensions\.x|projection\.x"):
        create("projection", "dimensions", {"x": 0})
    np.testing.assert_array_equal(layout.frame().xy, first.xy)


def test_a_new_snapshot_takes_the_points_from_where_they_are() -> None:
    ids = np.arange(60)
    layout: Layout = create("projection", "pca", {})
    layout.place(ids, vectors(), E)
    layout.swap(ids, vectors(1), E)
    for _ in range(5):
        layout.epoch()
    under_way = layout.frame().xy
    layout.swap(ids, vectors(2), E)
    np.testing.assert_array_equal(layout.frame().xy, under_way)
    last, steps = under_way, []
    while not layout.done:
        layout.epoch()
        steps.append(float(np.linalg.norm(layout.frame().xy - last, axis=1).mean()))
        last = layout.frame().xy
    assert max(steps) == max(steps[3:9])  # it starts and ends gently
    assert steps[0] < max(steps) / 2
