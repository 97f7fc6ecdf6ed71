"""Asking where to save something of the data that are open: in the folder of the last save, and by their name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.ui.widgets.save_dialog import ask_where, plain_name

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from explorer.ui.session.panel import Panel


def ask_save(
    panel: Panel, title: str, filters: str, suffix: str, what: str, use: Callable[[Path], None]
) -> QFileDialog:
    """Ask where to save ``what``, such as ``selected``, and hand the file to ``use``; its folder is remembered."""
    desk = panel.desk

    def chosen(path: Path) -> None:
        desk.settings.set_folder(str(path.parent))
        use(path)

    dataset = desk.data.dataset
    name = plain_name(f"{dataset.name}-{what}" if dataset is not None else what)
    return ask_where(panel, title, desk.settings.folder, filters, suffix, chosen, name)
