"""The scroll area of the recipe: a field that is being changed stays under the hand, whatever comes or goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from explorer.ui.widgets.next_turn import SOON_MS

LATER_MS = (SOON_MS, 20)
"""When the field is put back: what comes and goes has its place only in the next turns of the event loop."""


class FormScroll(QScrollArea):
    """Scrolls a form up and down; ``held`` keeps a field at its height in the window while the form changes.

    ``room`` is empty, and belongs at the end of the layout of the form.
    """

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.room = QWidget(inside)  # the form puts it below all: what it needs to stay where it is when it is shorter
        self.room.setFixedHeight(0)
        self.setWidget(inside)
        inside.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of fields and scroll bar: beside a wide panel they would be cut off at the right."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def content_height(self) -> int:
        """Return the height of the form, without the empty room below it."""
        return self._inside.sizeHint().height() - self.room.height()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another width when other fields need it."""
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    @contextmanager
    def held(self, field: Callable[[], QWidget]) -> Iterator[None]:
        """Keep ``field()`` where it is, which may be another widget afterwards; there may be room below for that."""
        before = self._height_of(field())
        self.room.setFixedHeight(self.viewport().height())  # else a form that becomes shorter scrolls at once
        yield
        for turn in LATER_MS:
            QTimer.singleShot(turn, self, lambda: self._put(field(), before))

    def _height_of(self, field: QWidget) -> int:
        return field.mapTo(self.viewport(), QPoint(0, 0)).y()

    def _put(self, field: QWidget, height: int) -> None:
        """Scroll until a field is at a height of the window."""
        self._lay_out()
        wanted = max(0, self.verticalScrollBar().value() + self._height_of(field) - height)
        needed = wanted + self.viewport().height() - (self._inside.minimumSizeHint().height() - self.room.height())
        self.room.setFixedHeight(max(0, needed))
        self._lay_out()
        self.verticalScrollBar().setValue(wanted)

    def _lay_out(self) -> None:
        """Give everything its place now."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
