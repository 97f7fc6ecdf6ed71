"""What a person can do with the windows of the application, as actions that a test draws at random."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFileDialog, QSlider, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.events import RunFailed
from explorer.engine.events import AnalysisRestarted, Notice
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.main_window import MainWindow
from tests.helpers.windows import LONG, close_window, shown_window

BEAT_MS = 10
LONG_PIECE = 0.15
"""Seconds of work without a beat after which it is noted where the thread is."""
KEPT_AWAY = ("file.quit", "window.beside")
"""Commands that end the window, or open another, for which there are actions of their own."""


class Work:
    """How long the GUI thread works between two beats of a timer, in milliseconds of its processor time.

    Wall time would measure the other processes of the machine; the processor time of one thread does not. ``stacks``
    has where the thread was in the middle of each long piece.
    """

    def __init__(self) -> None:
        self.spent: list[tuple[float, str]] = []
        self.stacks: list[str] = []
        self.doing = "start"
        self._before = time.thread_time()
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._gui = threading.get_ident()
        self._ended = threading.Event()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)
        self._watch = threading.Thread(target=self._look, name="watch", daemon=True)
        self._watch.start()

    def _beat(self) -> None:
        now = time.thread_time()
        self.spent.append(((now - self._before) * 1000, self.doing))
        self._before = now

    def _look(self) -> None:
        noted = 0.0
        while not self._ended.wait(0.05):
            before = self._before
            if time.clock_gettime(self._clock) - before > LONG_PIECE and before != noted:
                noted = before
                stack = traceback.format_stack(sys._current_frames()[self._gui])
                self.stacks.append(f"{self.doing}:\n{''.join(stack[-8:])}")

    def skip(self) -> None:
        """Begin anew, after what nobody has to wait for."""
        self._before = time.thread_time()

    def end(self) -> None:
        """Measure no more."""
        self._timer.stop()
        self._ended.set()
        self._watch.join()

    def worst(self, count: int = 12) -> list[tuple[float, str]]:
        """Return the longest pieces, and during which action."""
        return [(round(spent), doing) for spent, doing in sorted(self.spent, reverse=True)[:count]]


class Person:
    """Does one thing after the other in the window that was opened last, and notes every fault that is told.

    Parameters
    ----------
    data: paths of data of several kinds, by name.
    folder: where settings, runs, cache and exports go.
    """

    def __init__(self, qtbot: QtBot, data: Mapping[str, str], folder: Path) -> None:
        self._qtbot, self._data, self._folder = qtbot, data, folder
        self.faults: list[str] = []
        self.done: dict[str, int] = {}
        self.work = Work()
        self._saved = 0
        self.window = self._opened("sample:digits")

    def _opened(self, data: str) -> MainWindow:
        window = shown_window(self._qtbot, data, self._folder)
        self._listen(window)
        self._qtbot.waitUntil(lambda: window.session is not None and window.session.dataset is not None, timeout=LONG)
        self._qtbot.waitUntil(lambda: window.workspace.shown, timeout=LONG)
        self.work.skip()
        return window

    def _listen(self, window: MainWindow) -> None:
        assert window.bridge is not None
        window.faults.told.connect(lambda text, _level, details: self._note(text, details))
        window.workspace.failed.connect(self._note)
        window.bridge.of(Notice).connect(lambda notice: self._note(notice.text, notice.text))
        window.bridge.of(RunFailed).connect(lambda failed: self._note(failed.message, failed.traceback))
        window.bridge.of(AnalysisRestarted).connect(
            lambda event: self._note(event.reason, "Traceback: a process ended")
        )

    def _note(self, text: str, details: str) -> None:
        if "Traceback" in details:
            self.faults.append(f"while {self.work.doing}: {text}\n{details}")

    def settle(self, milliseconds: int = 20) -> None:
        """Let the window react, then close what has popped up."""
        done: list[bool] = []
        QTimer.singleShot(milliseconds, self.window, lambda: done.append(True))
        self._qtbot.waitUntil(lambda: bool(done), timeout=LONG)
        for popped in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
            if popped is not None and popped is not self.window:
                popped.close()
        assert not self.faults, self.faults[0]

    def do(self, name: str, action: Callable[[], object], milliseconds: int = 20) -> None:
        """Do one thing and let the window react."""
        self.done[name] = self.done.get(name, 0) + 1
        self.work.doing = name
        self.work.skip()  # what was spent on drawing the action is not the window's
        action()
        self.settle(milliseconds)

    # --- what there is to do ------------------------------------------------------------------------------------------

    def commands(self) -> list[str]:
        """Return the ids of the commands that a window has once it is built, without those of ``KEPT_AWAY``."""
        return sorted(command.id for command in self.window.commands if command.id not in KEPT_AWAY)

    def trigger(self, name: str) -> None:
        """Choose a command, if it is there and on, and answer the question for a file that it may ask."""
        if name in self.window.commands and self.window.commands[name].isEnabled():
            self.do(name, self.window.commands[name].trigger)
            self.answer()

    def answer(self) -> None:
        """Name a file, or choose some data, where a file is asked for."""
        for dialog in self.window.findChildren(QFileDialog):
            if not dialog.isVisible():
                continue
            self._saved += 1
            saving = dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
            path = str(self._folder / f"saved-{self._saved}") if saving else sorted(self._data.values())[0]
            dialog.selectFile(path)
            self.do("answer with a file", lambda dialog=dialog: dialog.done(QFileDialog.DialogCode.Accepted))  # type: ignore[misc]

    def click(self, x: float, y: float, double: bool) -> None:
        """Click anywhere."""
        place = self.window.centralWidget()
        assert place is not None
        at = QPoint(round(place.width() * x), round(place.height() * y))
        child: QWidget = place.childAt(at) or place
        click = QTest.mouseDClick if double else QTest.mouseClick
        self.do("click", lambda: click(child, Qt.MouseButton.LeftButton, pos=child.mapFrom(place, at)))

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse on the map, move it and let go: pans, or selects with the tool in hand."""
        panel = self.window.workspace.panels["map"]
        assert isinstance(panel, MapPanel)
        canvas = panel.canvas
        path = [QPoint(round(canvas.width() * x), round(canvas.height() * y)) for x, y in points]

        def go() -> None:
            QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=path[0])
            for point in path[1:]:
                QTest.mouseMove(canvas, point)
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=path[-1])

        self.do("drag", go)

    def press(self, key: Qt.Key) -> None:
        """Press a key where the focus is."""
        self.do(f"key {key.name}", lambda: QTest.keyClick(QApplication.focusWidget() or self.window, key))

    def resize(self, width: int, height: int) -> None:
        """Make the window larger or smaller."""
        self.do("resize", lambda: self.window.resize(width, height))

    def pin(self, share: float, add: bool) -> None:
        """Pin an item, or unpin it."""
        item = self._item(share)
        pins = self.window.state.pins
        self.do("pin", lambda: pins.toggle(item) if add else pins.choose(item))

    def select(self, share: float, count: int) -> None:
        """Select some items in a row."""
        first = self._item(share)
        items = np.arange(first, min(first + count, self._item(1.0) + 1))
        self.do("select", lambda: self.window.state.set_selection(items))

    def _item(self, share: float) -> int:
        session = self.window.session
        assert session is not None
        assert session.dataset is not None
        return round(share * (len(session.dataset) - 1))

    def panel(self, share: float, how: str) -> None:
        """Bring a panel forward, let its dock float or close it."""
        docks = list(self.window.workspace.docks.values())
        dock = docks[round(share * (len(docks) - 1))]
        acts: dict[str, Callable[[], object]] = {
            "raise": dock.panel.come_forward,
            "float": lambda: dock.setFloating(not dock.isFloating()),
            "close": dock.close,
        }
        self.do(f"{how} {dock.panel.key}", acts[how])

    def fiddle(self, panel: float, field: float, value: float) -> None:
        """Change any field of any panel that is in sight: a choice, a number, a switch, a button."""
        panels = list(self.window.workspace.panels.values())
        chosen = panels[round(panel * (len(panels) - 1))]
        kinds = (QComboBox, QAbstractSpinBox, QSlider, QAbstractButton)
        found: list[QWidget] = [
            widget
            for kind in kinds
            for widget in chosen.findChildren(kind)
            if widget.isVisible() and widget.isEnabled()
        ]
        if found:
            widget = found[round(field * (len(found) - 1))]
            self.do(f"fiddle {chosen.key} {type(widget).__name__}", lambda: _change(widget, value))
            self.answer()

    def open(self, name: str) -> None:
        """Open data of another kind in the place of what is open."""
        path = self._data[name]
        self.do(f"open {name}", lambda: self.window.opener.open(path), 300)

    def drop(self, name: str, role: str) -> None:
        """Drop data on the window and say what they are to be."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(self._data[name])])
        event = QDropEvent(
            QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop,
        )  # fmt: skip
        self.do(f"drop {name}", lambda: self.window.dropEvent(event))
        button = self.window.choice_bar.buttons[role]
        if button.isVisible():
            self.do(f"drop {name} as {role}", button.click, 200)

    def beside(self) -> None:
        """Open another run beside and close it again."""
        first = self.window
        command = first.commands["window.beside"]
        if not command.isEnabled() or first.beside.windows:
            return
        self.do("open beside", command.trigger)
        if not first.beside.windows:
            return
        second = first.beside.windows[-1]
        self._qtbot.waitUntil(lambda: second.workspace.ready, timeout=LONG)
        self._listen(second)
        self.settle(200)
        with self._qtbot.waitSignal(second.closed, timeout=LONG):
            self.do("close beside", second.close)
        self.settle()

    def reopen(self, name: str) -> None:
        """Close the window and open another."""
        self.close()
        self.work.doing = "reopen"
        self.window = self._opened(self._data[name])
        self.done["reopen"] = self.done.get("reopen", 0) + 1

    def close(self) -> None:
        """Close the window, saved or not."""
        self.work.doing = "close"
        close_window(self._qtbot, self.window)


def _change(widget: QWidget, value: float) -> None:
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(round(value * max(0, widget.count() - 1)))
    elif isinstance(widget, QAbstractSpinBox):
        widget.stepBy(round((value - 0.5) * 20))
    elif isinstance(widget, QSlider):
        widget.setValue(round(widget.minimum() + value * (widget.maximum() - widget.minimum())))
    elif isinstance(widget, QAbstractButton):
        widget.click()
