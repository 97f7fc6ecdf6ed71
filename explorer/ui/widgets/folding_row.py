"""A field with what belongs to it and buttons, in one line where all has room, else the buttons below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMargins, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QHBoxLayout, QWidget

from explorer.ui.widgets.button_rows import ButtonRows

SPACING = 8


class FoldingRow(QWidget):
    """The first of what stands ``before`` the buttons takes the room that is left."""

    def __init__(self, before: Sequence[QWidget], buttons: Sequence[QAbstractButton]) -> None:
        super().__init__()
        self._before = QHBoxLayout()
        self._before.setSpacing(SPACING)
        for place, widget in enumerate(before):
            self._before.addWidget(widget, int(place == 0))
        self._buttons = ButtonRows(buttons, QMargins(), spacing=SPACING, wide=False)
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(SPACING)
        self._box.addLayout(self._before, 1)
        self._box.addWidget(self._buttons)
        self._fold()

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of one line of the folded row, whether it is folded or not."""
        width = max(self._before.minimumSize().width(), self._buttons.minimumSizeHint().width())
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold where there is no room now."""
        super().resizeEvent(event)
        self._fold()

    def event(self, event: QEvent) -> bool:
        """Look again where words or letters changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fold()
        return super().event(event)

    def _fold(self) -> None:
        whole = self._buttons.whole_width()
        one_line = self._before.sizeHint().width() + SPACING + whole <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if one_line else QBoxLayout.Direction.TopToBottom
        if self._box.direction() != direction:
            self._box.setDirection(direction)
        self._buttons.setMinimumWidth(whole if one_line else 0)
