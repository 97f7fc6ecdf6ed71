"""The files that were left out of the data, one a row, with the reason of each; all of them can be copied."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTableView, QVBoxLayout, QWidget

from explorer.core.errors import printable
from explorer.core.types import Skipped
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import PlainLabel, plain_tip
from explorer.ui.widgets.text_size import open_large

TITLES = (tr("File"), tr("Reason"))
ROW_HEIGHT, REASON_WIDTH = 22, 330
SIZE = (820, 480)
DISPLAY = int(Qt.ItemDataRole.DisplayRole)


class SkippedModel(QAbstractTableModel):
    """Files and why they were left out."""

    def __init__(self, skipped: tuple[Skipped, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.skipped = skipped

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        """Return how many files were left out."""
        return 0 if parent.isValid() else len(self.skipped)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own
        """Return the two columns."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:
        """Return what a column is called."""
        if role == int(Qt.ItemDataRole.TextAlignmentRole):
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return TITLES[section] if role == DISPLAY and orientation == Qt.Orientation.Horizontal else None

    def data(self, index: Index, role: int = DISPLAY) -> object:
        """Return the path or the reason of a row, whole in its tip."""
        if not index.isValid() or role not in (DISPLAY, int(Qt.ItemDataRole.ToolTipRole)):
            return None
        one = self.skipped[index.row()]
        text = printable(said(one.reason) if index.column() else one.path)
        return text if role == DISPLAY else plain_tip(text)


class SkippedFiles(QDialog):
    """Lists them; ``title`` says how many there are of what."""

    def __init__(self, title: str, skipped: tuple[Skipped, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Files left out"))
        self.rows = SkippedModel(skipped, self)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName(tr("Files left out"))
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        show_rows(self.table, ROW_HEIGHT, (0, REASON_WIDTH))
        self.copy, close = QPushButton(tr("Copy the list")), QPushButton(tr("Close"))
        self.copy.clicked.connect(self._copy)
        close.clicked.connect(self.accept)
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(close)
        box = QVBoxLayout(self)
        box.setSpacing(8)
        box.addWidget(PlainLabel(title))
        box.addWidget(self.table, 1)
        box.addLayout(buttons)
        open_large(self, *SIZE)

    def _copy(self) -> None:
        lines = (f"{one.path}: {said(one.reason)}" for one in self.rows.skipped)
        QGuiApplication.clipboard().setText("\n".join(map(printable, lines)))
