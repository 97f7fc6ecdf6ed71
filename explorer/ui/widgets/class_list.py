"""The list of classes: swatch, name, count and an eye; fast with thousands of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from explorer.core.types import ByteArray, IntArray
from explorer.ui.widgets.icons import pixmap
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, elided_shared, number_font, plain_tip, shared_beginning, ui_font
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

ROW_HEIGHT = 21
EDGE = 12
EYE = 14
HOW = tr("Click selects · the eye hides · double-click shows it alone · right-click: more")
BATCH = 2000
"""So many rows are laid out in one turn of the event loop, in about 5 ms."""

NAME, COUNT, COLOUR, HIDDEN, LABEL, SHARED = (int(Qt.ItemDataRole.UserRole) + place for place in range(6))
"""SHARED: how many letters at its beginning a name shares with the one before or behind it."""

Index = QModelIndex | QPersistentModelIndex


class ClassModel(QAbstractListModel):
    """The classes of a dataset, narrowed by a search. A row's label is the class number, -1 for unlabelled items."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._folded: list[str] = []
        self._labels: list[int] = []
        self._counts: IntArray = np.zeros(0, np.int64)
        self._colours: ByteArray = np.zeros((0, 3), np.uint8)
        self._hidden: frozenset[int] = frozenset()
        self._rows: list[int] = []

    def show_classes(self, labels: Sequence[int], names: Sequence[str], counts: IntArray, colours: ByteArray) -> None:
        """Show these classes, one entry of each argument a class."""
        self.beginResetModel()
        self._labels, self._names, self._counts, self._colours = list(labels), tuple(names), counts, colours
        self._folded = [name.casefold() for name in names]
        self._rows = list(range(len(self._names)))
        self.endResetModel()

    def narrow(self, words: str) -> None:
        """Show only the classes whose name contains ``words``."""
        wanted = words.casefold().strip()
        self.beginResetModel()
        self._rows = [row for row, name in enumerate(self._folded) if wanted in name]
        self.endResetModel()

    def set_hidden(self, hidden: frozenset[int]) -> None:
        """Draw these classes as hidden."""
        self._hidden = hidden
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [HIDDEN])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - the signature of Qt
        """Return how many classes are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def label(self, index: Index) -> int:
        """Return the class number of a row."""
        return self._labels[self._rows[index.row()]]

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """Return one fact about a row."""
        if not index.isValid():
            return None
        place = self._rows[index.row()]
        if role in (int(Qt.ItemDataRole.DisplayRole), NAME):
            return self._names[place]
        if role == COUNT:
            return int(self._counts[place])
        if role == COLOUR:
            return QColor(*(int(part) for part in self._colours[place]))
        if role == HIDDEN:
            return self._labels[place] in self._hidden
        if role == LABEL:
            return self._labels[place]
        if role == SHARED:
            around = self._names[max(place - 1, 0) : place] + self._names[place + 1 : place + 2]
            return shared_beginning(self._names[place], around)
        if role in (int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            shown = tr("hidden") if self._labels[place] in self._hidden else tr("shown")
            text = f"{self._names[place]}: {count(int(self._counts[place]))}, {shown}"
            return plain_tip(text) if role == int(Qt.ItemDataRole.ToolTipRole) else text
        return None


class ClassDelegate(QStyledItemDelegate):
    """Paints one class in a row."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row; the same for all."""
        return QSize(80, scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint swatch, name, count and eye."""
        theme = self._themes.current
        hidden = bool(index.data(HIDDEN))
        rect = QRect(option.rect)
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_MouseOver or state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(rect, theme.colour("raised"))
        inside = rect.adjusted(EDGE, 0, -EDGE, 0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme.legible_colour(QColor(index.data(COLOUR)))
        painter.setPen(colour)
        painter.setBrush(Qt.BrushStyle.NoBrush if hidden else colour)
        dot, side = scaled(9), scaled(EYE)
        painter.drawEllipse(QRect(inside.left(), inside.center().y() - dot // 2, dot, dot))
        ratio = painter.device().devicePixelRatioF()
        eye = pixmap("eye-off" if hidden else "eye", theme, "disabled" if hidden else "muted", side, ratio)
        painter.drawPixmap(inside.right() - side + 1, inside.center().y() - side // 2 + 1, eye)
        counted = count(int(index.data(COUNT)))
        painter.setFont(number_font(12))
        painter.setPen(theme.colour("disabled" if hidden else "muted"))
        numbers = inside.adjusted(0, 0, -side - 8, 0)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(numbers, int(right), counted)
        taken = painter.fontMetrics().horizontalAdvance(counted)
        font = ui_font(12)
        painter.setFont(font)
        painter.setPen(theme.colour("disabled" if hidden else "text"))
        name = numbers.adjusted(dot + 9, 0, -taken - 8, 0)
        text = elided_shared(str(index.data(NAME)), int(index.data(SHARED)), font, name.width())
        painter.drawText(name, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()


class ClassList(QListView):
    """A click selects a class, the eye (or Space) shows or hides it, a double-click (or Return) shows it alone.

    Signals
    -------
    chosen(label, mode): shall be selected; with Ctrl or Shift added to the selection, with Alt taken out of it.
    eye_clicked(label), isolated(label): shall be shown or hidden; shown alone, or all again.
    menu_asked(label, at): a menu of it is wanted at this global QPoint.
    """

    eye_clicked = Signal(int)
    isolated = Signal(int)
    chosen = Signal(int, str)
    menu_asked = Signal(int, QPoint)

    edge = EDGE
    """Pixels between the eye and the right border."""

    whole_rows = False
    """Whether the last row in sight is left out where only a part of it has room."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = ClassModel(self)
        self.setModel(self.classes)
        self.setItemDelegate(self.delegate(themes))
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)  # 100,000 at once hold the window for 0.2 s
        self.setBatchSize(BATCH)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Classes"))
        self.setStatusTip(HOW)
        themes.changed.connect(self.viewport().update)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show whole rows, where that is wanted."""
        super().resizeEvent(event)
        row, room = scaled(ROW_HEIGHT), self.contentsRect().height()
        beyond = room % row if self.whole_rows and room > row else 0
        if self.viewportMargins().bottom() != beyond:
            self.setViewportMargins(0, 0, 0, beyond)

    def delegate(self, themes: ThemeManager) -> QStyledItemDelegate:
        """Return what paints the rows."""
        return ClassDelegate(themes, self)

    def _on_eye(self, x: float) -> bool:
        return x >= self.viewport().width() - self.edge - scaled(EYE) - 6

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Toggle the eye, or select the class."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        if self._on_eye(event.position().x()):
            self.eye_clicked.emit(self.classes.label(index))
        else:
            self.chosen.emit(self.classes.label(index), _mode(event.modifiers()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show one class alone, or all again."""
        index = self.indexAt(event.position().toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        if left and index.isValid() and not self._on_eye(event.position().x()):
            self.isolated.emit(self.classes.label(index))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the class at the pointer, or by key of the one that has the focus."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            middle = self.viewport().mapToGlobal(self.visualRect(index).center())
            self.menu_asked.emit(self.classes.label(index), middle if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows or hides, Return shows alone."""
        index = self.currentIndex()
        if index.isValid() and event.key() == Qt.Key.Key_Space:
            self.eye_clicked.emit(self.classes.label(index))
        elif index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolated.emit(self.classes.label(index))
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Show the hand over an eye."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            on_eye = self._on_eye(event.position().x())
            shape = Qt.CursorShape.PointingHandCursor if on_eye else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)
        return super().viewportEvent(event)


def _mode(keys: Qt.KeyboardModifier) -> str:
    """Return what becomes of the selection when a class is clicked with these keys held."""
    if keys & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
        return "add"
    return "remove" if keys & Qt.KeyboardModifier.AltModifier else "replace"
