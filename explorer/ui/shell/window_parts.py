"""What a window has beside its start page: its bars, overlays, commands, and those who open, save and tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.ui.session.preferences import title_of
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
from explorer.ui.shell.opening.recovery import saved_of_session
from explorer.ui.shell.reports.reports import Reports
from explorer.ui.shell.saved_runs.window_runs import WindowRuns
from explorer.ui.shell.settings.settings_in_use import SettingsInUse
from explorer.ui.shell.start.start_again import StartAgain
from explorer.ui.shell.sweep.window_sweeps import WindowSweeps
from explorer.ui.shell.training.alarm_bar import AlarmBar
from explorer.ui.shell.training.branching import Branching
from explorer.ui.shell.window_session import WindowSession
from explorer.ui.shell.windows_beside import WindowsBeside
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.ui.shell.main_window import MainWindow


def make_parts(window: MainWindow, settings: Settings, first: MainWindow | None, number: int) -> None:
    """Make all of it; nothing that is seen moves. ``first``, ``number``: as of ``MainWindow.complete``."""
    window.settings = settings
    window.is_first, window.number = first is None, number
    window.state = ViewState(window)
    window.beside = first.beside if first is not None else WindowsBeside(window)
    _make_bars(window)
    _make_middle(window)
    _make_end(window)
    window.actions_of_window = WindowActions(window)
    window.workspace.uncovering.connect(window.actions_of_window.go_to.leave_page)
    window.header.rebuild()
    window.addActions([command.action for command in window.commands])
    window.header.search.clicked.connect(window.open_palette)
    window.faults.told.connect(window.teller.tell)
    _make_palette(window)
    _tell_of_settings(window)
    window.in_use = SettingsInUse(window)


def _make_bars(window: MainWindow) -> None:
    """Make the bars that come under the menus when they are needed, and what lies over the window."""
    window.choice_bar = ChoiceBar()
    window.alarm_bar = AlarmBar(window.themes)
    window.top_box.addWidget(window.choice_bar)
    window.top_box.addWidget(window.alarm_bar)
    window.help = Help(window)
    window.alarm_bar.asked.connect(window.help.show)
    window.veil = DropVeil(window)
    window.toasts = Toasts(window.themes, window)
    window.toasts.set_bottom(window.status_bar.height())
    window.teller = FaultTeller(window, window.toasts, lambda: saved_of_session(window.session))
    window.messages = MessageButton(window.toasts, window)
    window.status_bar.add(window.messages)
    window.commands.tell_key(window.status_bar.jobs, tr("What works in the background"), "window.jobs")
    window.commands.tell_key(window.messages, window.messages.toolTip(), "help.messages")


def _make_middle(window: MainWindow) -> None:
    """Make what opens data and runs, and what shows them."""
    page = window.start_page
    page.reopen_chosen.connect(window.set_reopen)
    window.tour = Tour(window)
    window.opener = Opener(window, page, window.choice_bar, window.veil, window.toasts, window.settings)
    window.opener.remembers = window.is_first
    window.added_again = AddedAgain(window.opener, window.settings, window)
    window.workspace = Workspace(window, window.centre)
    window.runs = WindowRuns(window)
    window.duels = Duels(window)
    window.branching = Branching(window)
    window.sweeps = WindowSweeps(window)
    window.start_again = StartAgain(window)
    window.workspace.failed.connect(lambda text, details: window.teller.tell(text, "error", details))
    window.workspace.help_wanted.connect(window.help.show)
    window.workspace.covered.connect(lambda covered: window.commands.follow_map(in_sight=not covered))
    window.workspace.placed.connect(window.toasts.place)  # the docks came on top of them
    window.with_session = WindowSession(window)


def _make_end(window: MainWindow) -> None:
    """Make what saves before the window closes."""
    window.saving = SessionClosing(window)
    window.reports = Reports(window, window.toasts, window.close)
    window.saving.done.connect(window.go)
    window.saving.refused.connect(window.ask_unsaved)
    window.saving.retried.connect(window.end_session)
    window.saving.discarded.connect(lambda: window.end_session(discard=True))


def _make_palette(window: MainWindow) -> None:
    places = window.actions_of_window.places
    window.palette_of_commands = CommandPalette(window.commands, window, places, window.settings)
    window.finder = NameFinder(window)
    window.palette_of_commands.typed.connect(window.finder.ask)
    window.finder.found.connect(window.palette_of_commands.show_found)
    window.palette_of_commands.hide()


def _tell_of_settings(window: MainWindow) -> None:
    """Say which of the settings could not be used."""
    settings = window.settings
    if settings.quarantined is not None:
        text = tr(
            "The settings could not be read. They were set aside as {quarantined}.", quarantined=settings.quarantined
        )
        window.toasts.show(text, "warning")
    if settings.forgotten:
        names = ", ".join(map(title_of, settings.forgotten))
        text = tr("Of the settings these were not allowed and are as at first: {names}.", names=names)
        window.toasts.show(text, "warning")
