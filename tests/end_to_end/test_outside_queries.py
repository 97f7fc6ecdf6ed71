"""Pictures from outside the data are dropped and pasted on the real window, before, while and after it trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from explorer.ui.map.map_panel import MapPanel
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.queries.query_card import QueryCard
from explorer.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import LONG, PER_CLASS, drop, drop_mime

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def spec() -> None:
    """Open nothing: the data are dropped."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> list[Path]:
    """Hand-written digits that are not in the folder of digits: a three and a zero."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    paths = []
    for label in (3, 0):
        picture = (images[labels == label][PER_CLASS + 5].reshape(8, 8) * 15.9).astype(np.uint8)
        paths.append(tmp_path / f"new {label}.png")
        Image.fromarray(picture).resize((28, 28)).save(paths[-1])
    return paths


def card_of(panel: NeighboursPanel, title: str) -> QueryCard:
    return next(card for card in panel.outside.cards.values() if card.title.text() == title)


@pytest.mark.full
def test_pictures_are_asked_about_from_the_first_moment_to_the_last(
    qtbot: QtBot, window: MainWindow, digits: Path, elsewhere: list[Path]
) -> None:
    session, panel, map_panel = window.session, window.workspace.panels["neighbours"], window.workspace.panels["map"]
    assert session is not None
    assert isinstance(panel, NeighboursPanel)
    assert isinstance(map_panel, MapPanel)
    assert not window.commands["edit.paste"].isEnabled()
    drop(window, digits)
    qtbot.waitUntil(lambda: session.dataset is not None and map_panel.body_shown, timeout=LONG)
    drop(window, elsewhere[0])
    qtbot.waitUntil(lambda: any("%" in card.summary.text() for card in panel.outside.cards.values()), timeout=LONG)
    assert not window.choice_bar.isVisible()
    three = card_of(panel, "new 3.png")
    assert three.summary.text().endswith("% digit 3")
    assert panel.status == "raw pixels"
    ghosts = map_panel.ghosts.layer
    qtbot.waitUntil(lambda: len(ghosts.placed) == 1, timeout=LONG)

    session.set("encoder", "mlp")
    session.set("epochs", 400)
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "since step" in three.movement.text(), timeout=LONG)
    QGuiApplication.clipboard().setImage(QImage(str(elsewhere[1])))
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 2, timeout=LONG)
    zero = card_of(panel, "pasted picture")
    qtbot.waitUntil(lambda: "%" in zero.summary.text(), timeout=LONG)
    assert zero.summary.text().endswith("% digit 0")
    qtbot.waitUntil(lambda: len(session.replay.steps) >= 2, timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: session.state == "finished", timeout=LONG)
    assert three.summary.text().endswith("% digit 3")

    drop(window, elsewhere[1])  # it was not there at the steps before: it is embedded by their weights, which are kept
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 3, timeout=LONG)
    late = card_of(panel, "new 0.png")
    qtbot.waitUntil(lambda: "%" in late.summary.text(), timeout=LONG)
    QTest.keyClick(window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.state.displayed_step >= 0, timeout=LONG)
    shown = f"step {window.state.displayed_step:,}"
    qtbot.waitUntil(lambda: panel.status.startswith(shown) and shown in panel.status, timeout=LONG)
    assert "%" in late.summary.text()
    QTest.keyClick(window, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(late.close_button, LEFT)
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 2 and window.state.displayed_step < 0, timeout=LONG)

    qtbot.waitUntil(lambda: len(ghosts.placed) == 2, timeout=LONG)
    point = next(iter(ghosts.placed.values())).toPoint()
    canvas = map_panel.canvas
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, point, canvas.mapToGlobal(QPoint(point))))
    qtbot.waitUntil(lambda: "not of the data" in QToolTip.text(), timeout=LONG)
    QTest.mouseClick(three.close_button, LEFT)
    qtbot.waitUntil(lambda: list(panel.outside.cards.values()) == [zero] and len(ghosts.placed) == 1, timeout=LONG)
    QTest.mouseClick(zero.tiles[0], LEFT)
    assert window.state.pins.items == (zero.tiles[0].item,)


def test_several_pictures_are_chosen_in_the_dialog_and_a_text_on_the_clipboard_is_none(
    qtbot: QtBot, window: MainWindow, digits: Path, elsewhere: list[Path]
) -> None:
    session, panel = window.session, window.workspace.panels["neighbours"]
    assert session is not None
    assert isinstance(panel, NeighboursPanel)
    drop(window, digits)
    qtbot.waitUntil(lambda: window.commands["file.query"].isEnabled(), timeout=LONG)
    QGuiApplication.clipboard().clear()
    window.commands["edit.paste"].trigger()
    assert "nothing on the clipboard" in window.toasts.shown[-1].text
    QGuiApplication.clipboard().setText("no picture")
    window.commands["edit.paste"].trigger()
    assert "nothing on the clipboard" in window.toasts.shown[-1].text
    drop(window, *elsewhere)
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 2, timeout=LONG)
    assert [card.title.text() for card in panel.outside.cards.values()] == ["new 3.png", "new 0.png"]
    mime = QMimeData()
    mime.setImageData(QImage(str(elsewhere[1])))  # from a page, where it is no file
    drop_mime(window, mime)
    qtbot.waitUntil(lambda: len(panel.outside.cards) == 3, timeout=LONG)
    qtbot.waitUntil(card_of(panel, "dropped picture").isVisible, timeout=LONG)  # after the layout took it in
    window.commands["edit.clear_pins"].trigger()
    qtbot.waitUntil(lambda: not panel.outside.cards and not panel.body_shown, timeout=LONG)
    assert not window.commands["edit.clear_pins"].isEnabled()
    drop(window, elsewhere[0].parent / "digits")
    assert window.choice_bar.isVisible()
