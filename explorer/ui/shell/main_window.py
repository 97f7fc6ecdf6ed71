"""The window: start page, then map, docks, toolbar and status bar around one session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    QPixmapCache,
    QStatusTipEvent,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.events import ParameterChanged, RunFailed, RunFinished, RunStarted
from explorer.engine.events import (
    AnalysisRestarted,
    CatalogueReady,
    DatasetOpened,
    Notice,
    RecipeChanged,
    RunOpened,
    RunShown,
    SplitChanged,
    StateChanged,
)
from explorer.engine.run.alarms import Alarm, Remedy
from explorer.ui.session.commands import Commands
from explorer.ui.session.heard_data import HeardData
from explorer.ui.session.kept_view import KeptView
from explorer.ui.session.panel import Desk
from explorer.ui.session.preferences import title_of
from explorer.ui.session.settings import Settings
from explorer.ui.session.view_state import ViewState, first_colouring
from explorer.ui.shell.actions import START_COMMANDS, WindowActions
from explorer.ui.shell.alarm_bar import AlarmBar
from explorer.ui.shell.close_session import SessionClosing
from explorer.ui.shell.command_palette import CommandPalette
from explorer.ui.shell.drag_and_drop import ChoiceBar, DropVeil, accept_copy
from explorer.ui.shell.duels import Duels
from explorer.ui.shell.fault_dialog import FaultTeller
from explorer.ui.shell.fault_reports import Faults
from explorer.ui.shell.first_size import WANTED, first_size
from explorer.ui.shell.header import Header
from explorer.ui.shell.help import Help
from explorer.ui.shell.message_log import MessageButton
from explorer.ui.shell.name_finder import NameFinder
from explorer.ui.shell.open_data import Opener
from explorer.ui.shell.recovery import saved_of_session
from explorer.ui.shell.reports import Reports
from explorer.ui.shell.run_bar import RunBar
from explorer.ui.shell.settings_in_use import SettingsInUse
from explorer.ui.shell.start_again import StartAgain
from explorer.ui.shell.start_page import StartPage
from explorer.ui.shell.status_bar import StatusBar
from explorer.ui.shell.tab_order import order_tabs
from explorer.ui.shell.toasts import Toasts
from explorer.ui.shell.tour import Tour
from explorer.ui.shell.window_runs import WindowRuns
from explorer.ui.shell.window_sweeps import WindowSweeps
from explorer.ui.shell.windows_beside import WindowsBeside
from explorer.ui.shell.workspace import Workspace
from explorer.ui.widgets.icons import application_icon
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import dropped_paths, show_folder
from explorer.ui.widgets.text import counted
from explorer.ui.widgets.theme import ThemeChoice, ThemeManager

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

MAP_TIP = tr("Click a point for its neighbours · wheel zooms · drag moves")
SOUND_TIP = tr("Click a point for its neighbours · Space plays it · wheel zooms · drag moves")

TEST_TIP = tr(". The run is kept: Evaluate measures them as Test items.")


class MainWindow(QMainWindow):
    """Made at once with the start page; ``begin`` gives it a session, and the panels follow.

    ``built`` comes when every panel is there, ``closed`` when everything was saved and has ended. A window shows one
    run; for another one of the same data there is a window ``beside`` it, which closes with the ``first``.
    """

    built = Signal()
    closed = Signal()

    def __init__(
        self, themes: ThemeManager, settings: Settings, *, first: MainWindow | None = None, number: int = 1
    ) -> None:
        super().__init__()
        self.themes = themes
        self.settings = settings
        themes.dress(self)
        self.session: Session | None = None
        self.data: HeardData | None = None
        self.bridge: Bridge | None = None
        self.state = ViewState(self)
        self.commands = Commands(self, settings.shortcuts)
        self.faults = Faults(self)
        self.run_bar: RunBar | None = None
        self.ended = False
        self.beside: WindowsBeside = first.beside if first is not None else WindowsBeside(self)
        self._is_first, self._number = first is None, number
        self.setObjectName("window")
        self.setWindowTitle(tr("Embedding Explorer"))
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setMinimumSize(960, 600)
        self._make()
        self.actions_of_window = WindowActions(self)
        self.header.rebuild()
        self.addActions([command.action for command in self.commands])
        self.header.search.clicked.connect(self.open_palette)
        self.faults.told.connect(self.teller.tell)
        self._make_palette()
        self._place()
        self._tell_of_settings()
        self.in_use = SettingsInUse(self)

    def _make_palette(self) -> None:
        self.palette_of_commands = CommandPalette(self.commands, self, self.actions_of_window.places, self.settings)
        self.finder = NameFinder(self)
        self.palette_of_commands.typed.connect(self.finder.ask)
        self.finder.found.connect(self.palette_of_commands.show_found)
        self.palette_of_commands.hide()

    def _tell_of_settings(self) -> None:
        """Say which of the settings could not be used."""
        if self.settings.quarantined is not None:
            self.toasts.show(
                tr(
                    "The settings could not be read. They were set aside as {quarantined}.",
                    quarantined=self.settings.quarantined,
                ),
                "warning",
            )
        if self.settings.forgotten:
            names = ", ".join(map(title_of, self.settings.forgotten))
            self.toasts.show(
                tr("Of the settings these were not allowed and are as at first: {names}.", names=names), "warning"
            )

    def _make(self) -> None:
        self.header = Header(self.commands, self.themes)
        self.start_page = StartPage(self.themes, self.settings.recents, [words for _, words in START_COMMANDS])
        self.start_page.show_left_off(self.settings.left_off, self.settings.reopen)
        self.start_page.reopen_chosen.connect(self.set_reopen)
        self.start_page.put_tour_forward(not self.settings.toured)
        self.tour = Tour(self)
        self.choice_bar = ChoiceBar(self.themes)
        self.alarm_bar = AlarmBar(self.themes)
        self.alarm_bar.chosen.connect(self._on_remedy)
        self.help = Help(self)
        self.alarm_bar.asked.connect(self.help.show)
        self.veil = DropVeil(self)
        self.toasts = Toasts(self.themes, self)
        self.teller = FaultTeller(self, self.toasts, lambda: saved_of_session(self.session))
        self.opener = Opener(self, self.start_page, self.choice_bar, self.veil, self.toasts, self.settings)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start_page)
        self.setCentralWidget(self.centre)
        self.workspace = Workspace(self, self.centre)
        self.runs = WindowRuns(self)
        self.duels = Duels(self)
        self.sweeps = WindowSweeps(self)
        self.start_again = StartAgain(self)
        self.workspace.failed.connect(lambda text, details: self.teller.tell(text, "error", details))
        self.workspace.help_wanted.connect(self.help.show)
        self.workspace.built.connect(self._on_built)
        self.workspace.placed.connect(self.toasts.place)  # the docks came on top of them
        self.status_bar = StatusBar(self.themes)
        self.commands.tell_key(self.status_bar.jobs, tr("What works in the background"), "window.jobs")
        self.setStatusBar(self.status_bar)
        self.toasts.set_bottom(self.status_bar.height())
        self.messages = MessageButton(self.toasts, self)
        self.commands.tell_key(self.messages, self.messages.toolTip(), "help.messages")
        self.status_bar.add(self.messages)
        self._top = QWidget()
        self._top_box = QVBoxLayout(self._top)
        self._top_box.setContentsMargins(0, 0, 0, 0)
        self._top_box.setSpacing(0)
        self._top_box.addWidget(self.header)
        self._top_box.addWidget(self.choice_bar)
        self._top_box.addWidget(self.alarm_bar)
        self.setMenuWidget(self._top)
        self.saving = SessionClosing(self)
        self.reports = Reports(self, self.toasts, self.close)
        self.saving.done.connect(self._on_saved)
        self.saving.refused.connect(self._ask_unsaved)
        self.saving.discarded.connect(lambda: self._end_session(discard=True))

    def _place(self) -> None:
        self.resize(WANTED)
        if self.settings.geometry:
            self.restoreGeometry(self.settings.geometry)
        elif (screen := QGuiApplication.primaryScreen()) is not None:
            self.resize(first_size(screen.availableGeometry()))

    # --- the session --------------------------------------------------------------------------------------------------

    def begin(self, session: Session, bridge: Bridge) -> None:
        """Use a session; its results are shown from when the panels are there."""
        self.session, self.bridge = session, bridge
        self.in_use.follow("autosave")
        self.finder.attach()
        self.data = HeardData(session, bridge)  # the first to hear of other data: who hears after it asks it
        desk = Desk(session, bridge, self.state, self.themes, self.settings, self.commands, self.data)
        self.run_bar = RunBar(desk)
        self.run_bar.hide()
        self.run_bar.finishing_changed.connect(self.follow)
        self._top_box.insertWidget(1, self.run_bar)
        self.status_bar.attach(desk)
        self.actions_of_window.recipes.attach(session, bridge)
        self.runs.attach(session, bridge, first=self._is_first)
        self.start_again.attach(bridge)
        self.duels.attach(desk, bridge)
        self.sweeps.attach(session, bridge)
        self.opener.attach(session, bridge)
        self.opener.interrupted.would_lose.connect(self._ask_unsaved)
        self.reports.attach(session, bridge)
        self.tour.attach(bridge)
        bridge.of(DatasetOpened).connect(self._on_dataset)
        bridge.of(StateChanged).connect(self.follow)
        bridge.of(SplitChanged).connect(self.follow)
        bridge.of(CatalogueReady).connect(self.follow)
        bridge.of(ParameterChanged).connect(self.follow)
        bridge.of(RecipeChanged).connect(self.follow)
        bridge.of(RunOpened).connect(self._on_run_opened)
        bridge.run_event.connect(self._on_run_event)
        bridge.of(Notice).connect(self._on_notice)
        bridge.of(AnalysisRestarted).connect(self._on_restarted)
        bridge.of(RunShown).connect(lambda _event: self.alarm_bar.clear())
        bridge.of(Alarm).connect(self.alarm_bar.show_alarm)
        bridge.of(DatasetOpened).connect(lambda event: self.beside.linked.join(self.state, event.dataset))
        self.state.pins.attach(session.analysis.pin)
        self.state.pins.changed.connect(bridge.hurry)
        self.follow()
        self.workspace.build(desk)

    def _on_built(self) -> None:
        assert self.session is not None
        assert self.bridge is not None
        self.actions_of_window.layouts.add_docks()
        from explorer.ui.map.export.export_map import export_menu  # with the panels, and not before the first paint

        self.header.add_submenu("File", export_menu(self.commands, self))
        self.header.rebuild()
        self.addActions([command.action for command in self.commands])
        self.actions_of_window.follow_form()
        self.bridge.attach(self.session.lanes)
        self.follow()
        self.built.emit()

    def follow(self, _event: object = None) -> None:
        """Keep commands and run bar in step with the session."""
        self.actions_of_window.follow()
        if self.run_bar is not None and self.session is not None:
            self.run_bar.show_state(self.session.why_not())
            self.run_bar.show_recipe(self.session.recipe)

    def _on_dataset(self, event: DatasetOpened) -> None:
        if event.role == "main":
            self._begin_view(event.dataset)
        else:
            modality = event.dataset.modality
            self.toasts.show(
                tr(
                    "{name}: {dataset} now{tip}",
                    name=printable(event.dataset.name),
                    dataset=counted(len(event.dataset), modality.noun, modality.plural),
                    tip=TEST_TIP if event.kept_run and event.role == "test" else "",
                )
            )
        assert self.run_bar is not None
        self.run_bar.show()
        self.status_bar.set_default_tip(SOUND_TIP if event.dataset.modality.sounds else MAP_TIP)
        self.workspace.show(self.settings.layouts, self.settings.layout)
        self._entitle(event.dataset.name)
        self.follow()

    def _begin_view(self, dataset: Dataset) -> None:
        """Show other data as they are shown at first, or with what was pinned and selected when the window closed."""
        from explorer.ui.map.colourings import by_target  # with the panels, and not before the first paint

        kept = self.settings.view if self._is_first else None
        self.state.reset(
            first_colouring(len(dataset.class_names), dataset.columns, by_target(dataset)),
            lambda view: None if kept is None else kept.put_back(view, dataset.fingerprint, len(dataset)),
        )

    def _entitle(self, *names: str) -> None:
        which = "" if self._is_first else f" ({self._number})"
        self.setWindowTitle(
            tr("{names}{which} – Embedding Explorer", names=printable(" – ".join(filter(None, names))), which=which)
        )

    def name_run(self, name: str) -> None:
        """Say in the title what a person calls the run: two of one recipe look alike."""
        session = self.session
        if session is not None and session.dataset is not None:
            self._entitle(name, session.dataset.name)

    def _on_run_opened(self, event: RunOpened) -> None:
        self.name_run(event.name)
        self.follow()

    def _on_remedy(self, remedy: Remedy) -> None:
        assert self.session is not None
        if remedy.action == "save elsewhere":
            self._save_elsewhere()
            return
        try:
            self.session.mend(remedy)
        except UserError as error:
            self.toasts.show(printable(str(error)), "error")

    def _save_elsewhere(self) -> None:
        session = self.session
        if session is not None:
            self.opener.ask_place(lambda path: session.save_again(Path(path)))

    def _on_run_event(self, event: object) -> None:
        unsaved = self.session is not None and bool(self.session.unsaved)
        if isinstance(event, RunStarted | RunFailed) and not unsaved:  # what was wrong at its end stays to be read
            self.alarm_bar.clear()
        if isinstance(event, RunStarted) and event.step == 0:  # what the run before was called is not its name
            self.name_run("")
        if isinstance(event, RunFailed):
            self.teller.tell(printable(event.message), "error", event.traceback)
        elif isinstance(event, RunFinished) and event.reason == "done":
            done = f"{counted(event.epoch, 'epoch')}, {counted(event.step, 'step')}"
            if self.session is not None and self.session.recipe.fitter.name != "none":
                done = counted(event.step, "iteration")
            self.toasts.show(tr("Training is done: {done}.", done=done))

    def _on_notice(self, notice: Notice) -> None:
        sentence, _, details = notice.text.partition("\n")
        if notice.folder is not None:
            self.toasts.show(
                printable(sentence), offer=(tr("Show folder"), partial(show_folder, notice.folder)), stays=False
            )
            return
        self.teller.tell(printable(sentence), notice.level, details)

    def _on_restarted(self, event: AnalysisRestarted) -> None:
        self.toasts.show(printable(event.reason), "warning")

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
        if focused is None or focused.isVisible():  # of no use where a page goes, and takes as long as showing another
            order_tabs(self)
        return super().focusNextPrevChild(next)

    # --- drag and drop ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what a drop would do."""
        self.opener.drag_entered(event, self.centre)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Accept a drop anywhere on the window."""
        if dropped_paths(event.mimeData()) or event.mimeData().hasImage():
            accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self.opener.drag_left(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.opener.dropped(event)

    # --- closing ------------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save and end everything in the background; the window goes when that is done, after those beside it."""
        if self._is_first and self.beside.windows:
            event.ignore()
            self.beside.close_all()
            return
        if self.duels.hold():
            event.ignore()
            return
        if self.ended or self.session is None:
            self.ended = True
            self._remember()
            event.accept()
            self._finish()
            return
        event.ignore()
        if self.saving.begun or self.reports.hold():
            return
        if self.session.unsaved:
            self._ask_unsaved()
        else:
            self._end_session()

    @property
    def dataset(self) -> Dataset | None:
        """The data of which everything on screen is."""
        return None if self.data is None else self.data.dataset

    @property
    def closing(self) -> bool:
        """Whether it saves before it closes, or asks whether it shall."""
        return self.saving.begun or self.saving.question is not None or self.reports.question is not None

    def _ask_unsaved(self, anyway: Callable[[], object] | None = None) -> None:
        assert self.session is not None
        self.saving.ask(self.session, self._save_elsewhere, anyway)

    def _end_session(self, *, discard: bool = False) -> None:
        assert self.session is not None
        if not self.saving.begun:
            self.actions_of_window.playing.stop()
            self._remember()
            if self.session.state in ("training", "paused") and self.session.run_folder is not None:
                self.settings.set_left_off(str(self.session.run_folder))  # whatever was opened in another window since
            self.saving.begin(self.session, discard=discard)

    def _remember(self) -> None:
        if not self._is_first:
            return
        shown = self.workspace.layouts.name if self.workspace.shown else self.settings.layout
        self.settings.set_window(bytes(self.saveGeometry().data()), self.workspace.kept(), shown)
        if self.dataset is not None:
            self.settings.set_view(KeptView.of(self.state, self.dataset.fingerprint, self.dataset.columns))

    def _on_saved(self) -> None:
        self.ended = True
        self.workspace.shut()
        if self.bridge is not None:
            self.bridge.close()
        self.hide()
        self.close()

    def _finish(self) -> None:
        self.faults.remove()
        QPixmapCache.clear()  # the icons of this window: they would stay, up to 10 MiB, and the next one draws its own
        self.closed.emit()
