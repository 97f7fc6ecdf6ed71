from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.help.tour import OF_A_RUN, STEPS
from explorer.ui.shell.help.tour_callout import SecondClick, TourCallout, place_beside
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.windows import ready_session
from tests.ui.conftest import LONG

AREA = QRect(0, 40, 1000, 600)
SIZE = QSize(300, 150)


def test_a_callout_stays_where_it_covers_nothing_that_is_spoken_of() -> None:
    button, whole, now = QRect(100, 100, 200, 50), QRect(0, 40, 1000, 600), QPoint(349, 477)
    assert place_beside(SIZE, button, AREA, now) == now
    assert place_beside(SIZE, whole, AREA, QPoint(20, 400)) == QPoint(20, 400), "it covers some of it anywhere"
    assert place_beside(SIZE, button, AREA, QPoint(90, 90)) == QPoint(311, 100), "it lay over it"
    assert place_beside(SIZE, button, AREA, QPoint(900, 600)) == QPoint(311, 100), "it would stand out of the window"


@pytest.mark.parametrize(
    ("target", "place"),
    [
        (QRect(100, 100, 200, 50), QPoint(311, 100)),  # right of it
        (QRect(700, 100, 300, 50), QPoint(388, 100)),  # left
        (QRect(10, 400, 980, 240), QPoint(10, 238)),  # above
        (QRect(10, 40, 980, 240), QPoint(10, 291)),  # below
        (QRect(0, 40, 1000, 600), QPoint(349, 477)),  # inside
    ],
)
def test_a_callout_covers_its_target_only_where_there_is_no_other_room(target: QRect, place: QPoint) -> None:
    assert place_beside(SIZE, target, AREA) == place
    assert place_beside(SIZE, target, AREA, place) == place


def test_a_second_click_on_the_place_of_a_button_that_went_does_not_reach_what_lies_behind(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(700, 500)
    behind = QPushButton(window)
    behind.setGeometry(window.rect())
    callout = TourCallout(window)
    callout.show_step("One", "Some words", 1, 2)
    callout.fit()
    callout.move(20, 20)
    callout.on.connect(lambda: callout.move(300, 300))
    with qtbot.waitExposed(window):
        window.show()
    at = callout.on_button.mapTo(window, callout.on_button.rect().center())
    hit: list[bool] = []
    behind.pressed.connect(lambda: hit.append(True))
    QTest.mouseClick(callout.on_button, Qt.MouseButton.LeftButton)
    under = window.childAt(at)
    assert isinstance(under, SecondClick)
    QTest.mouseDClick(under, Qt.MouseButton.LeftButton)
    assert not hit
    qtbot.waitUntil(lambda: window.childAt(at) is behind)


def begun(qtbot: QtBot, window: MainWindow) -> TourCallout:
    QTest.mouseClick(window.start_page.tour_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.tour.callout is not None, timeout=LONG)
    assert window.tour.callout is not None
    return window.tour.callout


def go_to(window: MainWindow, target: str) -> None:
    assert window.tour.callout is not None
    for _ in STEPS:
        if window.tour.step is not None and window.tour.step.target == target:
            return
        window.tour.callout.on_button.click()
    raise AssertionError(target)


def test_it_leads_through_a_real_training_to_a_real_triplet_and_is_remembered(
    qtbot: QtBot, open_window: Callable[..., MainWindow], settings: Settings
) -> None:
    window = open_window()
    callout, session = begun(qtbot, window), window.session
    assert session is not None
    assert callout.title.text() == "The points are pictures"
    assert not callout.back_button.isEnabled()
    assert not window.toasts.shown  # the example says nothing beside it
    qtbot.waitUntil(lambda: not session.why_not(), timeout=LONG)
    canvas = cast(MapPanel, window.workspace.panels["map"]).canvas
    qtbot.waitUntil(lambda: callout.isVisible() and window.rect().contains(callout.geometry()), timeout=LONG)
    place = callout.geometry(), callout.on_button.geometry()
    if not canvas.laid_out:
        assert callout.words.text().startswith("The first map is being laid out")
    qtbot.waitUntil(lambda: callout.words.text() == STEPS[0].words, timeout=LONG)
    assert canvas.laid_out
    assert (callout.geometry(), callout.on_button.geometry()) == place
    QTest.keyClick(callout.on_button, Qt.Key.Key_Return)
    assert window.run_bar is not None
    QTest.keyClick(callout.back_button, Qt.Key.Key_Enter)
    assert window.tour.step is STEPS[0]
    QTest.keyClick(callout.on_button, Qt.Key.Key_Right)
    assert window.tour.ring is not None
    ring = window.tour.ring.geometry()
    assert ring.contains(QRect(window.run_bar.train.mapTo(window, QPoint()), window.run_bar.train.size()))
    QTest.mouseClick(callout.on_button, Qt.MouseButton.LeftButton)
    assert session.state == "training"
    card = cast(MapPanel, window.workspace.panels["map"]).triplets.card
    qtbot.waitUntil(card.isVisible, timeout=LONG)
    QTest.keyClick(callout.on_button, Qt.Key.Key_Left)
    assert window.tour.step is STEPS[1]
    assert callout.words.text() == OF_A_RUN["train"], "no run begins next where there is one"
    assert not card.isVisible()
    size, button = callout.size(), callout.on_button.geometry().bottomRight()
    for step in STEPS[2:]:
        callout.on_button.click()
        assert window.tour.step is step
        assert callout.size() == size
        assert callout.on_button.geometry().bottomRight() == button
        assert window.rect().contains(callout.geometry())
    assert callout.on_button.text() == "Done"
    assert not settings.toured
    callout.on_button.click()
    assert window.tour.callout is None
    assert Settings(settings.path).toured
    assert window.start_page.tour_button.property("kind") == "link"
    assert not cast(MapPanel, window.workspace.panels["map"]).overlays.on("triplets")
    session.stop(quick=True)


def test_it_survives_panels_that_are_closed_another_page_and_small_windows(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    window.commands["help.tour"].trigger()
    callout, ring = window.tour.callout, window.tour.ring
    assert callout is not None
    assert ring is not None
    go_to(window, "counts")
    qtbot.waitUntil(lambda: window.workspace.shown and ring.isVisible(), timeout=LONG)
    window.workspace.docks["triplets"].close()
    qtbot.waitUntil(lambda: not ring.isVisible(), timeout=LONG)
    assert callout.isVisible()
    window.resize(1024, 700)
    shown = cast(MapPanel, window.workspace.panels["map"]).canvas
    qtbot.waitUntil(
        lambda: QRect(shown.mapTo(window, QPoint()), shown.size()).contains(callout.geometry()), timeout=LONG
    )
    window.runs.open_page()
    qtbot.waitUntil(lambda: not callout.isVisible(), timeout=LONG)
    window.runs.close_page()
    qtbot.waitUntil(callout.isVisible, timeout=LONG)
    window.commands["help.tour"].trigger()  # anew
    assert window.tour.step is STEPS[0]
    QTest.keyClick(callout.on_button, Qt.Key.Key_Escape)
    assert window.tour.callout is None
    assert window.workspace.docks["triplets"].isHidden()
    session.stop(quick=True)


def test_it_is_put_forward_only_to_those_who_do_not_know_it(start: MainWindow, settings: Settings) -> None:
    assert start.start_page.tour_button.property("kind") != "link"
    settings.set_toured()
    start.tour.end()  # also where it never began
    assert start.start_page.tour_button.property("kind") == "link"
