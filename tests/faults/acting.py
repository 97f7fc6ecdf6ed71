"""What a person can do with the windows of the application, as actions that a test draws at random.

No action depends on what there is at the moment: each is given numbers, and takes what they stand for among the
widgets, entries, items or runs that are there when it is done.
"""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDropEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QWidget,
)
from pytestqt.logging import _QtMessageCapture as QtLog
from pytestqt.qtbot import QtBot

from explorer.core.errors import UserError
from explorer.core.events import RunFailed
from explorer.engine.events import AnalysisRestarted, Notice
from explorer.runs.folder import RunFolder
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.shell.main_window import MainWindow
from tests.faults.gui_work import Work
from tests.faults.in_sight import FIELDS, change, entries, nth, there, urls, usable
from tests.helpers.windows import LONG, close_window, shown_window

KEPT_AWAY = ("file.quit", "window.beside")
"""Commands that end the window, or open another, for which there are actions of their own."""
MENU_MS = 50
OPENING = "opening a window"
"""What is done while a window is built, for which there is a budget of its own."""


class Person:
    """Does one thing after the other in the window that was opened last, until there is a fault.

    A fault is an exception that reached nobody, one of an action itself, or a warning of Qt; after it nothing is done
    any more, so that what led to it can be read in the ``trail``: every action with its numbers, the last one that at
    which it was noticed. ``told``, a file, has the trail too, should the process not live to say it.

    Parameters
    ----------
    data: paths of data of several kinds, by name.
    folder: where settings, runs, cache and exports go.
    """

    def __init__(self, qtbot: QtBot, log: QtLog, data: Mapping[str, str], folder: Path) -> None:
        self._qtbot, self._log, self._data, self._folder = qtbot, log, data, folder
        self.faults: list[str] = []
        self.trail: list[str] = []
        self.done: Counter[str] = Counter()
        self.work = Work()
        self._saved = 0
        self._acting = False
        self._closer = QTimer()
        self._closer.timeout.connect(self._end_menu)
        self._closer.start(MENU_MS)
        self._writer: subprocess.Popen[str] | None = None
        self.window = self._opened("sample:digits")

    def _opened(self, data: str) -> MainWindow:
        self.work.doing = OPENING
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
            self.faults.append(f"{text}\n{details}")

    # --- doing things -------------------------------------------------------------------------------------------------

    def act(self, name: str, *numbers: object) -> None:
        """Do what is called so, unless there was a fault; nothing is raised."""
        if self.faults:
            return
        self.trail.append(f"{name} {numbers}")
        with (self._folder / "trail.txt").open("a", encoding="utf-8") as file:
            file.write(self.trail[-1] + "\n")
        try:
            self._act(name, numbers)
        except Exception:  # noqa: BLE001 - whatever it is, it belongs to the action that is told
            self.faults.append(traceback.format_exc())
        warned = [
            record.message for record in self._log.records if record.log_type_name != "DEBUG" and not record.ignored
        ]
        self.faults.extend(warned)

    def _act(self, name: str, numbers: Sequence[object]) -> None:
        if self.window.ended or self.window.closing:
            self.reopen("digits")
        getattr(self, name)(*numbers)

    def do(self, name: str, action: Callable[[], object], milliseconds: int = 20) -> None:
        """Do one thing and let the window react."""
        self.done[name] += 1
        self.work.doing = name
        self.work.skip()  # what was spent on drawing the action is not the window's
        self._acting = True
        try:
            action()
        finally:
            self._acting = False
        self.settle(milliseconds)

    def _end_menu(self) -> None:
        """Close a menu that holds an action up until something is chosen, as those of a button do."""
        popped = QApplication.activePopupWidget()
        if self._acting and popped is not None:
            popped.close()

    def settle(self, milliseconds: int = 20) -> None:
        """Let the window react."""
        done: list[bool] = []
        QTimer.singleShot(milliseconds, lambda: done.append(True))
        self._qtbot.waitUntil(lambda: bool(done), timeout=LONG)

    def answer(self, which: int) -> None:
        """Answer what has popped up: an entry of a menu, a button of a question, a file where one is asked for."""
        popped = QApplication.activePopupWidget()
        if isinstance(popped, QMenu):
            self._choose(popped, which)
        elif popped is not None:
            popped.close()
        modal = QApplication.activeModalWidget()
        if isinstance(modal, QFileDialog):
            self._name_file(modal, which)
        elif modal is not None:
            button = nth(usable(modal, QAbstractButton), which)
            self.do(f"answer {type(modal).__name__}", button.click if button else modal.close)
            if there(modal) and modal.isVisible():
                modal.close()
        self.settle()

    def _choose(self, menu: QMenu, which: int) -> None:
        entry = nth([entry for entry in entries(menu) if entry.objectName() not in KEPT_AWAY], which)
        title = menu.title()
        if entry is not None:
            self.do(f"menu {title}", entry.trigger)
        if there(menu):
            menu.close()

    def _name_file(self, dialog: QFileDialog, which: int) -> None:
        self._saved += 1
        saving = dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
        chosen = nth(["", *map(str, self.runs()), *self._data.values()], which) or str(self._folder / "not there")
        path = str(self._folder / f"saved-{self._saved}") if saving else chosen
        dialog.selectFile(path)
        self.do("answer with a file", lambda: dialog.done(QFileDialog.DialogCode.Accepted))

    def runs(self) -> list[Path]:
        """Return the runs that are saved."""
        return sorted(path.parent for path in (self._folder / "runs").glob("*/run.json"))

    # --- what there is to do ------------------------------------------------------------------------------------------

    def commands(self) -> list[str]:
        """Return the ids of the commands that a window has once it is built, without those of ``KEPT_AWAY``."""
        return sorted(command.id for command in self.window.commands if command.id not in KEPT_AWAY)

    def trigger(self, name: str, which: int) -> None:
        """Choose a command, if it is there and on, and answer what it asks."""
        if name in self.window.commands and self.window.commands[name].isEnabled():
            self.do(name, self.window.commands[name].trigger)
            self.answer(which)

    def _at(self, x: float, y: float) -> tuple[QWidget, QPoint]:
        """Return the widget at a place of the window, and where in it that is."""
        at = QPoint(round(self.window.width() * x), round(self.window.height() * y))
        child = self.window.childAt(at) or self.window
        return child, child.mapFrom(self.window, at)

    def click(self, place: tuple[float, float], how: str, which: int) -> None:
        """Click anywhere: once, twice, or with the right button."""
        child, at = self._at(*place)
        click = QTest.mouseDClick if how == "double" else QTest.mouseClick
        button = Qt.MouseButton.RightButton if how == "right" else Qt.MouseButton.LeftButton
        self.do(f"click {how}", lambda: click(child, button, pos=at))
        self.answer(which)

    def point(self, place: tuple[float, float]) -> None:
        """Move the pointer anywhere."""
        child, at = self._at(*place)
        self.do("point", lambda: QTest.mouseMove(child, at))

    def wheel(self, place: tuple[float, float], turn: int) -> None:
        """Turn the wheel anywhere."""
        child, at = self._at(*place)
        event = QWheelEvent(
            QPointF(at), QPointF(child.mapToGlobal(at)), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        self.do("wheel", lambda: QApplication.sendEvent(child, event))

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

    def press(self, key: Qt.Key, which: int) -> None:
        """Press a key where the focus is."""
        self.do(f"key {key.name}", lambda: QTest.keyClick(QApplication.focusWidget() or self.window, key))
        self.answer(which)

    def write(self, line: int, text: str, which: int) -> None:
        """Type something into any line in sight, and press Enter."""
        field = nth([one for one in usable(self.window, QLineEdit) if not one.isReadOnly()], line)
        if field is None:
            return

        def go() -> None:
            field.setFocus()
            field.selectAll()
            field.insert(text)  # QTest knows keys of ASCII alone, and ends the process at others
            QTest.keyClick(field, Qt.Key.Key_Return)

        self.do(f"write {field.accessibleName() or type(field.parent()).__name__}", go)
        self.answer(which)

    def menu(self, menu: int, which: int) -> None:
        """Open one of the menus at the top and choose an entry."""
        tops = self.window.header.menu_bar.actions()
        top = nth([found for action in tops if isinstance(found := action.menu(), QMenu)], menu)
        if top is not None:
            self.do("open menu", lambda: top.popup(self.window.mapToGlobal(QPoint(10, 30))))
            self.answer(which)
            self.answer(which)

    def dialog(self, dialog: int, which: int) -> None:
        """Press a button of a window that belongs to the main one: what is on the disk, runs compared, messages."""
        shown = [one for one in self.window.findChildren(QDialog) if one.isVisible()]
        chosen = nth(shown, dialog)
        button = nth(usable(chosen, QAbstractButton), which) if chosen is not None else None
        if button is not None:
            self.do(f"dialog {type(chosen).__name__}", button.click)
            self.answer(which)
        elif chosen is not None:
            self.do(f"close {type(chosen).__name__}", chosen.close)

    def resize(self, width: int, height: int) -> None:
        """Make the window larger or smaller."""
        self.do("resize", lambda: self.window.resize(width, height))

    def pin(self, item: int, add: bool) -> None:
        """Pin an item, or unpin it."""
        pins, chosen = self.window.state.pins, item % self._items()
        self.do("pin", lambda: pins.toggle(chosen) if add else pins.choose(chosen))

    def select(self, first: int, count: int) -> None:
        """Select some items in a row."""
        known = self._items()
        items = np.arange(first % known, min(first % known + count, known))
        self.do("select", lambda: self.window.state.set_selection(items))

    def _items(self) -> int:
        dataset = self.window.dataset
        assert dataset is not None
        return len(dataset)

    def panel(self, panel: int, how: str) -> None:
        """Bring a panel forward, let its dock float or close it."""
        dock = list(self.window.workspace.docks.values())[panel % len(self.window.workspace.docks)]
        acts: dict[str, Callable[[], object]] = {
            "raise": dock.panel.come_forward,
            "float": lambda: dock.setFloating(not dock.isFloating()),
            "close": dock.close,
        }
        self.do(f"{how} {dock.panel.key}", acts[how])

    def fiddle(self, panel: int, field: int, value: float, which: int) -> None:
        """Change any field of a panel that is brought forward: a choice, a number, a switch, a button, a row."""
        panels = list(self.window.workspace.panels.values())
        chosen = panels[panel % len(panels)]
        self.do(f"raise {chosen.key}", chosen.come_forward)
        widget = nth(usable(chosen, *FIELDS), field)
        if widget is not None:
            self.do(f"fiddle {chosen.key} {type(widget).__name__}", lambda: change(widget, value))
            self.answer(which)

    def enrol(self, first: int, name: str) -> None:
        """Enrol some items in the gallery under a name, and ask who another one is."""
        known = self._items()
        session = self.window.session
        assert session is not None
        items = np.arange(first % known, min(first % known + 3, known))
        self.do("enrol", lambda: session.gallery.enrol(name, items))

    # --- data and runs ------------------------------------------------------------------------------------------------

    def open(self, name: str) -> None:
        """Open data of another kind in the place of what is open."""
        path = self._data[name]
        self.do(f"open {name}", lambda: self._agreed(lambda: self.window.opener.open(path)), 300)

    def _agreed(self, ask: Callable[[], object]) -> None:
        """Open something, and agree to that where it ends a training."""
        ask()
        if (question := self.window.opener.interrupted.question) is not None:
            ends = QMessageBox.ButtonRole.DestructiveRole
            next(button for button in question.buttons() if question.buttonRole(button) == ends).click()

    def cancel(self, name: str) -> None:
        """Open data and think better of it at once."""
        path, opener = self._data[name], self.window.opener

        def go() -> None:
            opener.open(path)
            opener.cancel()

        self.do(f"cancel {name}", go)

    def drop(self, name: str, role: str) -> None:
        """Drop data on the window and say what they are to be."""
        self._drop(name, urls(self._data[name]))
        button = self.window.choice_bar.buttons[role]
        if button.isVisible():
            self.do(f"drop {name} as {role}", button.click, 200)

    def ask(self, what: str, how: str) -> None:
        """Drop or paste something to be asked about: a picture, its file, a text, a path that is not there."""
        mime = QMimeData()
        if what == "picture":
            mime.setImageData(QImage(str(self._folder / "asked.png")))
        elif what == "text":
            mime.setText("a small red box at the left")
        else:
            mime = urls(str(self._folder / ("asked.png" if what == "file" else "not there")))
        if how == "drop":
            self._drop(what, mime)
        else:
            QApplication.clipboard().setMimeData(mime)
            self.trigger("edit.paste", 0)

    def _drop(self, name: str, mime: QMimeData) -> None:
        event = QDropEvent(
            QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop,
        )  # fmt: skip
        self.do(f"drop {name}", lambda: self.window.dropEvent(event))

    def open_run(self, run: int) -> None:
        """Open a saved run, which may be the one that is open."""
        chosen = nth(self.runs(), run)
        if chosen is not None:
            self.do("open run", lambda: self._agreed(lambda: self.window.opener.open_run(str(chosen))), 300)

    def follow(self, run: int) -> None:
        """Open a run that another process writes; one that was followed before is written no more."""
        self.let_go()
        chosen = nth(self.runs(), run)
        if chosen is None:
            return
        self._saved += 1
        copy = self._folder / "runs" / f"written-{self._saved}"
        try:
            RunFolder.open(chosen).copied_to(copy).close()
        except UserError:  # it is being written
            return
        command = [sys.executable, "-m", "tests.faults.held_run", str(copy)]
        self._writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._writer.stdout is not None
        self._writer.stdout.readline()
        self.do("follow", lambda: self._agreed(lambda: self.window.opener.open_run(str(copy))), 700)

    def let_go(self) -> None:
        """End the process that writes a run."""
        if self._writer is not None:
            self._writer.communicate()
            self._writer = None
            self.do("let go", lambda: None)

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
        self.window = self._opened(self._data[name])
        self.done["reopen"] += 1

    def close(self) -> None:
        """Close the window, saved or not."""
        self.work.doing = "close"
        self._acting = False
        QApplication.clipboard().clear()  # without a screen Qt takes it apart too late, and ends in a fault of memory
        if self._writer is not None:
            self._writer.communicate()
            self._writer = None
        close_window(self._qtbot, self.window)
