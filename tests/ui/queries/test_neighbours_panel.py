from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from explorer.core.map_values import KeptStep
from explorer.core.types import Neighbours, Split
from explorer.data.growth import Growth
from explorer.engine.events import DatasetComplete, DatasetOpened, RunShown, SplitChanged
from explorer.engine.session.pin_history import ComparedStep, FirstRights
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.icons import IconButton
from tests.helpers.windows import wait_gone
from tests.ui.panel_desk import Held, HeldPinHistory
from tests.ui.queries.conftest import LABELS

NO_KEYS = Qt.KeyboardModifier.NoModifier


def answer(query: int, items: list[int], step: int) -> Neighbours:
    return Neighbours(
        "r1", step, np.array([query]), np.array([items]), np.linspace(0.1, 0.8, len(items), dtype=np.float32)[None]
    )


def card(panel: NeighboursPanel, item: int) -> QueryCard:
    return next(found for found in panel.findChildren(QueryCard) if found.item == item)


def same_and_other(query: int) -> tuple[int, int]:
    same = next(i for i in range(len(LABELS)) if i != query and LABELS[i] == LABELS[query])
    other = next(i for i in range(len(LABELS)) if LABELS[i] != LABELS[query])
    return same, other


def test_nothing_pinned_says_what_will_appear(panel: NeighboursPanel) -> None:
    assert not panel.body_shown


def test_several_selected_items_lead_from_the_empty_panel_to_the_one_that_shows_them(
    panel: NeighboursPanel, desk: Desk
) -> None:
    asked: list[bool] = []
    desk.commands.add("selection.show", "Show the selection", lambda: asked.append(True))
    for items, shown in ((np.array([3]), False), (np.array([1, 4, 7]), True), (np.array([], np.int64), False)):
        desk.state.set_selection(items)
        assert panel.selected.isVisibleTo(panel) is shown
        if shown:
            assert panel.selected.text() == "3 selected: show them"
            panel.selected.click()
    assert asked == [True]


def test_what_is_pinned_before_the_panel_hears_of_the_data_keeps_its_card(
    panel: NeighboursPanel, desk: Desk, held: Held
) -> None:
    assert held.dataset is not None
    desk.state.pins.set([3])  # by the window, which hears of the data first
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, held.split))
    assert panel.body_shown
    assert card(panel, 3).item == 3


def test_a_pin_asks_and_its_answer_is_framed_right_and_wrong(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    desk.state.pins.set([3])
    assert panel.body_shown
    assert held.asked[-1] == "8 of [3]"
    same, other = same_and_other(3)
    desk.bridge.of(Neighbours).emit(answer(3, [same, other], 10))
    shown = card(panel, 3)
    assert [tile.frame for tile in shown.tiles] == ["right", "wrong"]
    assert shown.tiles[0].text_shown.left == "0.100"
    assert shown.summary.text() == "1 of 2 right · first at #1"
    assert panel.status == "step 10"


def test_a_search_that_is_approximate_says_how_good_it_is(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(replace(answer(3, [5, 6], 10), approximate=True, recall=0.9932))
    assert panel.status == "step 10 · approximate: recall@10 0.993 on a sample of 200"
    desk.bridge.of(Neighbours).emit(replace(answer(3, [5, 6], 20), approximate=True))
    assert panel.status == "step 20 · approximate: recall@10 1.000 on a sample of 200"
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 30))
    assert panel.status == "step 30"


def test_a_new_snapshot_shows_what_moved(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 10))
    desk.bridge.of(Neighbours).emit(answer(3, [6, 5, 9], 20))
    shown = card(panel, 3)
    assert [tile.text_shown.right for tile in shown.tiles] == ["▲1", "▼1", "new"]
    assert shown.movement.text() == "1 in, 1 out since step 10"


def test_nothing_is_compared_with_a_step_of_another_run_or_before_it_is_embedded(
    panel: NeighboursPanel, desk: Desk
) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 27))
    desk.bridge.of(Neighbours).emit(replace(answer(3, [-1, -1, -1], 29), distances=np.full((1, 3), np.inf, np.float32)))
    shown = card(panel, 3)
    assert (shown.summary.text(), shown.movement.text()) == ("not embedded yet", "")
    desk.bridge.of(RunShown).emit(RunShown(1, "r2"))  # a branch of it
    assert panel.status == ""
    for items, step in (([6, 5, 9], 170), ([6, 5, 8], 190)):
        desk.bridge.of(Neighbours).emit(replace(answer(3, items, step), run="r2"))
    assert shown.movement.text() == "1 in, 1 out since step 170"


def test_what_came_into_the_data_of_one_step_has_no_number_without_an_arrow(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 10))
    desk.bridge.of(Neighbours).emit(answer(3, [6, 9, 5], 10))  # test items were added: nothing was learned since
    assert [tile.text_shown.right for tile in card(panel, 3).tiles] == ["", "", ""]


def test_a_query_that_is_looked_at_can_be_kept_on_its_card(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.choose(3)
    button = card(panel, 3).pin_button
    assert button.isVisibleTo(panel)
    button.click()
    assert not button.isVisibleTo(panel)
    desk.state.pins.choose(4)
    assert desk.state.pins.items == (3, 4)
    assert [card(panel, item).pin_button.isHidden() for item in (3, 4)] == [True, False]
    desk.state.pins.choose(5, add=True)
    assert card(panel, 4).pin_button.isHidden()


def test_a_click_on_a_neighbour_looks_at_it_beside_what_is_pinned(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk
) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
    tile = card(panel, 3).tiles[1]
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier)
    assert list(desk.state.pins.items) == [3, 6]
    QTest.mouseClick(card(panel, 3).tiles[0], Qt.MouseButton.LeftButton)
    assert list(desk.state.pins.items) == [3, 6, 5]
    assert desk.state.selection.tolist() == [5]


def test_an_answer_for_what_is_no_longer_pinned_is_left_out(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.state.pins.set([4])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
    assert card(panel, 4).tiles == []


def test_hovering_a_tile_hovers_its_item(panel: NeighboursPanel, desk: Desk, qtbot: QtBot) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
    card(panel, 3).tiles[1].hovered.emit(True)
    assert desk.state.hover == 6
    card(panel, 3).tiles[1].hovered.emit(False)
    assert desk.state.hover == -1


def test_a_card_keeps_the_number_of_its_query_and_says_what_part_it_is_of(panel: NeighboursPanel, desk: Desk) -> None:
    assert not panel.frames.isVisible()
    desk.state.pins.set([3, 7])
    assert panel.frames.isVisible()
    assert "red" in panel.frames.text()
    assert panel.frames.minimumSizeHint().width() < 100, "a small window gives the width to others"
    title = card(panel, 3).title
    title.setText(f"{'a class with a very long name ' * 3} #3")
    assert title.shown_text().endswith("#3")
    assert not card(panel, 3).part.isVisible()
    desk.bridge.of(SplitChanged).emit(SplitChanged(Split("items", np.array([3]), np.array([7]), False)))
    assert [card(panel, item).part.text() for item in (3, 7)] == ["train", "held out"]
    assert card(panel, 7).part.width() >= card(panel, 7).part.sizeHint().width()


def test_a_tip_leaves_the_row_of_its_tile_in_sight(panel: NeighboursPanel, desk: Desk, qtbot: QtBot) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
    tile = card(panel, 3).tiles[1]
    middle = tile.rect().center()
    QApplication.sendEvent(tile, QHelpEvent(QEvent.Type.ToolTip, middle, tile.mapToGlobal(middle)))
    qtbot.waitUntil(QToolTip.isVisible)
    (tip,) = (top for top in QApplication.topLevelWidgets() if top.inherits("QTipLabel") and top.isVisible())
    assert tip.y() >= tile.mapToGlobal(tile.rect().bottomLeft()).y()
    QToolTip.hideText()


def test_more_neighbours_can_be_asked_for(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    desk.state.pins.set([3])
    depth = panel.header_tools[-1]
    QTest.keyClick(depth, Qt.Key.Key_Down)
    assert held.asked[-1] == "12 of [3]"


def test_a_pin_without_an_embedding_says_that_it_waits(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [-1, -1], 10))
    assert card(panel, 3).summary.text() == "not embedded yet"
    desk.bridge.of(Neighbours).emit(answer(3, [4, 5], 20))
    assert card(panel, 3).movement.text() == "it was not embedded at step 10"
    desk.bridge.of(Neighbours).emit(answer(3, [4, 5], 10))
    assert card(panel, 3).movement.text() == "", "by the end of the step it was"


def test_a_pin_is_followed_through_the_steps_once_it_was_answered(panel: NeighboursPanel, desk: Desk) -> None:
    followed = cast(HeldPinHistory, desk.session.pin_history)
    desk.state.pins.set([3])
    assert followed.wanted == [], "its neighbours come first"
    desk.bridge.of(Neighbours).emit(answer(4, [5, 6], 10))
    assert followed.wanted == [], "an answer for what is no longer pinned"
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
    assert followed.wanted == [3]
    desk.state.pins.clear()
    assert followed.wanted == []


def test_the_first_right_answer_is_drawn_over_the_steps(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    desk.state.pins.set([3, 4])
    line = card(panel, 3).history
    assert not line.isVisible()
    ranks = np.array([[40, -1, 1, 3, 1], [0, 0, 0, 0, 2]])
    desk.bridge.of(FirstRights).emit(FirstRights("r1", np.array([3, 4]), np.array([0, 5, 10, 1500, 2000]), ranks))
    assert line.isVisible()
    assert line.words == "first right #1"
    assert line.toolTip().endswith("40 at step 0, 1 at step 2,000; number 1 since step 2,000")
    assert not card(panel, 4).history.isVisible(), "of one point there is no line"
    desk.state.set_displayed_step(1500)
    assert line.words == "first right #3"
    panel.grab()


def test_a_card_has_the_number_and_its_line_the_colour_of_the_query(
    panel: NeighboursPanel, desk: Desk, held: Held
) -> None:
    desk.state.pins.set([3, 4])
    steps, ranks = np.array([0, 10]), np.array([[4, 1], [9, 1]])
    desk.bridge.of(FirstRights).emit(FirstRights("r1", np.array([3, 4]), steps, ranks))
    desk.state.pins.unpin(3)
    desk.state.pins.choose(5, add=True)
    assert (card(panel, 4).number.number, card(panel, 5).number.number) == (2, 1)
    assert card(panel, 4).number.isVisible()
    theme = desk.themes.current
    sign, line = card(panel, 4).number.grab().toImage(), card(panel, 4).history.grab().toImage()
    assert sign.pixelColor(3, sign.height() // 2) == theme.colour("query_2")
    drawn = {line.pixelColor(x, y).name() for x in range(line.width()) for y in range(line.height())}
    assert theme.tokens["query_2"] in drawn
    assert theme.tokens["accent"] not in drawn


def test_what_is_shown_is_compared_with_a_kept_step(panel: NeighboursPanel, desk: Desk, held: Held) -> None:
    held.steps = (KeptStep("r1", 10, True), KeptStep("r1", 1500, False))
    desk.bridge.of(KeptStep).emit(held.steps[1])
    choice = panel.compare
    assert [choice.itemText(place) for place in range(choice.count())] == [
        "as pinned",
        "since step 10",
        "since step 1,500",
    ]
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 2000))
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert held.asked[-1] == "8 at step 10"
    desk.bridge.of(ComparedStep).emit(ComparedStep("r1", answer(3, [6, 9, 5], 10)))
    shown = card(panel, 3)
    assert [tile.text_shown.right for tile in shown.tiles] == ["▲2", "▼1", "new"]
    assert shown.movement.text() == "1 in, 1 out since step 10"
    assert [(tile.item, tile.text_shown.right) for tile in shown.gone] == [(9, "#2")]
    assert shown.gone[0].isVisible()
    desk.bridge.of(ComparedStep).emit(ComparedStep("r1", answer(3, [8, 9, 5], 1500)))  # of a choice before this one
    assert shown.movement.text() == "1 in, 1 out since step 10"
    QTest.keyClick(choice, Qt.Key.Key_Up)
    assert held.asked[-1] == "8 at step -1"
    assert shown.movement.text() == ""
    assert not shown.gone[0].isVisible()
    QTest.keyClick(choice, Qt.Key.Key_End)
    held.steps = ()
    desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert choice.step == -1
    assert choice.count() == 1


def test_tiles_and_scroll_bar_never_chase_each_other(qtbot: QtBot, panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3, 4])
    for query in (3, 4):
        desk.bridge.of(Neighbours).emit(answer(query, list(range(10, 18)), 10))
    sides = set()
    for height in range(120, 640, 2):  # somewhere between, the cards just fit without a scroll bar
        panel.resize(310, height)
        QApplication.processEvents()
        sides |= {tile.width() for tile in card(panel, 3).tiles}
    assert len(sides) == 1, "the tiles are as large with a scroll bar as without"
    panel.resize(400, 400)
    narrow = sides.pop()
    qtbot.waitUntil(lambda: card(panel, 3).tiles[0].width() > narrow)


def test_a_panel_becomes_as_narrow_as_before_with_tiles_that_had_filled_a_wide_one(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk
) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, list(range(10, 18)), 10))
    narrow = panel.minimumSizeHint().width()
    panel.resize(500, 600)
    qtbot.waitUntil(lambda: card(panel, 3).tiles[0].width() > 90)
    assert panel.minimumSizeHint().width() == narrow
    panel.resize(290, 600)
    qtbot.waitUntil(lambda: card(panel, 3).tiles[3].geometry().right() < panel.width())


def test_a_query_that_was_pinned_before_it_was_decoded_shows_its_picture_once_it_is(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk, held: Held
) -> None:
    dataset = held.dataset
    assert dataset is not None
    growth = Growth(len(dataset))
    held.dataset = replace(dataset, growth=growth)
    desk.bridge.of(DatasetOpened).emit(DatasetOpened(held.dataset, held.split))
    desk.state.pins.set([3])
    tile = card(panel, 3).picture
    words = tile.grab().toImage()
    for item in range(len(dataset)):
        growth.add(item)
    growth.end()
    desk.bridge.of(DatasetComplete).emit(DatasetComplete(held.dataset))
    assert tile.grab().toImage() != words


def test_neighbours_stay_in_their_places_while_the_pointer_is_on_one_of_them(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk
) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 10))
    shown = card(panel, 3)
    shown.tiles[1].setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    desk.bridge.of(Neighbours).emit(answer(3, [8, 9, 4], 11))
    assert [tile.item for tile in shown.tiles] == [5, 6, 7], "what is about to be clicked stays there"
    shown.tiles[1].setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    shown.hovered.emit(-1)
    qtbot.waitUntil(lambda: [tile.item for tile in shown.tiles] == [8, 9, 4])


def test_a_double_click_on_a_neighbour_is_one_hop(panel: NeighboursPanel, desk: Desk) -> None:
    desk.state.pins.set([3])
    desk.bridge.of(Neighbours).emit(answer(3, [5, 6, 7], 10))
    pinned: list[tuple[int, ...]] = []
    desk.state.pins.changed.connect(pinned.append)
    QTest.mouseClick(card(panel, 3).tiles[0], Qt.MouseButton.LeftButton)
    desk.bridge.of(Neighbours).emit(answer(5, [8, 9, 4], 10))
    under = card(panel, 5).tiles[0]  # what lies under the pointer when the second half of the double click comes
    for kind in (QEvent.Type.MouseButtonDblClick, QEvent.Type.MouseButtonRelease):
        left, at = Qt.MouseButton.LeftButton, QPointF(9, 9)
        QApplication.sendEvent(under, QMouseEvent(kind, at, under.mapToGlobal(at), left, left, NO_KEYS))
    assert pinned == [(5,)]


def test_the_buttons_go_where_the_commands_go(panel: NeighboursPanel, desk: Desk, qtbot: QtBot) -> None:
    back = next(tool for tool in panel.findChildren(IconButton) if tool.accessibleName().startswith("queries.back"))
    with qtbot.waitSignal(desk.commands["queries.back"].triggered):
        QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    desk.commands["queries.back"].setEnabled(False)
    assert not back.isEnabled()


def test_a_neighbour_has_a_menu_by_mouse_and_by_key_which_outlives_its_card(
    qtbot: QtBot, panel: NeighboursPanel, desk: Desk
) -> None:
    for reason in (QContextMenuEvent.Reason.Mouse, QContextMenuEvent.Reason.Keyboard):
        desk.state.pins.set([3])
        desk.bridge.of(Neighbours).emit(answer(3, [5, 6], 10))
        tile = card(panel, 3).tiles[1]
        tile.setFocus()
        at = tile.rect().center()
        QApplication.sendEvent(tile, QContextMenuEvent(reason, at, tile.mapToGlobal(at)))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert menu.actions()[0].text().endswith("#6")
        desk.state.pins.clear()
        wait_gone(qtbot, tile)
        next(action for action in menu.actions() if action.text() == "Find its neighbours").trigger()
        assert desk.state.pins.items == (6,)
        menu.close()
        wait_gone(qtbot, menu)


def test_both_choices_above_the_neighbours_have_the_same_room(panel: NeighboursPanel) -> None:
    assert abs(panel.among.width() - panel.compare.width()) <= 1
