"""The window as a desktop starts it: there may be no terminal, so what cannot be opened is said in a window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from explorer.cli import main
from explorer.cli.console import Console
from explorer.cli.desktop import require_window
from explorer.core.errors import UserError, printable


class WindowConsole(Console):
    """A console whose errors are said in a window as well."""

    def error(self, text: str) -> None:
        """Say an error on stderr, and in a window where one can be opened; returns when that was closed."""
        super().error(text)
        try:
            require_window()
        except UserError:
            return
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QMessageBox

        from explorer.ui.app import application

        application()
        icon = QMessageBox.Icon.Critical
        box = QMessageBox(icon, "Embedding Explorer", printable(text), QMessageBox.StandardButton.Close)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.exec()


def run(arguments: Sequence[str]) -> int:
    """Run the command line, which opens the window unless a command is named, and return the exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # on Windows without a console
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  as long as the process
    return main.run(arguments, WindowConsole())
