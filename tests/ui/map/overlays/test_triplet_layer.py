from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.map_values import BatchTriplets
from explorer.core.types import frozen
from explorer.ui.map.canvas.marks import Places
from explorer.ui.map.overlays.triplet_card import TripletCard, card_place, verdict
from explorer.ui.map.overlays.triplet_layer import (
    EASY,
    HARD,
    MOST,
    REACH,
    SEMI_HARD,
    Triplet,
    TripletLayer,
    distance_box,
    nearest_segment,
    sorts_of,
)
from explorer.ui.map.overlays.triplet_legend import TripletLegend
from explorer.ui.widgets.theme import DARK, ThemeManager
from tests.helpers.blobs import CLOTHES, dataset_of

COORDINATE = st.floats(-200, 200, width=32) | st.just(float("nan"))
SPOTS = np.array([[20, 20], [120, 20], [20, 120], [180, 180], [20, 180]], float)


def away(start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> float:
    """Return the distance of a point from a segment by the three cases of school geometry."""
    along, to = end - start, at - start
    length = float(np.hypot(*along))
    if not np.isfinite(length):
        return np.inf
    if length == 0 or float(along @ to) <= 0:
        return float(np.hypot(*to))
    if float(along @ to) >= length**2:
        return float(np.hypot(*(at - end)))
    return abs(float(along[0] * to[1] - along[1] * to[0])) / length


def batch(
    rows: list[tuple[int, int, int]], near: list[float], far: list[float], *, margin: float = 0.2, step: int = 7
) -> BatchTriplets:
    anchors, positives, negatives = (frozen([row[k] for row in rows], np.int64) for k in range(3))
    return BatchTriplets(
        "r1", step, margin, anchors, positives, negatives, frozen(near, np.float32), frozen(far, np.float32), 900
    )


def places_of(spots: npt.NDArray[np.float64]) -> Places:
    def places(items: npt.ArrayLike) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = spots[np.asarray(items, np.int64)]
        return found

    return places


def painted(layer: TripletLayer, spots: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Return what a layer paints on black, (200, 200, 3)."""
    image = QImage(200, 200, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    layer.paint(painter, DARK, places_of(spots), 3.0)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(200, 200, 4)[..., :3].copy()


@given(
    arrays(np.float64, (6, 2), elements=COORDINATE),
    arrays(np.float64, (6, 2), elements=COORDINATE),
    st.floats(-200, 200, width=32),
    st.floats(-200, 200, width=32),
)
def test_the_picked_segment_is_the_nearest_within_reach(
    starts: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], x: float, y: float
) -> None:
    expected = np.array([away(start, end, np.array([x, y])) for start, end in zip(starts, ends, strict=True)])
    found = nearest_segment(starts, ends, x, y)
    if found >= 0:
        assert expected[found] <= REACH + 1e-6
        assert expected[found] == pytest.approx(expected.min(), abs=1e-5)
    else:
        assert not (expected < REACH - 1e-6).any()


def test_nothing_is_picked_where_there_are_no_segments() -> None:
    assert nearest_segment(np.empty((0, 2)), np.empty((0, 2)), 1.0, 2.0) == -1


def test_triplets_are_sorted_by_the_margin() -> None:
    near, far = [0.5] * 5, [0.4, 0.5, 0.69, 0.71, 2.0]
    sorts = [HARD, SEMI_HARD, SEMI_HARD, EASY, EASY]
    assert sorts_of(np.array(near, np.float32), np.array(far, np.float32), 0.2).tolist() == sorts
    layer = TripletLayer.of(batch([(0, 1, 2)] * 5, near, far))
    assert layer.counts() == (1, 2, 2)
    assert [layer.triplet(k).sort for k in range(5)] == sorts


def test_of_many_triplets_the_first_are_drawn() -> None:
    many = MOST + 50
    layer = TripletLayer.of(batch([(0, 1, 2)] * many, np.linspace(1, 0, many).tolist(), [0.5] * many))
    assert len(layer) == MOST
    assert sum(layer.counts()) == MOST
    assert layer.triplet(MOST - 1).near == pytest.approx(np.linspace(1, 0, many)[MOST - 1])


def test_an_edge_is_picked_at_both_of_its_halves_unless_it_is_hidden() -> None:
    layer = TripletLayer.of(batch([(0, 1, 2), (3, 4, 1)], [0.5, 0.5], [0.4, 0.9]))
    places = places_of(SPOTS)
    assert layer.pick(places, 70, 23) == layer.triplet(0)
    assert layer.pick(places, 17, 70) == layer.triplet(0)
    assert layer.pick(places, 100, 180) == layer.triplet(1)
    assert layer.pick(places, 70, 30) is None
    without = TripletLayer.of(layer.found, frozenset({HARD}))
    assert without.pick(places, 70, 20) is None
    assert without.pick(places, 100, 180) == layer.triplet(1)
    assert TripletLayer.of(layer.found, frozenset({HARD, EASY})).pick(places, 100, 180) is None


@pytest.mark.usefixtures("qapp")
def test_only_edges_between_visible_points_are_drawn_and_picked() -> None:
    layer = TripletLayer.of(batch([(0, 1, 2)], [0.5], [0.9]))
    assert painted(layer, SPOTS)[20, 30:110].any()
    assert painted(layer, SPOTS)[30:110, 20].any()
    hidden = SPOTS.copy()
    hidden[2] = np.nan
    assert painted(layer, hidden)[20, 30:110].any()
    assert not painted(layer, hidden)[30:110, 20].any()
    assert layer.pick(places_of(hidden), 20, 70) is None
    hidden[0] = np.nan
    assert not painted(layer, hidden).any()


@pytest.mark.usefixtures("qapp")
def test_positives_are_solid_negatives_dashed_and_the_strong_triplet_stands_out() -> None:
    layer = TripletLayer.of(batch([(0, 1, 2)], [0.5], [0.9]))
    faint = painted(layer, SPOTS)
    assert faint[20, 30:110].any(axis=1).all()
    dashes = faint[30:110, 20].any(axis=1)
    assert dashes.any()
    assert not dashes.all()
    assert not painted(TripletLayer.of(layer.found, frozenset({EASY})), SPOTS).any()
    strong = painted(TripletLayer(layer.found, layer.sorts, strong=(layer.triplet(0),)), SPOTS)
    assert strong[20, 30:40].max() > 2 * faint[20, 30:40].max()


@pytest.mark.usefixtures("qapp")
def test_distances_of_short_edges_cover_neither_each_other_nor_the_points() -> None:
    anchor, positive, negative = QPointF(100, 100), QPointF(112, 104), QPointF(92, 108)
    near = distance_box("d_ap 0.500", anchor, positive, 3.0, [])
    far = distance_box("d_an 0.600", anchor, negative, 3.0, [near])
    assert not near.intersects(far)
    for spot in (anchor, positive, negative):
        assert not near.contains(spot)
        assert not far.contains(spot)
    long = distance_box("d_an 0.600", QPointF(0, 0), QPointF(300, 40), 3.0, [])
    assert long.contains(QPointF(150, 20))


def test_the_card_goes_where_it_covers_no_point() -> None:
    area, size = QRectF(50, 10, 700, 400), QSize(300, 220)
    spots = [QPointF(300, 200), QPointF(320, 220), QPointF(420, 150)]
    for at in spots:
        box = QRect(card_place(size, area, at, spots), size)
        assert area.contains(QRectF(box))
        assert not any(QRectF(box).contains(spot) for spot in spots)
    crowded = [QPointF(x, y) for x in range(60, 750, 40) for y in range(20, 400, 40)]
    assert area.contains(QRectF(QRect(card_place(size, area, QPointF(740, 400), crowded), size)))


@pytest.mark.parametrize(
    ("far", "title", "words"),
    [
        (0.4, "Hard triplet", ("nearer than the positive", "0.300 is missing", "0.2.")),
        (0.5001, "Semi-hard triplet", ("as far as the positive: 0.200 is missing", "0.2.")),
        (0.6, "Semi-hard triplet", ("further than the positive, but 0.100 is missing", "0.2.")),
        (1.0, "Easy triplet", ("further than the positive by the margin of 0.2", "0.300 more")),
    ],
)
def test_the_card_tells_the_numbers_and_what_the_margin_makes_of_them(
    qtbot: QtBot, far: float, title: str, words: tuple[str, ...]
) -> None:
    dataset = dataset_of(np.array([0, 0, 1]), CLOTHES[:2])
    canvas = QWidget()
    qtbot.addWidget(canvas)
    card = TripletCard(ThemeManager("dark"), canvas)
    triplet = Triplet(0, 1, 2, 0.5, far, 0.2, 7, False)
    card.show_triplet(dataset, triplet, "batch of step 7")
    assert card.title.text() == title
    assert card.step.text() == "batch of step 7"
    assert [tile.item for tile in card.tiles] == [0, 1, 2]
    assert [tile.frame for tile in card.tiles] == ["accent", "right", "wrong"]
    assert [label.text() for label in card.classes] == ["t-shirt top", "t-shirt top", "trouser"]
    assert card.near.text() == "d_ap 0.500"
    assert card.far.text() == f"d_an {far:.3f}"
    assert card.gap.text() == f"gap {far - 0.5:+.3f}".replace("-", "−")
    assert card.words.text() == verdict(triplet)
    assert all(word in card.words.text() for word in words)


@pytest.fixture
def key(qtbot: QtBot) -> Iterator[TripletLegend]:
    canvas = QWidget()
    qtbot.addWidget(canvas)
    canvas.resize(500, 300)
    made = TripletLegend(ThemeManager("dark"), canvas)
    made.say("Batch of step 7 · 30 of 900", (5, 10, 15))
    canvas.show()
    made.show()
    yield made
    canvas.close()


def test_a_click_on_the_key_hides_a_sort_and_shows_it_again(qtbot: QtBot, key: TripletLegend) -> None:
    assert [button.count_shown for button in key.sorts] == ["5", "10", "15"]
    with qtbot.waitSignal(key.hidden_changed) as told:
        QTest.mouseClick(key.sorts[EASY], Qt.MouseButton.LeftButton)
    assert told.args == [frozenset({EASY})]
    QTest.mouseClick(key.sorts[HARD], Qt.MouseButton.LeftButton)
    assert key.hidden == {HARD, EASY}
    QTest.mouseClick(key.sorts[EASY], Qt.MouseButton.LeftButton)
    assert key.hidden == {HARD}


def test_the_key_shrinks_to_its_words_where_there_are_no_triplets(key: TripletLegend) -> None:
    tall = key.height()
    key.say("Waiting for a batch…", None)
    assert not any(button.isVisible() for button in key.sorts)
    assert key.height() < tall
    assert key.width() >= key.head.sizeHint().width()
    assert key.childAt(QPoint(12, key.height() // 2)) is key.head
