"""The values of a legend, one a row: swatch, name and count; fast with thousands of them."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.ui.widgets.class_list import COLOUR, COUNT, EYE, HIDDEN, NAME, SHARED, ClassList, Index
from explorer.ui.widgets.icons import pixmap
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, elided_shared, number_font, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

ROW = 22
EDGE = 8
SWATCH = 16


class LegendDelegate(QStyledItemDelegate):
    """Paints one value in a row: swatch, name and count, faint while it is hidden."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row; the same for all."""
        return QSize(80, scaled(ROW))

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
        dot = scaled(8)
        painter.drawEllipse(QRectF(rect.left() + EDGE, rect.center().y() + 0.5 - dot / 2, dot, dot))
        inside = rect.adjusted(EDGE + scaled(SWATCH), 0, -EDGE, 0)
        room = inside.width() - self._paint_end(painter, inside, int(index.data(COUNT)), lit=lit, hidden=hidden) - 10
        font = ui_font(12)
        painter.setFont(font)
        painter.setPen(theme.colour("disabled" if hidden else "text"))
        text = elided_shared(str(index.data(NAME)), int(index.data(SHARED)), font, room)
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()

    def _paint_end(self, painter: QPainter, inside: QRect, number: int, *, lit: bool, hidden: bool) -> int:
        """Paint the count, or the eye of a value that is pointed at or hidden; return the width it takes."""
        theme = self._themes.current
        if lit or hidden:
            ratio, side = painter.device().devicePixelRatioF(), scaled(EYE)
            eye = pixmap("eye-off" if hidden else "eye", theme, "disabled" if hidden else "muted", side, ratio)
            painter.drawPixmap(inside.right() - side + 1, inside.center().y() - side // 2 + 1, eye)
            return side
        counted = count(number)
        painter.setFont(number_font(11))
        painter.setPen(theme.colour("muted"))
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), counted)
        return painter.fontMetrics().horizontalAdvance(counted)


class LegendList(ClassList):
    """The values, with the clicks of the list of classes; the eye replaces the count while it is pointed at."""

    edge = EDGE

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(themes, parent)
        self.setAccessibleName(tr("Values on the map"))

    def delegate(self, themes: ThemeManager) -> QStyledItemDelegate:
        """Return what paints the rows."""
        return LegendDelegate(themes, self)


class Search(QLineEdit):
    """A field that Esc empties."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Empty the field; Esc without words goes on to the map."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)
