"""Who is enrolled: a name, which can be edited in its place, and how many pictures, one identity a row."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTableView, QWidget

from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import count, plain_tip

NAME, IMAGES = range(2)
ROW_HEIGHT = 24
WIDTHS = (120, 56)


class IdentityModel(QAbstractTableModel):
    """The identities of a gallery; an edited name is told and not taken: the gallery decides.

    Signals
    -------
    renamed(old, new): a name was edited.
    """

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._images: tuple[int, ...] = ()

    def show_identities(self, names: tuple[str, ...], images: tuple[int, ...]) -> None:
        """Show these identities, with how many pictures each has."""
        self.beginResetModel()
        self._names, self._images = names, images
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many identities there are."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return two: name and pictures."""
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return the name or the number of pictures."""
        shown = role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole))
        if index.column() == NAME and role == int(Qt.ItemDataRole.ToolTipRole):
            return plain_tip(self._names[index.row()])
        if index.column() == NAME and (shown or role == int(Qt.ItemDataRole.EditRole)):
            return self._names[index.row()]
        if index.column() == IMAGES and shown:
            return count(self._images[index.row()])
        if index.column() == IMAGES and role == int(Qt.ItemDataRole.TextAlignmentRole):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names be edited."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else plain

    def setData(self, index: Index, value: object, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        """Tell which name was edited; it changes when the gallery has changed."""
        old, new = self._names[index.row()], str(value).strip()
        if new and new != old:
            self.renamed.emit(old, new)
        return False


class IdentityTable(QTableView):
    """The identities; a double click or F2 edits a name, Delete removes the selected one.

    Signals
    -------
    removed(name): the key Delete was pressed on an identity.
    """

    removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.identities = IdentityModel(self)
        self.setModel(self.identities)
        self.setAccessibleName("Enrolled identities")
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().hide()
        self.setStatusTip("Double-click renames · Delete removes")

    @property
    def chosen(self) -> str:
        """The name of the selected identity, empty where none is."""
        rows = self.selectionModel().selectedRows(NAME)
        return str(rows[0].data()) if rows else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes the selected identity."""
        if event.key() == Qt.Key.Key_Delete and self.chosen:
            self.removed.emit(self.chosen)
        else:
            super().keyPressEvent(event)
