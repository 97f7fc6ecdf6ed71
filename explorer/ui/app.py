"""Starting the window: the start page first, everything that takes time to import after its first paint."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from explorer.core.priority import give_way
from explorer.ui.session.start_values import StartValues
from explorer.ui.shell.garbage import collector
from explorer.ui.shell.import_hook import read_no_sources
from explorer.ui.shell.layout.first_size import bring_inside
from explorer.ui.shell.loading import Loading
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.language import tr, translate_qt
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text_size import text_size
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.core.recipe import Recipe
    from explorer.engine.crash_watch import CrashWatch
    from explorer.engine.events import CatalogueReady
    from explorer.engine.session.session import Session
    from explorer.ui.session.settings import Settings

PARTS = ("explorer.ui.shell.window_parts", "explorer.engine.crash_watch")
SESSION = (
    "explorer.engine.session.session", "explorer.ui.session.bridge", "explorer.engine.compared_several",
    "explorer.engine.drop_preview", "explorer.engine.name_search", "explorer.engine.sweep.background",
    "explorer.ui.shell.messages.work_list",
)  # fmt: skip
"""What is imported after the first paint: what the commands and the palette need, then what reads data and trains and
what the window needs to begin with that: nothing is left for the GUI thread to import."""
FRAMED_MS = 400
"""After so long a desktop has put its frame around a new window."""
LOG_OUT_SECONDS = 15.0
"""How long a log-out of the desktop waits for a run to be saved."""


def application() -> QApplication:
    """Return the application, made if there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    made = QApplication(sys.argv[:1])
    made.setApplicationName("embedding-explorer")
    made.setApplicationDisplayName(tr("Embedding Explorer"))
    made.setDesktopFileName("embedding-explorer")
    made.setQuitOnLastWindowClosed(False)  # the window says when everything has ended
    translate_qt(made)
    give_way()
    read_no_sources()
    return made


def build(
    data: str | None = None,
    recipe: Recipe | None = None,
    *,
    settings: Settings | None = None,
    make_session: Callable[[Callable[[], None]], Session] | None = None,
) -> MainWindow:
    """Return the window, with the start page; everything else follows once that is painted and the event loop runs.

    Parameters
    ----------
    data: what to open, as on the command line: data or the folder of a run; None: what was open last, where a person
        wants that, else the start page.
    recipe: of the first run; without data the start page says that it waits for some.
    settings: None: those of this person.
    make_session: makes the session, given the doorbell of the window; None: a live one.
    """
    application()
    collector()
    start = StartValues.of(settings) if settings is not None else StartValues.read()
    text_size().choose(start.text)
    themes = ThemeManager(start.theme)
    themes.apply()
    window = MainWindow(themes, start)
    themes.setParent(window)
    window.faults.install()
    if data is None and recipe is None and start.reopen and start.left_off:
        data = start.left_off
    if data is not None:
        window.start_page.open_spec.emit(data)

    waits = recipe is not None and data is None
    parts = PARTS, lambda: _complete(window, settings, waits=waits)
    Loading(window, [parts, (SESSION, lambda: _begin(window, recipe, make_session))])
    return window


def _complete(window: MainWindow, settings: Settings | None, *, waits: bool) -> None:
    """Make what is behind the start page; ``waits``: a recipe was given, which waits for data."""
    from explorer.ui.session.settings import Settings  # imported by now, as all that follows

    window.complete(settings or Settings())
    if waits:
        window.toasts.show(tr("The recipe is set. Open what it shall be trained on, then press Train."))


def _begin(
    window: MainWindow, recipe: Recipe | None, make_session: Callable[[Callable[[], None]], Session] | None
) -> None:
    """Give the window its session, and with it the panels."""
    from explorer.engine.events import CatalogueReady
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

    bridge = Bridge(window)
    used = make_session(bridge.doorbell) if make_session else Session(bridge.doorbell, live=True)
    if recipe is not None:
        used.configure(recipe)
    window.begin(used, bridge)
    bridge.of(CatalogueReady).connect(_settle)
    used.load_catalogue()


def _settle(event: CatalogueReady) -> None:
    """Let the collector pass over what was imported, once everything was."""
    from explorer.engine.session.state import LATER_KINDS

    if event.kinds == LATER_KINDS:
        collector().settle()


def run(data: str | None = None, recipe: Recipe | None = None) -> int:
    """Open the window and return its exit status when it was closed."""
    app = application()
    window = build(data, recipe)
    window.closed.connect(app.quit)
    window.show()
    QTimer.singleShot(FRAMED_MS, window, lambda: bring_inside(window))
    problems: list[BaseException] = []
    watches: list[CrashWatch] = []
    window.failed.connect(problems.append)
    window.failed.connect(lambda _problem: app.quit())
    window.completed.connect(lambda: watches.append(_watch_crashes(window)))
    app.commitDataRequest.connect(lambda _manager: save_before_log_out(window))
    with _closed_by_signals(window):
        status = app.exec()
    for watch in watches:
        watch.end()
    if problems:
        raise problems[0]
    return status


def _watch_crashes(window: MainWindow) -> CrashWatch:
    """Offer what a crash left behind, and let the next start know should there be one now."""
    from explorer.engine.crash_watch import CrashWatch, take_crashes
    from explorer.ui.shell.opening.recovery import offer_recovery

    crashes, watch = take_crashes(), CrashWatch()
    watch.begin()
    window.built.connect(lambda: _note_runs(window, watch))
    offer_recovery(crashes, window.toasts, window.opener.open_run)
    return watch


def _note_runs(window: MainWindow, watch: CrashWatch) -> None:
    """Let the next start know which run trained, should this one not come to its end."""
    from explorer.core.events import RunFailed, RunFinished, RunStarted

    def follow(event: object) -> None:
        if isinstance(event, RunStarted):
            watch.note(window.session.run_folder if window.session is not None else None)
        elif isinstance(event, RunFinished | RunFailed):
            watch.note(None)

    if window.bridge is not None:
        window.bridge.run_event.connect(follow)


def save_before_log_out(window: MainWindow, seconds: float = LOG_OUT_SECONDS) -> None:
    """Close the window, and return when everything was saved: the desktop ends the process then."""
    if window.ended:
        return
    waiting = QEventLoop()
    window.closed.connect(waiting.quit)
    QTimer.singleShot(round(seconds * 1000), waiting, waiting.quit)
    next_turn(window, window.close)
    waiting.exec()


@contextmanager
def _closed_by_signals(window: MainWindow) -> Iterator[None]:
    """Let Ctrl+C, a request to terminate and the end of the terminal close the window, so that the run is saved."""
    interrupts = QTimer()
    interrupts.timeout.connect(lambda: None)  # lets Python see a signal between two events
    interrupts.start(200)
    signals = [signal.SIGINT, signal.SIGTERM] + ([signal.SIGHUP] if sys.platform != "win32" else [])
    before = {number: signal.signal(number, lambda *_: window.close()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
