"""Playing a script in a real window: each step begins when what the one before waits for is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from explorer.ui.shell.main_window import MainWindow

LOOK_MS = 20


def play(app: QApplication, window: MainWindow, script: Iterator[Callable[[], bool]]) -> None:
    """Run a script, which yields what it waits for, to its end; then close the window and leave the event loop."""
    from PySide6.QtCore import QTimer

    waiting: list[Callable[[], bool]] = [lambda: True]

    def step() -> None:
        if waiting[0]():
            try:
                waiting[0] = next(script)
            except StopIteration:
                poll.stop()
                window.close()

    poll = QTimer(window, interval=LOOK_MS)
    poll.timeout.connect(step)
    poll.start()
    window.closed.connect(app.quit)
    app.exec()
