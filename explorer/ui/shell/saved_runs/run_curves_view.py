"""The curves of the marked runs over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPen, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.figure_words import figure_name, figure_words
from explorer.engine.run_curves import RunCurves
from explorer.engine.run_rows import RunRow
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import PlainLabel, broken, counted, plain_tip
from explorer.ui.widgets.text_size import keep_size
from explorer.ui.widgets.theme import ThemeManager
from explorer.ui.widgets.untinted import plain_icon

MOST = 30
"""Runs whose curves are drawn together; more could not be told apart."""

FEW_POINTS = 30
"""So many points of a curve are seen one by one."""
KEY_WIDTH = 220
PATH = int(Qt.ItemDataRole.UserRole)

TITLES = {"step": tr("step"), "items": tr("items seen"), "share": tr("share of the run")}
AXES = {"step": tr("by steps"), "items": tr("by items seen"), "share": tr("by the share of the run")}


class RunCurvesView(QWidget):
    """A line of each marked run, in the colour that stands before its name at the right.

    Signals
    -------
    pointed(path): the name of a run was clicked.
    """

    pointed = Signal(str)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._rows: Sequence[RunRow] = ()
        self._curves: dict[str, RunCurves] = {}
        self._names: dict[str, str] = {}
        self.lines: dict[str, pg.PlotDataItem] = {}
        self.what, self.over = QComboBox(), QComboBox()
        self.what.setAccessibleName(tr("What is drawn"))
        self.what.addItem("recall@1", "recall@1")
        self.over.setAccessibleName(tr("Over what it is drawn"))
        for key, words in AXES.items():
            self.over.addItem(words, key)
        self.told = PlainLabel(role="muted")
        self.plot = Plot(themes, tr("Curves of the marked runs"))
        self.key = QListWidget()
        self.key.setAccessibleName(tr("The marked runs with the colours of their curves"))
        self.key.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        keep_size(self.key, width=KEY_WIDTH)
        self.key.itemClicked.connect(lambda item: self.pointed.emit(item.data(PATH)))
        top = QHBoxLayout()
        top.setSpacing(8)
        for widget in (self.what, self.over, self.told):
            top.addWidget(widget)
        top.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 4)
        box.setSpacing(4)
        box.addLayout(top)
        both = QHBoxLayout()
        both.addWidget(self.plot, 1)
        both.addWidget(self.key)
        box.addLayout(both, 1)
        self.what.currentIndexChanged.connect(lambda _index: self._draw())
        self.over.currentIndexChanged.connect(lambda _index: self._draw())
        themes.changed.connect(self._draw)

    def missing(self, rows: Sequence[RunRow], names: Mapping[str, str]) -> list[Path]:
        """Take what is marked, by ``names`` of their paths, and return the runs whose curves are not known yet."""
        self._rows, self._names = rows[:MOST], dict(names)
        self.told.setText(self._words(len(rows)))
        self._draw()
        return [Path(row.path) for row in self._rows if row.path not in self._curves]

    def show_curves(self, found: Sequence[RunCurves]) -> None:
        """Draw what was read."""
        self._curves |= {str(one.path): one for one in found}
        self._offer()
        self._draw()

    def forget(self, path: str) -> None:
        """Let the curves of a run be read again: it was trained further."""
        self._curves.pop(path, None)

    def _words(self, marked: int) -> str:
        if not marked:
            return tr("Mark runs in the table: Ctrl or Shift and a click")
        if marked > MOST:
            return tr("the first {most} of {runs}", most=MOST, runs=counted(marked, "marked run"))
        return counted(marked, "marked run")

    def _offer(self) -> None:
        """Offer what any of the runs measured; what is drawn stays so."""
        names = dict.fromkeys(name for one in self._curves.values() for name in one.lines)
        known = {self.what.itemData(place) for place in range(self.what.count())}
        for name in names:
            if name not in known:
                self.what.addItem(said(figure_name(name)), name)

    def _draw(self) -> None:
        name, over = str(self.what.currentData()), str(self.over.currentData())
        self.what.setToolTip(broken(said(figure_words(name))))
        for line in self.lines.values():
            self.plot.removeItem(line)
        self.key.clear()
        self.lines = {}
        colours = self._themes.current.legible(class_colours(max(len(self._rows), 1)))
        for row, colour in zip(self._rows, colours.tolist(), strict=False):
            self._draw_line(row, QColor(*colour), name, over)
        self.plot.set_titles(bottom=TITLES[over])
        self.plot.plotItem.autoRange()

    def _draw_line(self, row: RunRow, colour: QColor, name: str, over: str) -> None:
        curves = self._curves.get(row.path)
        points = None if curves is None else curves.lines.get(name)
        if points is None:
            return
        few = points.shape[1] <= FEW_POINTS
        pen = QPen(colour, 2)
        pen.setCosmetic(True)
        dots = {"symbol": "o", "symbolSize": 5, "symbolBrush": colour, "symbolPen": None} if few else {}
        line = pg.PlotDataItem(points[0] * _scale(row, over), points[1], pen=pen, connect="finite", **dots)
        self.plot.addItem(line)
        self.lines[row.path] = line
        swatch = QPixmap(12, 12)
        swatch.fill(colour)
        entry = QListWidgetItem(plain_icon(swatch), self._names.get(row.path, row.name), self.key)
        entry.setData(PATH, row.path)
        entry.setToolTip(plain_tip(entry.text()))


def _scale(row: RunRow, over: str) -> float:
    """Return what a step of a run is worth on the axis."""
    if over == "items" and row.pictures is not None and row.step:
        return row.pictures / row.step
    return 1 / row.step if over == "share" and row.step else 1.0
