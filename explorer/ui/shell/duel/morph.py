"""One map in place of two: every item on its way from where it lies in A to where it lies in B."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Qt, QVariantAnimation, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from explorer.core.types import FloatArray, IntArray, Projection
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.theme import ThemeManager

STEPS = 100
PLAY_MS = 2_000
"""How long the way from one end to the other takes where it is played."""


class MorphBar(QWidget):
    """The slider from A to B, and a button that plays the way to the other end.

    Signals
    -------
    moved(share): how far B has come, 0 to 1.
    """

    moved = Signal(float)

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self.play = IconButton(themes, "play", tr("Play the way to the other run"), token="text")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName(tr("From A to B"))
        self.slider.setToolTip(tr("Every item goes from where it lies in A to where it lies in B"))
        self._way = QVariantAnimation(self)
        self._way.setDuration(PLAY_MS)
        self._way.valueChanged.connect(lambda value: self.slider.setValue(round(value)))
        self.play.clicked.connect(self.play_on)
        self.slider.valueChanged.connect(lambda value: self.moved.emit(value / STEPS))
        self.slider.sliderPressed.connect(lambda: self._way.stop())
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 12, 4)
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(PlainLabel("A", role="title"))
        row.addWidget(self.slider, 1)
        row.addWidget(PlainLabel("B", role="title"))

    def play_on(self) -> None:
        """Go to the other end."""
        here = float(self.slider.value())
        self._way.stop()
        self._way.setStartValue(here)
        self._way.setEndValue(0.0 if here > STEPS / 2 else float(STEPS))
        self._way.start()

    @property
    def share(self) -> float:
        """How far B has come, 0 to 1."""
        return self.slider.value() / STEPS


class Morph(QObject):
    """Draws on the map of the window what lies between both maps, as long as it is on."""

    def __init__(self, home: MapPanel, guest: MapPanel, bar: MorphBar, parent: QObject) -> None:
        super().__init__(parent)
        self._panels, self._bar = (home, guest), bar
        self._frames: list[Projection | None] = [panel.desk.session.shown_map for panel in self._panels]
        self._rows: tuple[IntArray, IntArray, tuple[IntArray, IntArray]] | None = None
        self._on = False
        self.first = True  # whether the guest is A
        home.desk.bridge.of(Projection).connect(self._take_home)
        guest.desk.bridge.of(Projection).connect(self._take_guest)
        bar.moved.connect(self.draw)

    def switch(self, on: bool) -> None:
        """Draw both as one, or the map of the window as it is."""
        self._on = on
        self._panels[0].placing = self._between if on else None
        home = self._frames[0]
        if on:
            self.draw()
        elif home is not None:
            self._panels[0].canvas.move_points(home.indices, home.xy)

    def _take_home(self, frame: Projection) -> None:
        self._frames[0] = frame

    def _take_guest(self, frame: Projection) -> None:
        self._frames[1] = frame
        self.draw()

    def draw(self, _share: float = 0.0) -> None:
        """Send the points to where they are between both."""
        home = self._frames[0]
        if self._on and home is not None:
            self._panels[0].canvas.move_points(*self._between(home))

    def _between(self, home: Projection) -> tuple[IntArray, FloatArray]:
        """Return the items that both show and where they are."""
        guest = self._frames[1]
        if guest is None:
            return home.indices, home.xy
        here, there = self._common(home.indices, guest.indices)
        share = self._bar.share
        of_guest = 1 - share if self.first else share
        xy = (1 - of_guest) * home.xy[here] + of_guest * guest.xy[there]
        return home.indices[here], xy.astype(np.float32)

    def _common(self, here: IntArray, there: IntArray) -> tuple[IntArray, IntArray]:
        known = self._rows
        if known is None or known[0] is not here or known[1] is not there:
            if np.array_equal(here, there):
                rows = (np.arange(len(here)),) * 2
            else:
                _, one, other = np.intersect1d(here, there, assume_unique=True, return_indices=True)
                rows = (one, other)
            self._rows = known = (here, there, rows)
        return known[2]
