"""Buttons side by side, in as many rows as their words need: in another language these may be twice as long."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMargins, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QWidget


class ButtonRows(QWidget):
    """As many columns of buttons as have room for the words of each, at least one.

    ``wide``: the buttons share the whole width, the last one what is left of its row; else each is as wide as its
    words need, from the left on.
    """

    def __init__(
        self, buttons: Sequence[QAbstractButton], margins: QMargins, *, spacing: int = 6, wide: bool = True
    ) -> None:
        super().__init__()
        self._buttons, self._wide = tuple(buttons), wide
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(margins)
        self._grid.setSpacing(spacing)
        self._placed: tuple[tuple[QAbstractButton, ...], int] = ((), 0)
        self._place()

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the longest words alone: the rows are made for the width that there is."""
        return QSize(self._needed(self._shown(), 1), super().minimumSizeHint().height())

    def whole_width(self) -> int:
        """Return the width that all buttons need beside each other, in pixels."""
        shown = self._shown()
        return self._needed(shown, max(1, len(shown)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many columns as have room now."""
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        """Place the buttons anew where their words, or which are shown, changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _shown(self) -> tuple[QAbstractButton, ...]:
        return tuple(button for button in self._buttons if not button.isHidden())

    def _needed(self, shown: Sequence[QAbstractButton], columns: int) -> int:
        """Return the width that so many columns need, in pixels."""
        hints = [button.sizeHint().width() for button in shown]
        widths = [max(hints[column::columns], default=0) for column in range(columns)]
        margins = self._grid.contentsMargins()
        return sum(widths) + (columns - 1) * self._grid.spacing() + margins.left() + margins.right()

    def _place(self) -> None:
        shown = self._shown() or self._buttons
        fitting = (count for count in range(len(shown), 1, -1) if self._needed(shown, count) <= self.width())
        columns = next(fitting, 1)
        if self._placed == (shown, columns):
            return
        self._placed = (shown, columns)
        for button in self._buttons:
            self._grid.removeWidget(button)
        for place, button in enumerate(shown):
            row, column = divmod(place, columns)
            span = columns - column if self._wide and button is shown[-1] else 1
            self._grid.addWidget(button, row, column, 1, span)
        for column in range(len(self._buttons) + 1):
            self._grid.setColumnStretch(column, int((column < columns) == self._wide))
        self.updateGeometry()
