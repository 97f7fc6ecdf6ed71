"""The learned Mahalanobis matrix, its eigenvalues, and which pixels it looks at."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.core.events import RunStarted
from explorer.core.registry import register
from explorer.core.types import FloatArray, LearnedMetric
from explorer.engine.events import DatasetOpened, RunOpened, RunShown
from explorer.ui.metrics.result_figures import spectrum_figure
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.figures.figure import Figure, Matrix, matrix_columns
from explorer.ui.widgets.heat_map import HeatMap
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.plots import Plot
from explorer.ui.widgets.text import ElidedLabel, count, decimal

LEAST = 1e-7
"""Eigenvalues below this share of the largest are rounding, in float32."""

PICTURE_WIDTH = 340
"""From this width on there is room for the picture of the diagonal too."""


@register("panel", "metric")
class LearnedMetricPanel(Panel):
    """The learned matrix M = LᵀL of a linear metric as a heat map, its spectrum, and its diagonal as a picture."""

    key: ClassVar[str] = "metric"
    title: ClassVar[str] = tr("Metric")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 40
    beside: ClassVar[str] = "distances"
    empty_text: ClassVar[str] = tr(
        "The matrix that a linear metric has learned, and which pixels matter. Train with the encoder linear, "
        "the distance mahalanobis, or a fitter such as lmnn."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: LearnedMetric | None = None
        self._eigenvalues = np.zeros(0)
        self._build()
        desk.bridge.of(LearnedMetric).connect(self.show_metric)
        desk.bridge.run_event.connect(self._on_run_event)
        for cause in (RunOpened, RunShown):
            desk.bridge.of(cause).connect(lambda _event: self._forget())
        desk.bridge.of(DatasetOpened).connect(lambda _opened: self._forget())
        desk.themes.changed.connect(self._restyle)
        self._restyle()
        self.show_body(False)

    def _build(self) -> None:
        themes = self.desk.themes
        self.matrix = HeatMap(themes, tr("The learned matrix M, blue below zero and orange above"))
        self.matrix.pointed.connect(self._point_matrix)
        self.picture = HeatMap(themes, tr("The diagonal of M: how much each pixel matters"))
        self.picture.pointed.connect(self._point_picture)
        self.plot = Plot(themes, tr("Eigenvalues of M, largest first, on a logarithmic scale"))
        self.plot.set_titles(bottom="place", left="eigenvalue")
        self.plot.setLogMode(x=False, y=True)
        self.plot.pointed.connect(self._point_spectrum)
        self._line = pg.PlotDataItem()
        self.plot.addItem(self._line)
        self.export = FigureExport(self, self._figures)
        for drawn in (self.matrix, self.picture, self.plot):
            drawn.offers = self.export.add_to
        self._matrix_title, self._picture_title = ElidedLabel("", role="caption"), ElidedLabel("", role="caption")
        body = QHBoxLayout(self.body)
        body.setContentsMargins(12, 6, 8, 6)
        body.setSpacing(12)
        self._columns = [
            _column(self._matrix_title, self.matrix),
            _column(self._picture_title, self.picture),
            _column(ElidedLabel(tr("Eigenvalues"), role="caption"), self.plot),
        ]
        for column, stretch in zip(self._columns, (4, 4, 3), strict=True):
            body.addWidget(column, stretch)

    def _restyle(self) -> None:
        pen = QPen(self.plot.colour("accent"), 2)
        pen.setCosmetic(True)
        self._line.setPen(pen)
        self._line.setSymbol("o")
        self._line.setSymbolSize(4)
        self._line.setSymbolPen(None)
        self._line.setSymbolBrush(self.plot.colour("accent"))

    def _on_run_event(self, event: object) -> None:
        if isinstance(event, RunStarted) and event.step == 0:
            self._forget()

    def _forget(self) -> None:
        self._shown = None
        self.set_status("")
        self.set_subtitle("")
        self.show_body(False)

    def show_metric(self, metric: LearnedMetric) -> None:
        """Draw another matrix."""
        self._shown = metric
        self.show_body(True)
        drawn = np.sign(metric.matrix) * np.sqrt(np.abs(metric.matrix))  # roots: what is small is seen too
        self.matrix.show_values(drawn, float(np.abs(drawn).max(initial=0)))
        rows = len(metric.matrix)
        self._matrix_title.setText(f"{count(metric.size)} × {count(metric.size)}")
        means = tr("each cell the mean of about {size:.0f} × {size:.0f} entries", size=metric.size / rows)
        self.matrix.setToolTip(tr("Blue below zero, orange above") + ("" if rows == metric.size else f"; {means}"))
        if metric.diagonal.ndim == 2:
            least = metric.diagonal.min()  # what all pixels have in common would hide what they differ in
            self.picture.show_values(metric.diagonal - least, float(metric.diagonal.max() - least))
            self._picture_title.setText(tr("Pixels that matter"))
        values = metric.eigenvalues.astype(np.float64)
        self._eigenvalues = values[values > LEAST * values.max(initial=0)]
        self._line.setData(np.arange(1, len(self._eigenvalues) + 1), self._eigenvalues)
        self.set_subtitle(tr("over {over}", over=metric.over))
        self._lay_out()
        self._write()

    def _figures(self) -> list[Figure]:
        """Return the matrix, the picture of its diagonal and the eigenvalues for paper."""
        metric = self._shown
        if metric is None:
            return []
        caption = caption_of(self, tr("over {over}", over=metric.over), self.status)
        figures: list[Figure] = [_matrix_figure(tr("Matrix (roots)"), caption, metric.matrix, self.matrix)]
        if metric.diagonal.ndim == 2:
            figures.append(_matrix_figure(tr("Pixels that matter"), caption, metric.diagonal, self.picture))
        return [*figures, spectrum_figure(self._eigenvalues, caption)] if len(self._eigenvalues) else figures

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much side by side as there is room for."""
        super().resizeEvent(event)
        self._lay_out()

    def _lay_out(self) -> None:
        if self._shown is None:
            return
        pictured = self._shown.diagonal.ndim == 2
        side = max(64, self.height() - 40)
        shown = pictured and self.width() >= PICTURE_WIDTH
        for column in self._columns[:2]:
            column.setMaximumWidth(side)
        self._columns[1].setVisible(shown)

    def _write(self, pointed: str = "") -> None:
        """Say in the header what is under the pointer, else how many directions the metric uses."""
        metric, values = self._shown, self._eigenvalues
        if metric is None:
            return
        if pointed or not len(values):
            self.set_status(pointed or tr("all zero · step {step}", step=count(metric.step)))
            return
        rank = values.sum() ** 2 / np.square(values).sum()
        condition = values[0] / values[-1]
        self.set_status(
            tr(
                "rank {rank:.1f}/{eigenvalues} · condition {condition:.3g} · step {step}",
                rank=rank,
                eigenvalues=len(metric.eigenvalues),
                condition=condition,
                step=count(metric.step),
            )
        )

    def _point_matrix(self, cell: tuple[int, int] | None) -> None:
        metric = self._shown
        if cell is None or metric is None:
            self._write()
            return
        rows, whole = len(metric.matrix), metric.size
        i, j = (_span(k, rows, whole) for k in cell)
        self._write(f"M({i}, {j}) = {decimal(metric.matrix[cell], '.3g')}")

    def _point_picture(self, cell: tuple[int, int] | None) -> None:
        metric = self._shown
        if cell is None or metric is None:
            self._write()
            return
        self._write(tr("pixel ({x}, {y}): {weight:.3g}", x=cell[0], y=cell[1], weight=metric.diagonal[cell]))

    def _point_spectrum(self, x: float | None) -> None:
        if x is None or not len(self._eigenvalues):
            self._write()
            return
        at = int(np.clip(round(x), 1, len(self._eigenvalues)))
        self._write(
            tr(
                "eigenvalue {at} of {count}: {value:.3g}",
                at=at,
                count=len(self._eigenvalues),
                value=self._eigenvalues[at - 1],
            )
        )


def _matrix_figure(title: str, caption: str, numbers: FloatArray, shown: HeatMap) -> Matrix:
    """Return what a heat map shows as a figure; ``numbers``: what it is of, which are saved as CSV."""
    limit = float(np.abs(shown.values).max(initial=0))
    return Matrix(title, caption, matrix_columns(numbers), shown.values, limit, tr("below zero"), tr("above zero"))


def _span(index: int, rows: int, whole: int) -> str:
    """Return the rows of the whole matrix that one row of the shown one stands for."""
    first, last = index * whole // rows, (index + 1) * whole // rows - 1
    return str(first) if first >= last else f"{first}–{last}"


def _column(title: ElidedLabel, content: QWidget) -> QWidget:
    column = QWidget()
    column.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
    box = QVBoxLayout(column)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(4)
    box.addWidget(title)
    box.addWidget(content, 1)
    return column
