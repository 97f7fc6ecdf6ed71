"""The steps of a run that was cut off after its newest checkpoint: what they taught is lost, and a plot veils them."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import ui_font

FAR = 100_000
"""More steps than are trained between two checkpoints. Much farther, Qt would draw the veil on the other side."""
LETTERS = 10


class UnsavedSteps:
    """A veil over all that a plot shows right of a step, with words at its top; there is none at first."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.after: float | None = None
        """The last step that was saved, where there are later ones."""
        self._veil = pg.LinearRegionItem(movable=False)
        self._words = pg.InfLineLabel(self._veil.lines[0], tr("not saved"), position=0.9, anchors=[(0, 0.5), (0, 0.5)])
        self._words.setFont(ui_font(LETTERS))
        self._veil.setZValue(10)
        self._veil.setVisible(False)
        plot.addItem(self._veil, ignoreBounds=True)

    def show_after(self, step: int | None) -> None:
        """Veil what comes after a step, or nothing."""
        self.after = None if step is None else float(step)
        self._veil.setVisible(step is not None)
        if step is not None:
            self._veil.setRegion((step, step + FAR))

    def restyle(self, veil: QColor, words: QColor) -> None:
        """Take other colours: of the ``veil``, and of its edge and ``words``."""
        self._veil.setBrush(veil)
        for line in self._veil.lines:
            line.setPen(QPen(words, 0, Qt.PenStyle.DashLine))
        self._words.setColor(words)
