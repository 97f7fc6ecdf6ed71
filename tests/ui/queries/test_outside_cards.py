from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.types import PIXELS_RUN
from explorer.engine.events import DatasetOpened
from explorer.engine.session.outside_queries import LOST, OutsideChanged, OutsideQuery, OutsideRanked, OutsideRanking
from explorer.retrieval.vote import vote
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.session.panel import Desk
from tests.helpers.blobs import CLOTHES, dataset_of
from tests.ui.panel_desk import Held
from tests.ui.queries.conftest import LABELS

LEFT = Qt.MouseButton.LeftButton


def come(desk: Desk, *names: str) -> None:
    dataset = desk.session.dataset
    assert dataset is not None
    told = OutsideChanged(tuple(OutsideQuery(k, name, dataset.inputs[k]) for k, name in enumerate(names)))
    desk.bridge.of(OutsideChanged).emit(told)


def rank(desk: Desk, items: list[int], step: int, run: str = "r1", problem: str = "") -> None:
    near = np.array(items, np.int64)
    found = OutsideRanking(0, near, np.linspace(0.1, 0.2, len(items), dtype=np.float32), vote(LABELS[near]), problem)
    desk.bridge.of(OutsideRanked).emit(OutsideRanked(run, step, True, (found,)))


def test_a_picture_from_outside_gets_a_card_with_the_class_that_its_neighbours_vote_for(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk, held: Held
) -> None:
    come(desk, "shoe.png")
    assert panel.body_shown
    (card,) = panel.outside.cards.values()
    assert card.title.text() == "shoe.png"
    same = np.flatnonzero(LABELS[50] == LABELS)[:3].tolist()
    other = int(np.flatnonzero(LABELS[50] != LABELS)[0])
    rank(desk, [*same, other], 0, PIXELS_RUN)
    assert card.summary.text() == f"75 % {CLOTHES[LABELS[50]]}"
    assert card.movement.text() == "3 of 4 votes"
    assert panel.status == "raw pixels"
    assert card.tiles[0].text_shown.tip.endswith("by the cosine, whatever is trained by")
    rank(desk, [same[1], same[0], same[2]], 10)
    assert [tile.text_shown.right for tile in card.tiles[:3]] == ["▲1", "▼1", "·"]
    assert card.movement.text() == "3 of 3 votes · 0 in, 1 out since raw pixels"
    panel.resize(260, 500)
    panel.show()
    line = card.movement.fontMetrics().height()
    qtbot.waitUntil(lambda: card.movement.height() >= 2 * line)
    assert card.movement.height() >= card.movement.heightForWidth(card.movement.width()), "no line of it is cut"
    assert panel.status == "step 10"
    assert "cosine" not in card.tiles[0].text_shown.tip
    QTest.mouseClick(card.tiles[0], LEFT)
    assert list(desk.state.pins.items) == [same[1]]
    QTest.mouseClick(card.close_button, LEFT)
    assert held.asked[-1] == "close 0"
    come(desk)
    assert not panel.outside.cards


def test_it_says_why_nothing_is_ranked(panel: NeighboursPanel, desk: Desk) -> None:
    come(desk, "shoe.png", "bag.png")
    rank(desk, [], 5, problem=LOST)
    assert panel.outside.cards[0].summary.text() == LOST
    rank(desk, [4], 10)
    assert panel.outside.cards[0].movement.text() == "1 of 1 votes"
    assert panel.outside.cards[1].summary.text() == "searching…"


def test_more_neighbours_are_asked_for_these_too(panel: NeighboursPanel, held: Held) -> None:
    depth = panel.header_tools[-1]
    QTest.keyClick(depth, Qt.Key.Key_Down)
    assert held.asked[-2:] == ["12 of outside", "12 of []"]


def test_items_of_a_gallery_that_was_added_are_neighbours_too(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    come(desk, "shoe.png")
    rank(desk, [4], 5)
    held.dataset = dataset_of(np.concatenate([LABELS, LABELS]), CLOTHES)
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None, "gallery"))
    near = np.array([len(LABELS) + 4, 4])
    found = OutsideRanking(0, near, np.array([0.1, 0.2], np.float32), vote(LABELS[[4, 4]]), "")
    desk.bridge.of(OutsideRanked).emit(OutsideRanked("r1", 10, True, (found,)))
    assert panel.outside.cards[0].summary.text() == f"100 % {CLOTHES[LABELS[4]]}"
    QTest.mouseClick(panel.outside.cards[0].tiles[0], LEFT)
    assert list(desk.state.pins.items) == [len(LABELS) + 4]


def test_other_data_let_go_of_them(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    come(desk, "shoe.png")
    assert held.dataset is not None
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None, "gallery"))
    assert panel.outside.cards
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, None, "main"))
    assert not panel.body_shown
