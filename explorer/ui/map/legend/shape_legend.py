"""What the shapes of the points mean."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from explorer.ui.map.canvas.scene import DIAMOND, DISC, RING
from explorer.ui.map.legend.legend_list import EDGE, SWATCH
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ui_font
from explorer.ui.widgets.text_size import scaled, text_size
from explorer.ui.widgets.theme import Theme, ThemeManager

ROW = 18

SHAPES = {DISC: tr("train"), RING: tr("held out"), DIAMOND: tr("held out, class unseen")}


def paint_shape(painter: QPainter, theme: Theme, shape: int, box: QRectF) -> None:
    """Paint the shape of a point into a square box."""
    painter.setPen(QPen(theme.colour("muted"), 1.6))
    painter.setBrush(theme.colour("muted") if shape == DISC else Qt.BrushStyle.NoBrush)
    if shape == DIAMOND:
        path = QPainterPath(box.center())
        x, y, side = box.center().x(), box.center().y(), 0.625 * box.width()
        path.moveTo(x, y - side)
        for right, down in ((side, 0.0), (0.0, side), (-side, 0.0), (0.0, -side)):
            path.lineTo(x + right, y + down)
        painter.drawPath(path)
    else:
        painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))


class ShapeLegend(QWidget):
    """Says in a row each what the shapes of the points mean."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes
        self._shapes: tuple[int, ...] = ()
        text_size().changed.connect(self._keep_height)

    @property
    def shown(self) -> tuple[int, ...]:
        """The shapes that are explained."""
        return self._shapes

    def show_shapes(self, shapes: Sequence[int]) -> None:
        """Explain these shapes."""
        self._shapes = tuple(shapes)
        self._keep_height()
        self.setAccessibleName(", ".join(SHAPES[shape] for shape in self._shapes))
        self.setVisible(bool(self._shapes))
        self.update()

    def _keep_height(self) -> None:
        self.setFixedHeight(scaled(ROW) * len(self._shapes) + 5 if self._shapes else 0)

    def sizeHint(self) -> QSize:
        """Return the width of the words."""
        metrics = QFontMetrics(ui_font(11))
        width = max((metrics.horizontalAdvance(SHAPES[shape]) for shape in self._shapes), default=0)
        return QSize(width + EDGE + scaled(SWATCH) + EDGE, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw shapes and words below a line."""
        painter, theme = QPainter(self), self._themes.current
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(11))
        painter.fillRect(QRectF(EDGE, 0, self.width() - 2 * EDGE, 1), theme.colour("line"))
        row, side = scaled(ROW), scaled(8)
        for place, shape in enumerate(self._shapes):
            paint_shape(painter, theme, shape, QRectF(EDGE, 4 + row * place + (row - side) / 2, side, side))
            painter.setPen(theme.colour("muted"))
            text = QRectF(EDGE + scaled(SWATCH), 4 + row * place, self.width(), row)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, SHAPES[shape])
        painter.end()
