"""How many numbers of every embedding are looked at: map, neighbours and recall move together as it is dragged."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from explorer.core.dimensions import SHORTENED, stops
from explorer.core.figure_words import figure_name
from explorer.core.map_values import ShortFigures
from explorer.core.types import PIXELS_RUN, Snapshot
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.text import PlainLabel

SETTLE_MS = 150
"""How long the slider has to stand before the others follow it."""
MAIN = ("recall@1", "mean_error", "text_to_picture_recall@1")
NOTHING_YET = tr("Once a run has embeddings")
NO_MEANING = tr("This distance has no meaning for a beginning of the embedding")


class DimensionsSlider(QWidget):
    """A slider from 8 to all dimensions, how many that is, and how good the beginnings are beside the whole.

    Signals
    -------
    chosen(count): look at so many numbers; 0: at all.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stops: tuple[int, ...] = ()
        self._told = 0
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(tr("Dimensions"))
        self.slider.setPageStep(1)
        self.value = PlainLabel("", role="figure-small")
        self.figures = PlainLabel("", role="caption")
        self.figures.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(PlainLabel(tr("Dimensions"), role="section"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.figures)
        self._settled = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settled.timeout.connect(self._tell)
        self.slider.valueChanged.connect(self._on_moved)
        self.forget()

    @property
    def count(self) -> int:
        """How many numbers are looked at; 0: all."""
        at = self.slider.value()
        return self._stops[at] if at < len(self._stops) - 1 else 0

    def forget(self) -> None:
        """Look at all numbers again: other data are shown."""
        self._settled.stop()
        self._told = 0
        self._offer((), NOTHING_YET)

    def show_snapshot(self, found: Snapshot) -> None:
        """Offer the beginnings of the embeddings that are shown, where they have a meaning."""
        if found.run == PIXELS_RUN:
            return
        meant = found.distance in SHORTENED
        offered = stops(int(found.embeddings.shape[1])) if meant else ()
        if offered != self._stops or not offered:
            self._offer(offered, "" if meant else NO_MEANING)

    def _offer(self, offered: tuple[int, ...], note: str) -> None:
        kept = self.count if self._stops else 0
        self._stops = offered
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, len(offered) - 1))
            self.slider.setValue(offered.index(kept) if kept in offered else len(offered) - 1)
        self.slider.setEnabled(len(offered) > 1)
        self.slider.setToolTip(
            tr(
                "Look only at the first numbers of every embedding, of unit length anew: map, neighbours and recall "
                "follow. A run with the loss Matryoshka keeps most of its recall with few of them"
            )
        )
        self.figures.setText(note)
        self._show_count()

    def _on_moved(self, _at: int) -> None:
        self._show_count()
        self._settled.start()

    def _show_count(self) -> None:
        whole = self._stops[-1] if self._stops else 0
        shown = self.count or whole
        self.value.setText(tr("{shown} of {whole}", shown=shown, whole=whole) if whole else "–")

    def _tell(self) -> None:
        if self.count != self._told:
            self._told = self.count
            if not self.count:
                self.figures.setText("")
            self.chosen.emit(self.count)

    def show_figures(self, found: ShortFigures) -> None:
        """Say how good the beginnings are, and the whole embeddings, for the held-out items."""
        name = next((name for name in MAIN if name in found.figures and name in found.of_whole), "")
        if not name or found.dimensions != self.count:
            return
        self.figures.setText(
            tr(
                "{name} {short}, all {whole}: {of_whole} · step {step:,}",
                name=said(figure_name(name)),
                short=localised(f"{found.figures[name]:.3f}"),
                whole=found.whole,
                of_whole=localised(f"{found.of_whole[name]:.3f}"),
                step=found.step,
            )
        )
