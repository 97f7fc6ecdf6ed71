"""The curves of a protocol in the panel *Evaluate*: what is shown beside the raw data, on the axes of their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer.evaluation.curves import (
    CurveKind,
    Doubles,
    Points,
    Scale,
    drawn,
    extent,
    kind_of,
    ticks,
    worth_of,
    written,
)
from explorer.ui.metrics.result_figures import axis_word, protocol_figure
from explorer.ui.widgets.fields.choice import Combo
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import later, localised, said, tr
from explorer.ui.widgets.plot_legend import DASHED, PlotLegend
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import ElidedLabel
from explorer.ui.widgets.text_size import keep_size
from explorer.ui.widgets.theme import ThemeManager

HEIGHT = 170
TICK_WIDTH, TICK_HEIGHT = 34, 22
"""Pixels that a tick of an axis has for itself."""

Curves = Mapping[str, Points]


class ScaleAxis(pg.AxisItem):
    """An axis of percentages, of normal deviates of percentages, or of ranks."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.scale_kind: Scale = "share"

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return where the ticks stand."""
        room = TICK_WIDTH if self.orientation in ("top", "bottom") else TICK_HEIGHT
        return [(1.0, [place for place, _ in ticks(low, high, self.scale_kind, max(2, int(size / room)))])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return the texts of the ticks."""
        if self.scale_kind == "rank":
            return [localised(f"{value:,.0f}") for value in values]
        return [localised(f"{100 * worth_of(value, self.scale_kind):.6g}") for value in values]


class ProtocolCurves(QWidget):
    """A choice of curves, one of them drawn, and what it says under the pointer."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: dict[str, Curves] = {}
        self._places: dict[str, tuple[Doubles, Doubles]] = {}
        self._kind: CurveKind = kind_of("roc")
        self._raw = tr("raw data")
        self.choice = Combo()
        self.choice.setAccessibleName(tr("Which curve is drawn"))
        self.choice.currentIndexChanged.connect(lambda _index: self._draw())
        self.keys = PlotLegend(themes, self)
        self.keys.add(later("now"), "accent", told=tr("Of the embeddings that are shown"))
        self.keys.add(
            later("raw"), "muted", dashes=DASHED, told=tr("Of the raw data, before any training: what has to be beaten")
        )
        self._axes = {side: ScaleAxis(side) for side in ("bottom", "left")}
        self.plot = Plot(themes, tr("The curve of the protocol"), axes=self._axes)
        keep_size(self.plot, height=HEIGHT)
        for axis in self._axes.values():
            axis.setStyle(hideOverlappingLabels=False)  # the ends of a range of shares are worth a label
        self.plot.pointed.connect(self._point)
        self._even = pg.PlotDataItem()
        self._lines = {"raw": pg.PlotDataItem(), "now": pg.PlotDataItem()}
        self._dots = pg.ScatterPlotItem(size=7)
        for item in (self._even, *self._lines.values(), self._dots):
            self.plot.addItem(item)
        self.keys.toggled.connect(lambda name, on: self._lines[name].setVisible(on))
        self.readout = ElidedLabel("", self, role="caption")
        self._place()
        themes.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def _place(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.choice)
        top.addWidget(self.keys, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 0, 8, 6)
        box.setSpacing(4)
        box.addLayout(top)
        box.addWidget(self.plot)
        box.addWidget(self.readout)

    def _restyle(self) -> None:
        for name, token, style, width in (
            ("now", "accent", Qt.PenStyle.SolidLine, 2.0),
            (later("raw"), "muted", Qt.PenStyle.DashLine, 1.4),
        ):
            pen = QPen(self.plot.colour(token), width, style)
            pen.setCosmetic(True)
            self._lines[name].setPen(pen)
        self._even.setPen(QPen(self.plot.colour("line"), 0))
        self._dots.setBrush(self.plot.colour("accent"))
        self._dots.setPen(None)

    def show_curves(self, now: Curves, raw: Curves, before: str) -> None:
        """Show the curves of what is shown and of the raw data, which are called ``before``; hide where there are none.

        The curve that was chosen stays, where there is one of its name.
        """
        chosen, self._raw = self.choice.currentData(), before
        self._curves = {"now": now, "raw": raw}
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for name in now:
                self.choice.addItem(said(kind_of(name).title), name)
            self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.setVisible(bool(now))
        self._draw()

    def figures(self, caption: str) -> list[Figure]:
        """Return the curves for paper, the one that is drawn first."""
        chosen = self.choice.currentData()
        names = sorted(self._curves.get("now", ()), key=lambda name: name != chosen)
        called = {"now": tr("now"), "raw": self._raw}
        return [
            protocol_figure(
                name, {called[of]: curves[name] for of, curves in self._curves.items() if name in curves}, caption
            )
            for name in names
        ]

    def _draw(self) -> None:
        name = self.choice.currentData()
        if name is None:
            return
        kind = self._kind = kind_of(name)
        self._axes["bottom"].scale_kind, self._axes["left"].scale_kind = kind.x_scale, kind.y_scale
        self._places = {of: drawn(curves[name], kind) for of, curves in self._curves.items() if name in curves}
        for of, line in self._lines.items():
            line.setData(*self._places.get(of, ([], [])))
        self.keys.set_shown("raw", "raw" in self._places)
        self._scale()
        x, y = axis_word(kind.x), axis_word(kind.y)
        self.plot.set_titles(left=y if kind.y_scale == "rank" else f"{y}, %")
        self.plot.setAccessibleName(tr("{title}: {y} over {x}", title=said(kind.title), y=y, x=x))
        self._point(None)

    def _scale(self) -> None:
        """Show the part of the axes that the curves need, and where both errors are equal."""
        across, upwards = extent(self._places.values(), self._kind)
        even = list(across) if self._kind.x_scale == "deviate" else []
        self._even.setData(even, even)
        self.plot.setXRange(*across, padding=0.02)
        self.plot.setYRange(*upwards, padding=0.02)

    def _point(self, x: float | None) -> None:
        """Say what the curves have at the place that is pointed at."""
        kind, now = self._kind, self._places.get("now")
        if x is None or now is None or not len(now[0]):
            self._dots.setData([], [])
            self.readout.setText(tr("{y} over {x}", y=axis_word(kind.y), x=axis_word(kind.x)) + self._unit())
            return
        words = []
        at: list[tuple[float, float]] = []
        for of, name in (("now", ""), ("raw", f"{self._raw} ")):
            if of in self._places and len(self._places[of][0]):
                xs, ys = self._places[of]
                row = int(np.abs(xs - x).argmin())
                at.append((float(xs[row]), float(ys[row])))
                words.append(f"{name}{written(worth_of(at[-1][1], kind.y_scale), kind.y_scale)}")
        self._dots.setData([place for place, _ in at], [place for _, place in at])
        there = written(worth_of(at[0][0], kind.x_scale), kind.x_scale)
        self.readout.setText(f"{axis_word(kind.x)} {there}: {axis_word(kind.y)} {', '.join(words)}")

    def _unit(self) -> str:
        return tr(", in percent") if self._kind.x_scale != "rank" else ""
