"""The named sets: a name, which can be edited in its place, and how many items, one set a row."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QTableView

from explorer.core.errors import printable
from explorer.engine.item_sets import KeptSet
from explorer.ui.session.selections import SelectionMode
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.name_table import NAME, NameModel, NameTable
from explorer.ui.widgets.text import count, counted, plain_tip
from explorer.ui.widgets.text_size import scaled

ROW_HEIGHT, MOST_ROWS = 22, 4
"""Height of a row, and how many are in sight where there is room."""
WIDTHS = (120, 84)


class SetModel(NameModel):
    """The sets."""

    def __init__(self) -> None:
        super().__init__()
        self.sets: tuple[KeptSet, ...] = ()

    def show_sets(self, sets: tuple[KeptSet, ...]) -> None:
        """Show these sets."""
        self.beginResetModel()
        self.sets, self.names = sets, tuple(one.name for one in sets)
        self.endResetModel()

    def count_told(self, row: int) -> str:
        """Return the number of items, and of those that are not in the data."""
        one = self.sets[row]
        there = count(len(one.items))
        return tr("{there} + {gone} gone", there=there, gone=count(one.gone)) if one.gone else there

    def tip(self, row: int, column: int) -> str:
        """Return both in words."""
        one = self.sets[row]
        gone = (
            tr("\n{gone} not in these data", gone=counted(one.gone, "more item is", "more items are"))
            if one.gone
            else ""
        )
        return plain_tip(f"{printable(one.name)}: {counted(len(one.items), 'item')}{gone}")


class SetTable(NameTable):
    """The sets. A click or Enter recalls one; with Ctrl or Shift it is added, with Alt taken out, with both common.

    Signals
    -------
    recalled(name, mode): its items shall be selected, in a mode of ``selections``.
    menu_asked(name, at): a menu of it is wanted at a global QPoint.
    """

    recalled = Signal(str, str)
    menu_asked = Signal(str, QPoint)

    def __init__(self) -> None:
        model = SetModel()
        super().__init__(model, tr("Named sets"), ROW_HEIGHT, WIDTHS)
        self._most = MOST_ROWS
        self.kept = model
        self.setEditTriggers(QTableView.EditTrigger.EditKeyPressed)
        self.setStatusTip(
            tr("Click selects it · Shift adds · Alt removes · Shift+Alt intersects · F2 renames · Delete deletes")
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
        self.setFixedHeight(min(len(self.kept.sets), most) * scaled(ROW_HEIGHT) + 2)

    def named(self, name: str) -> KeptSet | None:
        """Return the set of a name."""
        return next((one for one in self.kept.sets if one.name == name), None)

    def edit_name(self, name: str) -> None:
        """Let a name be edited."""
        if name in self.kept.names:
            self.setCurrentIndex(self.kept.index(self.kept.names.index(name), NAME))
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
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen and not self.editing:
            self.recalled.emit(self.chosen, mode_of(event.modifiers()))
        else:
            super().keyPressEvent(event)


def mode_of(keys: Qt.KeyboardModifier) -> SelectionMode:
    """Return what becomes of the selection when a set is recalled with these keys held, as with a lasso."""
    alt = bool(keys & Qt.KeyboardModifier.AltModifier)
    more = bool(keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
    return "intersect" if alt and more else "add" if more else "remove" if alt else "replace"
