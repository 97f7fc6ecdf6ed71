"""Asking where to save a file, for one that is there, or for a folder, without holding anything else up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from PySide6.QtCore import QDir, QFileInfo, QStandardPaths
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QFileDialog, QFileIconProvider, QHeaderView, QTreeView, QWidget

from explorer.core.errors import printable
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import local_path

LONGEST_NAME = 60


def plain_name(text: str) -> str:
    """Return a name for a file, without its ending: letters, digits, ``-``, ``_`` and ``.`` alone; it may be empty."""
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in printable(text).lower())
    return plain.strip("-.")[:LONGEST_NAME]


def ask_where(
    parent: QWidget, title: str, folder: str, filters: str, suffix: str, use: Callable[[Path], None], name: str = ""
) -> QFileDialog:
    """Open a dialog in ``folder`` and hand the file that is chosen to ``use``; an ending is added where it has none.

    ``name``: what is suggested, without an ending; empty: nothing is.
    """
    dialog = file_dialog(parent, title, folder)
    to_save(dialog)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilter(filters)
    dialog.setDefaultSuffix(suffix)
    if name:
        dialog.selectFile(f"{name}.{suffix}" if suffix else name)
    return _opened(dialog, use)


def ask_folder(parent: QWidget, title: str, folder: str, use: Callable[[Path], None]) -> QFileDialog:
    """Open a dialog in ``folder`` and hand the folder that is chosen to ``use``."""
    dialog = file_dialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _opened(dialog, use)


def ask_file(parent: QWidget, title: str, folder: str, filters: str, use: Callable[[Path], None]) -> QFileDialog:
    """Open a dialog in ``folder`` and hand the file that is chosen, which is there, to ``use``."""
    dialog = file_dialog(parent, title, folder)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(filters)
    return _opened(dialog, use)


def file_dialog(parent: QWidget, title: str, folder: str) -> QFileDialog:
    """Return a dialog in ``folder`` that is not shown yet: that of the system where it has one. See ``there``."""
    dialog = QFileDialog(parent, title, there(folder))
    dialog.setObjectName("file-dialog")
    offscreen = QGuiApplication.platformName() in ("offscreen", "minimal")
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog, offscreen)
    dialog.setIconProvider(_plain_icons())
    _widen_dates(dialog)
    return dialog


def to_save(dialog: QFileDialog) -> None:
    """Let a dialog ask where something is saved: Qt's own says of both that it looks."""
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setLabelText(QFileDialog.DialogLabel.LookIn, tr("Save in:"))


def there(folder: str) -> str:
    """Return a folder that was used before if it is still there, else that of the user's documents, or the home.

    Qt's own choice is the working directory, which for a program that was started from a menu means nothing.
    """
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return next((one for one in (folder, documents) if one and Path(one).is_dir()), QDir.homePath())


def _widen_dates(dialog: QFileDialog) -> None:
    """Give every column of the list what its words need, the names the rest: Qt's own cuts dates off."""
    table = dialog.findChild(QTreeView, "treeView")
    if table is None or table.header().count() == 0:
        return  # the dialog of the system
    header = table.header()
    header.setResizeContentsPrecision(0)  # the rows in sight alone
    header.setStretchLastSection(False)
    for column in range(header.count()):
        mode = QHeaderView.ResizeMode.Stretch if column == 0 else QHeaderView.ResizeMode.ResizeToContents
        header.setSectionResizeMode(column, mode)


class PlainIcons(QFileIconProvider):
    """Tells what a file is by its name alone.

    Qt's own reads the beginning of every file that is listed, on the GUI thread, to choose an icon: where one never
    comes to an end, such as ``/proc/kmsg``, the window stops for good, and on a slow drive for a while.
    """

    def __init__(self) -> None:
        super().__init__()
        kinds = (QFileIconProvider.IconType.Folder, QFileIconProvider.IconType.File)
        self._folder, self._file = (QFileIconProvider.icon(self, kind) for kind in kinds)  # not in the model's thread

    def icon(self, kind: QFileIconProvider.IconType | QFileInfo, /) -> QIcon:
        """Return the icon of a folder or of any file."""
        if isinstance(kind, QFileInfo):
            return self._folder if kind.isDir() else self._file
        return QFileIconProvider.icon(self, kind)

    def type(self, info: QFileInfo) -> str:
        """Return what a file is, in words."""
        if info.isDir():
            return tr("Folder")
        ending = info.suffix()
        return tr("{ending} file", ending=ending) if ending else tr("File")


@cache
def _plain_icons() -> PlainIcons:
    """Return the one that all dialogs share: they do not keep it."""
    return PlainIcons()


def _opened(dialog: QFileDialog, use: Callable[[Path], None]) -> QFileDialog:
    def accepted() -> None:
        paths = [path for url in dialog.selectedUrls() if (path := local_path(url))]
        if paths:
            use(Path(paths[0]))

    dialog.accepted.connect(accepted)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
