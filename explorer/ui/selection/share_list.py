"""The classes of some items, the largest first: swatch, name, bar, count and share, a row each."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.ui.widgets.class_list import COLOUR, COUNT, EDGE, NAME, SHARED, ClassList, Index
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, elided_shared, number_font, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

ROW = 21
PERCENT = 38
"""Pixels that the share takes."""


class ShareDelegate(QStyledItemDelegate):
    """Paints one class in a row; ``total`` items are the whole, and ``most`` those of the longest bar."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self.total = self.most = 1

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row; the same for all."""
        return QSize(80, scaled(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row."""
        theme, rect, number = self._themes.current, QRect(option.rect), int(index.data(COUNT))
        painter.save()
        if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus):
            painter.fillRect(rect, theme.colour("raised"))
        inside = rect.adjusted(EDGE, 0, -EDGE, 0)
        colour = theme.legible_colour(QColor(index.data(COLOUR)))
        dot = scaled(9)
        bar = QRect(
            inside.left() + 2 * dot, rect.bottom() - 3, round((inside.width() - 2 * dot) * number / self.most), 2
        )
        painter.fillRect(bar, colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour)
        painter.setBrush(colour)
        painter.drawEllipse(QRect(inside.left(), inside.center().y() - dot // 2, dot, dot))
        painter.setFont(number_font(11))
        painter.setPen(theme.colour("muted"))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(inside, right, f"{100 * number / self.total:.0f} %")
        counted = count(number)
        painter.drawText(inside.adjusted(0, 0, -scaled(PERCENT), 0), right, counted)
        taken = painter.fontMetrics().horizontalAdvance(counted) + scaled(PERCENT)
        font = ui_font(12)
        painter.setFont(font)
        painter.setPen(theme.colour("text"))
        name = inside.adjusted(2 * dot, 0, -taken - 8, 0)
        text = elided_shared(str(index.data(NAME)), int(index.data(SHARED)), font, name.width())
        painter.drawText(name, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class ShareList(ClassList):
    """The classes of a selection, with the clicks of the list of classes, but for the eye and the double click."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        self._shares: ShareDelegate | None = None
        super().__init__(themes, parent)
        self.setAccessibleName(tr("Classes of the selection, the largest share first"))
        self.setStatusTip(tr("Click: only this class stays selected · Alt+click: it is taken out · right-click: more"))

    def delegate(self, themes: ThemeManager) -> QStyledItemDelegate:
        """Return what paints the rows."""
        self._shares = ShareDelegate(themes, self)
        return self._shares

    def set_whole(self, total: int, most: int) -> None:
        """Say how many items there are in all, and how many of the class that has the most."""
        assert self._shares is not None
        self._shares.total, self._shares.most = max(1, total), max(1, most)

    def _on_eye(self, x: float) -> bool:
        return False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Do nothing more than the first click."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return and Space do what a click does."""
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.classes.label(index), "replace")
        else:
            super().keyPressEvent(event)
