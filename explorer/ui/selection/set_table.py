"""The named sets: a name, which can be edited in its place, and how many items, one set a row."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QTableView, QWidget

from explorer.core.errors import printable
from explorer.engine.item_sets import KeptSet
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.row_table import Index, show_rows
from explorer.ui.widgets.text import count, counted, plain_tip

NAME, COUNT = range(2)
ROW_HEIGHT, MOST_ROWS = 22, 4
"""Height of a row, and how many are in sight where there is room."""
WIDTHS = (120, 84)


class SetModel(QAbstractTableModel):
    """The sets; an edited name is told and not taken: the session decides.

    Signals
    -------
    renamed(old, new): a name was edited.
    """

    renamed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sets: tuple[KeptSet, ...] = ()

    def show_sets(self, sets: tuple[KeptSet, ...]) -> None:
        """Show these sets."""
        self.beginResetModel()
        self.sets = sets
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many sets there are."""
        return 0 if parent.isValid() else len(self.sets)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return two: name and items."""
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return the name, the number of items, or both in words."""
        one = self.sets[index.row()]
        if role == int(Qt.ItemDataRole.ToolTipRole):
            gone = f"\n{counted(one.gone, 'more item is', 'more items are')} not in these data" if one.gone else ""
            return plain_tip(f"{printable(one.name)}: {counted(len(one.items), 'item')}{gone}")
        if index.column() == NAME and role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.EditRole)):
            return one.name
        if index.column() == COUNT and role == int(Qt.ItemDataRole.DisplayRole):
            return f"{count(len(one.items))}{f' + {count(one.gone)} gone' if one.gone else ''}"
        if index.column() == COUNT and role == int(Qt.ItemDataRole.TextAlignmentRole):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let names be edited."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else plain

    def setData(self, index: Index, value: object, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        """Tell which name was edited; it changes when the session has changed it."""
        old, new = self.sets[index.row()].name, str(value).strip()
        if new and new != old:
            self.renamed.emit(old, new)
        return False


class SetTable(QTableView):
    """The sets. A click or Enter recalls one; with Ctrl or Shift it is added, with Alt taken out, with both common.

    Signals
    -------
    recalled(name, mode): its items shall be selected, in a mode of ``selections``.
    removed(name): the key Delete was pressed on it. menu_asked(name, at): a menu of it is wanted at a global QPoint.
    """

    recalled = Signal(str, str)
    removed = Signal(str)
    menu_asked = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = MOST_ROWS
        self.kept = SetModel(self)
        self.setModel(self.kept)
        self.setAccessibleName("Named sets")
        show_rows(self, ROW_HEIGHT, WIDTHS)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.horizontalHeader().hide()
        self.setEditTriggers(QTableView.EditTrigger.EditKeyPressed)
        self.setStatusTip(
            "Click selects it · Shift adds · Alt removes · Shift+Alt intersects · F2 renames · Delete deletes"
        )
        self.hide()

    def show_sets(self, sets: tuple[KeptSet, ...]) -> None:
        """Show these sets; a few of them are in sight."""
        self.kept.show_sets(sets)
        self.fit(self._most)
        self.setVisible(bool(sets))

    def fit(self, most: int) -> None:
        """Have so many sets in sight at most."""
        self._most = most
        self.setFixedHeight(min(len(self.kept.sets), most) * ROW_HEIGHT + 2)

    def named(self, name: str) -> KeptSet | None:
        """Return the set of a name."""
        return next((one for one in self.kept.sets if one.name == name), None)

    @property
    def chosen(self) -> str:
        """The name of the row that the keyboard is at, empty where it is at none."""
        place = self.currentIndex().row()
        return self.kept.sets[place].name if 0 <= place < len(self.kept.sets) else ""

    def edit_name(self, name: str) -> None:
        """Let a name be edited."""
        names = [one.name for one in self.kept.sets]
        if name in names:
            self.setCurrentIndex(self.kept.index(names.index(name), NAME))
            self.edit(self.currentIndex())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Recall a set."""
        super().mouseReleaseEvent(event)
        place = self.indexAt(event.position().toPoint()).row()
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.recalled.emit(self.kept.sets[place].name, mode_of(event.modifiers()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the set at the pointer, or by key of the one that the keyboard is at."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            middle = self.viewport().mapToGlobal(self.visualRect(index).center())
            self.menu_asked.emit(self.kept.sets[index.row()].name, middle if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return recalls the set, Delete deletes it."""
        editing = self.state() == QTableView.State.EditingState
        if event.key() == Qt.Key.Key_Delete and self.chosen and not editing:
            self.removed.emit(self.chosen)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen and not editing:
            self.recalled.emit(self.chosen, mode_of(event.modifiers()))
        else:
            super().keyPressEvent(event)


def mode_of(keys: Qt.KeyboardModifier) -> SelectionMode:
    """Return what becomes of the selection when a set is recalled with these keys held, as with a lasso."""
    alt = bool(keys & Qt.KeyboardModifier.AltModifier)
    more = bool(keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
    return "intersect" if alt and more else "add" if more else "remove" if alt else "replace"
