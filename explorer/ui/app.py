"""Starting the window: the start page first, everything that takes time to import after its first paint."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.core.recipe import Recipe
    from explorer.engine.session.session import Session


def application() -> QApplication:
    """Return the application, made if there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    made = QApplication(sys.argv[:1])
    made.setApplicationName("embedding-explorer")
    made.setApplicationDisplayName("Embedding Explorer")
    made.setDesktopFileName("embedding-explorer")
    made.setQuitOnLastWindowClosed(False)  # the window says when everything has ended
    return made


def build(
    data: str | None = None,
    recipe: Recipe | None = None,
    *,
    settings: Settings | None = None,
    make_session: Callable[[Callable[[], None]], Session] | None = None,
) -> MainWindow:
    """Return the window, with the start page; the session and the panels follow once the event loop runs.

    Parameters
    ----------
    data: what to open, as on the command line: data or the folder of a run.
    recipe: of the first run.
    settings: None: those of this person.
    make_session: makes the session, given the doorbell of the window; None: a live one.
    """
    application()
    settings = settings or Settings()
    themes = ThemeManager(settings.theme)
    themes.apply()
    window = MainWindow(themes, settings)
    themes.setParent(window)
    window.faults.install()
    if data is not None:
        window.opener.open(data)
    QTimer.singleShot(0, window, lambda: _begin(window, recipe, make_session))
    return window


def _begin(
    window: MainWindow, recipe: Recipe | None, make_session: Callable[[Callable[[], None]], Session] | None
) -> None:
    """Give the window its session; runs after the first paint, because importing takes a while."""
    if window.ended:
        return
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

    bridge = Bridge(window)
    used = make_session(bridge.doorbell) if make_session else Session(bridge.doorbell, live=True)
    if recipe is not None:
        used.configure(recipe)
    window.begin(used, bridge)
    used.load_catalogue()


def run(data: str | None = None, recipe: Recipe | None = None) -> int:
    """Open the window and return its exit status when it was closed."""
    app = application()
    window = build(data, recipe)
    window.closed.connect(app.quit)
    window.show()
    interrupts = QTimer()
    interrupts.timeout.connect(lambda: None)  # lets Python see Ctrl+C in the terminal
    interrupts.start(200)
    before = signal.signal(signal.SIGINT, lambda *_: window.close())
    try:
        return app.exec()
    finally:
        signal.signal(signal.SIGINT, before)
