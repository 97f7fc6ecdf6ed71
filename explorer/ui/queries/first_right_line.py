"""Where the first right answer of a query ranked over the steps of a run, as a small line."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.core.types import IntArray
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import count, number_font
from explorer.ui.widgets.text_size import keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

HEIGHT = 26
WORDS = 112
"""Pixels for what is said at the right end, where that needs no more."""


class FirstRightLine(QWidget):
    """A line from the first step to the newest: rank 1 at the top, by the logarithm, with the shown step marked."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._steps: IntArray = np.empty(0, np.int64)
        self._ranks: IntArray = np.empty(0, np.int64)
        self._shown, self._token = -1, "accent"
        self.words = ""
        keep_size(self, height=HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        themes.changed.connect(self.update)

    def show_colour(self, token: str) -> None:
        """Paint the line in the colour of this token from now on."""
        self._token = token
        self.update()

    def show_history(self, steps: IntArray, ranks: IntArray, shown: int) -> None:
        """Show the ranks (S,) at the steps (S,), ascending; those below 1 are not known. ``shown``: the step on screen.

        Of fewer than two there is no line, and the widget hides.
        """
        known = ranks >= 1
        self._steps, self._ranks, self._shown = steps[known], ranks[known], shown
        self.setVisible(len(self._steps) >= 2)
        if len(self._steps) < 2:
            return
        place = max(int(np.searchsorted(self._steps, shown, side="right")) - 1, 0) if shown >= 0 else -1
        self.words = tr("first right #{ranks}", ranks=count(int(self._ranks[place])))
        top = int(np.flatnonzero(self._ranks > 1)[-1]) + 1 if (self._ranks > 1).any() else 0
        since = (
            tr("number 1 since step {steps}", steps=count(int(self._steps[top])))
            if top < len(self._steps)
            else tr("not number 1 yet")
        )
        tip = tr(
            "Rank of the nearest of its own class: {first} at step {first_step}, {last} at step {last_step}; {since}",
            first=count(int(self._ranks[0])),
            first_step=count(int(self._steps[0])),
            last=count(int(self._ranks[-1])),
            last_step=count(int(self._steps[-1])),
            since=since,
        )
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.update()

    def _points(self, box: QRectF) -> list[QPointF]:
        first, last = int(self._steps[0]), int(self._steps[-1])
        lowest = max(math.log(int(self._ranks.max())), 1e-9)
        return [
            QPointF(
                box.left() + box.width() * (step - first) / max(last - first, 1),
                box.top() + box.height() * math.log(rank) / lowest,
            )
            for step, rank in zip(self._steps.tolist(), self._ranks.tolist(), strict=True)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, its newest or its shown point, and the rank there."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._themes.current
        room = max(scaled(WORDS), QFontMetrics(number_font(11)).horizontalAdvance(self.words) + 12)
        box = QRectF(self.rect()).adjusted(4, 5, -room, -5)
        points = self._points(box)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(box.topLeft(), box.topRight())
        painter.setPen(QPen(theme.colour(self._token), 1.5))
        painter.drawPolyline(QPolygonF(points))
        place = max(int(np.searchsorted(self._steps, self._shown, side="right")) - 1, 0) if self._shown >= 0 else -1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(self._token))
        painter.drawEllipse(points[place], 3, 3)
        painter.setPen(theme.colour("muted"))
        painter.setFont(number_font(11))
        words = QRectF(box.right() + 8, 0, room - 8, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.words)
