"""Training a few steps and then waiting, and writing a checkpoint now: commands, and the button beside Pause."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMenu, QToolButton, QVBoxLayout, QWidget

from explorer.core.errors import UserError
from explorer.engine.events import UNDER_WAY
from explorer.ui.session.commands import Commands
from explorer.ui.widgets.fields.number import IntField
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel, counted
from explorer.ui.widgets.text_size import keep_bar, keep_size
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow

STEPS = {1: "F7", 10: "F8", 100: "F9"}
"""How many steps have a command of their own, and its shortcut."""
FIRST_ASKED = 1000
"""How many steps are proposed where a person says how many."""
MOST = 1_000_000_000

STEPPING = (*(f"run.step_{count}" for count in STEPS), "run.step_n")
TIP = tr("Train so many steps, then pause: to see what each of them does")
SAVE_TIP = tr("Write everything that is needed to go on from this very step; it is said where")


class StepCommands:
    """The commands, in the menu Run; they follow the state of the session."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._asked = FIRST_ASKED
        add = window.commands.add
        for count, keys in STEPS.items():
            title, train = tr("Train {count}, then pause", count=counted(count, "step")), partial(self._train, count)
            add(f"run.step_{count}", title, train, shortcut=keys, menu="Run", tip=TIP)
        add("run.step_n", tr("Train some steps, then pause…"), self._ask, shortcut="Shift+F9", menu="Run", tip=TIP)
        window.commands[STEPPING[0]].setProperty("begins_group", True)
        add(
            "run.checkpoint",
            tr("Write a checkpoint now"),
            self._save,
            shortcut="Ctrl+Shift+S",
            menu="Run",
            tip=SAVE_TIP,
        )

    def follow(self, *, may_train: bool, over: bool) -> None:
        """Switch them on or off: a run can begin or is under way, and its training is not ``over``."""
        session, commands = self._window.session, self._window.commands
        running = session is not None and session.state in UNDER_WAY
        fresh = session is not None and session.state == "ready"
        for name in STEPPING:
            commands[name].setEnabled(not over and (running or (fresh and may_train)))
        commands["run.checkpoint"].setEnabled(running and not over)

    def _train(self, count: int) -> None:
        session = self._window.session
        if session is None:
            return
        try:
            if session.state not in UNDER_WAY:
                session.train()
            session.pause(after=count)
        except UserError as error:
            self._window.toasts.show(str(error), "error")

    def _ask(self) -> None:
        """Ask how many steps; the last answer is proposed again."""
        dialog = StepsDialog(self._asked, self._window)
        dialog.chosen.connect(self._train_asked)
        dialog.open()

    def _train_asked(self, count: int) -> None:
        self._asked = count
        self._train(count)

    def _save(self) -> None:
        if self._window.session is not None:
            self._window.session.save_checkpoint()


class StepsDialog(QDialog):
    """Asks how many steps shall be trained before the run pauses.

    Signals
    -------
    chosen(int): so many.
    """

    chosen = Signal(int)

    def __init__(self, steps: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Train some steps"))
        label = tr("Steps to train before the run pauses:")
        self.steps = IntField(1, MOST)
        self.steps.set_value(steps)
        self.steps.name(label, "")
        self.problem = PlainLabel(role="error")
        self.problem.hide()
        self._refused = False
        self.steps.invalid.connect(self._tell)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Train"))
        buttons.accepted.connect(lambda: self.accept())
        buttons.rejected.connect(lambda: self.reject())
        box = QVBoxLayout(self)
        for widget in (PlainLabel(label), self.steps, self.problem, buttons):
            box.addWidget(widget)
        self.steps.spin.selectAll()

    def _tell(self, problem: str) -> None:
        self._refused = bool(problem)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def accept(self) -> None:
        """Tell the number; where what was typed is none, stay once, so that this can be read."""
        if self._refused:
            self._refused = False
            return
        self.chosen.emit(self.steps.value())
        super().accept()


class StepButton(IconButton):
    """The button beside Pause: its menu trains so many steps and then pauses, or writes a checkpoint."""

    def __init__(self, commands: Commands, themes: ThemeManager) -> None:
        super().__init__(themes, "step", tr("Train some steps, then pause"), token="text")
        self.setObjectName("step-button")
        keep_size(self, width=30)
        keep_bar(self, 28)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.entries = QMenu(self)
        self.entries.setToolTipsVisible(True)
        for name in STEPPING:
            self.entries.addAction(commands[name])
        self.entries.addSeparator()
        self.entries.addAction(commands["run.checkpoint"])
        self.setMenu(self.entries)
        for action in self.entries.actions():
            action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(any(action.isEnabled() for action in self.entries.actions() if not action.isSeparator()))
