"""The duel of a window: which two runs, from where it is asked for, and the way back to one run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from explorer.core.errors import printable
from explorer.engine.events import DatasetFailed, DatasetOpened, Notice, RunOpened, StateChanged
from explorer.engine.saved_runs import RunsFound
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn

if TYPE_CHECKING:
    from explorer.ui.metrics.choose_run import ChooseRun
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.session.panel import Desk
    from explorer.ui.shell.duel.duel import Duel
    from explorer.ui.shell.main_window import MainWindow

TIP = tr("Two runs of these data side by side: maps under one camera, and which run is right where")


class Duels(QObject):
    """Begins a duel of the run that the window shows with another one, and ends it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._desk: Desk | None = None
        self._wanted: tuple[Path, Path] | None = None
        self._chooser: ChooseRun | None = None
        self._quitting = False
        self.duel: Duel | None = None
        self._ending: list[Duel] = []

    def attach(self, desk: Desk, bridge: Bridge) -> None:
        """Use this session."""
        self._desk = desk
        bridge.of(RunsFound).connect(self._offer)
        bridge.of(DatasetOpened).connect(self._on_data)
        bridge.of(DatasetFailed).connect(lambda _event: self._forget())
        bridge.of(StateChanged).connect(lambda _event: self.follow())
        bridge.of(RunOpened).connect(self._on_run)
        self._window.opener.interrupted.beside = lambda: None if self.duel is None else self.duel.guest.session

    def add_command(self) -> None:
        """Add the command, in its place in the menu Run."""
        add = self._window.commands.add
        add("run.duel", tr("Duel with…"), self.ask, shortcut="Ctrl+Alt+Shift+U", menu="Run", tip=TIP)
        self.follow()

    def follow(self) -> None:
        """Offer a duel where the window shows a run that has a folder."""
        session = self._window.session
        self._window.commands["run.duel"].setEnabled(session is not None and session.run_folder is not None)

    # --- beginning ----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Let the other run be chosen, which is A then."""
        from explorer.ui.metrics.choose_run import ChooseRun  # with the panels, and not before the first paint

        session = self._window.session
        if session is None or session.run_folder is None:
            return
        title = tr("Duel with the run")
        self._chooser = ChooseRun(self._window, session.run_folder, self.begin, title, tr("Duel"))
        self._chooser.finished.connect(self._chosen)
        self._chooser.open()
        session.runs.refresh()

    def _offer(self, found: RunsFound) -> None:
        if self._chooser is not None:
            self._chooser.show_runs(found)

    def _chosen(self, _result: int) -> None:
        if self._chooser is not None:
            self._chooser.deleteLater()
            self._chooser = None

    def begin_with(self, a: Path, b: Path) -> None:
        """Begin a duel of two saved runs; one that the window does not show is opened first."""
        session = self._window.session
        shown = None if session is None else session.run_folder
        if shown in (a, b):
            self.begin(a if shown == b else b, first=shown == b)
            return
        opener = self._window.opener

        def agreed() -> None:
            self._wanted = (a, b)
            opener.open_now(str(b))

        opener.interrupted.once_agreed(str(b), agreed)

    def _on_run(self, event: RunOpened) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and wanted[1] == event.path:
            self._begin(wanted[0], first=True)

    def _forget(self) -> None:
        self._wanted = None

    def begin(self, other: Path, *, first: bool = True) -> None:
        """Begin a duel of what is shown and another run, which is A where it is the ``first``, in the place of one."""
        self._window.opener.interrupted.leaving(lambda: self._begin(other, first=first))

    def leave(self) -> None:
        """Show one run again, once it was agreed to what that ends."""
        self._window.opener.interrupted.leaving(self.end)

    def _begin(self, other: Path, *, first: bool) -> None:
        from explorer.ui.shell.duel.duel import Duel  # with the panels, and not before the first paint

        self.end()
        window = self._window
        home, session = window.workspace.map, window.session
        if self._desk is None or home is None or session is None or session.run_folder in (None, other):
            window.toasts.show(tr("A duel is of two runs: open another one first."), "warning")
            return
        window.runs.close_page()
        if not window.commands["window.map_only"].isChecked():
            window.commands["window.map_only"].trigger()
        duel = self.duel = Duel(self._desk, home, window.beside.linked, self)
        duel.page.left.connect(self.leave)
        duel.failed.connect(self._on_failed)
        duel.guest.bridge.of(Notice).connect(lambda notice: window.toasts.show(printable(notice.text), notice.level))
        duel.guest.bridge.of(StateChanged).connect(lambda _event: window.opener.interrupted.follow())
        window.workspace.put_in_middle(duel.page)
        duel.begin(other, first=first)

    # --- ending -------------------------------------------------------------------------------------------------------

    def _on_failed(self, text: str) -> None:
        self._window.toasts.show(printable(text), "error")
        self.end()

    def _on_data(self, event: DatasetOpened) -> None:
        """Other data, or another run of the window, end the duel: nobody has asked for it to be laid over that.

        Where data are added to those that are open, the other run is shown with them as well.
        """
        duel = self.duel
        other = None if duel is None else duel.guest.session.run_folder
        if event.role == "main" or duel is None or other is None:
            self.end()
        else:
            next_turn(self, lambda: self._begin_again(duel, other))

    def _begin_again(self, duel: Duel, other: Path) -> None:
        if self.duel is duel:
            self._begin(other, first=duel.first)

    def end(self) -> None:
        """Show one run again; what trains in the other one is saved."""
        duel, self.duel = self.duel, None
        if duel is None:
            return
        window = self._window
        duel.end()
        window.workspace.put_in_middle(None)
        if window.commands["window.map_only"].isChecked():
            window.commands["window.map_only"].trigger()
        self._ending.append(duel)
        duel.guest.end.ended.connect(lambda: self._ended(duel))
        duel.guest.end.moved.connect(self._on_moved)
        duel.guest.end.refused.connect(lambda problem: self._on_unsaved(duel, problem))

    def _on_unsaved(self, duel: Duel, problem: str) -> None:
        """Ask what becomes of the other run, which its disk has not taken; the window stays until that is answered."""
        quits, self._quitting = self._quitting, False
        window, guest = self._window, duel.guest

        def close() -> None:
            self._quitting = self._quitting or quits
            guest.end.begin(discard=True)

        def elsewhere() -> None:
            window.opener.ask_place(lambda path: guest.end.begin(elsewhere=Path(path)))

        window.saving.ask(guest.session, elsewhere, close, beside=problem)

    def _on_moved(self, path: Path) -> None:
        self._window.toasts.show(tr("The other run of the duel is saved in {path}", path=printable(str(path))))

    def _ended(self, duel: Duel) -> None:
        self._ending.remove(duel)
        duel.page.deleteLater()
        duel.deleteLater()
        if self._quitting and not self._ending:
            self._window.close()

    def hold(self) -> bool:
        """End what is left of a duel before the window closes; return whether it has to wait for that."""
        self.end()
        self._quitting = bool(self._ending)
        for duel in self._ending:
            duel.guest.end.begin()  # again, where its disk had refused it
        return self._quitting
