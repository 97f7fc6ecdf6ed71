from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from explorer.core.types import frozen
from explorer.ui.map.overlays.ghost_layer import Ghost, GhostLayer, ghost_place
from explorer.ui.widgets.item_picture import ItemPicture, picture_image
from explorer.ui.widgets.theme import DARK

SPOTS = np.array([[20, 20], [120, 20], [20, 120], [np.nan, np.nan]])


def test_a_ghost_stands_with_the_item_that_it_is_and_between_equally_near_ones() -> None:
    at = ghost_place(SPOTS, np.array([0, 0.3, 0.4, 0.1], np.float32))
    assert at is not None
    np.testing.assert_allclose(at, SPOTS[0], atol=0.1)
    for away in (0.0, 0.5, -2.0):  # all the same, also all at no distance, or with a distance that may be negative
        same = ghost_place(SPOTS[:3], np.full(3, away, np.float32))
        assert same is not None
        np.testing.assert_allclose(same, SPOTS[:3].mean(axis=0))
    nearer = ghost_place(SPOTS[:2], np.array([1, 2], np.float32))
    assert nearer is not None
    np.testing.assert_allclose(nearer, [40, 20], atol=0.1)  # four times the weight
    assert ghost_place(SPOTS[3:], np.array([0.1], np.float32)) is None
    assert ghost_place(SPOTS[:0], np.empty(0, np.float32)) is None


def test_it_is_painted_where_it_stands_and_found_by_who_points_at_it(qapp: QApplication) -> None:
    layer = GhostLayer()
    face = ItemPicture(picture_image(np.full((8, 8, 1), 255, np.uint8)))
    distances = frozen([0.1, 0.1], np.float32)
    layer.ghosts = (Ghost(4, face, "a.png", frozen([0, 1], np.int64), distances),)

    def places(items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = SPOTS[np.asarray(items)]
        return found

    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    layer.paint(painter, DARK, places, 3.0)
    painter.end()
    assert image.pixelColor(70, 20).lightness() > 200
    ghost = layer.at(QPointF(75, 25))
    assert ghost is not None
    assert ghost.query == 4
    assert layer.at(QPointF(120, 20)) is None
    layer.ghosts = (Ghost(4, face, "a.png", frozen([3], np.int64), frozen([0.1], np.float32)),)
    painter = QPainter(image)
    layer.paint(painter, DARK, places, 3.0)
    painter.end()
    assert layer.placed == {}


def test_names_that_would_lie_over_each_other_are_left_to_the_tooltip(qapp: QApplication) -> None:
    layer = GhostLayer()
    face = ItemPicture(picture_image(np.full((8, 8, 1), 255, np.uint8)))
    close = np.array([[100.0, 50.0], [104.0, 52.0], [100.0, 160.0]])

    def places(items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = close[np.asarray(items)]
        return found

    layer.ghosts = tuple(
        Ghost(i, face, f"picture {i}.png", frozen([i], np.int64), frozen([0.1], np.float32)) for i in range(3)
    )
    image = QImage(300, 220, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    layer.paint(painter, DARK, places, 3.0)
    painter.end()
    assert set(layer.placed) == {0, 1, 2}
    assert layer.named == {1, 2}, "of two in one place the newer one has its name"
