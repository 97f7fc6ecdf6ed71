"""A branch of the run that the window shows: a new run that goes on from one of its steps, with other live values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from explorer.core.errors import printable
from explorer.engine.events import UNDER_WAY, StateChanged
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count

if TYPE_CHECKING:
    from explorer.engine.session.branches import BranchBegun, BranchOffered
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.session.panel import Desk
    from explorer.ui.shell.duel.branch_dialog import BranchDialog
    from explorer.ui.shell.main_window import MainWindow

COMMAND = "run.branch"
TIP = tr("Train a new run that goes on from a kept step of this one, with another margin, miner or learning rate")
STOP_FIRST = tr("Stop the run first: a branch begins where nothing trains")
NONE_KEPT = tr("This run has kept no checkpoint that it could be branched at.")
RESTING = ("ready", "finished", "failed")


class Branching(QObject):
    """Asks from where a branch shall begin, and trains it; in a duel that is B, made from A."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk: Desk | None = None
        self._at: int | None = None  # the step that was shown when it was asked for
        self.dialog: BranchDialog | None = None

    def attach(self, desk: Desk, bridge: Bridge) -> None:
        """Use this session."""
        # with the session, and not before the first paint
        from explorer.engine.session.branches import BranchBegun, BranchOffered

        self._desk = desk
        bridge.of(BranchOffered).connect(self._on_offered)
        bridge.of(BranchBegun).connect(self._on_begun)
        bridge.of(StateChanged).connect(lambda _event: self.follow())

    def add_command(self) -> None:
        """Add the command, in its place in the menu Run."""
        add = self._window.commands.add
        keys, words = "Ctrl+Alt+Shift+B", tr("fork")
        add(COMMAND, tr("Branch from a step…"), self.ask, shortcut=keys, menu="Run", tip=TIP, words=words)
        self.follow()

    def follow(self) -> None:
        """Offer a branch where the window shows a run that has steps, and nothing trains."""
        session = self._window.session
        able = session is not None and session.run_folder is not None and session.state in RESTING
        self._window.commands[COMMAND].setEnabled(able and not (session is not None and session.read_only))
        trains = session is not None and session.state in UNDER_WAY
        self._window.commands.set_tip(COMMAND, STOP_FIRST if trains else TIP)

    def ask(self) -> None:
        """Let the step and the values be chosen: at first the step that is shown, or that the command was told."""
        action, desk = self._window.commands[COMMAND], self._desk
        told = action.data()
        action.setData(None)
        if (duel := self._window.duels.duel) is not None:
            duel.ask_branch()
        elif desk is not None and desk.session.run_folder is not None:
            self._at = desk.state.displayed_step if told is None else int(told)
            desk.session.branches.look(desk.session.run_folder)

    def _on_offered(self, offered: BranchOffered) -> None:
        at, self._at = self._at, None
        if at is None or self._desk is None or self._desk.session.run_folder != offered.parent:
            return
        if not offered.steps:
            self._window.toasts.show(NONE_KEPT, "warning")
            return
        from explorer.ui.shell.duel.branch_dialog import WORDS, BranchDialog  # with the panels

        dialog = self.dialog = BranchDialog(offered, self._window, title=tr("Branch from a step"), words=WORDS, at=at)
        dialog.chosen.connect(lambda step, asked: self._begin(offered, step, asked))
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _begin(self, offered: BranchOffered, step: int, asked: list[str]) -> None:
        if self._desk is not None:
            self._desk.session.branches.begin(offered.parent, step, asked)

    def _on_begun(self, begun: BranchBegun) -> None:
        self._window.toasts.show(
            tr(
                "A branch of {name} trains, from step {step} on. The run itself stays as it was.",
                name=printable(begun.parent.name),
                step=count(begun.step),
            )
        )
