"""A table of names, which can be edited in their place, each with a count."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTableView

from explorer.ui.widgets.row_table import Index, show_rows

NAME, COUNT = range(2)


class NameModel(QAbstractTableModel):
    """A name and a count a row; an edited name is told and not taken: what keeps the names decides.

    Signals
    -------
    renamed(old, new): a name was edited.
    """

    renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()

    def count_told(self, row: int) -> str:
        """Return the count of a row, as it is shown."""
        raise NotImplementedError

    def tip(self, row: int, column: int) -> str:
        """Return what the pointer reads there."""
        raise NotImplementedError

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many names there are."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return two: name and count."""
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return the name, the count, or the tip of either."""
        row, column = index.row(), index.column()
        if role == int(Qt.ItemDataRole.ToolTipRole):
            return self.tip(row, column)
        if column == NAME and role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.EditRole)):
            return self.names[row]
        if column == COUNT and role == int(Qt.ItemDataRole.DisplayRole):
            return self.count_told(row)
        if column == COUNT and role == int(Qt.ItemDataRole.TextAlignmentRole):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names be edited."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else plain

    def setData(self, index: Index, value: object, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        """Tell which name was edited; it changes when what keeps it has changed it."""
        old, new = self.names[index.row()], str(value).strip()
        if new and new != old:
            self.renamed.emit(old, new)
        return False


class NameTable(QTableView):
    """The rows of such a model, without a header; long names are cut in the middle.

    Signals
    -------
    removed(name): the key Delete was pressed on it.
    """

    removed = Signal(str)

    def __init__(self, model: NameModel, title: str, row_height: int, widths: Sequence[int]) -> None:
        super().__init__()
        self._names = model
        model.setParent(self)
        self.setModel(model)
        self.setAccessibleName(title)
        show_rows(self, row_height, widths)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().hide()

    @property
    def chosen(self) -> str:
        """The name of the row that the keyboard is at, empty where it is at none."""
        place = self.currentIndex().row()
        return self._names.names[place] if 0 <= place < len(self._names.names) else ""

    @property
    def editing(self) -> bool:
        """Whether a name is being edited."""
        return self.state() == QTableView.State.EditingState

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete asks to remove the row."""
        if event.key() == Qt.Key.Key_Delete and self.chosen and not self.editing:
            self.removed.emit(self.chosen)
        else:
            super().keyPressEvent(event)
