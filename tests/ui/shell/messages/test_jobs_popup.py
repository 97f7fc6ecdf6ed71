"""What works in the background: counted in the status bar, listed with progress and time, cancelled from there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.errors import Cancelled
from explorer.engine.events import AnalysisPiece, AnalysisUnderWay
from explorer.engine.jobs import Control
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.messages.jobs_popup import WorkRow
from explorer.ui.shell.messages.work_list import LAYOUT, TRAINING, Work
from explorer.ui.widgets.theme import ThemeManager
from tests.ui.conftest import LONG


def until_cancelled(job: Control) -> None:
    job.progress("half", 1, 2)
    while not job.cancelled():
        threading.Event().wait(0.01)
    raise Cancelled


def test_jobs_are_counted_listed_and_cancelled(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    session, button = window.session, window.status_bar.jobs
    assert session is not None
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert button.isHidden()
    first, second = session.start("Export <b>it</b>", until_cancelled), session.start("Index", until_cancelled)
    qtbot.waitUntil(lambda: button.text() == "2 working", timeout=LONG)
    window.commands["window.jobs"].trigger()
    popup = button.popup
    assert popup.isVisible()
    qtbot.waitUntil(lambda: popup.rows[first].share.text() == "50 %", timeout=LONG)
    assert popup.rows[first].title.text() == "Export <b>it</b>: half"
    assert popup.rows[first].time.text().endswith(" s")
    assert popup.rows[first].cancel.accessibleName() == "Cancel: Export <b>it</b>: half"
    assert popup.isAncestorOf(window.focusWidget())  # by keyboard from here
    popup.rows[first].cancel.setFocus()
    QTest.keyClick(popup.rows[first].cancel, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: list(popup.rows) == [second], timeout=LONG)
    QTest.mouseClick(popup.rows[second].cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: button.isHidden() and popup.nothing.isVisible(), timeout=LONG)
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert popup.isHidden()


def test_a_narrow_row_tells_what_is_done_rather_than_name_and_remark(qtbot: QtBot, themes: ThemeManager) -> None:
    title = "Open data: a folder of a long name: Decoding 959 of 2,640 pictures; what is there can be trained on"
    short, whole = WorkRow(themes, Work(title, 0.0), short=True), WorkRow(themes, Work(title, 0.0))
    for row in (short, whole):
        qtbot.addWidget(row)
    short.title.resize(short.fontMetrics().horizontalAdvance("Open data: Decoding 959 of 2,640 pictures MM"), 20)
    assert short.title.shown_text().startswith("Open")
    assert short.title.shown_text().endswith("… Decoding 959 of 2,640 pictures")
    assert whole.title.text() == title


def test_the_time_left_follows_from_the_pace_of_what_is_done_now() -> None:
    work = Work("Report", 0.0)
    work.get_on(0.0, 10.0)
    assert work.left is None
    work.get_on(0.2, 11.0)
    assert work.left is None  # it is too soon to tell
    work.get_on(0.25, 15.0)
    assert work.left == 15.0
    work.get_on(0.1, 20.0)  # another part of it
    assert work.left is None
    work.get_on(0.55, 29.0)
    assert work.left == pytest.approx(9.0)
    work.get_on(None, 30.0)
    assert (work.fraction, work.left) == (None, None)


def test_no_time_left_is_told_of_what_stands_for_longer_than_its_pace_allows() -> None:
    work = Work("Report", 0.0)
    for share, now in ((0.0, 0.0), (0.25, 5.0), (0.5, 10.0)):
        work.get_on(share, now)
    assert work.left_at(10.0) == 10.0
    assert work.left_at(14.0) == 6.0
    assert work.left_at(21.0) is None
    work.get_on(0.5, 22.0)  # told again, and no farther
    assert work.left_at(22.0) is None
    work.get_on(0.75, 30.0)
    assert work.left_at(31.0) == 9.0


def test_the_run_and_the_layout_are_listed(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    session, works = window.session, window.status_bar._works
    assert session is not None
    assert works is not None
    qtbot.waitUntil(lambda: LAYOUT in works.works, timeout=LONG)
    assert works.works[LAYOUT].title.startswith("Layout of the map: ")
    qtbot.waitUntil(window.commands["run.train"].isEnabled, timeout=LONG)
    session.set("encoder", "mlp")
    session.set("epochs", 2000)
    session.train()
    qtbot.waitUntil(lambda: TRAINING in works.works and (works.works[TRAINING].fraction or 0) > 0, timeout=LONG)
    window.status_bar.jobs.open()
    row = window.status_bar.jobs.popup.rows[TRAINING]
    assert row.title.text().startswith("Training: step ")
    row.cancel.click()
    qtbot.waitUntil(lambda: str(session.state) == "finished" and TRAINING not in works.works, timeout=LONG)
    window.commands["map.freeze"].trigger()
    qtbot.waitUntil(lambda: LAYOUT not in works.works, timeout=LONG)


def test_what_the_analysis_works_at_is_listed_since_when_and_cannot_be_cancelled(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window()
    session, button = window.session, window.status_bar.jobs
    assert session is not None
    began = time.monotonic() - 75
    session.lanes.post(AnalysisUnderWay((AnalysisPiece("census", began), AnalysisPiece("values", began + 70))))
    qtbot.waitUntil(lambda: button.text() == "2 working", timeout=LONG)
    button.open()
    census, values = button.popup.rows.values()
    assert census.title.text() == "Triplets of all items"
    assert census.time.text().startswith("1 min")
    assert values.time.text().endswith(" s")
    assert census.cancel.isHidden()
    assert census.bar.maximum() == 0, "how much is done nobody knows"
    session.lanes.post(AnalysisUnderWay((AnalysisPiece("values", began + 70),)))
    qtbot.waitUntil(lambda: list(button.popup.rows.values()) == [values], timeout=LONG)
    session.lanes.post(AnalysisUnderWay(()))
    qtbot.waitUntil(lambda: button.isHidden() and button.popup.nothing.isVisible(), timeout=LONG)
