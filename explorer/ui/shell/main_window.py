"""The window: the start page first, and once that is painted everything else around one session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPixmapCache,
    QStatusTipEvent,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.ui.session.commands import Commands
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell.early_wishes import EarlyWishes
from explorer.ui.shell.header import Header
from explorer.ui.shell.layout.first_size import WANTED, first_size
from explorer.ui.shell.messages.fault_reports import Faults
from explorer.ui.shell.opening.drag_and_drop import accept_copy
from explorer.ui.shell.start.start_page import START_COMMANDS, StartPage
from explorer.ui.shell.status_bar import StatusBar
from explorer.ui.widgets.icons import application_icon
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import dropped_paths
from explorer.ui.widgets.return_key import press_by_return
from explorer.ui.widgets.theme import ThemeChoice, ThemeManager

if TYPE_CHECKING:  # what is imported after the first paint
    from explorer.data.dataset import Dataset
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.session.heard_data import HeardData
    from explorer.ui.session.settings import Settings
    from explorer.ui.session.view_state import ViewState
    from explorer.ui.shell.close_session import SessionClosing
    from explorer.ui.shell.commands.actions import WindowActions
    from explorer.ui.shell.commands.command_palette import CommandPalette
    from explorer.ui.shell.commands.name_finder import NameFinder
    from explorer.ui.shell.duel.duels import Duels
    from explorer.ui.shell.help.help import Help
    from explorer.ui.shell.help.tour import Tour
    from explorer.ui.shell.layout.workspace import Workspace
    from explorer.ui.shell.messages.fault_dialog import FaultTeller
    from explorer.ui.shell.messages.message_log import MessageButton
    from explorer.ui.shell.messages.toasts import Toasts
    from explorer.ui.shell.opening.added_again import AddedAgain
    from explorer.ui.shell.opening.drag_and_drop import ChoiceBar, DropVeil
    from explorer.ui.shell.opening.open_data import Opener
    from explorer.ui.shell.reports.reports import Reports
    from explorer.ui.shell.saved_runs.window_runs import WindowRuns
    from explorer.ui.shell.settings.settings_in_use import SettingsInUse
    from explorer.ui.shell.start.start_again import StartAgain
    from explorer.ui.shell.sweep.window_sweeps import WindowSweeps
    from explorer.ui.shell.training.alarm_bar import AlarmBar
    from explorer.ui.shell.training.branching import Branching
    from explorer.ui.shell.training.run_bar import RunBar
    from explorer.ui.shell.window_session import WindowSession
    from explorer.ui.shell.windows_beside import WindowsBeside


class MainWindow(QMainWindow):
    """Made at once with the start page; ``complete`` makes the rest of it, ``begin`` gives it a session.

    What this module imports at its top is in the way of the first paint: a test lists it. What is asked of the window
    before it is ``whole`` is done once it is (``early_wishes``); ``completed`` comes then, ``built`` when every panel
    is there, ``failed`` with what went wrong if the rest cannot be loaded, ``closed`` when everything was saved and
    has ended. A window shows one run; for another one of the same data there is a window ``beside`` it, which closes
    with the first.
    """

    completed = Signal()
    built = Signal()
    failed = Signal(object)
    closed = Signal()

    # made by ``complete``, in window_parts
    settings: Settings
    state: ViewState
    beside: WindowsBeside
    is_first: bool
    number: int
    tour: Tour
    choice_bar: ChoiceBar
    alarm_bar: AlarmBar
    help: Help
    veil: DropVeil
    toasts: Toasts
    teller: FaultTeller
    opener: Opener
    added_again: AddedAgain
    workspace: Workspace
    runs: WindowRuns
    branching: Branching
    duels: Duels
    sweeps: WindowSweeps
    start_again: StartAgain
    messages: MessageButton
    saving: SessionClosing
    reports: Reports
    actions_of_window: WindowActions
    palette_of_commands: CommandPalette
    finder: NameFinder
    in_use: SettingsInUse
    with_session: WindowSession

    def __init__(self, themes: ThemeManager, start: StartValues) -> None:
        super().__init__()
        self.themes = themes
        themes.dress(self)
        self.session: Session | None = None
        self.data: HeardData | None = None
        self.bridge: Bridge | None = None
        self.run_bar: RunBar | None = None
        self.whole = self.ended = False
        self.commands = Commands(self, start.shortcuts)
        self.faults = Faults(self)
        self.setObjectName("window")
        self.setWindowTitle(tr("Embedding Explorer"))
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(960, 600)
        self._make(start)
        self.wishes = EarlyWishes(self)
        self._place(start.geometry)

    def _make(self, start: StartValues) -> None:
        """Make what is seen at first, as it looks when everything is there."""
        keys = [self.commands.promised(id, keys) for id, _, keys in START_COMMANDS]
        self.header = Header(self.commands, self.themes)
        self.header.rebuild()
        self.header.show_search_key(keys[[id for id, _, _ in START_COMMANDS].index("help.palette")])
        self.start_page = StartPage(self.themes, start.recents)
        self.start_page.show_left_off(start.left_off, start.reopen)
        self.start_page.put_tour_forward(not start.toured)
        self.start_page.show_keys(keys)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start_page)
        self.setCentralWidget(self.centre)
        self.status_bar = StatusBar(self.themes)
        self.setStatusBar(self.status_bar)
        top = QWidget()
        self.top_box = QVBoxLayout(top)
        self.top_box.setContentsMargins(0, 0, 0, 0)
        self.top_box.setSpacing(0)
        self.top_box.addWidget(self.header)
        self.setMenuWidget(top)

    def _place(self, geometry: bytes) -> None:
        self.resize(WANTED)
        if geometry:
            self.restoreGeometry(geometry)
        elif (screen := QGuiApplication.primaryScreen()) is not None:
            self.resize(first_size(screen.availableGeometry()))

    def complete(self, settings: Settings, *, first: MainWindow | None = None, number: int = 1) -> None:
        """Make everything that the first paint did not need, and do what was asked for meanwhile.

        ``first``: the window beside which this one stands, whose ``number`` is in its title; None: it is the first.
        """
        from explorer.ui.shell.window_parts import make_parts

        make_parts(self, settings, first, number)
        self.whole = True
        self.wishes.fulfil()
        self.completed.emit()

    # --- the session --------------------------------------------------------------------------------------------------

    def begin(self, session: Session, bridge: Bridge) -> None:
        """Use a session; its results are shown from when the panels are there."""
        self.with_session.begin(session, bridge)

    def follow(self, _event: object = None) -> None:
        """Keep commands and run bar in step with the session."""
        self.actions_of_window.follow()
        if self.run_bar is not None and self.session is not None:
            self.run_bar.show_state(self.session.why_not())
            self.run_bar.show_recipe(self.session.recipe)

    def entitle(self, *names: str) -> None:
        """Say in the title what is open, and which window it is where there are several."""
        which = "" if self.is_first else f" ({self.number})"
        self.setWindowTitle(
            tr("{names}{which} — Embedding Explorer", names=printable(" – ".join(filter(None, names))), which=which)
        )

    def name_run(self, name: str) -> None:
        """Say in the title what a person calls the run: two of one recipe look alike.

        It stands beside the data that are shown: the session may be at others by now, which are still to come.
        """
        if self.dataset is not None:
            self.entitle(name, self.dataset.name)

    def save_elsewhere(self) -> None:
        """Let a place be chosen for a run that could not be saved where it was."""
        session = self.session
        if session is not None:
            self.opener.ask_place(lambda path: session.save_again(Path(path)))

    # --- view ---------------------------------------------------------------------------------------------------------

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Follow the system, or be dark or light, now and next time."""
        self.themes.choose(choice)
        self.settings.set_theme(choice)

    def toggle_theme(self) -> None:
        """Change from dark to light or back."""
        self.themes.toggle()
        self.settings.set_theme(self.themes.choice)
        self.in_use.follow("theme")

    def set_reopen(self, reopen: bool) -> None:
        """Open at the next start what is open last, or offer it on the start page."""
        self.settings.set_reopen(reopen)
        self.in_use.follow("reopen")

    def toggle_full_screen(self) -> None:
        """Fill the screen, or be a window again."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def open_palette(self) -> None:
        """Open the list of all commands under the search field."""
        search = self.header.search
        self.palette_of_commands.open_at(search.mapTo(self, search.rect().bottomRight()))

    def screenshot(self, path: Path) -> Path:
        """Save a picture of the window as PNG and return its path."""
        self.grab().save(str(path), "PNG")
        return path

    def event(self, event: QEvent) -> bool:
        """Show the tips of what is under the pointer in the status bar."""
        if isinstance(event, QStatusTipEvent):
            self.status_bar.show_tip(event.tip())
            return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Move the focus by the Tab key, in the order in which the window is read; or away from what is hidden."""
        focused = self.focusWidget()
        if self.whole and (
            focused is None or focused.isVisible()
        ):  # of no use where a page goes, and takes as long as showing another
            from explorer.ui.shell.tab_order import order_tabs

            order_tabs(self)
        return super().focusNextPrevChild(next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the button that has the focus by Return; keep what nobody takes until there are commands."""
        if press_by_return(event, self.focusWidget()):
            return
        if self.whole:
            super().keyPressEvent(event)
        else:
            self.wishes.key_pressed(event)

    # --- drag and drop ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what a drop would do."""
        if self.whole:
            self.opener.drag_entered(event, self.centre)
        else:
            self.wishes.drag_entered(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Accept a drop anywhere on the window."""
        if dropped_paths(event.mimeData()) or event.mimeData().hasImage():
            accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        if self.whole:
            self.opener.drag_left(event)
        else:
            self.wishes.drag_left()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        if self.whole:
            self.opener.dropped(event)
        else:
            self.wishes.dropped(event)

    # --- closing ------------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save and end everything in the background; the window goes when that is done, after those beside it."""
        if not self.whole:
            self._end(event)
            return
        if self.is_first and self.beside.windows:
            event.ignore()
            self.beside.close_all()
            return
        shown = not self.ended and self.session is not None
        if shown and (self.saving.begun or self.reports.hold()):  # first: who stays keeps the duel
            event.ignore()
            return
        if self.duels.hold():
            event.ignore()
            return
        if self.ended or self.session is None:
            self._remember()
            self._end(event)
            return
        event.ignore()
        if self.session.unsaved:
            self.ask_unsaved()
        else:
            self.end_session()

    def _end(self, event: QCloseEvent) -> None:
        self.ended = True
        event.accept()
        self._finish()

    @property
    def dataset(self) -> Dataset | None:
        """The data of which everything on screen is."""
        return None if self.data is None else self.data.dataset

    @property
    def closing(self) -> bool:
        """Whether it saves before it closes, waits for a file, or asks whether it shall."""
        asks = self.saving.question is not None or self.reports.question is not None
        return self.saving.begun or asks or self.reports.closes_after

    def ask_unsaved(self, anyway: Callable[[], object] | None = None) -> None:
        """Ask what becomes of a run that the disk refuses; ``anyway``: what to do when it is given up."""
        assert self.session is not None
        self.saving.ask(self.session, self.save_elsewhere, anyway)

    def end_session(self, *, discard: bool = False) -> None:
        """Begin to save and to end; ``discard``: without what could not be saved."""
        assert self.session is not None
        if not self.saving.begun:
            self.actions_of_window.playing.stop()
            self._remember()
            if self.is_first and self.session.run_folder is not None:
                self.settings.set_left_off(str(self.session.run_folder))  # whatever was opened in another window since
            self.saving.begin(self.session, discard=discard)

    def _remember(self) -> None:
        if not self.is_first:
            return
        shown = self.workspace.layouts.name if self.workspace.shown else self.settings.layout
        self.settings.set_window(bytes(self.saveGeometry().data()), self.workspace.kept(), shown)
        if self.dataset is not None:
            from explorer.ui.session.kept_view import KeptView  # not before the first paint

            self.settings.set_view(KeptView.of(self.state, self.dataset))

    def go(self) -> None:
        """Close: everything was saved and has ended."""
        self.ended = True
        self.hide()  # before it waits for the thread that draws the map, which may be compiling
        self.workspace.shut()
        if self.bridge is not None:
            self.bridge.close()
        self.close()

    def _finish(self) -> None:
        self.faults.remove()
        QPixmapCache.clear()  # the icons of this window: they would stay, up to 10 MiB, and the next one draws its own
        self.closed.emit()
