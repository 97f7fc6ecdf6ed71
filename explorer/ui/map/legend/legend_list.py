"""The values of a legend, one a row: swatch, name and count; fast with thousands of them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.ui.widgets.class_list import COLOUR, COUNT, HIDDEN, NAME, ClassModel, Index
from explorer.ui.widgets.text import count, elided, number_font, ui_font
from explorer.ui.widgets.theme import ThemeManager

ROW = 22
EDGE = 8
SWATCH = 16
HOW = "Click hides or shows, double-click shows it alone"


class LegendDelegate(QStyledItemDelegate):
    """Paints one value in a row: swatch, name and count, faint while it is hidden."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._font, self._numbers = ui_font(12), number_font(11)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row; the same for all."""
        return QSize(80, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row."""
        theme, rect, hidden = self._themes.current, option.rect, bool(index.data(HIDDEN))
        lit = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if lit:
            path = QPainterPath()
            path.addRoundedRect(QRectF(rect).adjusted(2, 0, -2, 0), 4, 4)
            painter.fillPath(path, theme.colour("hover"))
        colour = QColor(index.data(COLOUR))
        painter.setPen(QPen(theme.colour("disabled") if hidden else colour, 1.4))
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else colour)
        painter.drawEllipse(QRectF(rect.left() + EDGE, rect.center().y() - 3.5, 8, 8))
        inside = rect.adjusted(EDGE + SWATCH, 0, -EDGE, 0)
        counted = count(int(index.data(COUNT)))
        painter.setFont(self._numbers)
        painter.setPen(theme.colour("disabled" if hidden else "muted"))
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), counted)
        room = inside.width() - painter.fontMetrics().horizontalAdvance(counted) - 10
        painter.setFont(self._font)
        painter.setPen(theme.colour("disabled" if hidden else "text"))
        text = elided(str(index.data(NAME)), self._font, room, Qt.TextElideMode.ElideMiddle)
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class LegendList(QListView):
    """The values; a click or Space is ``toggled(key)``, a double click or Return ``isolated(key)``."""

    toggled = Signal(int)
    isolated = Signal(int)

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self.values = ClassModel(self)
        self._twice = False
        self.setModel(self.values)
        self.setItemDelegate(LegendDelegate(themes, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Values on the map")
        self.setStatusTip(HOW)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Hide or show a value."""
        super().mouseReleaseEvent(event)
        twice, self._twice = self._twice, False
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and not twice:
            self.toggled.emit(self.values.label(index))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show one value alone, or all again."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._twice = True
            self.isolated.emit(self.values.label(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space hides or shows, Return shows alone."""
        index = self.currentIndex()
        if index.isValid() and event.key() == Qt.Key.Key_Space:
            self.toggled.emit(self.values.label(index))
        elif index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolated.emit(self.values.label(index))
        else:
            super().keyPressEvent(event)


class Search(QLineEdit):
    """A field that Esc empties."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Empty the field; Esc without words goes on to the map."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
