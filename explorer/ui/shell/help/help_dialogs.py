"""The two small windows that do not block: the table of shortcuts, and what this program is."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer import __version__
from explorer.core.licences import licence_texts, licences
from explorer.ui.widgets.icons import application_icon
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import open_path
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text import PlainLabel, plain_tip

QT_NOTICE = tr(
    "Qt and Qt for Python are used unchanged under the GNU Lesser General Public License, version 3; their libraries "
    "may be replaced by your own."
)


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


class LicenceTable(QTreeWidget):
    """Everything the program is made of, filled a line a turn: each is read from a file of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("licences")
        self.setAccessibleName(tr("Licences of what the program is made of"))
        self.setHeaderLabels([tr("Part"), tr("Version"), tr("Licence")])
        self.setRootIsDecorated(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._rest = licences()
        self.complete = False
        next_turn(self, self._next)

    def _next(self) -> None:
        found = next(self._rest, None)
        if found is None:
            self.complete = True
            return
        item = QTreeWidgetItem([found.name, found.version, found.licence])
        item.setToolTip(2, plain_tip(found.licence))
        self.addTopLevelItem(item)
        next_turn(self, self._next)


def _add_notice(box: QVBoxLayout) -> None:
    """Say what the licence of Qt asks to be said, and where the texts are in a bundle."""
    notice = PlainLabel(QT_NOTICE, role="caption")
    notice.setWordWrap(True)
    box.addWidget(notice)
    if (texts := licence_texts()) is not None:
        button = QPushButton(tr("Show the texts of the licences"))
        button.setObjectName("licence-texts")
        button.clicked.connect(lambda: open_path(texts))
        box.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)


def show_about(parent: QWidget) -> QDialog:
    """Say what this program is and which versions it runs on."""
    dialog, box = _dialog(parent, tr("About Embedding Explorer"), "about-dialog")
    mark = PlainLabel()
    mark.setPixmap(application_icon().pixmap(64, 64))
    box.addWidget(mark)
    box.addWidget(PlainLabel(tr("Embedding Explorer {version}", version=__version__), role="heading"))
    box.addWidget(PlainLabel(tr("Train an embedding on your data and watch the metric being learned."), role="muted"))
    box.addWidget(PlainLabel(tr("Nothing is ever sent anywhere. MIT licence; what it is made of:"), role="muted"))
    box.addWidget(LicenceTable())
    _add_notice(box)
    versions = tr(
        "Python {python} · Qt for Python {qt} · {platform}",
        python=platform.python_version(),
        qt=PySide6.__version__,
        platform=platform.platform(),
    )
    box.addWidget(PlainLabel(versions, role="caption", selectable=True))
    _close_button(dialog, box)
    dialog.resize(560, 560)
    dialog.show()
    return dialog
