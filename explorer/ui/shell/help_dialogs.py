"""The two small windows that do not block: the table of shortcuts, and what this program is."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer import __version__
from explorer.ui.session.commands import Commands
from explorer.ui.widgets.icons import application_icon
from explorer.ui.widgets.text import PlainLabel


def _dialog(parent: QWidget, title: str, name: str) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setObjectName(name)
    box = QVBoxLayout(dialog)
    box.setContentsMargins(16, 16, 16, 16)
    box.setSpacing(12)
    return dialog, box


def _close_button(dialog: QDialog, box: QVBoxLayout) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    box.addWidget(buttons)


def show_shortcuts(commands: Commands, parent: QWidget) -> QDialog:
    """Show every command with its shortcut."""
    dialog, box = _dialog(parent, "Keyboard shortcuts", "shortcuts-dialog")
    tree = QTreeWidget()
    tree.setAccessibleName("Keyboard shortcuts")
    tree.setHeaderLabels(["Command", "Shortcut"])
    tree.setRootIsDecorated(False)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for command in commands:
        title = f"{command.menu}: {command.title}" if command.menu else command.title
        tree.addTopLevelItem(QTreeWidgetItem([title, command.shortcut]))
    box.addWidget(tree)
    _close_button(dialog, box)
    dialog.resize(480, 560)
    dialog.show()
    return dialog


def show_about(parent: QWidget) -> QDialog:
    """Say what this program is and which versions it runs on."""
    dialog, box = _dialog(parent, "About Embedding Explorer", "about-dialog")
    mark = PlainLabel()
    mark.setPixmap(application_icon().pixmap(64, 64))
    box.addWidget(mark)
    box.addWidget(PlainLabel(f"Embedding Explorer {__version__}", role="heading"))
    what = PlainLabel(
        "Train an embedding on your pictures or vectors and watch the metric being learned.\nMIT licence.",
        role="muted",
    )
    box.addWidget(what)
    versions = f"Python {platform.python_version()} · Qt for Python {PySide6.__version__} · {platform.platform()}"
    box.addWidget(PlainLabel(versions, role="caption", selectable=True))
    _close_button(dialog, box)
    dialog.show()
    return dialog
