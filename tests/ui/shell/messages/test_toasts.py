from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.errors import UserError
from explorer.core.extras import extra_line
from explorer.engine.events import Notice
from explorer.engine.fault_reports import reports_folder
from explorer.ui.shell.help.tour_callout import TourCallout
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.messages import toasts as module
from explorer.ui.shell.messages.fault_reports import Faults
from explorer.ui.shell.messages.message_log import MessageButton, MessageLog
from explorer.ui.shell.messages.toasts import MOST, TRAIN_NOW, Toasts
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import text_size
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.windows import ready_session
from tests.ui.conftest import LONG


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    return widget


def test_messages_stack_in_the_lower_right_corner(host: QWidget, themes: ThemeManager) -> None:
    toasts = Toasts(themes, host)
    toasts.set_bottom(24)
    first, second = (
        toasts.show("One"),
        toasts.show("A second one, that is longer than a line of its width and so wraps."),
    )
    for toast in (first, second):
        assert host.rect().contains(toast.geometry())
        assert toast.label.height() >= toast.label.heightForWidth(toast.label.width())
    assert first.geometry().bottom() < second.geometry().top()
    assert second.geometry().bottom() <= 600 - 24
    host.resize(1200, 700)
    assert second.geometry().right() > 1100


def test_the_line_that_installs_what_is_missing_is_offered(host: QWidget, themes: ThemeManager) -> None:
    toasts, line = Toasts(themes, host), extra_line("sound")
    told = toasts.show(f"Recordings need soundfile. Install them with: {line}", "error")
    told.offer.click()
    assert QGuiApplication.clipboard().text() == line
    assert not toasts.show("Broken", "error").offered


def test_a_message_that_holds_no_more_is_taken_away_and_the_others_stay(host: QWidget, themes: ThemeManager) -> None:
    toasts = Toasts(themes, host)
    for text in ("The training ended at step 3.", "Saved."):
        toasts.show(text, offer=("Open it", lambda: None))
    toasts.withdraw("")
    toasts.withdraw("The training ended at step 3.")
    assert [toast.text for toast in toasts.shown] == ["Saved."]
    assert [message.text for message in toasts.log] == ["The training ended at step 3.", "Saved."]


def test_a_message_is_not_held_by_a_pointer_that_is_elsewhere(
    qtbot: QtBot, host: QWidget, themes: ThemeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.STAY_MS, "info", 60)
    QCursor.setPos(host.mapToGlobal(QPoint(8, 8)))  # where a new child is before it is moved
    toasts = Toasts(themes, host)
    toasts.show("One")
    qtbot.waitUntil(lambda: not toasts.shown)


def test_what_went_wrong_or_offers_something_stays_until_somebody_has_moved_on(
    qtbot: QtBot, host: QWidget, themes: ThemeManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    for level in ("info", "warning", "error"):
        monkeypatch.setitem(module.STAY_MS, level, 30)
    elsewhere = QPushButton("Elsewhere", host)
    elsewhere.show()
    toasts = Toasts(themes, host)
    done: list[str] = []
    toasts.show("Done")
    offered = toasts.show("Gone", "error", offer=("Choose…", lambda: done.append("chosen")))
    broken = toasts.show("Broken", "error")
    qtbot.waitUntil(lambda: [toast.text for toast in toasts.shown] == ["Gone", "Broken"])
    qtbot.mouseClick(broken.label, Qt.MouseButton.LeftButton)  # of itself
    assert broken.waits
    offered.offer.click()
    assert done == ["chosen"]
    assert [toast.text for toast in toasts.shown] == ["Broken"]
    toasts.show("Late", "warning", offer=("Choose…", lambda: None))
    qtbot.mouseClick(elsewhere, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not toasts.shown)
    assert [message.text for message in toasts.log] == ["Done", "Gone", "Broken", "Late"]


def test_a_message_covers_no_button(qtbot: QtBot, themes: ThemeManager) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    centre = QWidget()
    window.setCentralWidget(centre)
    window.resize(1000, 600)
    buttons = [QPushButton("Delete", centre), QPushButton("Open", centre)]
    for button, place in zip(buttons, (QPoint(900, 560), QPoint(40, 540)), strict=True):
        button.move(place)
    with qtbot.waitExposed(window):
        window.show()
    toasts = Toasts(themes, window)
    for text in ("One", "Two"):
        toasts.show(text, "error")
    for toast in toasts.shown:
        assert centre.geometry().contains(toast.geometry())
        for button in buttons:
            assert not toast.geometry().intersects(button.geometry().translated(centre.pos()))


def test_few_messages_are_on_screen_and_repeats_are_counted(host: QWidget, themes: ThemeManager) -> None:
    toasts = Toasts(themes, host)
    for number in range(MOST + 3):
        toasts.show(f"Message {number}", "error")
    assert len(toasts.shown) == MOST
    toasts.show(f"Message {MOST + 1}", "error")
    last = toasts.show(f"Message {MOST + 1}", "error")
    assert len(toasts.shown) == MOST
    assert last.label.text() == f"Message {MOST + 1} (×3)"
    assert [message.times for message in toasts.log] == [1] * (MOST + 3) + [2]
    for number in range(MOST):
        toasts.show(f"Short one {number}")
    assert last in toasts.shown, "nobody has seen it yet"


def test_no_panel_is_covered(qtbot: QtBot, themes: ThemeManager) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QWidget())
    dock = QDockWidget()
    dock.setWidget(QWidget())
    dock.widget().setFixedWidth(300)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.resize(1000, 600)
    with qtbot.waitExposed(window):
        window.show()
    toast = Toasts(themes, window).show("One")
    assert toast.geometry().right() < dock.geometry().left()
    window.resize(1200, 600)
    qtbot.waitUntil(lambda: 780 < toast.geometry().right() < dock.geometry().left())


def test_messages_can_be_read_again(qtbot: QtBot, host: QWidget, themes: ThemeManager) -> None:
    toasts = Toasts(themes, host)
    button = MessageButton(toasts, host)
    qtbot.addWidget(button)
    assert not button.isVisible()
    toasts.show("First")
    toasts.show("Broken", "error", "line 1\nline 2")
    toasts.show("Broken", "error", "line 1\nline 2")
    assert button.text() == "2 messages"
    button.click()
    log = host.findChild(MessageLog)
    assert log is not None
    lines = log.text.toPlainText().splitlines()
    assert lines[0].endswith("error: Broken (×2)")
    assert lines[1:3] == ["    line 1", "    line 2"]
    assert lines[3].endswith("info: First")
    (copy, clear) = log.findChildren(QPushButton)
    copy.click()
    assert "Broken" in QGuiApplication.clipboard().text()
    clear.click()
    assert not log.isVisible()
    assert not button.isVisible()


def test_details_open_and_can_be_copied(qtbot: QtBot, host: QWidget, themes: ThemeManager) -> None:
    toast = Toasts(themes, host).show("It failed", "error", "line 1\nline 2")
    before = toast.height()
    assert not toast.details.isVisible()
    toast.show_details.click()
    assert toast.details.isVisible()
    assert toast.height() > before
    toast.copy.click()
    assert QGuiApplication.clipboard().text() == "It failed\n\nline 1\nline 2"


@pytest.fixture
def faults(qtbot: QtBot) -> Faults:
    return Faults()


def test_a_fault_in_a_slot_is_saved_and_told_and_the_loop_lives(
    qtbot: QtBot, faults: Faults, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("of ours")

    before = sys.excepthook
    faults.install()
    try:
        with qtbot.waitSignal(faults.told) as told:
            QTimer.singleShot(0, broken)
        alive: list[int] = []
        QTimer.singleShot(0, lambda: alive.append(1))
        qtbot.waitUntil(lambda: bool(alive))
    finally:
        faults.remove()
    assert sys.excepthook == before
    text, level, details, times = told.args
    assert (level, times) == ("error", 1)
    assert "ZeroDivisionError: of ours" in details
    assert "You can go on" in text
    (report,) = Path(reports_folder()).glob("fault-*.txt")
    assert "ZeroDivisionError: of ours" in report.read_text()
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_the_user_can_mend_is_only_told(qtbot: QtBot, faults: Faults) -> None:
    with qtbot.waitSignal(faults.told) as told:
        faults.caught(UserError, UserError("a.zip is damaged", remedy="Copy it again"), None)
    assert told.args == ["a.zip is damaged. Copy it again", "error", "", 1]
    assert not reports_folder().exists()


def test_an_offer_to_train_goes_once_a_training_has_begun_and_others_stay(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session = ready_session(qtbot, window)
    window.toasts.show("The example is open", offer=(TRAIN_NOW, lambda: None))
    other = window.toasts.show("Something else", offer=("Show folder", lambda: None))
    assert window.bridge is not None
    window.bridge.of(Notice).emit(Notice("Saved /r/a.svg", folder=Path("/r"), file=Path("/r/a.svg")))
    saved = window.toasts.shown[-1]
    rows = [button.text() for button in saved.findChildren(QPushButton)]
    assert rows == ["Show folder", "Open"]
    saved.dismiss()
    session.train()
    qtbot.waitUntil(lambda: window.toasts.shown == [other], timeout=LONG)
    session.stop(quick=True)


def test_the_words_of_a_message_begin_beside_its_mark_in_every_size_of_text(
    host: QWidget, themes: ThemeManager
) -> None:
    toasts, gaps = Toasts(themes, host), list[int]()
    for percent in (100, 200):
        text_size().choose(percent)
        toast = toasts.show(f"Saved at {percent} %")
        toast.fit()
        mark = next(label for label in toast.findChildren(PlainLabel) if label is not toast.label)
        gaps.append(toast.label.x() - mark.geometry().right())
    text_size().choose(100)
    assert max(gaps) <= 10, gaps


def test_messages_and_what_else_is_open_take_the_size_of_other_text_and_leave_a_small_window_in_sight(
    qtbot: QtBot, themes: ThemeManager
) -> None:
    host = QMainWindow()
    qtbot.addWidget(host)
    host.resize(900, 600)
    host.show()
    toasts, long = Toasts(themes, host), "The report grocery_store-train-report of 2,640 pictures is written"
    log = MessageLog(toasts, host)
    log.open_above(QPoint(880, 560))
    callout = TourCallout(host)
    callout.show_step("A step", f"{long}. " * 4, 1, 2)
    callout.fit()
    callout.show()
    first, second = (
        toasts.show(f"{long}: {ending}", offer=("Show folder", lambda: None)) for ending in ("csv", "html")
    )
    mark = next(label for label in first.findChildren(PlainLabel) if label is not first.label)

    def sizes() -> list[tuple[int, int]]:
        return [
            size.toTuple() for size in (first.size(), second.size(), mark.pixmap().size(), log.size(), callout.size())
        ]

    usual = sizes()
    assert first.isVisible()
    text_size().choose(200)
    qtbot.waitUntil(lambda: second.height() > 1.3 * usual[1][1] and log.width() > usual[3][0])
    assert (first.isVisible(), second.isVisible()) == (False, True), "both would cover half of the window"
    text_size().choose(100)
    qtbot.waitUntil(lambda: sizes() == usual and first.isVisible())
