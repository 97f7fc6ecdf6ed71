"""Marks on a plot over steps: where a live value was moved, and to what."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QFontMetrics, QPen

from explorer.core.events import ParameterChanged
from explorer.core.live_change import in_one_go
from explorer.core.recipe import PART_KINDS
from explorer.ui.session.run_names import setting_title
from explorer.ui.widgets.language import small
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.recipe_words import part_called
from explorer.ui.widgets.text import decimal, ui_font
from explorer.ui.widgets.text_size import scaled

CLOSE_PIXELS = 14
"""Changes of one value that stand closer have one mark: a hand made them in one go, or they could not be told apart."""
ROWS, ROW_PIXELS, LABEL_PIXELS, GAP = 3, 16, 10, 6
"""Rows of labels at most, from the bottom of the plot; the size of their letters, and the room between two of them."""
MARGIN, CLEAR = 1, 2
"""Pixels around the letters of a label, and between a label and a level that it keeps clear of."""

BELOW = -1
"""Below the scales of all curves: labels stand on a ground of their own, which before one would hide a part of it."""


def label_of(change: ParameterChanged) -> str:
    """Return what the label of a change says: ``margin 0.5``, ``semi-hard``."""
    if isinstance(change.new, float):
        return f"{small(setting_title(change.path, kind=False))} {decimal(change.new, '.3g')}"
    return part_called(change.path, str(change.new)) if change.path in PART_KINDS else str(change.new).replace("_", " ")


class ChangeMarks:
    """The marks of one plot: a line and a label for each change, as many as can be told apart at the present zoom.

    ``level``: a line across the plot that labels keep clear of; ``lines``: those that they stand above or below where a
    row has room there.
    """

    def __init__(self, plot: Plot, level: pg.InfiniteLine, lines: Collection[pg.PlotDataItem] = ()) -> None:
        self._plot, self._level, self._curves = plot, level, lines
        self._box = plot.add_scale(axis=False)
        self._box.setZValue(self._box.zValue() + BELOW)
        self._changes: list[ParameterChanged] = []
        self._lines: list[pg.InfiniteLine] = []
        self._rows: list[int] = []  # of the lines that are seen, -1 where a label has no room
        plot.getViewBox().sigXRangeChanged.connect(lambda *_range: self._lay_out())
        plot.getViewBox().sigYRangeChanged.connect(lambda *_range: self._lay_out())
        plot.getViewBox().sigResized.connect(lambda _box: self._lay_out())
        for box in {line.getViewBox() for line in lines} - {plot.getViewBox()}:
            box.sigYRangeChanged.connect(lambda *_range: self._lay_out())
        level.sigPositionChanged.connect(lambda _line: self._lay_out())
        level.visibleChanged.connect(self._lay_out)

    def add(self, change: ParameterChanged) -> None:
        """Mark the step at which a live value was moved."""
        self._changes.append(change)
        self._lay_out()

    @property
    def changes(self) -> list[ParameterChanged]:
        """All changes, those of one value that a hand made in one go as the last of them."""
        return in_one_go(self._changes)

    def clear(self) -> None:
        """Forget all changes."""
        self._changes.clear()
        self._lay_out()

    def shown(self) -> list[tuple[str, int, int]]:
        """Return the marks that are seen: label, empty where there is no room for one, row, and step."""
        lines = zip(self._lines, self._rows, strict=False)
        return [(str(line.label.format), row, int(line.value())) for line, row in lines]

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        pen = QPen(self._plot.colour("accent", 120), 0, Qt.PenStyle.DotLine)
        for line in self._lines:
            line.setPen(pen)
            line.label.setColor(self._plot.colour("muted"))
            line.label.fill = QBrush(self._plot.colour("panel"))
            line.label.setFont(ui_font(LABEL_PIXELS))

    def _pixels(self, step: float) -> float:
        box = self._plot.getViewBox()
        low, high = box.viewRange()[0]
        return float((step - low) / max(high - low, 1e-9) * max(box.width(), 1.0))

    def _apart(self) -> list[ParameterChanged]:
        """Return one change for each group of changes of one value that stand close together: its last."""
        found: dict[tuple[str, int], ParameterChanged] = {}
        groups: dict[str, tuple[int, float]] = {}  # of each value the newest group, and where its last change stands
        for change in in_one_go(self._changes):
            at = self._pixels(change.step)
            group, before = groups.get(change.path, (0, float("-inf")))
            group += at - before > CLOSE_PIXELS
            groups[change.path] = group, at
            found[change.path, group] = change
        return sorted(found.values(), key=lambda change: change.step)

    def bottoms(self) -> list[float]:
        """Return the pixels above the bottom of the plot at which the rows of labels begin that have room in it."""
        box, high = self._plot.getViewBox(), scaled(ROW_PIXELS)
        low, top = box.viewRange()[1]
        level = (float(self._level.value()) - low) / max(top - low, 1e-9) * box.height()
        found, at = [], 0.0
        for row in range(ROWS):
            if self._level.isVisible() and at - CLEAR < level < at + high + CLEAR:
                at = level + CLEAR
            if row == 0 or at + high <= box.height():
                found.append(at)
            at += high
        return found

    def _crossed(self, begins: float, width: float, bottom: float) -> bool:
        """Return whether a curve passes the middle of where a label of such a width would stand, in pixels of the plot.

        At its line a curve often jumps: that much of an end may be passed.
        """
        box = self._plot.getViewBox()
        low, high = box.viewRange()[0]
        ends = low + np.array([begins + GAP, begins + width - GAP]) / max(box.width(), 1.0) * (high - low)
        for curve in self._curves:
            x, y = curve.getData()
            if not curve.isVisible() or x is None or len(x) == 0 or ends[1] < x[0] or ends[0] > x[-1]:
                continue
            between = y[np.searchsorted(x, ends[0]) : np.searchsorted(x, ends[1])]
            passed = np.concatenate([np.interp(ends, x, y), between])
            passed = passed[np.isfinite(passed)]
            least, top = curve.getViewBox().viewRange()[1]
            at = (passed - least) / max(top - least, 1e-9) * box.height()
            if len(at) and at.max() > bottom and at.min() < bottom + scaled(ROW_PIXELS):
                return True
        return False

    def _places(self, changes: list[ParameterChanged]) -> list[tuple[float, float, bool]]:
        """Return where the label of each change begins, its width, and whether it stands at the left of its line.

        So it does where it would be cut off at the right, or would begin behind one of a later change.
        """
        metrics, end = QFontMetrics(ui_font(LABEL_PIXELS)), self._plot.getViewBox().width()
        found: list[tuple[float, float, bool]] = []
        later = float("inf")
        for change in reversed(changes):
            at, width = self._pixels(change.step), metrics.horizontalAdvance(label_of(change)) + GAP
            left = at + width > end or (at > later and at >= width)
            later = at - width if left else at
            found.append((later, width, left))
        return found[::-1]

    def _lay_out(self) -> None:
        changes, bottoms = self._apart(), self.bottoms()
        while len(self._lines) < len(changes):
            line = pg.InfiniteLine(angle=90, label="", labelOpts={"movable": False, "anchors": [(0, 1), (0, 1)]})
            self._box.addItem(line, ignoreBounds=True)
            line.label.textItem.document().setDocumentMargin(MARGIN)
            self._lines.append(line)
            self.restyle()
        self._rows.clear()
        ends = [float("-inf")] * len(bottoms)  # where the last label of each row ends
        box = self._plot.getViewBox()
        for line, change, (begins, width, left) in zip(self._lines, changes, self._places(changes), strict=False):
            text = label_of(change)
            free = [row for row, end in enumerate(ends) if begins >= end]
            clear = (row for row in free if not self._crossed(begins, width, bottoms[row]))
            row = next(clear, free[0] if free else -1)
            if row >= 0:
                ends[row] = begins + width
            self._rows.append(row)
            line.setValue(change.step)
            line.label.anchors = [(int(left), 1)] * 2
            line.label.setFormat(text if row >= 0 else "")
            line.label.setPosition(min(1.0, bottoms[max(row, 0)] / max(box.height(), 1.0)))
            line.setVisible(True)
        for line in self._lines[len(changes) :]:
            line.setVisible(False)
