"""A line above the opened list of a choice among many: what is typed leaves the entries that hold it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QLineEdit, QListView

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.letters import alike, sought_in

PLACEHOLDER = tr("Search")


class ChoiceSearch(QLineEdit):
    """Filters the list of a combo box by title, value and tip; Up, Down and Return work as in the list."""

    def __init__(self, combo: QComboBox) -> None:
        frame = combo.view().parentWidget()
        assert frame is not None
        super().__init__(frame)
        self._combo = combo
        self.setPlaceholderText(PLACEHOLDER)
        self.setAccessibleName(tr("Search in {list}", list=combo.accessibleName() or tr("the list")))
        self.setClearButtonEnabled(True)
        layout = frame.layout()
        assert isinstance(layout, QBoxLayout)
        layout.insertWidget(0, self)
        self.textChanged.connect(self._filter)
        self.installEventFilter(self)

    def begin(self) -> None:
        """Search anew: the list was opened."""
        self.clear()
        self._filter("")
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list and choose; Escape clears what was typed, or closes the list."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key == Qt.Key.Key_Escape:
            self._combo.hidePopup()
        else:
            return super().eventFilter(watched, event)
        return True

    def _rows(self) -> list[int]:
        """Return the rows that are shown and can be chosen."""
        view = self._view()
        model = self._combo.model()
        return [
            row
            for row in range(self._combo.count())
            if not view.isRowHidden(row) and model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled
        ]

    def _view(self) -> QListView:
        view = self._combo.view()
        assert isinstance(view, QListView)
        return view

    def _filter(self, text: str) -> None:
        """Hide the entries that do not hold all words, and the headings below which nothing is left."""
        words, view, shown = alike(text).split(), self._view(), False
        for row in reversed(range(self._combo.count())):
            heading = not self._combo.itemData(row)
            fits = shown if heading else all(word in self._said(row) for word in words)
            view.setRowHidden(row, not fits)
            shown = (shown or fits) and not heading
        if words and (rows := self._rows()):
            first = [row for row in rows if words[0] in sought_in(self._combo.itemText(row))]
            view.setCurrentIndex(self._combo.model().index((first or rows)[0], 0))

    def _said(self, row: int) -> str:
        tip = self._combo.itemData(row, Qt.ItemDataRole.ToolTipRole)
        name = str(self._combo.itemData(row)).replace("_", " ")
        return f"{sought_in(self._combo.itemText(row))} {alike(name)} {alike(str(tip))}"

    def _step(self, by: int) -> None:
        rows, view = self._rows(), self._view()
        if rows:
            now = view.currentIndex().row()
            place = rows.index(now) + by if now in rows else 0
            view.setCurrentIndex(self._combo.model().index(rows[max(0, min(place, len(rows) - 1))], 0))

    def _choose(self) -> None:
        row = self._view().currentIndex().row()
        if row in self._rows():
            self._combo.setCurrentIndex(row)
            self._combo.hidePopup()
