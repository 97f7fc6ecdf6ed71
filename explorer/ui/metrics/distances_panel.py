"""Distances between pairs of the same class and of different classes, and a threshold that can be dragged."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout

from explorer.core.registry import register
from explorer.core.types import COMPARED_PAIRS, PIXELS_RUN, DistanceHistogram
from explorer.engine.events import DatasetOpened, RunOpened, RunShown, StateChanged
from explorer.engine.session.run_threshold import RunThreshold
from explorer.ui.metrics.distance_plot import DistancePlot
from explorer.ui.metrics.mistakes import MistakesView
from explorer.ui.metrics.result_figures import distances_figure
from explorer.ui.session.figure_export import FigureExport, caption_of
from explorer.ui.session.panel import Area, Desk, Panel
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import localised, tr
from explorer.ui.widgets.more_button import MoreButton
from explorer.ui.widgets.plot_legend import DASHED, PlotLegend
from explorer.ui.widgets.plots import PLOT_HEIGHT
from explorer.ui.widgets.text import count, counted, percent

PAIRS = (COMPARED_PAIRS, 1_000_000, 10_000_000)
PICTURES_MS = 33
"""Least time between two changes of the pictures: figures and line follow the hand at once."""

STEPS, LEAP = 500, 10
"""An arrow key moves the threshold by one of so many steps over all distances, with Shift by so many of these."""

SAME = tr("Share and number of the pairs of one class that lie beyond the threshold, and are refused; 0 is best")
DIFFERENT = tr("Share and number of the pairs of two classes that lie below the threshold, and are accepted; 0 is best")
KEPT = tr("The threshold that is kept with the run: what is nearer is taken for the same")
"""What the tip of each line says of it."""

WIDE = 560
"""From this width on the pictures of both sorts of mistakes stand side by side."""

ABOUT = tr("Distances within a class (green) and between classes (red). They part as the metric is learned.")
COMING = tr("{about} They appear here once pairs of the items have been compared.", about=ABOUT)


@register("panel", "distances")
class DistancesPanel(Panel):
    """Histograms of same-class and different-class distances with a threshold, and what it gets wrong."""

    key: ClassVar[str] = "distances"
    title: ClassVar[str] = tr("Distances")
    area: ClassVar[Area] = "bottom"
    order: ClassVar[int] = 30
    empty_text: ClassVar[str] = tr("{about} Open labelled data.", about=ABOUT)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: DistanceHistogram | None = None
        self._moved = False
        self._build()
        bridge = desk.bridge
        bridge.of(DistanceHistogram).connect(self.show_histogram)
        bridge.of(RunThreshold).connect(self._on_kept)
        bridge.of(DatasetOpened).connect(self._forget)
        bridge.of(RunShown).connect(self._on_run_shown)
        bridge.of(StateChanged).connect(lambda event: self._say_what_comes(loading=event.state == "loading"))
        for cause in (RunShown, RunOpened, StateChanged):
            bridge.of(cause).connect(lambda _event: self._look())
        self.show_body(False)
        self._say_what_comes(loading=desk.session.state == "loading")

    def _say_what_comes(self, *, loading: bool) -> None:
        """Ask for labelled data only where none are open or being opened."""
        dataset = self.desk.data.dataset
        labelled = dataset is not None and dataset.labelled
        self.set_empty_text(COMING if loading or labelled else self.empty_text)

    def _build(self) -> None:
        themes = self.desk.themes
        self.keys = PlotLegend(themes, self)
        self.keys.add("same class", "right", told=SAME)
        self.keys.add("different class", "wrong", told=DIFFERENT)
        self.keys.add("threshold", "text", dashes=DASHED)
        self.keys.add("kept", "accent", dashes=DASHED, shown=False, told=KEPT)
        self.plot = DistancePlot(themes)
        self.keys.toggled.connect(self.plot.show_line)
        self.export = FigureExport(self, self._figures)
        self.plot.offers = self.export.add_to
        self.plot.threshold_moved.connect(self._on_moved)
        self.plot.threshold_rested.connect(self._on_rested)
        self.more = MoreButton(
            tr("Mistakes of the threshold"), tr("Mistakes as pictures, how many pairs, and what is kept")
        )
        self._fill_menu()
        self.mistakes = MistakesView(themes, self.desk.state)
        self.mistakes.hide()
        self._pictures = QTimer(self, interval=PICTURES_MS, singleShot=True)
        self._pictures.timeout.connect(self._show_pictures)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.keys, 1)
        top.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.plot, 3)
        below.addWidget(self.mistakes, 2)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(12, 8, 8, 4)
        body.setSpacing(4)
        body.addLayout(top)
        body.addLayout(below, 1)
        self.keys.leave(self.body, PLOT_HEIGHT)

    def _figures(self) -> list[Figure]:
        """Return the histogram for paper."""
        result = self._shown
        return [] if result is None else [distances_figure(result, self.plot.threshold, caption_of(self, self.status))]

    def _fill_menu(self) -> None:
        menu = self.more.entries
        self.pictures = menu.addAction(tr("Mistakes as pictures"))
        self.pictures.setCheckable(True)
        self.pictures.setToolTip(tr("The false accepts and false rejects that are nearest to the threshold"))
        self.pictures.toggled.connect(self._on_pictures)
        self.equal = menu.addAction(tr("Threshold of equal errors"))
        self.equal.setToolTip(tr("Put the threshold back to where both errors are equal  (Home)"))
        self.equal.triggered.connect(self._back)
        self.keep = menu.addAction(tr("Keep a threshold with the run"))
        self.keep.setToolTip(
            tr(
                "Choose one on validation items for the false accepts of this one, or for equal errors while it was "
                "not moved; its errors on the other held-out items are kept with it"
            )
        )
        self.keep.triggered.connect(self._keep)
        counts = menu.addMenu(tr("Pairs of either sort"))
        self.pairs = [counts.addAction(tr("up to {number:,}", number=number)) for number in PAIRS]
        for action, number in zip(self.pairs, PAIRS, strict=True):
            action.setCheckable(True)
            action.setChecked(number == COMPARED_PAIRS)
            action.triggered.connect(lambda _on=False, number=number: self._compare(number))

    def _compare(self, number: int) -> None:
        for action, other in zip(self.pairs, PAIRS, strict=True):
            action.setChecked(other == number)
        self.desk.session.analysis.compare(number)
        if self._shown is not None:
            self.set_status(tr("comparing {number}…", number=counted(number, "pair")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the two sorts of mistakes stand side by side where there is room."""
        super().resizeEvent(event)
        wide = self.width() >= WIDE
        self.mistakes.arrange(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _forget(self, _opened: object) -> None:
        self._shown, self._moved = None, False
        self.keys.reset()
        self.set_status("")
        self.show_body(False)
        self._say_what_comes(loading=False)

    def _on_run_shown(self, shown: RunShown) -> None:
        """Show no figures of the run before; those of raw data are none of a run, and stay until there are better."""
        if self._shown is not None and self._shown.run not in (shown.run, PIXELS_RUN):
            self._forget(shown)

    def _look(self) -> None:
        """Ask which threshold the run keeps."""
        self.keep.setEnabled(self.desk.session.run_folder is not None)
        if self.desk.session.run_folder is None:
            self._show_kept(None)
        else:
            self.desk.session.threshold.look()

    def _on_kept(self, found: RunThreshold) -> None:
        self._show_kept(found)

    def _show_kept(self, found: RunThreshold | None) -> None:
        kept = None if found is None else found.kept
        self.plot.show_kept(None if kept is None else kept.distance)
        self.keys.set_shown("kept", kept is not None)
        if kept is not None:
            self.keys.set_value("kept", localised(f"{kept.distance:.3g}"))

    def _keep(self) -> None:
        """Keep a threshold of the false accepts that this one has."""
        pairs = None if self._shown is None else self._shown.pairs
        target = 0.0
        if self._moved and pairs is not None:
            target = pairs.mistakes(self.plot.threshold).accepted / len(pairs.far)
        self.desk.session.threshold.keep(target)

    def show_histogram(self, result: DistanceHistogram) -> None:
        """Draw a new histogram; a threshold that was moved stays where it is."""
        if not result.same_pairs or not result.different_pairs:
            return
        self._shown = result
        self.show_body(True)
        self.plot.show_histogram(result)
        if not self._moved:
            self.plot.put_threshold(result.threshold)
        raw = result.run == PIXELS_RUN
        where = self.raw if raw else self._taken_at(result)
        where += tr(", query against gallery") if result.against_gallery else ""
        figures = tr("EER {eer:.1f} % · AUC {auc:.3f}", eer=result.eer * 100, auc=result.auc)
        # the end is cut off where there is no room, and figures of raw data shall not look like the run's
        self.set_status(f"{where} · {figures}" if raw else f"{figures} · {where}")
        self._follow()

    def _taken_at(self, result: DistanceHistogram) -> str:
        """Say of which step they are: between two evaluations held-out items lie as at the one before."""
        session, split = self.desk.session, self.desk.data.split
        kept = [one for one in session.replay.steps if one.run == result.run and one.step <= result.step]
        if not any(one.step == result.step and not one.exact for one in kept):
            return tr("step {step:,}", step=result.step)
        evaluated = [one.step for one in kept if one.exact]
        if evaluated and split is not None and len(split.held_out):
            return tr("step {step:,}", step=max(evaluated))
        return tr("≈ step {step}", step=count(result.step))

    def _on_moved(self, _threshold: float) -> None:
        """Take a threshold that was dragged or moved by a key."""
        if self._shown is None:
            return
        self._moved = True
        self._follow()

    def _on_rested(self) -> None:
        """Show the mistakes once the threshold rests: beside a plot that is being dragged they would push it away."""
        if self._moved and not self.pictures.isChecked():
            self.pictures.setChecked(True)

    def _back(self) -> None:
        self._moved = False
        if self._shown is not None:
            self.plot.put_threshold(self._shown.threshold)
            self._follow()

    def _follow(self) -> None:
        """Say what the threshold gets wrong now, and show the pictures soon."""
        assert self._shown is not None
        self.plot.show_equal(self._shown.threshold if self._moved else None)
        self.keys.set_value("threshold", localised(f"{self.plot.threshold:.3g}"))
        pairs = self._shown.pairs
        if pairs is None:
            self.keys.set_value("same class", counted(self._shown.same_pairs, "pair"))
            self.keys.set_value("different class", counted(self._shown.different_pairs, "pair"))
            return
        accepted, refused = pairs.mistakes(self.plot.threshold)
        self.keys.set_value("same class", tr("{share} refused", share=_share(refused, len(pairs.near))))
        self.keys.set_value("different class", tr("{share} accepted", share=_share(accepted, len(pairs.far))))
        self.mistakes.show_rates(pairs, self.plot.threshold)
        if self.pictures.isChecked() and not self._pictures.isActive():
            self._pictures.start()

    def _on_pictures(self, on: bool) -> None:
        self.mistakes.setVisible(on)
        if on and self._shown is not None:
            self._follow()

    def _show_pictures(self) -> None:
        dataset = self.desk.data.dataset
        if dataset is not None and self._shown is not None and self._shown.pairs is not None:
            self.mistakes.show_pairs(dataset, self._shown.pairs, self.plot.threshold)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the threshold by the arrow keys; Home puts it back."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        way = ways.get(Qt.Key(event.key()))
        if self._shown is None or (way is None and event.key() != Qt.Key.Key_Home):
            super().keyPressEvent(event)
            return
        if way is None:
            self._back()
            return
        held = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        span = float(np.ptp(self._shown.edges[[0, -1]]))
        self.plot.move_threshold(self.plot.threshold + way * span / STEPS * (LEAP if held else 1))
        self._on_rested()


def _share(some: int, of: int) -> str:
    return f"{percent(some / of)} · {count(some)}"
