"""Asking where to save a file, or for a folder, without holding anything else up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from explorer.ui.widgets.local_paths import local_path


def ask_where(
    parent: QWidget, title: str, folder: str, filters: str, suffix: str, use: Callable[[Path], None]
) -> QFileDialog:
    """Open a dialog in ``folder`` and hand the file that is chosen to ``use``; an ending is added where it has none."""
    dialog = _dialog(parent, title, folder)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilter(filters)
    dialog.setDefaultSuffix(suffix)
    return _opened(dialog, use)


def ask_folder(parent: QWidget, title: str, folder: str, use: Callable[[Path], None]) -> QFileDialog:
    """Open a dialog in ``folder`` and hand the folder that is chosen to ``use``."""
    dialog = _dialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _opened(dialog, use)


def _dialog(parent: QWidget, title: str, folder: str) -> QFileDialog:
    dialog = QFileDialog(parent, title, folder)
    dialog.setObjectName("file-dialog")
    offscreen = QGuiApplication.platformName() in ("offscreen", "minimal")
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog, offscreen)
    return dialog


def _opened(dialog: QFileDialog, use: Callable[[Path], None]) -> QFileDialog:
    def accepted() -> None:
        paths = [path for url in dialog.selectedUrls() if (path := local_path(url))]
        if paths:
            use(Path(paths[0]))

    dialog.accepted.connect(accepted)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
