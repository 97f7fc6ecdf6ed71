"""The map along two directions: where items and class means lie on it, and what cannot be a direction."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.directions import place_of
from explorer.core.errors import UserError
from explorer.core.registry import create
from explorer.core.types import FloatArray
from explorer.measure.lifts import lift
from explorer.projection.methods.base import Layout
from explorer.projection.pca import EXTENT

E = lift("euclidean")
LABELS, IDS = np.arange(90) % 3, np.arange(90) * 2
X = (np.random.default_rng(0).normal(size=(90, 6)) + 3 * np.eye(3, 6)[LABELS]).astype(np.float32)


def placed(**params: object) -> FloatArray:
    layout: Layout = create("projection", "directions", params, seed=0)  # type: ignore[arg-type]
    layout.place(IDS, X, E)
    layout.swap(IDS, X, E, labels=LABELS)
    while not layout.done:
        layout.epoch()
    assert layout.frame().method == "directions"
    return layout.frame().xy


def test_items_lie_where_they_are_along_both_directions() -> None:
    xy = placed(x_from="class 0", x_to="class 1", y_from="item 4", y_to="10", orthogonal=False)
    a, b = (X[label == LABELS].mean(axis=0, dtype=np.float64) for label in (0, 1))
    across = (X - a) @ (b - a) / np.linalg.norm(b - a)
    up = (X - X[2]) @ (X[5] - X[2]) / np.linalg.norm(X[5] - X[2])
    wanted = np.stack([across, up], axis=1)
    assert np.allclose(xy, wanted * EXTENT / np.abs(wanted).max(), atol=1e-3)
    assert abs(xy[2, 1]) < 1e-3  # an item at which y begins is at its 0


def test_orthogonal_axes_keep_distances_within_their_plane() -> None:
    xy = placed(x_from="class 0", x_to="class 1", y_from="class 0", y_to="class 2")
    means = np.stack([xy[label == LABELS].mean(axis=0) for label in range(3)])
    truly = np.stack([X[label == LABELS].mean(axis=0) for label in range(3)])
    shown = np.linalg.norm(means[[1, 2, 2]] - means[[0, 0, 1]], axis=1)
    meant = np.linalg.norm(truly[[1, 2, 2]] - truly[[0, 0, 1]], axis=1)
    assert np.allclose(shown / meant, (shown / meant)[0], rtol=1e-3)


def test_a_direction_that_nobody_chose_is_a_principal_component_or_leads_to_the_mean_of_all() -> None:
    spread = placed().var(axis=0)
    assert spread[0] > spread[1] > 0
    xy = placed(x_from="item 0")
    middle = X.mean(axis=0, dtype=np.float64)
    wanted = (X - X[0]) @ (middle - X[0])
    assert np.corrcoef(xy[:, 0], wanted)[0, 1] > 0.999999


def test_a_principal_component_turns_over_no_map_while_the_embedding_moves() -> None:
    layout: Layout = create("projection", "directions", {}, seed=0)
    along = np.linspace(-3, 3, len(IDS))[:, None] + np.random.default_rng(1).normal(0, 0.01, (len(IDS), 1))
    maps: list[FloatArray] = []
    for way in ((1.0, -0.98), (0.98, -1.0)):  # its largest entry is another one now
        rows = np.concatenate((along * np.array(way), 0.1 * X[:, :2]), axis=1).astype(np.float32)
        if not maps:
            layout.place(IDS, rows, E)
        layout.swap(IDS, rows, E, labels=LABELS)
        while not layout.done:
            layout.epoch()
        maps.append(layout.frame().xy[:, 0])
    assert np.corrcoef(maps[0], maps[1])[0, 1] > 0.99


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"x_from": "item 1"}, "Item 1 is not among the items of the map"),
        ({"x_to": "class 7"}, "Class 7 is not among the items of the map"),
        ({"x_from": "item 2", "x_to": "item 2"}, "begins where it ends"),
        ({"x_from": "item 2", "x_to": "item 4", "y_from": "4", "y_to": "2"}, "Both directions are the same"),
        ({"x_from": "the cat"}, "the cat is no item and no class"),
    ],
)
def test_what_is_no_direction_is_said(params: dict[str, object], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        placed(**params)


def test_ends_are_written_as_items_or_classes() -> None:
    assert place_of("Class 12") == ("class", 12)
    assert place_of(" #7 ") == ("item", 7)
