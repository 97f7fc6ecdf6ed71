"""A grid of the pictures of any number of items: only what is in sight is painted, and only that is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from explorer.core.types import BoolArray, IntArray, frozen
from explorer.data.dataset import Dataset
from explorer.ui.widgets.grid_pictures import CORNER, GridPictures
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.text import number_font, plain_tip
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import Theme, ThemeManager

GAP, EDGE, CAPTION = 4, 8, 15
SIDES = (32, 40, 48, 64, 96, 128)
USUAL_SIDE = 48
BUDGET_SECONDS = 0.006
"""For so long pictures are made in one repaint; what is missing then comes in the next turn of the event loop."""
FAINT = 0.28
"""How much is seen of a picture whose item was taken out."""

MOVES: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_PageUp: (0, -1000),
    Qt.Key.Key_PageDown: (0, 1000),
}
"""Places and rows that a key goes on; a thousand rows are as many as are in sight."""


def none_out(items: IntArray) -> BoolArray:
    """Return that of these items (K,) none is taken out."""
    return np.zeros(len(items), np.bool_)


class ItemGrid(QAbstractScrollArea):
    """Items in rows. A click or Enter chooses one, with Ctrl or Shift it is taken out or put back, as by Space.

    Signals
    -------
    chosen(item, add), hovered(item): see ``TileGroups``; what the arrow keys come to is hovered as well.
    toggled(items, out): these shall be taken out, or put back.
    menu_asked(item, at): a menu of it is wanted at this global QPoint.
    side_changed(side): the pictures have another size.
    """

    chosen = Signal(int, bool)
    hovered = Signal(int)
    toggled = Signal(object, bool)
    menu_asked = Signal(int, QPoint)
    side_changed = Signal(int)

    def __init__(self, themes: ThemeManager, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._dataset: Dataset | None = None
        self._items: IntArray = frozen([], np.int64)
        self._out: Callable[[IntArray], BoolArray] = none_out
        self._framed: frozenset[int] = frozenset()
        self._caption: Callable[[int], str] | None = None
        self._mark: Callable[[int], str] = lambda _item: ""
        self._tip: Callable[[int], str] = lambda _item: ""
        self._side = USUAL_SIDE
        self._over = self._current = -1
        self._anchor = 0
        self.pictures = GridPictures()
        self.waiting = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # columns do not depend on it
        self.setMinimumHeight(USUAL_SIDE)
        self.setAccessibleName(name)
        self.setProperty("uses_space", True)
        self.setStatusTip(tr("Click: its neighbours · Ctrl+click or Space: take out or put back · Ctrl+wheel: size"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that scrolling moves what is there
        themes.changed.connect(self._on_theme)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def items(self) -> IntArray:
        """The items in their order."""
        return self._items

    @property
    def side(self) -> int:
        """The side that a picture has at least, in logical pixels."""
        return self._side

    @property
    def current(self) -> int:
        """The item that the keyboard is at, -1: none."""
        return int(self._items[self._current]) if 0 <= self._current < len(self._items) else -1

    def show_items(
        self, dataset: Dataset | None, items: IntArray, out: Callable[[IntArray], BoolArray] = none_out
    ) -> None:
        """Show these items in this order; stay where it is if they are the same.

        ``out`` says which of some of them are faint, and is asked about those that are painted: there may be millions.
        """
        same = dataset is self._dataset and (items is self._items or np.array_equal(items, self._items))
        self._dataset, self._items, self._out = dataset, items, out
        if not same:
            self._over, self._current, self._anchor = -1, -1, 0
            self.verticalScrollBar().setValue(0)
        self._measure()

    def describe(self, tip: Callable[[int], str], mark: Callable[[int], str]) -> None:
        """Say of an item what its tip tells, and in a letter or so what was decided about it."""
        self._tip, self._mark = tip, mark
        self.viewport().update()

    def show_captions(self, caption: Callable[[int], str] | None) -> None:
        """Write a figure below each picture, or none."""
        self._caption = caption
        self._measure()

    def frame(self, items: Collection[int]) -> None:
        """Frame these items, for example those that are pinned."""
        if self._framed != (framed := frozenset(items)):
            self._framed = framed
            self.viewport().update()

    def set_side(self, side: int) -> None:
        """Show larger or smaller pictures, with the same ones on top."""
        if side != self._side:
            top = self._place_on_top()
            self._side = side
            self._measure()
            self.verticalScrollBar().setValue(top // self.columns * self._pitch[1])
            self.side_changed.emit(side)

    def zoom(self, steps: int) -> None:
        """Show pictures so many sizes larger, or smaller."""
        place = int(np.searchsorted(SIDES, self._side))
        self.set_side(SIDES[min(max(place + steps, 0), len(SIDES) - 1)])

    # --- where things are ---------------------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        """The pixels that a row of pictures has, with one gap behind it."""
        return self.viewport().width() - 2 * EDGE + GAP

    @property
    def columns(self) -> int:
        """How many pictures stand side by side."""
        return max(1, self._room // (self._side + GAP))

    @property
    def drawn_side(self) -> int:
        """The side of a picture as it is drawn: a little larger, so that a row ends where the grid does."""
        return max(self._side, self._room // self.columns - GAP)

    @property
    def _pitch(self) -> tuple[int, int]:
        side = self.drawn_side + GAP
        return side, side + (scaled(CAPTION) if self._caption is not None else 0)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-len(self._items) // self.columns)

    def _place_on_top(self) -> int:
        return self.verticalScrollBar().value() // self._pitch[1] * self.columns

    def _on_theme(self, _theme: object) -> None:
        self._measure()

    def _measure(self) -> None:
        """Let the scroll bar cover all rows."""
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(0, self.rows * self._pitch[1] + 2 * EDGE - GAP - height))
        bar.setPageStep(max(1, height))
        bar.setSingleStep(self._pitch[1])
        self.viewport().update()

    def rect_of(self, place: int) -> QRect:
        """Return where the picture at a place of the order is on the viewport."""
        row, column = divmod(place, self.columns)
        across, down = self._pitch
        left, top = EDGE + column * across, EDGE + row * down - self.verticalScrollBar().value()
        return QRect(left, top, across - GAP, down - GAP)

    def place_at(self, at: QPoint) -> int:
        """Return the place of the picture at a position of the viewport, -1 where there is none."""
        across, down = self._pitch
        column, x = divmod(at.x() - EDGE, across)
        row, y = divmod(at.y() - EDGE + self.verticalScrollBar().value(), down)
        place = row * self.columns + column
        inside = 0 <= column < self.columns and x < across - GAP and y < down - GAP and row >= 0
        return place if inside and place < len(self._items) else -1

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures that are in sight; those that are not made in time come a moment later."""
        painter, theme = QPainter(self.viewport()), self._themes.current
        painter.fillRect(event.rect(), theme.colour("panel"))
        if self._dataset is not None and len(self._items):
            down, columns = self._pitch[1], self.columns
            top = event.rect().top() + self.verticalScrollBar().value() - EDGE
            first, last = max(0, top // down), max(0, (top + event.rect().height()) // down)
            in_sight = (self.viewport().height() // down + 2) * columns
            self.pictures.look(self._dataset, theme, self.drawn_side, self.devicePixelRatioF(), in_sight)
            until = time.perf_counter() + BUDGET_SECONDS
            places = range(first * columns, min((last + 1) * columns, len(self._items)))
            out = self._out(self._items[places.start : places.stop]).tolist()
            for place, is_out in zip(places, out, strict=True):
                self._paint_tile(painter, theme, place, until, is_out=is_out)
            self._come_back()
        painter.end()

    def _paint_tile(self, painter: QPainter, theme: Theme, place: int, until: float, *, is_out: bool) -> None:
        item, box = int(self._items[place]), self.rect_of(place)
        picture = self.pictures.known(item)
        if picture is None and time.perf_counter() < until:
            picture = self.pictures.make(item)
        square = QRect(box.left(), box.top(), box.width(), box.width())
        if picture is None:
            self.waiting = True
            painter.fillRect(square, theme.colour("raised"))
        elif is_out:
            painter.setOpacity(FAINT)
            painter.drawPixmap(square.topLeft(), picture)
            painter.setOpacity(1.0)
        else:
            painter.drawPixmap(square.topLeft(), picture)
        if self._caption is not None:
            painter.setFont(number_font(10))
            painter.setPen(theme.colour("muted"))
            line = QRect(box.left(), square.bottom() + 1, box.width(), scaled(CAPTION))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._caption(item))
        if mark := self._mark(item):
            self._paint_mark(painter, theme, square, mark)
        self._paint_frame(painter, theme, square, place, item)

    def _paint_mark(self, painter: QPainter, theme: Theme, square: QRect, mark: str) -> None:
        painter.setFont(number_font(10, bold=True))
        width = painter.fontMetrics().horizontalAdvance(mark) + 6
        badge = QRect(square.right() - width, square.top() + 1, width, scaled(14))
        painter.fillRect(badge, theme.colour("background", 210))
        painter.setPen(theme.colour("text"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, mark)

    def _paint_frame(self, painter: QPainter, theme: Theme, square: QRect, place: int, item: int) -> None:
        at_keys = place == self._current and self.hasFocus()
        if not (item in self._framed or place == self._over or at_keys):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        around = QRectF(square).adjusted(1, 1, -1, -1)
        if at_keys:
            painter.setPen(QPen(theme.colour("panel"), 4))
            painter.drawRoundedRect(around, CORNER, CORNER)
        painter.setPen(QPen(theme.colour("text" if at_keys else "accent"), 2))
        painter.drawRoundedRect(around, CORNER, CORNER)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _come_back(self) -> None:
        """Paint again in the next turn where pictures are still missing."""
        if self.waiting:
            self.waiting = False
            next_turn(self, lambda: self.viewport().update())

    def _update_place(self, *places: int) -> None:
        for place in places:
            if place >= 0:
                self.viewport().update(self.rect_of(place))

    # --- the window ---------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let as many pictures stand side by side as fit, with the same ones on top."""
        super().resizeEvent(event)
        self._measure()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is there, and paint only what comes into sight."""
        self.viewport().scroll(dx, dy)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        if self._current < 0 and len(self._items) and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._current = self._place_on_top()
        self._update_place(self._current)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show it no more."""
        super().focusOutEvent(event)
        self._update_place(self._current)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what is pointed at; hover nothing once the pointer has left."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            text = plain_tip(self._tip(int(self._items[place]))) if place >= 0 else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text, self.viewport())
            return True
        if event.type() == QEvent.Type.Leave:
            self._point_at(-1)
        return super().viewportEvent(event)

    # --- the mouse ----------------------------------------------------------------------------------------------------

    def _point_at(self, place: int) -> None:
        if place != self._over:
            before, self._over = self._over, place
            self._update_place(before, place)
            self.hovered.emit(int(self._items[place]) if place >= 0 else -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Hover the item under the pointer."""
        self._point_at(self.place_at(event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Be where the pointer is."""
        place = self.place_at(event.position().toPoint())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            keys = event.modifiers()
            if keys & Qt.KeyboardModifier.ShiftModifier:
                self._toggle(self._anchor, place)
            elif keys & Qt.KeyboardModifier.ControlModifier:
                self._toggle(place, place)
            else:
                self.chosen.emit(int(self._items[place]), False)
            self._go(place, keep_anchor=bool(keys & Qt.KeyboardModifier.ShiftModifier), tell=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do nothing more: the press has done it."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, change the size of the pictures."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if event.angleDelta().y():
                self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)
        self._point_at(self.place_at(self.viewport().mapFromGlobal(event.globalPosition().toPoint())))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the item at the pointer, or by key of the one that the keyboard is at."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._current if by_key else self.place_at(event.pos())
        if place < 0:
            event.ignore()
            return
        at = self.viewport().mapToGlobal(self.rect_of(place).center()) if by_key else event.globalPos()
        self.menu_asked.emit(int(self._items[place]), at)

    # --- the keyboard -------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from item to item, choose one, take it out or put it back, or change the size."""
        key, keys = event.key(), event.modifiers()
        shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        if not len(self._items):
            super().keyPressEvent(event)
        elif key in MOVES or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(self._moved(key), keep_anchor=shift)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self.chosen.emit(self.current, bool(keys & Qt.KeyboardModifier.ControlModifier))
        elif key == Qt.Key.Key_Space and self.current >= 0:
            self._toggle(self._anchor if shift else self._current, self._current)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(-1 if key == Qt.Key.Key_Minus else 1)
        else:
            super().keyPressEvent(event)

    def _moved(self, key: int) -> int:
        """Return the place that a key comes to."""
        last, place = len(self._items) - 1, self._current
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return 0 if key == Qt.Key.Key_Home else last
        if place < 0:
            return min(self._place_on_top(), last)
        across, down = MOVES[key]
        in_sight = max(1, self.viewport().height() // self._pitch[1])
        rows = max(-in_sight, min(down, in_sight))
        wanted = place + across + rows * self.columns
        if abs(down) == 1 and not 0 <= wanted <= last:
            return place
        return min(max(wanted, 0), last)

    def _go(self, place: int, *, keep_anchor: bool = False, tell: bool = True) -> None:
        """Be at a place, in sight; what the keyboard comes to is hovered."""
        before, self._current = self._current, place
        if not keep_anchor:
            self._anchor = place
        box, bar = self.rect_of(place), self.verticalScrollBar()
        if box.top() < EDGE:
            bar.setValue(bar.value() + box.top() - EDGE)
        elif box.bottom() > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() - self.viewport().height())
        self._update_place(before, place)
        item = int(self._items[place])
        self.setAccessibleDescription(self._tip(item))
        if tell:
            self.hovered.emit(item)

    def _toggle(self, first: int, last: int) -> None:
        """Take out, or put back, all from one place to another, as the last one needs."""
        low, high = sorted((min(max(first, 0), len(self._items) - 1), last))
        self.toggled.emit(self._items[low : high + 1], not self._out(self._items[last : last + 1])[0])
