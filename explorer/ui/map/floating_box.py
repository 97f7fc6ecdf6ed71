"""What floats on the canvas: a box of which the map beneath takes no notice."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from explorer.ui.widgets.theme import ThemeManager


class Floating(QWidget):
    """A rounded, slightly transparent box, as large as what is in it.

    Signals
    -------
    refitted(): what is in it needed other room, for example because text has another size.
    """

    refitted = Signal()

    def __init__(self, themes: ThemeManager, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._themes = themes
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        themes.changed.connect(self.update)

    def take_size(self) -> None:
        """Take the size that is needed."""
        self.adjustSize()

    def event(self, event: QEvent) -> bool:
        """Take another size when what is in it asks for one."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            before = self.size()
            self.take_size()
            if self.size() != before:
                self.refitted.emit()
        return done

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.fillPath(path, self._themes.current.colour("panel", 242))
        painter.strokePath(path, QPen(self._themes.current.colour("line"), 1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep clicks beside the buttons from reaching the map."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Keep the wheel from zooming the map below."""
        event.accept()
